"""`render`: the right people on the right frame, from every format, and nothing overwritten."""

import dataclasses
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.support import clips
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.cli import main
from realtime_pose.picture import Picture
from realtime_pose.scene import Scene
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import COCO17
from tests.support.clips.small import BOX, COUNT, RATE_HZ, WH
from tests.support.people.stills import nobody, people, scene
from tests.support.recorders import open_pose_sink

pytestmark = [pytest.mark.slow]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    options = {"crf": "5", "preset": "veryfast"}
    return clips.video(tmp_path / "v.mp4", count=COUNT, wh=WH, rate_hz=RATE_HZ, options=options)


def write_poses(path: Path, shown: set[int], *, indices: range = range(COUNT), first: int = 0) -> Path:
    """Poses of these frames, with a person in the shown ones; first is the index of the frame at time 0."""
    sink = open_pose_sink(path, RunHeader("door", COCO17, {}))
    for index in indices:
        person = people([BOX]) if index in shown else nobody()
        sink.write(scene(person, index=first + index, time_s=index / RATE_HZ, wh=WH))
    sink.close()
    return path


def drawn_frames(before: Path, after: Path) -> list[int]:
    """Numbers of the frames that differ between two videos inside the box."""
    images = []
    for path in (before, after):
        with av.open(str(path)) as container:
            decoded = [frame.to_ndarray(format="bgr24").astype(int) for frame in container.decode(video=0)]
        images.append([image[BOX[1] : BOX[3], BOX[0] : BOX[2]] for image in decoded])
    assert len(images[0]) == len(images[1])
    changes = [np.percentile(np.abs(one - other), 99) for one, other in zip(*images, strict=True)]
    return [index for index, change in enumerate(changes) if change > 60]


