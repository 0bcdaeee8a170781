"""Ctrl-C while a camera is live, stalled or away: an end within two seconds, and files that are closed and playable."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import pytest

from tests.proxy import Proxy
from tests.rtsp_server import RtspServer, clip
from tests.test_cli import grows_to

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ("--headless", "--pose", "movenet-lightning", "--read-timeout-s", "2", "--stalled-s", "0.2")
END_S = 2.0


class Clocked:
    """A process, and when each line of its standard error came."""

    def __init__(self, *command: str) -> None:
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True, env=environment)
        self.lines: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def said(self) -> str:
        return "".join(line for _, line in self.lines)

    def until(self, words: str) -> None:
        """Wait until a line holds these words."""
        with self._changed:
            assert self._changed.wait_for(lambda: words in self.said, 20.0), self.said

    def has_ended(self, within_s: float) -> bool:
        """Whether the process ends within so many seconds."""
        self._thread.join(within_s)
        return self.process.poll() is not None

    def interrupted_s(self) -> float:
        """Seconds from Ctrl-C to the end."""
        started_s = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20.0)
        ended_s = time.monotonic() - started_s
        self._thread.join(2.0)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return ended_s

    def ends_in_time(self) -> None:
        """Ctrl-C ends it properly, and soon: all is closed when the summary is said; the rest is Python's own end."""
        started_s = time.monotonic()
        ended_s = self.interrupted_s()
        assert self.process.returncode == 0, self.said
        assert "stopped\n" in self.said
        closed_s = next(came_s for came_s, line in self.lines if "per second at the end" in line) - started_s
        assert closed_s < END_S / 2, f"closed after {closed_s:.2f} s"
        assert ended_s < END_S, f"closed after {closed_s:.2f} s, ended after {ended_s:.2f} s"

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.lines.append((time.monotonic(), line))
                self._changed.notify_all()


@pytest.mark.parametrize("state", ["live", "stalled", "reconnecting"])
def test_ctrl_c_ends_it_within_two_seconds(tmp_path: Path, state: str) -> None:
    video, poses = tmp_path / "o.mp4", tmp_path / "p.jsonl"
    with RtspServer(clip(tmp_path)) as server, Proxy(server.port) as proxy:
        files = ("--record", str(video), "--save-poses", str(poses))
        running = Clocked(str(ROOT / "run_live.py"), server.through(proxy.port), *files, *FLAGS)
        assert grows_to(poses, 5), running.said
        if state == "stalled":
            proxy.is_hanging = True
        elif state == "reconnecting":
            server.kill()
        if state != "live":
            running.until(f": {state}: ")
        running.ends_in_time()
    with av.open(str(video)) as container:
        assert len(list(container.decode(video=0))) >= 4


@pytest.mark.parametrize("moment", ["while loading", "while connecting"])
def test_ctrl_c_before_the_first_picture(tmp_path: Path, moment: str) -> None:
    """The server accepts and says nothing, and will for longer than anybody waits for an end."""
    poses = tmp_path / "p.jsonl"
    flags = ("--keep-trying", "--open-timeout-s", "60", "--save-poses", str(poses))
    with RtspServer(clip(tmp_path)) as server, Proxy(server.port) as proxy:
        proxy.is_hanging = True
        running = Clocked(str(ROOT / "run_live.py"), server.through(proxy.port), *flags, *FLAGS)
        while not (proxy.connections if moment == "while loading" else poses.is_file()):
            assert not running.has_ended(0.02), running.said
        if moment == "while connecting":
            assert not running.has_ended(0.5), running.said
            running.ends_in_time()
        else:
            assert running.interrupted_s() < END_S
            assert running.process.returncode == -signal.SIGINT
            assert "Traceback" not in running.said
