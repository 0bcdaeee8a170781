"""Output files of `process`: two runs share a folder, and no file of somebody else is replaced."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.support import clips
from benchmarks.support.full_disk import limit_file_size
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.cli import main
from realtime_pose.commands.finished_files import FOLDER
from realtime_pose.commands.process_job import Job, VideoJob, check_targets
from realtime_pose.errors import ConfigError
from realtime_pose.pipeline.pipeline import Pipeline
from tests.support.forked_program import ForkedProgram

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("--pose", "movenet-lightning", "--detector-size", "64")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def process(*args: object) -> int:
    return main(["process", *map(str, args), *QUICK])


def names(folder: Path) -> list[str]:
    """The files that a user sees."""
    return sorted(path.name for path in folder.iterdir() if path.name != FOLDER)


class TestTwoRuns:
    def test_on_the_same_files(self, tmp_path: Path, out: Path) -> None:
        """Each file is made by one of the runs; the other one says so, or finds it finished."""
        files = [clips.video(tmp_path / f"{name}.mp4", count=count) for name, count in (("a", 80), ("b", 20))]
        command = ("process", *files, "--out", out, *QUICK)
        runs = [ForkedProgram(*command, stderr=subprocess.PIPE) for _ in range(2)]
        messages = [run.communicate(timeout=100)[1] for run in runs]
        assert any(re.search(r"another run is making .*; wait for it|finished before", text) for text in messages)
        assert sum(text.count(" frames, in ") for text in messages) == 2
        assert [len(video_times(out / name)) for name in ("a.mp4", "b.mp4")] == [80, 20]
        assert process(*files, "--out", out) == 0
        assert names(out) == ["a.mp4", "b.mp4"]

    def test_a_killed_run_leaves_nothing_in_the_way(self, tmp_path: Path, out: Path) -> None:
        source = clips.video(tmp_path / "a.mp4", count=5)
        left = out / FOLDER / "a.mp4"
        left.mkdir(parents=True)
        (left / "a.mp4").write_bytes(b"half of a video")
        (out / FOLDER / "finished.jsonl").write_bytes(b'{"name": "a.mp')  # killed in this line
        assert process(source, "--out", out) == 0
        assert process(source, "--out", out) == 0
        assert not left.exists()
        assert len(video_times(out / "a.mp4")) == 5


class TestNames:
    """No two outputs of one run have the same name."""

    @pytest.mark.parametrize("first", ["r.clean.mp4", "r.clean.mov"])
    def test_a_clean_video_and_the_overlay_of_another_file(
        self, tmp_path: Path, out: Path, first: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        files = [clips.video(tmp_path / name, count=2) for name in (first, "r.mp4")]
        assert process(*files, "--out", out, "--record-as", "both") == 2
        assert "r.clean.mp4; use different folders" in capsys.readouterr().err
        assert not out.exists()
        assert process(*files, "--out", out, "--record-as", "overlay") == 0
        assert names(out) == ["r.clean.mp4", "r.mp4"]

    def test_files_that_are_called_like_parts(self, tmp_path: Path, out: Path) -> None:
        files = [clips.video(tmp_path / name, count=count) for name, count in (("q.part.mp4", 3), ("q.mp4", 4))]
        assert process(*files, "--out", out) == 0
        assert [len(video_times(out / path.name)) for path in files] == [3, 4]

    @pytest.mark.parametrize("kind", ["symbolic", "hard", "of the folder"])
    def test_a_link_to_a_source(self, tmp_path: Path, out: Path, kind: str) -> None:
        source = clips.video(tmp_path / "a.mp4", count=2)
        if kind == "of the folder":
            out.symlink_to(tmp_path)
        else:
            out.mkdir()
            (os.link if kind == "hard" else os.symlink)(source, out / "a.mp4")
        before = source.read_bytes()
        assert process(source, "--out", out, "--again") == 2
        assert source.read_bytes() == before

    def test_the_poses_of_one_file_and_another_source(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").write_text("")
        jobs = [VideoJob(tmp_path / name, tmp_path / "o" / "a.mp4", "clean") for name in ("x.mov",)]
        check_targets(jobs)
        os.link(tmp_path / "a.jsonl", (tmp_path / "x.mov"))
        (tmp_path / "o").mkdir()
        os.link(tmp_path / "a.jsonl", tmp_path / "o" / "a.jsonl")
        with pytest.raises(ConfigError, match="would overwrite a source"):
            check_targets(jobs)


class TestOnlyWhatProcessMade:
    @pytest.mark.parametrize("more", [(), ("--again",)])
    @pytest.mark.parametrize(
        ("name", "record_as"), [("a.mp4", "overlay"), ("a.clean.mp4", "both"), ("a.jsonl", "clean")]
    )
    def test_a_file_of_the_user_is_kept(
        self, tmp_path: Path, out: Path, name: str, record_as: str, more: tuple[str, ...]
    ) -> None:
        source = clips.video(tmp_path / "a.mp4", count=2)
        out.mkdir()
        (out / name).write_text("of the user", encoding="utf-8")
        assert process(source, "--out", out, "--record-as", record_as, *more) == 1
        assert (out / name).read_text(encoding="utf-8") == "of the user"
        assert names(out) == [name]

    def test_a_result_that_the_user_has_changed_is_kept(
        self, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        source = clips.video(tmp_path / "a.mp4", count=2)
        assert process(source, "--out", out) == 0
        (out / "a.mp4").write_text("cut by hand", encoding="utf-8")  # the same file of the file system
        assert process(source, "--out", out, "--again") == 1
        assert "process did not make it so; move it" in capsys.readouterr().err
        assert (out / "a.mp4").read_text(encoding="utf-8") == "cut by hand"

    def test_a_result_of_another_source_with_this_name_is_kept(
        self, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "x").mkdir()
        first, other = clips.video(tmp_path / "a.mp4", count=2), clips.video(tmp_path / "x" / "a.mp4", count=3)
        assert process(first, "--out", out) == 0
        assert process(other, "--out", out, "--again") == 1
        assert f"this file was made from {first}; choose another --out" in capsys.readouterr().err
        assert len(video_times(out / "a.mp4")) == 2
        moved = first.rename(tmp_path / "x" / "a.mp4")
        assert process(moved, "--out", out) == 0
        assert "finished before" in capsys.readouterr().err, "the same source in another place"

    def test_a_clean_video_does_not_replace_the_one_with_overlay(
        self, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        source = clips.video(tmp_path / "a.mp4", count=2)
        assert process(source, "--out", out) == 0
        before = (out / "a.mp4").read_bytes()
        assert process(source, "--out", out, "--record-as", "clean") == 1
        assert "this file holds overlay; " in capsys.readouterr().err
        assert (out / "a.mp4").read_bytes() == before
        assert process(source, "--out", out, "--record-as", "both") == 0, "the overlay stays, the others are new"
        assert process(source, "--out", out, "--record-as", "clean", "--again") == 0
        assert names(out) == ["a.clean.mp4", "a.jsonl", "a.mp4"]

    def test_a_folder_that_was_copied_with_its_times_is_still_known(self, tmp_path: Path, out: Path) -> None:
        source = clips.video(tmp_path / "a.mp4", count=2)
        assert process(source, "--out", out) == 0
        made = out / "a.mp4"
        state, content = made.stat(), made.read_bytes()
        made.unlink()
        made.write_bytes(content)
        os.utime(made, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert process(source, "--out", out, "--again") == 0

    def test_a_file_that_came_during_the_run_is_kept(
        self, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = clips.video(tmp_path / "a.mp4", count=2)

        def stop(pipeline: Pipeline, _: float) -> Iterator[Pipeline]:
            pipeline.stop()
            (out / "a.mp4").write_text("of the user", encoding="utf-8")
            yield pipeline

        monkeypatch.setattr("realtime_pose.commands.process_runs.run_pipeline", stop)
        assert process(source, "--out", out) == 1
        assert (out / "a.mp4").read_text(encoding="utf-8") == "of the user"


class TestFailedWrite:
    def test_a_file_whose_output_failed_is_not_computed_to_its_end(
        self, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = clips.video(tmp_path / "a.mp4", count=1500)
        files = [first, shutil.copy(first, tmp_path / "b.mp4")]
        num_frames: list[int] = []

        def keep(_: Job, pipeline: Pipeline) -> tuple[float, str]:
            num_frames.append(pipeline.report().num_frames)
            return 0.0, ""

        monkeypatch.setattr("realtime_pose.commands.process_runs._progress", keep)
        with limit_file_size(4000):
            assert process(*files, "--out", out) == 1
        assert max(num_frames) < 1200
        messages = capsys.readouterr().err
        assert messages.count("failed: the result cannot be written (File too large); check the disk") == 2
        assert not names(out)
        assert not list((out / FOLDER).glob("*.mp4/"))

    def test_a_list_that_cannot_be_written(self, tmp_path: Path, out: Path) -> None:
        """The result is not published: nobody could tell later whose it is."""
        source = clips.video(tmp_path / "a.mp4", count=2)
        (out / FOLDER / "finished.jsonl").mkdir(parents=True)
        assert process(source, "--out", out) == 1
        assert not names(out)
