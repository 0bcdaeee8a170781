"""What does the window show in each state of a live source? A screenshot each, of the real window and real servers.

    python benchmarks/window_states.py --out docs/images

Needs Xvfb and GStreamer's RTSP server, as the tests do. Each window is a process of its own on an X server of its own.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from time import monotonic
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from live_load import people

from realtime_pose.app import run_window
from realtime_pose.app.window import Window
from realtime_pose.config import Config, PoseConfig, RecordConfig, SourceConfig
from tests.support.proxy import Proxy
from tests.support.rtsp_server import RtspServer, free_port, freezing
from tests.support.web_live import HlsChannel, Web, segments
from tests.support.x_server import x_server

WH = (960, 640)
DEADLINE_S = 60.0
SETTLED_S = 0.7  # in a state before its picture is taken


@dataclass(frozen=True)
class Case:
    """One picture to take.

    Attributes:
        name: Of the file.
        state: Of the source, or ``ended`` of the window, when it is taken.
        uri: What the window is to show.
        record: What is recorded meanwhile; nothing where that is left open.
    """

    name: str
    state: str
    uri: str
    record: RecordConfig = field(default_factory=RecordConfig)


class Watched(Window):
    """A window that takes its own picture when it has come to a state, and closes.

    Attributes:
        case: What to wait for.
        is_live: Set once the source has been live for a moment.
        path: Of the picture.
    """

    case: Case
    is_live: Event
    path: Path

    def open(self, uri: str) -> None:
        """Begin."""
        self.resize(*WH)
        self._ends_s, self._since_s = monotonic() + DEADLINE_S, monotonic()
        self.bridge.ticked.connect(self._look)
        super().open(uri)

    def _look(self) -> None:
        """How far it is."""
        report, phase = self.bridge.report, self.bridge.phase.value
        state = "" if report is None else str(report.source.state)
        if report is not None and state == "live" and report.num_frames >= 30:
            self.is_live.set()
        is_there = phase == self.case.state or (phase == "running" and state == self.case.state)
        if not is_there or (state == "live" and not self.is_live.is_set()):
            self._since_s = monotonic()
        if monotonic() - self._since_s > SETTLED_S:
            self.grab().save(str(self.path), quality=88)
        if monotonic() > min(self._ends_s, self._since_s + SETTLED_S):
            self.close()


def shown(case: Case, is_live: Event, path: Path) -> None:
    """The window on a case, until its picture is taken; in a process of its own."""
    Watched.case, Watched.is_live, Watched.path = case, is_live, path
    source = SourceConfig(uri=case.uri, keep_trying=True)
    config = Config(source=source, pose=PoseConfig(model="movenet-lightning"), record=case.record)
    with mock.patch("realtime_pose.app.application.Window", Watched):
        run_window(config)


def taken(case: Case, spoil: Callable[[], object], out: Path) -> bool:
    """Whether the window came to this state and its picture was taken; what spoils it comes once it was live."""
    processes = multiprocessing.get_context("spawn")
    is_live = processes.Event()
    path = out / f"live_{case.name}.jpg"
    path.unlink(missing_ok=True)
    window = processes.Process(target=shown, args=(case, is_live, path))
    window.start()
    while window.is_alive() and not is_live.wait(0.2):
        pass
    spoil()
    window.join()
    return path.is_file()


def cases(folder: Path, servers: ExitStack) -> Iterator[tuple[Case, Callable[[], object]]]:
    """All pictures to take, each with what is done once the source was live."""
    server = servers.enter_context(RtspServer(people(folder, (1280, 720))))
    silent, slow = (servers.enter_context(Proxy(server.port)) for _ in range(2))
    still = servers.enter_context(RtspServer(freezing(server.units, still=900)))
    locked = servers.enter_context(RtspServer(server.units, user="basic:viewer:right"))
    channel = HlsChannel(segments(folder, seconds=12))
    web = servers.enter_context(Web(channel))

    def hang() -> None:
        silent.is_hanging = True

    def throttle() -> None:
        slow.bytes_per_s = 20_000

    def complete() -> None:
        channel.is_complete = True

    yield Case("connecting", "connecting", f"rtsp://127.0.0.1:{free_port()}/live"), nothing
    yield Case("live", "live", server.address), nothing
    full = RecordConfig(path=folder / "hall", segment="10min", keep_free="900TB")  # as if the disk were nearly full
    yield Case("disk_full", "live", server.address, full), nothing
    yield Case("silent", "stalled", server.through(silent.port)), hang
    yield Case("late", "stalled", server.through(slow.port)), throttle
    yield Case("frozen", "stalled", still.address), nothing
    yield Case("not_found", "not_found", server.address.replace("/live", "/garden")), nothing
    yield Case("refused", "auth_failed", locked.address.replace("rtsp://", "rtsp://viewer:wrong@")), nothing
    yield Case("ended", "ended", web.address("live.m3u8")), complete
    yield Case("no_webcam", "not_found", "7"), nothing
    yield Case("reconnecting", "reconnecting", server.address), server.kill


def nothing() -> None:
    """Spoil nothing."""


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, x_server() as display, ExitStack() as servers:
        os.environ |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_CONFIG_HOME": folder}
        chosen = (pair for pair in cases(Path(folder), servers) if not options.only or pair[0].name in options.only)
        missing = [case.name for case, spoil in chosen if not taken(case, spoil, options.out)]
    if missing:
        sys.exit(f"these states did not come: {', '.join(missing)}")


if __name__ == "__main__":
    main()
