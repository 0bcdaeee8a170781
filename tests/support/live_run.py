"""A whole live run as a process of its own: brought into each state that a camera can be in, and ended by a signal."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from tests.support.proxy import Proxy
from tests.support.rtsp_server import RtspServer, clip

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ("--pose", "movenet-lightning", "--read-timeout-s", "3", "--stalled-s", "0.2", "--keep-trying")
NEVER = ("--open-timeout-s", "60")  # longer than anybody waits for an end
LOOK_S = 0.02


def _ask_for_a_password(server: RtspServer, _: Proxy) -> None:
    server.kill()
    server.user = "digest:us:secret"
    server.start()


def _serve_something_else(server: RtspServer, _: Proxy) -> None:
    server.kill()
    server.mount = "elsewhere"
    server.start()


def _fall_silent(_: RtspServer, proxy: Proxy) -> None:
    proxy.is_hanging = True


BREAKS: dict[str, Callable[[RtspServer, Proxy], None]] = {
    "live": lambda _server, _proxy: None,
    "stalled": _fall_silent,
    "reconnecting": lambda server, _: server.kill(),
    "auth_failed": _ask_for_a_password,
    "not_found": _serve_something_else,
}
STATES = ("connecting", *BREAKS)


class LiveRun:
    """A run of an address that records video and poses.

    Attributes:
        process: What runs.
        video, poses: The files that it writes.
        lines: When each line of its standard error came, by the monotonic clock, and the line.

    Args:
        address: Of the camera.
        folder: Where it writes, and has its settings.
        flags: More for the command line.
        display: The X server on which its window is shown; "": it has none.
    """

    def __init__(self, address: str, folder: Path, *flags: str, display: str = "") -> None:
        self.video, self.poses = folder / "o.mp4", folder / "p.jsonl"
        files = ("--record", str(self.video), "--save-poses", str(self.poses))
        shown = () if display else ("--headless",)
        environ = os.environ | {"PYTHONUNBUFFERED": "1", "XDG_CONFIG_HOME": str(folder / "config")}
        if display:
            environ |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        command = [sys.executable, str(ROOT / "run_live.py"), address, *files, *FLAGS, *shown, *flags]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ)
        self.lines: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def said(self) -> str:
        """All of its standard error so far."""
        return "".join(line for _, line in self.lines)

    def until_said(self, words: str) -> None:
        """Wait until a line holds these words."""
        with self._changed:
            assert self._changed.wait_for(lambda: words in self.said, 20.0), self.said

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until it is so, while it runs."""
        ends_s = time.monotonic() + 30.0
        while not is_so():
            assert not self.has_ended(LOOK_S), self.said
            assert time.monotonic() < ends_s, self.said

    def until_frames(self, count: int) -> None:
        """Wait until poses of so many frames were written."""
        self.until(lambda: self.poses.is_file() and self.poses.read_bytes().count(b'"frame":') >= count)

    def has_ended(self, within_s: float) -> bool:
        """Whether the process ends within so many seconds."""
        self._thread.join(within_s)
        return self.process.poll() is not None

    def ended_s(self, number: signal.Signals = signal.SIGINT) -> float:
        """Seconds from a signal to the end."""
        began_s = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(20.0)
        ended_s = time.monotonic() - began_s
        self._thread.join(2.0)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return ended_s

    def num_played(self) -> int:
        """Frames of the video that play; 0 where there is none."""
        if not self.video.is_file():
            return 0
        with av.open(str(self.video)) as container:
            return len(list(container.decode(video=0)))

    def posed_s(self) -> list[float]:
        """Media time of each frame whose poses were written; lines of states are left out."""
        lines = self.poses.read_text(encoding="utf-8").splitlines() if self.poses.is_file() else []
        return [content["time_s"] for content in map(json.loads, lines) if "frame" in content]

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.lines.append((time.monotonic(), line))
                self._changed.notify_all()


@contextmanager
def run_in_state(state: str, folder: Path, *, num_frames: int = 5, display: str = "") -> Iterator[LiveRun]:
    """A run whose camera is in one of STATES, after so many frames but for the first; killed where it still runs."""
    with RtspServer(clip(folder)) as server, Proxy(server.port) as proxy:
        proxy.is_hanging = state == "connecting"
        run = LiveRun(server.through(proxy.port), folder, *NEVER * proxy.is_hanging, display=display)
        try:
            if state == "connecting":
                run.until(lambda: run.poses.is_file() and proxy.connections > 0)
                assert not run.has_ended(0.5), run.said  # all is built; it begins to run
            else:
                run.until_frames(num_frames)
                BREAKS[state](server, proxy)
            if state not in {"connecting", "live"}:
                run.until_said(f": {state}: ")
            yield run
        finally:
            run.process.kill()
            run.process.wait(20.0)
