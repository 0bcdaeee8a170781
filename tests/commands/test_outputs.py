"""Outputs of `live`: no file of the user is lost, and a run says only what it did."""

import csv
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.support import clips
from benchmarks.support.full_disk import limit_file_size
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.cli import main
from tests.support.forked_program import RUN, ForkedProgram

pytestmark = [pytest.mark.process]

QUICK = ("--headless", "--pose", "movenet-lightning", "--detector-size", "64")
NUM_FRAMES = 8


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return clips.video(tmp_path / "clip.mp4", count=NUM_FRAMES)


def live(*args: object) -> int:
    return main(["live", *map(str, args), *QUICK])


LINKS: dict[str, Callable[[Path, Path], object]] = {
    "itself": lambda clip, link: None,
    "symbolic": lambda clip, link: link.symlink_to(clip),
    "hard": os.link,
}


class TestSource:
    """A source is never replaced, whatever it is called."""

    @pytest.mark.parametrize("kind", LINKS)
    @pytest.mark.parametrize("more", [(), ("--overwrite",)])
    def test_by_another_name(
        self, clip: Path, kind: str, more: Sequence[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        before, target = clip.read_bytes(), clip if kind == "itself" else clip.with_name("link.mp4")
        LINKS[kind](clip, target)
        assert live(clip, "--record", target, *more) == 1
        assert "is read; choose another name" in capsys.readouterr().err
        assert clip.read_bytes() == before

    def test_as_the_clean_video_beside_the_recording(self, clip: Path) -> None:
        source = clip.rename(clip.with_name("a.clean.mp4"))
        before = source.read_bytes()
        record = ("--record", source.with_name("a.mp4"), "--record-as", "both")
        assert live(source, *record, "--overwrite") == 1
        assert source.read_bytes() == before
        assert not source.with_name("a.mp4").exists()

    def test_an_image_of_a_folder(self, tmp_path: Path) -> None:
        folder = clips.folder_of_images(tmp_path / "images", count=3)
        image = next(folder.iterdir())
        before = image.read_bytes()
        os.link(image, tmp_path / "a.mp4")
        assert live(folder, "--as-video", "--record", tmp_path / "a.mp4", "--overwrite") == 1
        assert image.read_bytes() == before

    def test_the_demo_clip(self, tmp_path: Path, demo_clip: Path) -> None:
        (tmp_path / "demo.mp4").symlink_to(demo_clip)
        size = demo_clip.stat().st_size
        assert live("demo", "--record", tmp_path / "demo.mp4", "--overwrite", "--max-frames", 1) == 1
        assert demo_clip.stat().st_size == size

    def test_a_file_with_credentials(self, tmp_path: Path, clip: Path) -> None:
        (tmp_path / "camera.txt").write_text("user:password\n", encoding="utf-8")
        (tmp_path / "poses.txt").symlink_to("camera.txt")
        secret = ("--credentials-file", tmp_path / "camera.txt")
        assert live(clip, "--save-poses", tmp_path / "poses.txt", *secret, "--overwrite") == 1
        assert (tmp_path / "camera.txt").read_text(encoding="utf-8") == "user:password\n"


OUTPUTS = {
    "a.mp4": ("--record", "a.mp4"),
    "a.clean.mp4": ("--record", "a.mp4", "--record-as", "both"),
    "a.jsonl": ("--record", "a.mp4", "--record-as", "clean"),
    "b.jsonl": ("--save-poses", "b.jsonl"),
    "b.json": ("--save-poses", "b.json"),
    "b.txt": ("--save-poses", "b.txt"),
    "b.csv": ("--save-poses", "b.csv"),
}


class TestExisting:
    @pytest.mark.parametrize("name", OUTPUTS)
    def test_is_kept_unless_overwrite_is_asked_for(
        self, clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        monkeypatch.chdir(clip.parent)
        Path(name).write_text("of the user", encoding="utf-8")
        assert live(clip, *OUTPUTS[name]) == 1
        assert "this file exists; choose another name, or replace it with --overwrite" in capsys.readouterr().err
        assert Path(name).read_text(encoding="utf-8") == "of the user"
        assert sorted(path.name for path in clip.parent.iterdir()) == sorted([clip.name, name]), "and nothing is new"
        assert live(clip, *OUTPUTS[name], "--overwrite") == 0
        assert Path(name).read_bytes()[:11] != b"of the user"
        assert "written: " in capsys.readouterr().err

    def test_an_empty_file_holds_nothing_to_keep(self, clip: Path) -> None:
        """As `mktemp` makes it."""
        poses = clip.with_name("p.csv")
        poses.touch()
        assert live(clip, "--save-poses", poses) == 0
        assert poses.read_text(encoding="utf-8").startswith("frame,")

    def test_setting_of_a_file(self, clip: Path) -> None:
        poses, settings = clip.with_name("p.csv"), clip.with_name("s.toml")
        poses.write_text("old", encoding="utf-8")
        settings.write_text("overwrite = true\n", encoding="utf-8")
        assert live(clip, "--save-poses", poses, "--config", settings) == 0
        assert poses.read_text(encoding="utf-8").startswith("frame,")


class TestNothingIsTouchedBeforeAllIsKnown:
    """An output that cannot be written leaves the others as they were, also with --overwrite."""

    @pytest.mark.parametrize(
        "bad",
        [
            ("--save-poses", "nodir/x.csv"),
            ("--save-poses", "x.avi"),
            ("--record", "nodir/x.mp4"),
            ("--record", "x.avi"),
            ("--record", "folder.mp4"),
            ("--save-poses", "/proc/x.csv"),
            ("--save-poses", "old.csv"),
            ("--save-poses", "-", "--save-poses", "csv:-"),
            ("--record", "old.mp4", "--save-poses", "old.jsonl", "--record-as", "clean"),
            ("--segment", "1s", "--record", "file"),
            ("--segment", "1s"),
        ],
        ids=" ".join,
    )
    def test_bad_output(self, clip: Path, monkeypatch: pytest.MonkeyPatch, bad: Sequence[str]) -> None:
        monkeypatch.chdir(clip.parent)
        Path("folder.mp4").mkdir()
        for name in ("old.csv", "old.jsonl", "old.mp4", "file"):
            Path(name).write_text("of the user", encoding="utf-8")
        before = sorted(path.name for path in clip.parent.iterdir())
        assert live(clip, "--save-poses", "old.csv", *bad, "--overwrite") in {1, 2}
        assert sorted(path.name for path in clip.parent.iterdir()) == before
        assert Path("old.csv").read_text(encoding="utf-8") == "of the user"

    @pytest.mark.parametrize("bad", ["nowhere.mp4", "damaged.mp4"])
    def test_bad_source(self, clip: Path, bad: str) -> None:
        clip.with_name("damaged.mp4").write_bytes(b"no video" * 100)
        poses = clip.with_name("old.csv")
        poses.write_text("of the user", encoding="utf-8")
        assert live(clip.with_name(bad), "--save-poses", poses, "--overwrite") == 1
        assert poses.read_text(encoding="utf-8") == "of the user"


def test_two_runs_never_write_one_file(clip: Path) -> None:
    """The second finds the file of the first, or its lock."""
    long, video = clips.video(clip.with_name("long.mp4"), count=80), clip.with_name("out.mp4")
    command = ("live", long, "--record", video, "--overwrite", *QUICK)
    runs = [ForkedProgram(*command, stderr=subprocess.PIPE) for _ in range(2)]
    messages = [run.communicate(timeout=100)[1] for run in runs]
    assert sorted(run.wait() for run in runs) == [0, 1], messages
    assert any("another run is writing this file" in text for text in messages)
    assert len(video_times(video)) == 80


class TestFailedWrite:
    def test_what_is_lost_is_not_called_written(self, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
        video = clip.with_name("out.mp4")
        with limit_file_size(1500):  # the header, and no image
            assert live(clip, "--record", video) == 1
        messages = capsys.readouterr().err
        assert "it had no result yet, so no file is left" in messages
        assert "written: " not in messages
        assert not video.exists()

    def test_what_is_kept_is_called_written(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        clip, poses = clips.video(tmp_path / "a.mp4", count=90), tmp_path / "out.jsonl"
        with limit_file_size(4000):
            assert live(clip, "--save-poses", poses) == 1
        messages = capsys.readouterr().err
        assert "what was written before is kept" in messages
        assert f"written: {poses}" in messages
        lines = poses.read_text(encoding="utf-8").splitlines()
        assert 1 < len(lines) < 90
        assert all(json.loads(line) for line in lines)

    def test_a_run_whose_outputs_have_all_failed_ends(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        clip = clips.video(tmp_path / "a.mp4", count=2000)
        with limit_file_size(4000):
            assert live(clip, "--save-poses", tmp_path / "out.jsonl") == 1
        frames = int(capsys.readouterr().err.split(" frames, ")[0].rsplit(maxsplit=1)[-1])
        assert frames < 1000

    def test_a_run_goes_on_for_the_outputs_that_are_left(self, tmp_path: Path) -> None:
        clip, table = clips.video(tmp_path / "a.mp4", count=100), tmp_path / "out.csv"
        with limit_file_size(4000):  # nobody is seen, so the table stays small
            assert live(clip, "--save-poses", tmp_path / "out.jsonl", "--save-poses", table) == 1
        assert table.read_text(encoding="utf-8").startswith("frame,")


class TestPipes:
    def run(self, *args: object, stdout: int = subprocess.PIPE, code: str = RUN) -> ForkedProgram:
        return ForkedProgram("live", *args, *QUICK, code=code, stdout=stdout, stderr=subprocess.PIPE)

    def test_json_lines_to_standard_output(self, clip: Path) -> None:
        running = self.run(clip, "--save-poses", "-")
        poses, messages = running.communicate(timeout=60)
        assert running.returncode == 0, messages
        assert [json.loads(line).get("frame") for line in poses.splitlines()] == [None, *range(NUM_FRAMES)]
        assert "written: standard output" in messages

    @pytest.mark.parametrize("value", ["/dev/stdout", "jsonl:-"])
    def test_other_names_of_standard_output(self, clip: Path, value: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert live(clip, "--save-poses", value) == 0
        poses, messages = capfd.readouterr()
        assert [json.loads(line).get("frame") for line in poses.splitlines()] == [None, *range(NUM_FRAMES)]
        assert "written: standard output" in messages

    def test_csv_to_standard_output(self, demo_clip: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        clip = clips.shorten(demo_clip, tmp_path / "a.mp4", count=6)
        assert main(["live", str(clip), "--headless", "--save-poses", "csv:-", "--pose", "movenet-lightning"]) == 0
        rows = list(csv.DictReader(capfd.readouterr().out.splitlines()))
        assert len(rows) >= 17
        assert {row["keypoint"] for row in rows} >= {"nose", "left_ankle"}

    def test_standard_output_that_is_appended_to_a_file(self, clip: Path) -> None:
        with clip.with_name("all.jsonl").open("w+") as file:
            file.write("before\n")
            file.flush()
            running = self.run(clip, "--save-poses", "/dev/stdout", stdout=file.fileno())
            _, messages = running.communicate(timeout=60)
            assert running.returncode == 0, messages
            file.seek(0)
            assert [line[:6] for line in file][:2] == ["before", '{"sche']

    @pytest.mark.parametrize(
        ("name", "value"), [("p.jsonl", "p.jsonl"), ("p", "p"), ("p", "csv:p"), ("p.csv", "p.csv")]
    )
    def test_a_named_pipe(self, clip: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
        pipe = clip.with_name(name)
        os.mkfifo(pipe)
        monkeypatch.chdir(clip.parent)
        with ThreadPoolExecutor() as reader:
            text = reader.submit(pipe.read_text, encoding="utf-8")
            assert live(clip, "--save-poses", value) == 0
            first = text.result(timeout=60).splitlines()[0]
        assert (
            first == "frame,time_s,track_id,keypoint,x,y,score" if "csv" in value else json.loads(first)["schema"] == 1
        )
        assert pipe.is_fifo()

    @pytest.mark.parametrize("value", ["json:-", "p.json"])
    def test_coco_says_why_it_cannot(
        self, clip: Path, value: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(clip.parent)
        os.mkfifo("p.json")
        assert live(clip, "--save-poses", value) == 1
        printed, messages = capfd.readouterr()
        assert not printed
        assert "What was written to a pipe cannot be replaced" in messages

    def test_a_reader_that_has_enough_ends_the_run_quietly(self, tmp_path: Path) -> None:
        clip = clips.video(tmp_path / "a.mp4", count=900)
        with self.run(clip, "--save-poses", "-") as running:
            assert running.stdout is not None
            assert running.stderr is not None
            assert json.loads(running.stdout.readline())["schema"] == 1
            running.stdout.close()
            assert running.stderr.read() == ""
            assert running.wait(timeout=60) == 141

    def test_a_reader_that_has_enough_does_not_end_a_recording(self, tmp_path: Path) -> None:
        clip, video = clips.video(tmp_path / "a.mp4", count=40), tmp_path / "out.mp4"
        with self.run(clip, "--save-poses", "-", "--record", video) as running:
            assert running.stdout is not None
            assert running.stderr is not None
            running.stdout.close()
            messages = running.stderr.read()
            assert running.wait(timeout=60) == 1
        assert "standard output: the program that read the poses has ended" in messages
        assert f"written: {video}" in messages
        assert len(video_times(video)) == 40

    def test_what_a_library_prints_goes_to_standard_error(self, clip: Path) -> None:
        """Also what is printed while networks are loaded, and below Python."""
        noisy = (
            "import os, sys\n"
            "from realtime_pose.pipeline import build\n"
            "load = build.load_networks\n"
            "def noisy(config, **more):\n"
            "    print('from Python', flush=True); os.write(1, b'from C\\n')\n"
            "    return load(config, **more)\n"
            "build.load_networks = noisy\n"
            "from realtime_pose.__main__ import run\n"
            "run()\n"
        )
        running = self.run(clip, "--save-poses", "-", code=noisy)
        poses, messages = running.communicate(timeout=60)
        assert running.returncode == 0, messages
        assert "from Python\n" in messages
        assert "from C\n" in messages
        assert all(line.startswith("{") for line in poses.splitlines())
