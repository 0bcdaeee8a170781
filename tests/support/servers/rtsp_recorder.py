"""A real RTSP server that takes a stream and writes it into a file, in its own process."""

import subprocess
from pathlib import Path

from benchmarks.support.needs import require
from benchmarks.support.servers.killable import KillableServer
from benchmarks.support.servers.rtsp_server import PYTHON, SCRIPT, free_port

DEADLINE_S = 10.0


class RtspRecorder(KillableServer):
    """Takes a stream at rtsp://127.0.0.1:port/live.

    Attributes:
        path: The raw H.264 of the newest publisher.

    Args:
        path: See above.
        user: ``NAME:PASSWORD``; "" allows everybody.
    """

    def __init__(self, path: Path, *, user: str = "") -> None:
        self.path, self.port = path, free_port()
        self._user = user
        self._process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where to send to."""
        return f"rtsp://127.0.0.1:{self.port}/live"

    def with_login(self, login: str) -> str:
        """Where to send to, with this ``NAME:PASSWORD``."""
        return f"rtsp://{login}@127.0.0.1:{self.port}/live"

    def start(self) -> None:
        """Start the server; it listens when this returns."""
        require("rtsp")
        command = [PYTHON, str(SCRIPT.with_name("gst_recorder.py")), str(self.path), "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*command, "--user", self._user], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == str(self.port), "the server of the tests does not start"

    def kill(self) -> None:
        """Kill it, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=DEADLINE_S)
            self._process = None
