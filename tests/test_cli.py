"""The command line: every flag, every bad input with its message and exit code, and runs on real files."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from benchmarks.support import clips
from realtime_pose._cv2 import cv2
from realtime_pose.cli import main, parse
from realtime_pose.commands import weights
from realtime_pose.commands.live import LiveArguments
from realtime_pose.config import Config, DetectConfig, PoseConfig
from realtime_pose.errors import ConfigError
from tests.support.forked_program import ForkedProgram

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parent.parent
NUM_FRAMES = 32  # of the 100 of the demo clip


def live(*args: str) -> Config:
    """The settings from these arguments."""
    command = parse(["live", *args])
    assert isinstance(command, LiveArguments)
    return command.settings


class TestArguments:
    def test_defaults(self) -> None:
        assert live() == Config()

    def test_every_flag_of_the_manual(self) -> None:
        config = live(
            "demo", "--headless", "--record", "o.mp4", "--save-poses", "a.jsonl", "--save-poses", "b.csv",
            "--detector", "nanodet-g", "--pose", "movenet-lightning", "--device", "cuda:1", "--max-frames", "5",
        )  # fmt: skip
        assert config.source.uri == "demo"
        assert config.headless
        assert config.record.path == Path("o.mp4")
        assert config.save_poses == (Path("a.jsonl"), Path("b.csv"))
        assert (config.detect.model, config.pose.model) == ("nanodet-g", "movenet-lightning")
        assert config.device.device == "cuda:1"
        assert config.max_frames == 5

    def test_flags_override_the_file_and_a_repeated_flag_replaces_its_list(self, tmp_path: Path) -> None:
        file = tmp_path / "c.toml"
        file.write_text('save_poses = ["old.csv"]\n[detect]\nthreshold = 0.5\nsize = "320"\n', encoding="utf-8")
        config = live("demo", "--config", str(file), "--detector-threshold", "0.6", "--save-poses", "new.csv")
        assert config.detect.threshold == 0.6
        assert config.detect.size == "320"
        assert config.save_poses == (Path("new.csv"),)
        assert live("--config", str(file)).save_poses == (Path("old.csv"),)
        assert live(f"--config={file}").detect.threshold == 0.5

    def test_show_config_prints_what_load_reads(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["live", "demo", "--headless", "--pose", "movenet-lightning", "--show-config"]) == 0
        file = tmp_path / "shown.toml"
        file.write_text(capsys.readouterr().out, encoding="utf-8")
        assert live("--config", str(file)) == live("demo", "--headless", "--pose", "movenet-lightning")

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            pytest.param(["live", "--recrd", "x.mp4"], "--record", id="typo names the nearest"),
            pytest.param(["live", "--max-frames", "many"], "many", id="no number"),
            pytest.param(["live", "--detector-threshold", "7"], "expected a value from 0 to 1, got 7.0", id="range"),
            pytest.param(["live", "--device", "gpu"], "expected auto, cpu, cuda, cuda:N", id="device"),
            pytest.param(["live", "--config"], "--config", id="config without file"),
            pytest.param(["live", "--config", "nowhere.toml"], "nowhere.toml", id="config missing"),
            pytest.param(["lve"], "live", id="command"),
            pytest.param([], "live", id="nothing"),
        ],
    )
    def test_wrong_usage_is_reported_in_two_lines(
        self, args: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(args) == 2
        message_shown = capsys.readouterr().err
        assert message in message_shown
        assert len(message_shown.strip().splitlines()) <= 2
        assert "Traceback" not in message_shown

    @pytest.mark.parametrize(
        ("args", "command"),
        [
            ("live --recrd x.mp4", "live "),
            ("process --ot x", "process "),
            ("eval coco --anotations x.json", "eval coco "),
            ("eval", "eval "),
            ("fit everything", "fit "),
            ("weights fetch --al", "weights fetch "),
            ("weights fetsh", "weights "),
            ("lve", ""),
        ],
    )
    def test_wrong_usage_names_the_help_to_read(
        self, args: str, command: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(args.split()) == 2
        last = capsys.readouterr().err.splitlines()[-1]
        assert last == f"See realtime-pose {command}--help."

    def test_a_usage_error_masks_passwords(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["live", "rtsp://user:secret@host/x", "rtsp://user:secret@host/y", "--nonsense"]) == 2
        assert "secret" not in capsys.readouterr().err

    def test_show_config_masks_passwords(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["live", "rtsp://user:secret@host/x", "--show-config"]) == 0
        shown = capsys.readouterr().out
        assert "secret" not in shown
        assert "user:***@host" in shown
        assert "secret" not in repr(live("rtsp://user:secret@host/x"))

    def test_unknown_key_of_the_file(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "c.toml"
        file.write_text("[trak]\nlost_s = 1\n", encoding="utf-8")
        assert main(["live", "--config", str(file)]) == 2
        assert "unknown key trak: did you mean 'track'?" in capsys.readouterr().err


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    """Exit code and stderr of a headless run."""
    code = main(["live", *args, "--headless", "--pose", "movenet-lightning"])
    message_shown = capsys.readouterr().err
    assert "Traceback" not in message_shown
    return code, message_shown


def write_video(folder: Path, content: bytes) -> Path:
    """A file with the name of a video and this content."""
    path = folder / "bad.mp4"
    path.write_bytes(content)
    return path


class TestBadInput:
    """Each message says what was expected, what came, and what to do."""

    def test_no_camera(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, message_shown = run(capsys, "7")
        assert code == 1
        assert "demo" in message_shown

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            pytest.param(lambda folder: folder / "missing.mp4", "missing.mp4", id="missing file"),
            pytest.param(lambda folder: write_video(folder, b"this is no video\n" * 50), "bad.mp4", id="text"),
            pytest.param(lambda folder: write_video(folder, b""), "bad.mp4", id="zero bytes"),
        ],
    )
    def test_files_that_are_not_a_video(
        self, make: Callable[[Path], Path], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, message_shown = run(capsys, str(make(tmp_path)))
        assert code == 1
        assert message in message_shown
        assert len(message_shown.strip().splitlines()) <= 2

    def test_a_truncated_video_is_used_up_to_its_end(
        self, demo_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        cut = tmp_path / "cut.mp4"
        cut.write_bytes(fast_start(demo_clip, tmp_path)[: demo_clip.stat().st_size // 4])
        poses = tmp_path / "p.jsonl"
        code, message_shown = run(capsys, str(cut), "--save-poses", str(poses), "--max-frames", "200")
        assert code == 1
        assert "the rest is cut off or missing" in message_shown
        lines = poses.read_text(encoding="utf-8").splitlines()
        assert 8 < len(lines) < 45

    def test_a_folder_without_images(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, message_shown = run(capsys, str(tmp_path))
        assert code == 1
        assert "png" in message_shown

    def test_a_corrupt_image_among_others_is_skipped_and_reported(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("1.png", "3.png"):
            cv2.imwrite(str(tmp_path / name), np.zeros((40, 60, 3), np.uint8))
        (tmp_path / "2.png").write_bytes(b"\x89PNG broken")
        code, message_shown = run(capsys, str(tmp_path))
        assert code == 1
        assert "2 pictures" in message_shown
        assert "2.png" in message_shown

    def test_an_unreachable_url(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, message_shown = run(capsys, "rtsp://user:secret@127.0.0.1:9/x", "--open-timeout-s", "2")
        assert code == 1
        assert "secret" not in message_shown
        assert "127.0.0.1" in message_shown

    @pytest.mark.parametrize("flag", ["--detector", "--pose"])
    def test_an_unknown_model(self, flag: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["live", "demo", "--headless", flag, "movenet-lightnin"]) == 2
        assert "unknown model 'movenet-lightnin'" in capsys.readouterr().err

    def test_weights_with_another_checksum(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        own = tmp_path / "mine.onnx"
        own.write_bytes(b"nothing")
        own.with_suffix(".toml").write_text(
            'task = "pose"\nfamily = "movenet"\nskeleton = "coco17"\nsha256 = "00"\n'
            '[input]\nname = "i"\nwh = [192, 192]\n',
            encoding="utf-8",
        )
        assert main(["live", "demo", "--headless", "--pose", str(own)]) == 1
        assert str(own) in capsys.readouterr().err

    @pytest.mark.parametrize("name", ["missing/out.mp4", "out.avi", "."])
    def test_a_recording_that_cannot_be_written(
        self, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, message_shown = run(capsys, "demo", "--record", str(tmp_path / name))
        assert code == 1
        assert str(tmp_path) in message_shown

    def test_poses_in_an_unknown_format(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, message_shown = run(capsys, "demo", "--save-poses", str(tmp_path / "poses.xml"))
        assert code == 1
        assert ".jsonl" in message_shown

    def test_a_size_change_midway(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        video, out, poses = clips.ts_with_two_sizes(tmp_path / "sizes.ts"), tmp_path / "o.mp4", tmp_path / "p.jsonl"
        code, _ = run(capsys, str(video), "--record", str(out), "--save-poses", str(poses))
        assert code == 0
        headers = [line for line in poses.read_text(encoding="utf-8").splitlines() if '"schema"' in line]
        assert len(headers) == 2
        assert decode(out)

    @pytest.mark.parametrize("wh", [(1, 1), (16, 9)])
    def test_tiny_images(self, wh: tuple[int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for index in range(3):
            cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((wh[1], wh[0], 3), 90, np.uint8))
        out = tmp_path / "o.mp4"
        code, message_shown = run(capsys, str(tmp_path), "--as-video", "--record", str(out))
        assert code == 0, message_shown
        assert len(decode(out)) == 3

    @pytest.mark.parametrize("channels", [1, 4])
    def test_grey_and_four_channel_images(
        self, channels: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        cv2.imwrite(str(tmp_path / "1.png"), np.full((48, 64, channels), 90, np.uint8))
        assert run(capsys, str(tmp_path))[0] == 0


def fast_start(clip: Path, folder: Path) -> bytes:
    """The clip with its index at the start, so that a truncated copy can be read."""
    whole = folder / "whole.mp4"
    with av.open(str(clip)) as source, av.open(str(whole), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return whole.read_bytes()


def decode(path: Path, max_frames: int | None = None) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(islice(container.decode(video=0), max_frames))


class TestRuns:
    """Whole runs, each in its own process."""

    def environment(self) -> dict[str, str]:
        """The environment without a display."""
        hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
        return {key: value for key, value in os.environ.items() if key not in hidden}

    def start(self, *args: str) -> ForkedProgram:
        return ForkedProgram("live", *args, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_the_main_job_on_the_demo_clip(self, demo_clip: Path, tmp_path: Path) -> None:
        """As a user starts it: headless, because there is no display.

        The frames have the same times, and three people keep their ids.
        """
        out, poses = tmp_path / "o.mp4", tmp_path / "p.jsonl"
        outputs = ("--record", str(out), "--save-poses", str(poses))
        running = subprocess.Popen(
            [sys.executable, str(ROOT / "run_live.py"), "demo", *outputs, "--max-frames", str(NUM_FRAMES)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment(),
        )  # fmt: skip
        _, message_shown = running.communicate(timeout=100)
        assert running.returncode == 0, message_shown
        assert message_shown.count("no display") == 1
        frames, original = decode(out), decode(demo_clip, NUM_FRAMES)
        assert len(frames) == NUM_FRAMES
        times = [[float(frame.time or 0) for frame in clip] for clip in (frames, original)]
        assert np.allclose(np.diff(times[0]), np.diff(times[1]), atol=1e-4)
        header, *lines = map(json.loads, poses.read_text(encoding="utf-8").splitlines())
        assert header["schema"] == 1
        assert [line["frame"] for line in lines] == list(range(NUM_FRAMES))
        shares = shares_of_main_ids(lines)
        assert set(shares) == {"left edge", "in front", "behind"}
        assert min(shares.values()) >= 0.95

    def test_ctrl_c_finishes_the_recording(self, tmp_path: Path) -> None:
        out, poses = tmp_path / "o.mp4", tmp_path / "p.jsonl"
        quick = ("--pose", "movenet-lightning", "--detector-size", "64")
        running = self.start("demo", "--record", str(out), "--save-poses", str(poses), *quick)
        assert grows_to(poses, 8)
        running.send_signal(signal.SIGINT)
        _, message_shown = running.communicate(timeout=20)
        assert running.returncode == 0, message_shown
        assert "stopped" in message_shown
        assert len(decode(out)) >= 5

    def test_only_debug_shows_the_traceback(self, tmp_path: Path) -> None:
        missing = str(tmp_path / "missing.mp4")
        _, plain = self.start(missing, "--headless").communicate(timeout=60)
        _, debug = self.start(missing, "--headless", "--debug").communicate(timeout=60)
        assert "Traceback" not in plain
        assert "Traceback" in debug


def grows_to(path: Path, num_frames: int) -> bool:
    """Whether the JSON lines have this many frames within half a minute."""
    pause, deadline_s = threading.Event(), time.monotonic() + 30
    while time.monotonic() < deadline_s:
        if path.is_file() and path.read_bytes().count(b'"frame":') >= num_frames:
            return True
        pause.wait(0.05)
    return False


def person_at(box: list[float]) -> str:
    """Which of the three people of the demo clip has this box, by the place where they stand."""
    _, _, right, bottom = box
    if right < 250:
        return "left edge"
    return "in front" if bottom > 1600 else "behind"


def shares_of_main_ids(lines: list[dict[str, Any]]) -> dict[str, float]:
    """For each of the three people, the share of their frames that have their most frequent id."""
    ids: dict[str, Counter[int]] = {}
    for line in lines:
        for person in line["people"]:
            if person["state"] == "confirmed":
                ids.setdefault(person_at(person["box"]), Counter())[person["track_id"]] += 1
    return {place: max(counts.values()) / counts.total() for place, counts in ids.items()}


class TestOtherCommands:
    def test_weights_list(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["weights", "list"]) == 0
        printed = capsys.readouterr().out
        for name in ("nanodet-g", "movenet-thunder", "movenet-lightning"):
            assert name in printed

    def test_weights_verify(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["weights", "verify"]) == 0

    def test_weights_fetch_of_a_shipped_model_prints_its_path(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["weights", "fetch", "nanodet-g"]) == 0
        assert "nanodet_g" in capsys.readouterr().out

    def test_weights_fetch_of_an_unknown_name(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["weights", "fetch", "nanodet"]) == 2
        assert "did you mean nanodet-g" in capsys.readouterr().err


def test_parse_raises_for_wrong_usage() -> None:
    with pytest.raises(ConfigError):
        parse(["live", "--nonsense"])


@pytest.mark.parametrize(
    "words",
    [
        ("live", "demo", "--headless"),
        ("process", "clip.mp4", "--out", "out"),
        ("eval", "coco", "--annotations", "truth.json", "--images", "pictures"),
        ("eval", "mot", "sequence"),
        ("fit", "nms", "--annotations", "truth.json", "--images", "pictures"),
    ],
)
def test_commands_with_networks_download_missing_ones(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    requested = []

    def fetch(detect: DetectConfig, pose: PoseConfig, *, reid: str = "") -> None:
        requested.append((detect.model, pose.model))
        assert not reid
        raise ConfigError("enough")

    monkeypatch.setattr(weights, "fetch_missing", fetch)
    assert main([*words, "--detector", "yolox-m", "--pose", "rtmpose-m"]) == 2
    assert requested == [("yolox-m", "rtmpose-m")]
