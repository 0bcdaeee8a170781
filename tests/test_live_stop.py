"""Ctrl-C while a camera is live, stalled or away: a quick end, and files that are closed and playable."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from tests.proxy import Proxy
from tests.rtsp_server import RtspServer, clip
from tests.test_cli import grows_to

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ("--headless", "--pose", "movenet-lightning", "--read-timeout-s", "2", "--stalled-s", "0.2")


@pytest.mark.parametrize("state", ["live", "stalled", "reconnecting"])
def test_ctrl_c_ends_it_within_two_seconds(tmp_path: Path, state: str) -> None:
    video, poses = tmp_path / "o.mp4", tmp_path / "p.jsonl"
    with RtspServer(clip(tmp_path)) as server, Proxy(server.port) as proxy:
        files = ("--record", str(video), "--save-poses", str(poses))
        running = subprocess.Popen(
            [sys.executable, str(ROOT / "run_live.py"), server.through(proxy.port), *files, *FLAGS],
            stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert running.stderr is not None
        assert grows_to(poses, 5)
        said = ""
        if state == "stalled":
            proxy.is_hanging = True
        elif state == "reconnecting":
            server.kill()
        while state != "live" and f": {state}: " not in said:
            said += running.stderr.readline()
        started_s = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, rest = running.communicate(timeout=20)
        assert (
            time.monotonic() - started_s < 8
        )  # two seconds, the encoder's and the interpreter's end, on a busy machine
        assert running.returncode == 0, said + rest
    with av.open(str(video)) as container:
        assert len(list(container.decode(video=0))) >= 4
