"""Ctrl-C in a long command: one line and exit code 130, no traceback; a download can be resumed."""

import os
import signal
import subprocess
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from realtime_pose.models.cache_folder import FOLDER_VARIABLE
from tests.support.forked_program import RUN, ForkedProgram
from tests.support.models.weights_files import CONTENT, Server, serving

pytestmark = [pytest.mark.server, pytest.mark.process]

WITH_REMOTE_MODEL = """
import hashlib, sys
from dataclasses import replace
from realtime_pose.models import manifest
url, sha256, size = sys.argv[1:4]
del sys.argv[1:4]
shipped = manifest.load_manifest()
near = shipped.named("nanodet-g")
far = replace(near, name="far", file="far.onnx", url=url, sha256=sha256, bytes=int(size))
both = manifest.Manifest({**shipped.models, "far": far})
manifest.load_manifest = lambda: both
from realtime_pose.__main__ import run
run()
"""


def start(folder: Path, *words: str, code: str = RUN) -> ForkedProgram:
    environment = {**os.environ, FOLDER_VARIABLE: str(folder / "cache"), "NO_PROXY": "127.0.0.1"}
    return ForkedProgram(*words, code=code, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def start_with_remote_model(folder: Path, server: Server, *words: str) -> ForkedProgram:
    """The command line, with a manifest that also has the file of the server under the name "far"."""
    remote = (server.url, sha256(CONTENT).hexdigest(), str(len(CONTENT)))
    return start(folder, *remote, *words, code=WITH_REMOTE_MODEL)


@pytest.mark.parametrize("words", ["eval coco --images .", "fit nms --images . --out nms.toml", "fit pgpg --images ."])
def test_a_measurement(tmp_path: Path, words: str) -> None:
    """Stopped while it reads the annotations from a pipe that stays empty."""
    os.mkfifo(tmp_path / "truth.json")
    running = start(tmp_path, *words.split(), "--annotations", "truth.json")
    with (tmp_path / "truth.json").open("wb"):  # blocks until the command opens the pipe
        running.send_signal(signal.SIGINT)
        printed, messages = running.communicate(timeout=30)
    assert (running.returncode, printed, messages) == (130, "", "stopped\n")
    assert [path.name for path in tmp_path.iterdir()] == ["truth.json"]


@pytest.mark.parametrize(
    "words",
    [
        ("weights", "fetch", "far"),
        ("live", "demo", "--headless", "--detector", "far"),
        ("process", "clip.mp4", "--out", "out", "--detector", "far"),
    ],
)
def test_a_stopped_download_is_resumed(tmp_path: Path, words: tuple[str, ...]) -> None:
    part = tmp_path / "cache" / "far.onnx.part"
    with serving() as server:
        server.stall_at = 300_000
        running = start_with_remote_model(tmp_path, server, *words)
        assert grows_to(part, 200_000)
        running.send_signal(signal.SIGINT)
        _, messages = running.communicate(timeout=30)
        assert running.returncode == 130, messages
        assert messages.splitlines()[-1] == "stopped; the downloaded part is kept: run the same command again to go on"
        assert "Traceback" not in messages
        kept = part.stat().st_size
        server.stall_at = None
        server.resumed.set()
        again = start_with_remote_model(tmp_path, server, "weights", "fetch", "far")
        printed, messages = again.communicate(timeout=30)
        assert again.returncode == 0, messages
        assert server.ranges == [None, f"bytes={kept}-"]
    assert Path(printed.strip()).read_bytes() == CONTENT


def grows_to(path: Path, length: int) -> bool:
    """Whether the file has this many bytes within half a minute."""
    pause = threading.Event()
    for _ in range(600):
        if path.is_file() and path.stat().st_size >= length:
            return True
        pause.wait(0.05)
    return False
