"""How long does the window take from a key or a click to what the user wants: a recording, a place in a file, a model?

    python benchmarks/live/window_times.py recording
    python benchmarks/live/window_times.py seek --video VIDEO ...
    python benchmarks/live/window_times.py models

`recording`: a real RTSP server sends 1920x1080; from the key R to the first frame in the file. `seek`: from a click
on the bar to the picture of that place, all over the file, which may be an http address. `models`: while the same
server is shown and recorded, from the choice of another pose estimator until it runs, and the longest time without a
new picture meanwhile. Needs a display; Xvfb or QT_QPA_PLATFORM=offscreen will do.
"""

import argparse
import itertools
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.live.load import write_people
from benchmarks.support.servers.rtsp_server import RtspServer
from realtime_pose.app.window import Window
from realtime_pose.config import Config, RecordConfig, SourceConfig
from realtime_pose.messages.source_messages import SOURCE_WORDS
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.kept_scenes import place_s
from realtime_pose.pipeline.pipeline import Pipeline

from PyQt5.QtCore import QCoreApplication, QEventLoop, QSettings  # isort: skip - cv2 comes first, see realtime_pose._cv2
from PyQt5.QtWidgets import QApplication  # isort: skip

RATE_HZ, WH = 25, (1920, 1080)
DEADLINE_S = 60.0
KINDS = ("overlay", "clean", "both")
POSES = ("movenet-lightning", "movenet-thunder")
MAX_PLACE_ERROR_S = 0.11  # a frame of 10 frames per second


class Run:
    """A window that plays one source.

    Args:
        config: All settings.
    """

    def __init__(self, config: Config) -> None:
        self.pipelines: list[Pipeline] = []
        self.window = Window(config, build=self._build, cameras=list)
        self.window.bridge.outputs.folder = config.record.folder or Path(tempfile.gettempdir())
        self.window.resize(1280, 720)
        self.window.show()
        self.window.open(config.source.uri)

    def wait(self, is_done: Callable[[], bool]) -> None:
        """Run the event loop until this holds."""
        started_s = monotonic()
        while not is_done():
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 1)
            if monotonic() - started_s > DEADLINE_S:
                raise TimeoutError(f"{is_done} within {DEADLINE_S:g} s")

    def time_s(self, act: Callable[[], object], is_done: Callable[[], bool]) -> float:
        """Do what the user does, and run the event loop until this holds; the seconds that both took."""
        started_s = monotonic()
        act()
        self.wait(is_done)
        return monotonic() - started_s

    def wait_s(self, seconds: float) -> None:
        """Run the event loop for so long."""
        end_s = monotonic() + seconds
        self.wait(lambda: monotonic() >= end_s)

    def _build(self, config: Config) -> Pipeline:
        self.pipelines.append(build(config, words=SOURCE_WORDS))
        return self.pipelines[-1]


@contextmanager
def running(config: Config) -> Iterator[Run]:
    """A window with a first picture; closed at the end."""
    run = Run(config)
    try:
        run.wait(lambda: run.window.bridge.scene is not None)
        yield run
    finally:
        run.window.close()
        run.wait(lambda: run.window.bridge.phase.name == "CLOSED")


def recording_times_s(kind: str, uri: str, folder: Path, rounds: int) -> list[float]:
    """From the key to the first frame in the file, for each recording."""
    times_s = []
    config = Config(source=SourceConfig(uri=uri), record=RecordConfig(picture=kind))
    with running(config) as run:
        run.window.bridge.outputs.folder = folder
        run.wait_s(3.0)
        record, recording = run.window.actions_by_name["record"], run.pipelines[-1].recording
        for _ in range(rounds):
            run.wait(record.isEnabled)
            times_s.append(run.time_s(record.trigger, lambda: recording.recorder.length_bytes > 0))
            run.wait_s(1.0)
            run.wait(record.isEnabled)
            record.trigger()
            run.wait(lambda: not run.window.bridge.recorder.is_started and not run.window.bridge.is_recording_busy)
            run.wait_s(2.0)  # a copied video begins with a key frame that came without a recording
    return times_s


def seek_times_s(uri: str, rounds: int) -> list[float]:
    """From the click to the picture of the place, paused, at random places of the analysed file."""
    times_s, places = [], random.Random(0)
    with running(Config(source=SourceConfig(uri=uri))) as run:
        player, bridge = run.window.bridge.player, run.window.bridge
        run.wait(lambda: player.timeline is not None)
        bridge.set_paused(is_paused=True)
        run.wait_s(2.0)
        for _ in range(rounds):
            line = player.timeline
            if line is None:
                raise RuntimeError(f"{uri}: this source has no seek bar")
            place = line.first_s + places.random() * (line.end_s - line.first_s)
            click = partial(run.window.widgets.playback.seek_bar.sought.emit, place)
            times_s.append(run.time_s(click, partial(_is_shown, run, place)))
            run.wait_s(0.3)
    return times_s


def model_times_s(uri: str, folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    """From each choice of a model until it runs, and the longest time between two pictures meanwhile."""
    times_s, gaps_s = [], []
    with running(Config(source=SourceConfig(uri=uri), record=RecordConfig(path=folder / "models.mp4"))) as run:
        run.wait_s(3.0)
        control, shown_s = run.window.settings, [monotonic()]
        run.window.bridge.scene_changed.connect(lambda: shown_s.append(monotonic()))
        for number in range(rounds):
            del shown_s[:-1]
            choose = partial(control.change, "pose.model", POSES[number % len(POSES)])
            times_s.append(run.time_s(choose, lambda: not control.swap.is_busy))
            run.wait_s(1.0)
            gaps_s.append(max(after - before for before, after in itertools.pairwise(shown_s)))
        if run.window.bridge.run != 1:
            raise RuntimeError("the source was opened again")
    return times_s, gaps_s


def _is_shown(run: Run, place: float) -> bool:
    scene = run.window.bridge.scene
    return scene is not None and abs(place_s(scene.frame) - place) <= MAX_PLACE_ERROR_S


def main() -> None:
    """Print the median, the shortest and the longest time of each kind of recording, each video, or the models."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question", choices=("recording", "seek", "models"))
    parser.add_argument("--video", nargs="+", default=["demo"], help="files or http addresses to seek in")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    app = QApplication([sys.argv[0]])
    results: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        # What the user's own window has kept must not change what is measured, nor the other way round.
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, name)
        if arguments.question == "recording":
            with RtspServer(write_people(Path(name), WH), rate_hz=RATE_HZ) as server:
                for kind in KINDS:
                    results[kind] = recording_times_s(kind, server.address, Path(name), arguments.rounds)
        elif arguments.question == "models":
            with RtspServer(write_people(Path(name), WH), rate_hz=RATE_HZ) as server:
                times_s, gaps_s = model_times_s(server.address, Path(name), arguments.rounds)
            results = {"until the model runs": times_s, "without a picture": gaps_s}
        else:
            results = {uri: seek_times_s(uri, arguments.rounds) for uri in arguments.video}
    for key, times_s in results.items():
        median, least, most = (1000 * pick(times_s) for pick in (statistics.median, min, max))
        print(f"{arguments.question} {key}: {median:.0f} ms ({least:.0f} to {most:.0f}), {len(times_s)} times")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    app.quit()


if __name__ == "__main__":
    main()
