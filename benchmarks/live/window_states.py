"""Takes a screenshot of the window in each state of a live source, with the real window and real servers.

    python benchmarks/live/window_states.py --out docs/images

Needs Xvfb and GStreamer's RTSP server, as the tests do. Each window runs in its own process, on a separate X server.
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

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.live.load import write_people
from benchmarks.support.servers.proxy import Proxy
from benchmarks.support.servers.rtsp_server import RtspServer, free_port, freezing_clip
from benchmarks.support.servers.web_live import HlsChannel, Web, segments
from benchmarks.support.servers.x_server import x_server
from realtime_pose.app import run_window
from realtime_pose.app.window import Window
from realtime_pose.config import Config, PoseConfig, RecordConfig, SourceConfig

WH = (960, 640)
DEADLINE_S = 60.0
SETTLED_S = 0.7  # time in a state before the screenshot


@dataclass(frozen=True)
class Case:
    """One screenshot.

    Attributes:
        name: Name of the file.
        state: State of the source to wait for, or ``ended`` for the window.
        uri: Address that the window opens.
        record: Settings of the recording; by default nothing is recorded.
    """

    name: str
    state: str
    uri: str
    record: RecordConfig = field(default_factory=RecordConfig)


class ScreenshotWindow(Window):
    """A window that saves a screenshot of itself when it has reached a state, and closes.

    Attributes:
        case: The state to wait for.
        is_live: Set when the source has been live for a moment.
        path: Path of the screenshot.
    """

    case: Case
    is_live: Event
    path: Path

    def open(self, uri: str) -> None:
        """Open the source, and check the state at each tick."""
        self.resize(*WH)
        self._deadline_s, self._since_s = monotonic() + DEADLINE_S, monotonic()
        self.bridge.ticked.connect(self._check_state)
        super().open(uri)

    def _check_state(self) -> None:
        """Save the screenshot and close when the state has lasted long enough."""
        report, phase = self.bridge.report, self.bridge.phase.value
        state = "" if report is None else str(report.source.state)
        if report is not None and state == "live" and report.num_frames >= 30:
            self.is_live.set()
        is_reached = phase == self.case.state or (phase == "running" and state == self.case.state)
        if not is_reached or (state == "live" and not self.is_live.is_set()):
            self._since_s = monotonic()
        if monotonic() - self._since_s > SETTLED_S:
            self.grab().save(str(self.path), quality=88)
        if monotonic() > min(self._deadline_s, self._since_s + SETTLED_S):
            self.close()


def show_window(case: Case, is_live: Event, path: Path) -> None:
    """Show the window until the screenshot is saved; for a separate process."""
    ScreenshotWindow.case, ScreenshotWindow.is_live, ScreenshotWindow.path = case, is_live, path
    source = SourceConfig(uri=case.uri, keep_trying=True)
    config = Config(source=source, pose=PoseConfig(model="movenet-lightning"), record=case.record)
    with mock.patch("realtime_pose.app.application.Window", ScreenshotWindow):
        run_window(config)


def take_screenshot(case: Case, cause_fault: Callable[[], object], out: Path) -> bool:
    """Take one screenshot; the fault begins when the source is live. False if the state was not reached."""
    processes = multiprocessing.get_context("spawn")  # Qt does not survive a fork
    is_live = processes.Event()
    path = out / f"live_{case.name}.jpg"
    path.unlink(missing_ok=True)
    window = processes.Process(target=show_window, args=(case, is_live, path))
    window.start()
    # some windows close without having been live
    while window.is_alive() and not is_live.wait(0.2):
        pass
    cause_fault()
    window.join()
    return path.is_file()


def cases(folder: Path, servers: ExitStack) -> Iterator[tuple[Case, Callable[[], object]]]:
    """All screenshots, each with the fault that begins when the source is live."""
    server = servers.enter_context(RtspServer(write_people(folder, (1280, 720))))
    silent, slow = (servers.enter_context(Proxy(server.port)) for _ in range(2))
    still = servers.enter_context(RtspServer(freezing_clip(server.units, still=900)))
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
    """No fault."""


def main() -> None:
    """Take all screenshots."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, x_server() as display, ExitStack() as servers:
        os.environ |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_CONFIG_HOME": folder}
        chosen = (pair for pair in cases(Path(folder), servers) if not options.only or pair[0].name in options.only)
        missing = [case.name for case, cause_fault in chosen if not take_screenshot(case, cause_fault, options.out)]
    if missing:
        sys.exit(f"expected these states, but the window did not reach them: {', '.join(missing)}")


if __name__ == "__main__":
    main()
