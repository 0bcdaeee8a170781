"""Recordings of whole runs, which signals end or trigger."""

import signal
import subprocess
from pathlib import Path

import av
import pytest

from benchmarks.support.clips import video
from realtime_pose.cli import main
from tests.support.forked_program import ForkedProgram
from tests.support.waiting import becomes_true

pytestmark = [pytest.mark.process]

QUICK = ("--headless", "--pose", "movenet-lightning", "--detector-size", "64")


def started(*args: object) -> ForkedProgram:
    return ForkedProgram("live", *args, *QUICK, stderr=subprocess.PIPE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_segments(tmp_path: Path, number: signal.Signals) -> None:
    source, folder = video(tmp_path / "long.mkv", count=900, audio_s=30.0), tmp_path / "rec"
    running = started(source, "--record", folder / "hall.mp4", "--segment", "1s", "--record-as", "both")
    assert becomes_true(lambda: len(list(folder.glob("*.mp4"))) >= 4)
    running.send_signal(number)
    _, messages = running.communicate(timeout=20)
    assert running.returncode == 0, messages
    assert "stopped" in messages
    assert f"written: {folder}" in messages
    for path in folder.glob("hall_*.mp4"):
        with av.open(str(path)) as container:
            assert container.streams.video[0].frames == len(list(container.decode(video=0))) > 0
            assert container.streams.audio[0].codec_context.name == "aac"


def test_a_preroll_without_a_trigger_records_nothing(tmp_path: Path) -> None:
    source = video(tmp_path / "short.mp4", count=20)
    assert main(["live", str(source), "--record", str(tmp_path / "rec"), "--preroll", "10s", *QUICK]) == 0
    assert not list((tmp_path / "rec").glob("*.*4"))


def test_a_signal_records_what_is_around_it(tmp_path: Path) -> None:
    source, folder = video(tmp_path / "long.mp4", count=150, rate_hz=15), tmp_path / "rec"
    poses = tmp_path / "poses.jsonl"
    running = started(source, "--record", folder, "--preroll", "1s", "--postroll", "1s", "--save-poses", poses)
    assert becomes_true(lambda: poses.is_file() and poses.read_text().count("\n") > 25)
    assert not list(folder.glob("*.mp4"))
    running.send_signal(signal.SIGUSR1)
    _, messages = running.communicate(timeout=60)
    assert running.returncode == 0, messages
    [path] = folder.glob("*.mp4")
    with av.open(str(path)) as container:
        times_s = [float(frame.time or 0) for frame in container.decode(video=0)]
    assert 1.5 < times_s[-1] < 8, "before and after the signal, and not all 10 s"


def test_a_trigger_without_a_recording_is_reported_and_the_run_goes_on(tmp_path: Path) -> None:
    poses = tmp_path / "poses.jsonl"
    running = started(video(tmp_path / "long.mp4", count=60), "--save-poses", poses)
    assert becomes_true(poses.is_file)
    running.send_signal(signal.SIGUSR1)
    _, messages = running.communicate(timeout=60)
    assert running.returncode == 0, messages
    assert "not recorded: " in messages
    assert poses.read_text().count("\n") == 61
