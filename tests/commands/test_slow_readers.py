"""A program that does not read its pipe delays neither a recording nor the end of a run."""

import os
import signal
import subprocess
import time
from pathlib import Path

import av
import pytest

from benchmarks.support import clips
from tests.support.forked_program import ForkedProgram
from tests.support.waiting import becomes_true

pytestmark = [pytest.mark.process]

QUICK = ("--headless", "--pose", "movenet-lightning", "--detector-size", "64")


def test_ctrl_c_ends_a_run_whose_reader_has_stopped_reading(tmp_path: Path) -> None:
    """The recording is finished: the pipe has a thread of its own."""
    clip, video = clips.video(tmp_path / "a.mp4", count=9000), tmp_path / "out.mp4"
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    while True:  # the pipe is full from the start
        try:
            os.write(writer, b" " * 4096)
        except BlockingIOError:
            break
    os.set_blocking(writer, True)
    command = ("live", clip, "--record", video, "--save-poses", "-", *QUICK)
    running = ForkedProgram(*command, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert becomes_true(lambda: video.is_file() and video.stat().st_size > 0)
    running.send_signal(signal.SIGINT)
    start_s = time.monotonic()
    _, messages = running.communicate(timeout=20)
    assert time.monotonic() - start_s < 10
    os.close(reader)
    assert running.returncode == 1, messages
    assert "standard output: writing stopped (nobody read it before the run ended)" in messages
    assert "abandoned" not in messages
    assert f"written: {video}" in messages
    with av.open(str(video)) as container:
        assert container.streams.video[0].frames == len(list(container.decode(video=0))) > 0
