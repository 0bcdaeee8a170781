"""The command ``process`` with pictures and folders: files of poses, what is done again, and the table at the end."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import PIL.Image
import pytest

import realtime_pose as rp
from benchmarks.support import clips
from realtime_pose.cli import main
from realtime_pose.commands.finished_files import FOLDER
from realtime_pose.commands.process_runs import Row
from realtime_pose.scene import Image
from tests.support.forked_program import ForkedProgram
from tests.support.waiting import becomes_true

pytestmark = [pytest.mark.process]

QUICK = ("--pose", "movenet-lightning")
NUM_PEOPLE = 3  # in the first image of the demo clip


def process(*args: object) -> int:
    return main(["process", *map(str, args), *QUICK])


def files(folder: Path) -> list[str]:
    """The files that a user sees."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in paths if path.parts[0] != FOLDER)


@pytest.fixture(scope="module", autouse=True)
def free_networks() -> Iterator[None]:
    yield
    rp.unload()


@pytest.fixture
def photos(tmp_path: Path, demo_frame: Image) -> Path:
    """Two photos of people."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "b.jpg"):
        clips.image_file(folder / name, demo_frame[::2, ::2].copy())
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def animation(path: Path, count: int) -> Path:
    value = cv2.Animation()
    value.frames = [clips.pattern_image(index) for index in range(count)]
    value.durations = [100] * count
    path.write_bytes(cv2.imencodeanimation(path.suffix, value)[1].tobytes())
    return path


class TestInputs:
    def test_a_folder_of_pictures_and_videos_a_list_and_a_pattern(
        self, tmp_path: Path, photos: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        clips.video(photos / "clip.mov", count=4)
        animation(photos / "moves.gif", 3)
        (photos / "notes.txt").write_text("")
        other = clips.video(tmp_path / "other.mp4", count=5)
        more = clips.image_file(tmp_path / "c-1.png", clips.pattern_image(0))
        assert process(photos, other.as_uri(), tmp_path / "c-?.png", "--out", out) == 0
        assert files(out) == ["a.png", "b.jpg", "c-1.png", "clip.mp4", "moves.mp4", "other.mp4"]
        assert more.is_file()
        table = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert table[0] == ["source", "analysed", "persons", "seconds", "written"]
        # The source, then number and noun, persons, seconds, and where.
        assert [[*line[:-2], line[-1]] for line in table[1:]] == [
            ["pictures", "3", "pictures", str(2 * NUM_PEOPLE), str(out)],
            [str(photos / "clip.mov"), "4", "frames", "0", str(out / "clip.mp4")],
            [str(photos / "moves.gif"), "3", "frames", "0", str(out / "moves.mp4")],
            [str(other), "5", "frames", "0", str(out / "other.mp4")],
        ]

    def test_videos_of_one_folder_with_one_name_keep_their_endings(self, tmp_path: Path, out: Path) -> None:
        folder = tmp_path / "videos"
        folder.mkdir()
        clips.video(folder / "a.mov", count=3)
        animation(folder / "a.gif", 4)
        clips.video(folder / "b.mov", count=3)
        assert process(folder, "--out", out) == 0
        assert files(out) == ["a.gif.mp4", "a.mov.mp4", "b.mp4"]

    def test_numbered_frames_of_one_size_are_a_video_and_that_is_said(
        self, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "frames").mkdir()
        for number in range(4):
            clips.image_file(tmp_path / "frames" / f"img_{number:04d}.png", clips.pattern_image(number))
        assert process(tmp_path / "frames", "--out", out) == 0
        assert files(out) == ["frames.mp4"]
        assert "4 pictures with consecutive numbers and one size are taken as a video" in capsys.readouterr().err
        assert process(tmp_path / "frames", "--out", tmp_path / "single", "--as-pictures") == 0
        assert len(files(tmp_path / "single")) == 4

    def test_pictures_of_each_folder_are_a_video_if_asked_for(self, tmp_path: Path, photos: Path, out: Path) -> None:
        (tmp_path / "more").mkdir()
        clips.image_file(tmp_path / "more" / "x.png", clips.pattern_image(0))
        assert process(photos, tmp_path / "more" / "x.png", "--as-video", "--out", out) == 0
        assert files(out) == ["more.mp4", "photos.mp4"]

    def test_equal_names_of_two_folders_are_kept_apart(self, tmp_path: Path, photos: Path, out: Path) -> None:
        (tmp_path / "more").mkdir()
        clips.image_file(tmp_path / "more" / "a.png", clips.pattern_image(0))
        assert process(photos, tmp_path / "more", "--out", out) == 0
        assert files(out) == ["more/a.png", "photos/a.png", "photos/b.jpg"]

    def test_two_spellings_of_a_path_are_one_picture_and_nothing_is_written_outside(
        self, tmp_path: Path, photos: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "more").mkdir()
        clips.image_file(tmp_path / "more" / "a.png", clips.pattern_image(0))
        named = ("more/../photos/a.png", "more/a.png", photos / "a.png", "photos/a.png")
        assert process(*named, "--out", out) == 0
        assert files(out) == ["more/a.png", "photos/a.png"]
        assert files(tmp_path / "photos") == ["a.png", "b.jpg"]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["more", "out", "photos"]

    def test_the_video_of_a_folder_has_the_name_of_the_folder(self, tmp_path: Path, photos: Path, out: Path) -> None:
        (photos / "inside").mkdir()
        assert process(photos / "inside" / "..", "--as-video", "--out", out) == 0
        assert files(out) == ["photos.mp4"]

    @pytest.mark.parametrize(
        ("flags", "message"),
        [
            ("photos --out photos", "photos: this folder holds the originals"),
            ("photos --out out --save-poses gone/x.json", "the folder gone does not exist"),
            ("photos --out out --save-poses x.txt", "MOTChallenge is about people who are tracked"),
            ("photos --out out --save-poses -", "for a pipe, use: realtime-pose live"),
            ("photos --out out --as-video --as-pictures", "--as-video or --as-pictures, got both"),
            ("photos --out out --workers 0", "workers: expected a value from 1 to 64"),
            ("empty --out out", "empty: expected a folder of pictures or videos"),
            (" --out out", "expected a file, a folder or a pattern, got an empty address"),
            ("photos --out out --annotations gone.json", "gone.json: cannot be read"),
            ("photos --out out --save-poses x.csv --save-angles x.csv", "would both be written to x.csv"),
        ],
    )
    def test_what_cannot_be_done_is_refused_before_anything_is_made(
        self,
        photos: Path,
        flags: str,
        message: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(photos.parent)
        (photos.parent / "empty").mkdir()
        assert process(*flags.split(" ")) != 0
        assert message in capsys.readouterr().err
        assert not (photos.parent / "out").exists()
        assert files(photos.parent) == ["photos/a.png", "photos/b.jpg"]


class TestPoses:
    def test_openpose_has_a_file_for_each_picture(self, tmp_path: Path, photos: Path, out: Path) -> None:
        assert process(photos, "--out", out, "--save-poses", f"openpose:{tmp_path / 'poses'}") == 0
        assert files(tmp_path / "poses") == ["a_keypoints.json", "b_keypoints.json"]
        for name in ("a", "b"):
            content = json.loads((tmp_path / "poses" / f"{name}_keypoints.json").read_text("utf-8"))
            assert [person["person_id"] for person in content["people"]] == [[-1]] * NUM_PEOPLE

    def test_pictures_have_one_file_and_each_video_its_own(self, tmp_path: Path, photos: Path, out: Path) -> None:
        videos = [clips.video(tmp_path / f"{name}.mp4", count=3) for name in "xy"]
        outputs = ("--save-poses", tmp_path / "p.json", "--save-angles", tmp_path / "a.csv")
        assert process(photos, *videos, "--out", out, *outputs) == 0
        assert sorted(path.name for path in tmp_path.glob("*.json")) == ["pictures.p.json", "x.p.json", "y.p.json"]
        assert sorted(path.name for path in tmp_path.glob("*.csv")) == ["pictures.a.csv", "x.a.csv", "y.a.csv"]
        found = rp.read_poses(tmp_path / "pictures.p.json")
        assert [(each.source, each.image_id, len(each)) for each in found] == [("a.png", 1, 3), ("b.jpg", 2, 3)]

    def test_the_name_is_as_given_for_one_source(self, tmp_path: Path, photos: Path, out: Path) -> None:
        assert process(photos, "--out", out, "--save-poses", tmp_path / "p.jsonl") == 0
        assert [each.source for each in rp.read_poses(tmp_path / "p.jsonl")] == ["a.png", "b.jpg"]

    def test_ids_are_those_of_the_annotations(self, tmp_path: Path, photos: Path, out: Path) -> None:
        truth = tmp_path / "truth.json"
        truth.write_text(json.dumps({"images": [{"id": 397133, "file_name": "b.jpg"}]}))
        assert process(photos, "--out", out, "--annotations", truth, "--save-poses", tmp_path / "p.json") == 0
        assert {each["image_id"] for each in json.loads((tmp_path / "p.json").read_text())} == {397133}
        assert files(out) == ["b.jpg"]

    def test_numbered_pictures_with_annotations_are_no_video(self, tmp_path: Path, out: Path) -> None:
        (tmp_path / "val").mkdir()
        for number in (1, 2, 3):
            clips.image_file(tmp_path / "val" / f"{number:012d}.jpg", clips.pattern_image(number))
        truth = tmp_path / "truth.json"
        truth.write_text(json.dumps({"images": [{"id": 2, "file_name": "000000000002.jpg"}]}))
        assert process(tmp_path / "val", "--out", out, "--annotations", truth) == 0
        assert files(out) == ["000000000002.jpg"]

    def test_a_missing_picture_is_named_and_the_poses_of_the_others_are_written(
        self, tmp_path: Path, photos: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        named = (photos / "a.png", photos / "gone.png", photos / "b.jpg")
        assert process(*named, "--out", out, "--save-poses", tmp_path / "p.jsonl") == 1
        assert "gone.png: " in capsys.readouterr().err
        assert [(each.source, each.image_id) for each in rp.read_poses(tmp_path / "p.jsonl")] == [
            ("a.png", 1),
            ("b.jpg", 3),
        ]

    def test_a_file_of_the_user_is_kept(
        self, tmp_path: Path, photos: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "p.json").write_text("of the user")
        assert process(photos, "--out", out, "--save-poses", tmp_path / "p.json", "--again") == 1
        assert "process did not make it so" in capsys.readouterr().err
        assert (tmp_path / "p.json").read_text() == "of the user"

    def test_a_file_on_another_file_system_is_published(self, tmp_path: Path, photos: Path, out: Path) -> None:
        memory = Path("/dev/shm")  # another file system than that of the tests
        if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("no second file system here")
        path = memory / f"{tmp_path.name}-{os.getpid()}.json"
        try:
            for _ in range(2):
                assert process(photos, "--out", out, "--save-poses", path) == 0
            assert len(rp.read_poses(path)) == 2
        finally:
            path.unlink(missing_ok=True)


class TestAgain:
    def test_only_what_is_missing_or_changed_is_done(
        self, photos: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert process(photos, "--out", out) == 0
        inodes = {name: (out / name).stat().st_ino for name in files(out)}
        assert process(photos, "--out", out) == 0
        assert "finished before, in" in capsys.readouterr().err
        clips.image_file(photos / "c.png", clips.pattern_image(0))
        (out / "b.jpg").unlink()
        assert process(photos, "--out", out) == 0
        assert "photos: 2 pictures, in" in capsys.readouterr().err
        assert (out / "a.png").stat().st_ino == inodes["a.png"]
        assert files(out) == ["a.png", "b.jpg", "c.png"]
        assert process(photos, "--out", out, "--again") == 0
        assert (out / "a.png").stat().st_ino != inodes["a.png"]

    def test_poses_are_those_of_all_pictures(self, tmp_path: Path, photos: Path, out: Path) -> None:
        assert process(photos, "--out", out) == 0
        inode = (out / "a.png").stat().st_ino
        assert process(photos, "--out", out, "--save-poses", tmp_path / "p.jsonl") == 0
        assert len(rp.read_poses(tmp_path / "p.jsonl")) == 2
        assert (out / "a.png").stat().st_ino == inode, "it was finished"
        clips.image_file(photos / "c.png", clips.pattern_image(0))
        assert process(photos, "--out", out, "--save-poses", tmp_path / "p.jsonl") == 0
        assert len(rp.read_poses(tmp_path / "p.jsonl")) == 3

    def test_complete_poses_stay_when_one_picture_is_done_again(self, tmp_path: Path, photos: Path, out: Path) -> None:
        outputs = ("--save-poses", tmp_path / "p.json", "--save-angles", tmp_path / "a.csv")
        assert process(photos, "--out", out, *outputs) == 0
        complete = [(tmp_path / name).read_bytes() for name in ("p.json", "a.csv")]
        (out / "b.jpg").unlink()
        assert process(photos, "--out", out, *outputs) == 0
        assert files(out) == ["a.png", "b.jpg"]
        assert [(tmp_path / name).read_bytes() for name in ("p.json", "a.csv")] == complete

    def test_a_folder_of_one_picture_may_get_more(self, tmp_path: Path, photos: Path, out: Path) -> None:
        (photos / "b.jpg").unlink()
        assert process(photos, "--out", out, "--save-poses", tmp_path / "p.jsonl") == 0
        clips.image_file(photos / "b.png", clips.pattern_image(0))
        assert process(photos, "--out", out, "--save-poses", tmp_path / "p.jsonl") == 0
        assert [each.source for each in rp.read_poses(tmp_path / "p.jsonl")] == ["a.png", "b.png"]

    def test_a_picture_that_cannot_be_written_is_named_each_time_and_the_others_are_done(
        self, tmp_path: Path, photos: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        PIL.Image.new("RGB", (8, 8)).save(photos / "a0.jp2")
        clips.image_file(photos / "grey.pgm", clips.pattern_image(0)[..., 0])
        for _ in range(2):
            assert process(photos, "--out", out, "--save-poses", tmp_path / "p.jsonl") == 1
            shown = capsys.readouterr()
            assert "a0.jp2: an image of 8x8 cannot be written as .jp2" in shown.err
            assert f"{out} (incomplete)" in shown.out
        assert files(out) == ["a.png", "b.jpg", "grey.pgm.jpg"]
        assert len(rp.read_poses(tmp_path / "p.jsonl")) == 4
        (out / "a0.jp2").write_text("of the user")
        assert process(photos, "--out", out, "--save-poses", tmp_path / "more.jsonl") == 1
        assert len(rp.read_poses(tmp_path / "more.jsonl")) == 4
        assert (out / "a0.jp2").read_text() == "of the user"

    def test_a_picture_of_the_user_is_kept_and_the_others_are_done(
        self, photos: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out.mkdir()
        (out / "a.png").write_text("of the user")
        assert process(photos, "--out", out, "--again") == 1
        assert "a.png: this file exists, and process did not make it so" in capsys.readouterr().err
        assert (out / "a.png").read_text() == "of the user"
        assert files(out) == ["a.png", "b.jpg"]

    def test_a_picture_that_cannot_be_read_is_named_each_time(
        self, photos: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (photos / "bad.png").write_bytes(b"no image")
        for _ in range(2):
            assert process(photos, "--out", out) == 1
            shown = capsys.readouterr()
            assert "bad.png: expected an image, but it cannot be decoded" in shown.err
            assert f"{out} (incomplete)" in shown.out
        assert files(out) == ["a.png", "b.jpg"]

    def test_a_stopped_run_keeps_what_is_finished_and_can_be_continued(
        self, tmp_path: Path, photos: Path, out: Path
    ) -> None:
        for number in range(150):
            (photos / f"p{number}.png").write_bytes((photos / "a.png").read_bytes())
        command = ("process", photos, "--out", out, *QUICK, "--save-poses", tmp_path / "p.json")
        running = ForkedProgram(*command, stderr=subprocess.PIPE)
        assert becomes_true((out / "p3.png").exists)
        running.send_signal(signal.SIGINT)
        _, messages = running.communicate(timeout=20)
        assert running.returncode == 1
        assert "stopped, finished: 0 of 1 source" in messages
        assert "Traceback" not in messages
        made = files(out)
        assert 0 < len(made) < 152
        assert not list((out / FOLDER).glob("*/*"))
        assert not (tmp_path / "p.json").exists()
        inode = (out / made[0]).stat().st_ino
        for path in photos.glob("p[1-9]?*.png"):  # from p10 on: a shorter rest of the test
            path.unlink()
        assert process(photos, "--out", out) == 0
        assert (out / made[0]).stat().st_ino == inode


def test_a_note_does_not_make_a_result_incomplete() -> None:
    row = Row("a.mp4", "out/a.mp4", problem="a note", count="3 frames")
    assert (row.result, row.line) == ("out/a.mp4", "a.mp4: 3 frames, in out/a.mp4; a note")
    assert replace(row, is_complete=False).result == "out/a.mp4 (incomplete)"


class TestWorkers:
    def test_several_videos_at_a_time_have_the_same_results(self, tmp_path: Path, demo_clip: Path, out: Path) -> None:
        first = clips.shorten(demo_clip, tmp_path / "a.mp4", count=5)
        videos = [first, *(Path(shutil.copy(first, tmp_path / f"{name}.mp4")) for name in "bc")]
        poses = ("--record-as", "clean")
        assert process(*videos, "--out", out, *poses) == 0
        assert process(*videos, "--out", tmp_path / "side by side", *poses, "--workers", 3) == 0
        for name in "abc":
            expected, got = (rp.read_poses(folder / f"{name}.jsonl") for folder in (out, tmp_path / "side by side"))
            assert [each.ids.tolist() for each in got] == [each.ids.tolist() for each in expected]
            assert len(got) == 5
            assert any(len(each) for each in got)

    def test_one_that_fails_does_not_stop_the_others(
        self, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        videos = [clips.video(tmp_path / f"{name}.mp4", count=5) for name in "abc"]
        videos[1].write_bytes(b"no video" * 100)
        assert process(*videos, "--out", out, "--workers", 2) == 1
        shown = capsys.readouterr()
        assert "b.mp4: failed: " in shown.err
        assert files(out) == ["a.mp4", "c.mp4"]
        assert shown.out.count("failed") == 1
