"""Recordings of whole runs in a process of their own, as a user starts them."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import pytest

from tests.clips import video

ROOT = Path(__file__).resolve().parent.parent
QUICK = ("--headless", "--pose", "movenet-lightning", "--detector-size", "64")


def started(*args: object) -> "subprocess.Popen[str]":
    run = [sys.executable, "-m", "realtime_pose", "live", *map(str, args), *QUICK]
    return subprocess.Popen(run, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def comes(folder: Path, count: int) -> bool:
    """Whether there are so many videos within half a minute."""
    pause, deadline_s = threading.Event(), time.monotonic() + 30
    while time.monotonic() < deadline_s:
        if len(list(folder.glob("*.mp4"))) >= count:
            return True
        pause.wait(0.02)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_segments(tmp_path: Path, number: signal.Signals) -> None:
    source, folder = video(tmp_path / "long.mkv", count=900, audio_s=30.0), tmp_path / "rec"
    running = started(source, "--record", folder / "hall.mp4", "--segment", "1s", "--record-as", "both")
    assert comes(folder, 4)
    running.send_signal(number)
    _, said = running.communicate(timeout=20)
    assert running.returncode == 0, said
    assert "stopped" in said
    assert f"written: {folder}" in said
    for path in folder.glob("hall_*.mp4"):
        with av.open(str(path)) as container:
            assert container.streams.video[0].frames == len(list(container.decode(video=0))) > 0
            assert container.streams.audio[0].codec_context.name == "aac"


def test_a_preroll_that_nobody_triggers_leaves_nothing(tmp_path: Path) -> None:
    source = video(tmp_path / "short.mp4", count=20)
    running = started(source, "--record", tmp_path / "rec", "--preroll", "10s")
    _, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    assert not list((tmp_path / "rec").glob("*.*4"))