def render(video: Path, poses: Path, *flags: str) -> int:
    return main(["render", str(video), str(poses), "--out", str(video.with_name("o.mp4")), *flags])


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".txt"])
def test_people_are_drawn_on_their_frames(video: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    poses = write_poses(video.with_suffix(suffix), {2, 3, 7})
    assert render(video, poses) == 0
    assert drawn_frames(video, video.with_name("o.mp4")) == [2, 3, 7]
    assert video_times(video.with_name("o.mp4")) == pytest.approx(video_times(video), abs=1e-3)
    assert "with people in 3 frames" in capsys.readouterr().err


def test_poses_of_a_recording_are_found_by_their_time(video: Path) -> None:
    """The poses beside a recording have the frame numbers of the camera."""
    poses = write_poses(video.with_suffix(".jsonl"), {4}, first=1000)
    assert render(video, poses) == 0
    assert drawn_frames(video, video.with_name("o.mp4")) == [4]


def test_between_analysed_frames_the_last_people_are_drawn(video: Path) -> None:
    """A clean recording has every frame of the camera, its poses only those that were analysed."""
    poses = write_poses(video.with_suffix(".jsonl"), {0, 3, 6}, indices=range(0, 8, 3))
    assert render(video, poses) == 0
    assert drawn_frames(video, video.with_name("o.mp4")) == list(range(12)), "6 is drawn for half a second more"


def test_people_are_not_drawn_for_ever(video: Path) -> None:
    poses = write_poses(video.with_suffix(".jsonl"), {0}, indices=range(1))
    assert render(video, poses) == 0
    assert drawn_frames(video, video.with_name("o.mp4")) == [0, 1, 2, 3, 4, 5]


def test_the_style_is_that_of_the_flags(video: Path) -> None:
    poses = write_poses(video.with_suffix(".jsonl"), {1})
    assert render(video, poses, "--no-skeletons", "--no-ids") == 0
    assert drawn_frames(video, video.with_name("o.mp4")) == []
    assert render(video, poses, "--boxes", "--overwrite") == 0
    assert drawn_frames(video, video.with_name("o.mp4")) == [1]


def test_audio_is_copied(tmp_path: Path) -> None:
    video = clips.video(tmp_path / "v.mp4", count=COUNT, wh=WH, rate_hz=RATE_HZ, audio_s=1.0)
    poses = write_poses(tmp_path / "p.jsonl", {1})
    assert render(video, poses) == 0
    assert render(video, poses, "--overwrite", "--no-record-audio") == 0
    with av.open(str(tmp_path / "o.mp4")) as container:
        assert not container.streams.audio


class TestBadInput:
    def test_an_existing_file_is_kept(self, video: Path, capsys: pytest.CaptureFixture[str]) -> None:
        poses, out = write_poses(video.with_suffix(".jsonl"), {1}), video.with_name("o.mp4")
        out.write_bytes(b"mine")
        assert render(video, poses) == 1
        assert out.read_bytes() == b"mine"
        assert "--overwrite" in capsys.readouterr().err

    @pytest.mark.parametrize("name", ["v.mp4", "link.mp4"])
    def test_the_source_is_never_replaced(self, video: Path, name: str) -> None:
        poses, before = write_poses(video.with_suffix(".jsonl"), {1}), video.read_bytes()
        if name == "link.mp4":
            video.with_name(name).symlink_to(video)
        flags = ["--out", str(video.with_name(name)), "--overwrite"]
        assert main(["render", str(video), str(poses), *flags]) == 1
        assert video.read_bytes() == before

    @pytest.mark.parametrize(
        ("content", "message"), [("", "but there are none"), ("no json", "line 1"), (None, "No such file")]
    )
    def test_poses_that_cannot_be_read(
        self, video: Path, content: str | None, message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        poses = video.with_suffix(".jsonl")
        if content is not None:
            poses.write_text(content)
        assert render(video, poses) == 1
        assert message in capsys.readouterr().err
        assert not video.with_name("o.mp4").exists()

    def test_poses_of_another_video(self, video: Path, capsys: pytest.CaptureFixture[str]) -> None:
        sink = open_pose_sink(video.with_suffix(".jsonl"), RunHeader("door", COCO17, {}))
        later: Scene = scene(people([BOX]), index=500, time_s=50.0, wh=WH)
        sink.write(later)
        sink.close()
        assert render(video, video.with_suffix(".jsonl")) == 1
        assert "nobody was drawn; check the two files" in capsys.readouterr().err

    def test_poses_of_single_pictures(self, video: Path, capsys: pytest.CaptureFixture[str]) -> None:
        sink = open_pose_sink(video.with_suffix(".jsonl"), RunHeader("photos", COCO17, {}, is_pictures=True))
        still = scene(people([BOX]), wh=WH)
        sink.write(dataclasses.replace(still, frame=dataclasses.replace(still.frame, picture=Picture("a.jpg", 1))))
        sink.close()
        assert render(video, video.with_suffix(".jsonl")) == 1
        assert "expected the poses of a video, got those of single pictures" in capsys.readouterr().err

    def test_a_camera_is_refused(self, video: Path) -> None:
        poses = write_poses(video.with_suffix(".jsonl"), {1})
        out = video.with_name("o.mp4")
        assert main(["render", "rtsp://127.0.0.1:9/live", str(poses), "--out", str(out)]) != 0
        assert not out.exists()


def test_a_folder_of_frames_is_a_video(video: Path) -> None:
    folder = clips.folder_of_images(video.parent / "frames", COUNT, WH)
    poses = write_poses(video.with_suffix(".json"), {2, 3})
    assert render(folder, poses) == 0
    assert len(video_times(folder.with_name("o.mp4"))) == COUNT


def test_names_are_drawn_in_place_of_ids(video: Path) -> None:
    """A name is wider than the id, so more pixels around it differ."""
    poses, out = write_poses(video.with_suffix(".jsonl"), set(range(COUNT))), video.with_name("o.mp4")
    flags = ("--no-skeletons", "--no-boxes", "--overwrite")
    widths = []
    for name in ("", "Annemarie"):
        if name:
            assert main(["ids", str(poses), "--name", f"1={name}", "--overwrite"]) == 0
        assert render(video, poses, *flags) == 0
        with av.open(str(video)) as before, av.open(str(out)) as after:
            images = [next(each.decode(video=0)).to_ndarray(format="bgr24").astype(int) for each in (before, after)]
        changed = np.flatnonzero((np.abs(images[0] - images[1]).max(axis=2) > 60).any(axis=0))
        widths.append(changed[-1] - changed[0])
    assert widths[1] > 2 * widths[0] > 0
