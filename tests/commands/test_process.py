"""The command ``process``: every output file is complete or absent, and finished files are not done again."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from benchmarks.support import clips
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.cli import main, parse
from realtime_pose.commands.finished_files import FOLDER
from realtime_pose.commands.process import ProcessArguments, plan_jobs
from realtime_pose.config import Config
from realtime_pose.errors import ConfigError
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.scene import Frame
from tests.support.forked_program import ForkedProgram

pytestmark = [pytest.mark.process]

QUICK = ("--pose", "movenet-lightning", "--detector-size", "64")


def process(*args: object) -> int:
    return main(["process", *map(str, args), *QUICK])


def arguments(*args: object) -> ProcessArguments:
    command = parse(["process", *map(str, args)])
    assert isinstance(command, ProcessArguments)
    return command


def ids(path: Path) -> list[list[int]]:
    """The ids of the people in each frame."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [[person["track_id"] for person in line["people"]] for line in lines if "frame" in line]


def test_networks_are_loaded_once_and_each_file_has_its_own_tracker(
    tmp_path: Path, demo_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []

    def load(config: Config, *, is_live: bool) -> Networks:
        loads.append(config.source.uri)
        return load_networks(config, is_live=is_live)

    monkeypatch.setattr("realtime_pose.pipeline.networks.load_networks", load)
    short = clips.shorten(demo_clip, tmp_path / "a.mp4", count=6)
    again = tmp_path / "b.mp4"
    again.write_bytes(short.read_bytes())
    settings = ("--out", str(tmp_path / "out"), "--record-as", "clean", "--pose", "movenet-lightning")
    assert main(["process", str(short), str(again), *settings]) == 0
    assert loads == [str(short)]
    first, second = (ids(tmp_path / "out" / f"{name}.jsonl") for name in "ab")
    assert max(map(len, first)) >= 2
    assert first == second, "a shared tracker would go on counting"


def names(folder: Path) -> list[str]:
    """The files that a user sees."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def parts(folder: Path) -> list[Path]:
    """Files in the making, or left by a killed run."""
    return list((folder / FOLDER).glob("*/*"))


def test_one_file_fails_and_the_others_are_finished(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = [0.0, 0.1, 0.15, 0.4, 0.45, 1.2]
    first = clips.video(tmp_path / "first.mkv", times_s=times, audio_s=1.0)
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video" * 100)
    third = clips.video(tmp_path / "third.mp4", count=7)
    assert process(first, bad, tmp_path / "missing.mp4", third, "--out", tmp_path / "out") == 1
    messages = capsys.readouterr().err
    assert "bad.mp4: failed: " in messages
    assert "missing.mp4: failed: expected a video file, but it does not exist" in messages
    assert names(tmp_path / "out") == ["first.mp4", "third.mp4"]
    assert video_times(tmp_path / "out" / "first.mp4") == pytest.approx(times, abs=1e-3)
    assert len(video_times(tmp_path / "out" / "third.mp4")) == 7
    with av.open(str(tmp_path / "out" / "first.mp4")) as container:
        assert container.streams.audio[0].codec_context.name == "aac"


def test_an_exception_of_a_library_ends_only_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Failing:
        """Networks that fail for one size of images."""

        def __init__(self, networks: Networks) -> None:
            self._networks = networks

        def __getattr__(self, name: str) -> Any:
            return getattr(self._networks, name)

        def detect(self, frame: Frame, *, threshold: float) -> Any:
            if frame.wh == (80, 48):
                raise ValueError("31 is not a valid Type")
            return self._networks.detect(frame, threshold=threshold)

    def load(config: Config, *, is_live: bool) -> Failing:
        return Failing(load_networks(config, is_live=is_live))

    monkeypatch.setattr("realtime_pose.pipeline.networks.load_networks", load)
    first = clips.video(tmp_path / "first.mp4", count=3, wh=(80, 48))
    second = clips.video(tmp_path / "second.mp4", count=3)
    assert process(first, second, "--out", tmp_path / "out") == 1
    messages = capsys.readouterr().err
    assert "first.mp4: failed: the stage 'detect' failed: unexpected ValueError: 31 is not a valid Type" in messages
    assert "Traceback" not in messages
    assert names(tmp_path / "out") == ["second.mp4"]


def test_finished_files_are_not_done_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, made = clips.video(tmp_path / "a.mp4", count=3), tmp_path / "out" / "a.mp4"
    assert process(source, "--out", tmp_path / "out") == 0
    inode = made.stat().st_ino
    assert process(source, "--out", tmp_path / "out") == 0
    assert made.stat().st_ino == inode
    assert "finished before" in capsys.readouterr().err
    assert process(source, "--out", tmp_path / "out", "--again") == 0
    assert made.stat().st_ino != inode
    later = made.stat().st_mtime + 10
    os.utime(source, (later, later))
    inode = made.stat().st_ino
    assert process(source, "--out", tmp_path / "out") == 0
    assert made.stat().st_ino != inode, "the source is newer than its output"


def test_all_outputs_of_a_file_are_written(tmp_path: Path) -> None:
    source = clips.video(tmp_path / "a.b.mp4", count=3)
    assert process(source, "--out", tmp_path / "out", "--record-as", "both") == 0
    assert names(tmp_path / "out") == ["a.b.clean.mp4", "a.b.jsonl", "a.b.mp4"]
    (tmp_path / "out" / "a.b.jsonl").unlink()
    assert process(source, "--out", tmp_path / "out", "--record-as", "both") == 0
    assert len(names(tmp_path / "out")) == 3


def test_a_video_with_wide_pixels_is_recorded_with_square_ones(tmp_path: Path) -> None:
    source = clips.video(tmp_path / "a.mp4", count=10, pixel_aspect=Fraction(2))
    assert process(source, "--out", tmp_path / "out", "--record-as", "both") == 0
    for name in ("a.mp4", "a.clean.mp4"):
        with av.open(str(tmp_path / "out" / name)) as container:
            stream = container.streams.video[0]
            assert (stream.width, stream.height, stream.sample_aspect_ratio or 1) == (128, 48, 1)
    header = json.loads((tmp_path / "out" / "a.jsonl").read_text("utf-8").splitlines()[0])
    assert header["size"] == [128, 48]


def test_a_truncated_file_gives_what_can_be_read_and_reports_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = clips.video(tmp_path / "a.mkv", count=60)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    assert process(source, "--out", tmp_path / "out") == 1
    assert "a.mkv: " in capsys.readouterr().err
    assert 10 < len(video_times(tmp_path / "out" / "a.mp4")) < 60


def started(*args: object) -> ForkedProgram:
    return ForkedProgram("process", *args, stderr=subprocess.PIPE)


def grows(path: Path) -> bool:
    """Whether the file gets content within half a minute."""
    pause, deadline_s = threading.Event(), time.monotonic() + 30
    while time.monotonic() < deadline_s:
        if path.is_file() and path.stat().st_size:
            return True
        pause.wait(0.02)
    return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_leaves_no_partial_file_and_can_be_continued(tmp_path: Path, number: signal.Signals) -> None:
    short = clips.video(tmp_path / "short.mp4", count=2)
    long = clips.video(tmp_path / "long.mp4", count=400, wh=(320, 240))
    out = tmp_path / "out"
    running = started(short, long, "--out", out, *QUICK)
    assert grows(out / FOLDER / "long.mp4" / "long.mp4")
    running.send_signal(number)
    _, messages = running.communicate(timeout=20)
    assert running.returncode == (1 if number == signal.SIGINT else -number)
    assert "Traceback" not in messages
    assert (out / "short.mp4").exists()
    assert not (out / "long.mp4").exists()
    if number == signal.SIGINT:
        assert "stopped, finished: 1 of 2 sources" in messages
        assert names(out) == ["short.mp4"]
        assert not parts(out)
        return
    assert parts(out)
    inode = (out / "short.mp4").stat().st_ino
    clips.video(long, count=5)  # a shorter file for the rest of the test
    assert process(short, long, "--out", out) == 0
    assert names(out) == ["long.mp4", "short.mp4"]
    assert (out / "short.mp4").stat().st_ino == inode
    assert len(video_times(out / "long.mp4")) == 5
    assert not parts(out)


def test_the_progress_bar_shows_the_time_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    source = clips.video(tmp_path / "a.mp4", count=20)
    assert process(source, "--out", tmp_path / "out") == 0
    messages = capsys.readouterr().err
    assert "1 of 1: a.mp4" in messages
    assert "left" in messages
    assert "fps" in messages


class TestRefused:
    def test_two_files_with_the_same_target(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="would both be written to"):
            plan_jobs(arguments("x/a.mp4", "y/a.mov", "--out", tmp_path))

    def test_a_source_that_would_be_overwritten(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="overwrite a source"):
            plan_jobs(arguments(tmp_path / "a.mp4", "--out", tmp_path))

    def test_a_folder_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("")
        with pytest.raises(ConfigError, match="expected a folder"):
            plan_jobs(arguments("a.mp4", "--out", tmp_path / "out"))

    def test_a_wrong_setting_before_the_first_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="record-as: expected overlay, clean, both, got"):
            plan_jobs(arguments("a.mp4", "--out", tmp_path, "--record-as", "drawn"))

    @pytest.mark.parametrize("args", [(), ("a.mp4",), ("--out", "x")])
    def test_missing_files_or_folder(self, args: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["process", *args]) == 2
        assert "Traceback" not in capsys.readouterr().err


def test_a_file_given_twice_is_done_once(tmp_path: Path) -> None:
    assert len(plan_jobs(arguments("a.mov", "a.mov", "--out", tmp_path))) == 1


def test_settings_come_from_the_file_and_the_flags(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    table = '[record]\nquality_crf = 30\nencoder_preset = "fast"\n[detect]\nthreshold = 0.4\n'
    file.write_text(table, encoding="utf-8")
    command = arguments("a.mp4", "--out", tmp_path, "--config", file, "--encoder-preset", "slow", "--boxes")
    (job,) = plan_jobs(command)
    config = job.configure(command.to_config(), tmp_path / "parts")
    assert (config.record.quality_crf, config.record.encoder_preset, config.detect.threshold) == (30, "slow", 0.4)
    assert config.render.boxes
    assert config.source.uri == "a.mp4"
    assert config.headless
