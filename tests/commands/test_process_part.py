"""`process` with a part of its sources, and with OpenPose's folders among the files that it finishes."""

import json
from pathlib import Path

import av
import cv2
import pytest

from benchmarks.support import clips
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.cli import main

FAST = ("--pose", "movenet-lightning", "--detector-size", "64")

pytestmark = [pytest.mark.slow]


@pytest.fixture
def videos(tmp_path: Path) -> list[Path]:
    return [clips.video(tmp_path / f"{name}.mp4", count=count, rate_hz=10) for name, count in (("a", 12), ("b", 15))]


def process(*arguments: object) -> int:
    return main(["process", *map(str, arguments), *FAST])


def test_a_part_of_each_video(videos: list[Path], tmp_path: Path) -> None:
    out, poses = tmp_path / "out", tmp_path / "p.jsonl"
    part = ("--start", "0.5", "--end", "0.9", "--rotate", "270", "--region", "0,0,40,60")
    assert process(*videos, "--out", out, "--save-poses", poses, *part) == 0
    for name in ("a", "b"):
        assert video_times(out / f"{name}.mp4") == pytest.approx([0, 0.1, 0.2, 0.3], abs=1e-3)
        header, *frames = map(json.loads, (tmp_path / f"{name}.p.jsonl").read_text("utf-8").splitlines())
        assert header["part"] == {"start_s": 0.5, "end_s": 0.9, "rotate_deg": 270, "region": [0, 0, 40, 60]}
        assert [frame["frame"] for frame in frames] == [5, 6, 7, 8]
        with av.open(str(out / f"{name}.mp4")) as container:
            assert (container.streams.video[0].width, container.streams.video[0].height) == (40, 60)


def test_a_start_after_the_end_fails_one_video(
    videos: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert process(*videos, "--out", tmp_path / "out", "--start", "1.3") == 1
    assert "a.mp4: failed: " in (messages := capsys.readouterr().err)
    assert "start: expected a time up to the last frame of the video, at 1.100 s, got 1.3 s" in messages
    assert len(video_times(tmp_path / "out" / "b.mp4")) == 2


def test_the_frames_of_a_folder(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path / "frames", 9)
    part = ("--as-video", "--folder-rate-hz", "10", "--start", "0.3", "--rotate", "90")
    assert process(tmp_path / "frames", "--out", tmp_path / "out", *part) == 0
    (video,) = (tmp_path / "out").glob("*.mp4")
    assert len(video_times(video)) == 6


def test_a_region_of_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One is too small: it is named, and the others are done."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, wh in (("big", (64, 48)), ("small", (20, 20)), ("wide", (90, 30))):
        clips.image_file(folder / f"{name}.png", clips.pattern_image(0, wh))
    assert process(folder, "--out", tmp_path / "out", "--region", "40,2,20,25") == 1
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == {"big.png", "wide.png"}
    assert "small.png: the region 40,2,20,25 does not lie in this picture of 20x20 pixels" in capsys.readouterr().err
    image = cv2.imread(str(tmp_path / "out" / "big.png"))
    assert image is not None
    assert image.shape == (25, 20, 3)
    assert image[0, 0].tolist() == list(clips.GREEN)


def test_pictures_have_no_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clips.image_file(tmp_path / "a.png", clips.pattern_image())
    assert process(tmp_path / "a.png", "--out", tmp_path / "out", "--start", "1") == 1
    assert "start and end: single pictures have no time" in capsys.readouterr().err


def test_folders_of_openpose_are_finished_as_files_are(
    videos: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (*videos, "--out", tmp_path / "out", "--save-poses", f"openpose:{tmp_path / 'poses'}")
    assert process(*arguments) == 0
    folder = tmp_path / "a.poses"
    names = [f"a_{index:012}_keypoints.json" for index in range(12)]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert len(list((tmp_path / "b.poses").iterdir())) == 15
    capsys.readouterr()
    assert process(*arguments) == 0
    assert capsys.readouterr().err.count("finished before") == 2
    assert process(*arguments, "--again", "--end", "0.4") == 0
    assert sorted(path.name for path in folder.iterdir()) == names[:4], "nothing of the longer run is left"
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    assert process(*arguments, "--again") == 1
    assert f"{folder}: this file exists, and process did not make it so" in capsys.readouterr().err
    assert (folder / "mine.txt").read_text("utf-8") == "mine"
    assert not [path for path in tmp_path.iterdir() if "part" in path.name]
