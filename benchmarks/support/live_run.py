"""A whole live run in its own process: brought into each state that a camera can be in, and ended by a signal."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import av

from benchmarks.support.servers.proxy import Proxy
from benchmarks.support.servers.rtsp_server import RtspServer, clip

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ("--pose", "movenet-lightning", "--read-timeout-s", "3", "--stalled-s", "0.2", "--keep-trying")
LONG_TIMEOUT = ("--open-timeout-s", "60")  # longer than any test runs
POLL_S = 0.02


def _require_password(server: RtspServer, _: Proxy) -> None:
    server.kill()
    server.user = "digest:us:secret"
    server.start()


def _rename_stream(server: RtspServer, _: Proxy) -> None:
    server.kill()
    server.mount = "elsewhere"
    server.start()


def _send_nothing(_: RtspServer, proxy: Proxy) -> None:
    proxy.is_hanging = True


BREAKS: dict[str, Callable[[RtspServer, Proxy], None]] = {
    "live": lambda _server, _proxy: None,
    "stalled": _send_nothing,
    "reconnecting": lambda server, _: server.kill(),
    "auth_failed": _require_password,
    "not_found": _rename_stream,
}
STATES = ("connecting", *BREAKS)


class Program(Protocol):
    """A running program whose standard error is a pipe, as subprocess.Popen has it."""

    @property
    def stderr(self) -> IO[str] | None: ...

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float) -> int: ...

    def send_signal(self, number: signal.Signals, /) -> None: ...

    def kill(self) -> None: ...


def start_interpreter(*arguments: str, env: Mapping[str, str]) -> "subprocess.Popen[str]":
    """A live run in a new interpreter, as a user starts it."""
    command = [sys.executable, str(ROOT / "run_live.py"), *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)


class Start(Protocol):
    """Starts a live run with these arguments in this environment."""

    def __call__(self, *arguments: str, env: Mapping[str, str]) -> Program: ...


class LiveRun:
    """A live run that records video and poses.

    Attributes:
        process: The process of the run.
        video, poses: The files that it writes.
        lines: Each line of its standard error, with the monotonic time when it came.

    Args:
        address: Address of the camera.
        folder: Folder for its files and its settings.
        flags: More flags for the command line.
        display: X server for its window; "": no window.
        start: Starts its process.
    """

    def __init__(
        self, address: str, folder: Path, *flags: str, display: str = "", start: Start = start_interpreter
    ) -> None:
        self.video, self.poses = folder / "o.mp4", folder / "p.jsonl"
        files = ("--record", str(self.video), "--save-poses", str(self.poses))
        headless = () if display else ("--headless",)
        # each line comes at once, and the settings of the user are not touched
        environ = os.environ | {"PYTHONUNBUFFERED": "1", "XDG_CONFIG_HOME": str(folder / "config")}
        if display:
            environ |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        self.process = start(address, *files, *FLAGS, *headless, *flags, env=environ)
        self.lines: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def output(self) -> str:
        """Its standard error so far."""
        return "".join(line for _, line in self.lines)

    def until_output(self, text: str) -> None:
        """Wait until its standard error contains this text."""
        with self._changed:
            assert self._changed.wait_for(lambda: text in self.output, 20.0), self.output

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds; fails if the process ends before."""
        deadline_s = time.monotonic() + 30.0
        while not condition():
            assert not self.has_ended(POLL_S), self.output
            assert time.monotonic() < deadline_s, self.output

    def until_frames(self, count: int) -> None:
        """Wait until the poses of this many frames are written."""
        self.until(lambda: self.poses.is_file() and self.poses.read_bytes().count(b'"frame":') >= count)

    def has_ended(self, within_s: float) -> bool:
        """Whether the process ends within this many seconds."""
        self._thread.join(within_s)  # its standard error closes when the process ends
        return self.process.poll() is not None

    def stop_s(self, number: signal.Signals = signal.SIGINT) -> float:
        """Send a signal; seconds until the process ended."""
        started_s = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(20.0)
        duration_s = time.monotonic() - started_s
        self._thread.join(2.0)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return duration_s

    def num_playable(self) -> int:
        """Number of frames of the video that can be decoded; 0 if there is no video."""
        if not self.video.is_file():
            return 0
        with av.open(str(self.video)) as container:
            return len(list(container.decode(video=0)))

    def pose_times_s(self) -> list[float]:
        """Media time of each frame whose poses are written; lines about states are skipped."""
        lines = self.poses.read_text(encoding="utf-8").splitlines() if self.poses.is_file() else []
        return [content["time_s"] for content in map(json.loads, lines) if "frame" in content]

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.lines.append((time.monotonic(), line))
                self._changed.notify_all()


@contextmanager
def run_in_state(
    state: str, folder: Path, *, num_frames: int = 5, display: str = "", start: Start = start_interpreter
) -> Iterator[LiveRun]:
    """A run whose camera is in one of STATES, after this many frames (none for connecting); killed if it still runs."""
    with RtspServer(clip(folder)) as server, Proxy(server.port) as proxy:
        proxy.is_hanging = state == "connecting"
        more = LONG_TIMEOUT if proxy.is_hanging else ()
        run = LiveRun(server.through(proxy.port), folder, *more, display=display, start=start)
        try:
            if state == "connecting":
                run.until(lambda: run.poses.is_file() and proxy.connections > 0)
                assert not run.has_ended(0.5), run.output  # it is built, and begins to run meanwhile
            else:
                run.until_frames(num_frames)
                BREAKS[state](server, proxy)
            if state not in {"connecting", "live"}:  # the log names each new state
                run.until_output(f": {state}: ")
            yield run
        finally:
            run.process.kill()
            run.process.wait(20.0)
