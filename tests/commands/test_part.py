"""--start, --end, --rotate and --region in whole runs: files of poses, recordings with audio, and `render`."""

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import realtime_pose as rp
from benchmarks.support import clips
from benchmarks.support.following import write_standing_people
from benchmarks.support.readers.sink_readers import video_times
from benchmarks.support.servers.rtsp_server import RtspServer
from realtime_pose.cli import main
from realtime_pose.config import PartConfig
from realtime_pose.scene import Tracks
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import COCO17
from realtime_pose.sources.picture_part import part_affine
from tests.support.clips import beeps
from tests.support.clips.small import BOX, COUNT, RATE_HZ, WH
from tests.support.people.stills import people, scene
from tests.support.recorders import open_pose_sink

FAST = ("--headless", "--pose", "movenet-lightning", "--detector-size", "64")


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return clips.video(tmp_path / "v.mp4", count=COUNT, wh=WH, rate_hz=RATE_HZ, options={"crf": "5", "bf": "2"})


@pytest.mark.slow
def test_a_run_of_a_part(video: Path, tmp_path: Path) -> None:
    outputs = ("--save-poses", str(tmp_path / "p.jsonl"), "--record", str(tmp_path / "r.mp4"), "--record-as", "clean")
    part = ("--start", "0:0.3", "--end", "0.8", "--rotate", "90", "--region", "20,40,80,60")
    assert main(["live", str(video), *FAST, *outputs, *part]) == 0
    header, *frames = lines_of(tmp_path / "p.jsonl")
    assert header["size"] == [80, 60]
    assert header["part"] == {"start_s": 0.3, "end_s": 0.8, "rotate_deg": 90, "region": [20, 40, 80, 60]}
    assert [(frame["frame"], frame["time_s"]) for frame in frames] == [(i, i / 10) for i in range(3, 8)]
    assert video_times(tmp_path / "r.mp4") == pytest.approx([0, 0.1, 0.2, 0.3, 0.4], abs=1e-3)
    beside = lines_of(tmp_path / "r.jsonl")
    assert "part" not in beside[0], "the recording shows the part only"
    with av.open(str(tmp_path / "r.mp4")) as container:
        image = next(container.decode(video=0)).to_ndarray(format="bgr24").astype(int)
    # Turned clockwise, the blue quarter (bottom left) is top left, and the red one is right of it.
    assert image.shape == (60, 80, 3)
    assert image[5, 5].argmax() == 0
    assert image[5, -5].argmax() == 2


@pytest.mark.slow
def test_the_audio_of_a_part_stays_in_sync(tmp_path: Path) -> None:
    path, out = beeps.video(tmp_path / "beeps.mp4", rounds=3), tmp_path / "o.mp4"
    part = ("--start", "2.2", "--end", "6")
    assert main(["live", str(path), *FAST, "--record", str(out), "--record-as", "clean", *part]) == 0
    found = beeps.find_flashes_and_beeps(out)
    assert found.video_s == pytest.approx(3.8, abs=0.1)
    assert found.audio_s == pytest.approx(3.8, abs=0.2)
    assert len(found.offsets_s) >= 2
    assert np.abs(found.offsets_s).max() < 0.05


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--start", "9"), "start: expected a time up to the last frame of the video, at 1.100 s, got 9 s"),
        (("--rotate", "45"), "rotate: expected 90, 180 or 270"),
        (("--region", "0,0,500,10"), "region: expected a part of the picture, which has 160x120 pixels"),
        (("--start", "3", "--end", "1"), "end: expected a time after the start"),
    ],
)
def test_wrong_parts(video: Path, flags: tuple[str, str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    poses = video.with_suffix(".jsonl")
    assert main(["live", str(video), *FAST, "--save-poses", str(poses), *flags]) in (1, 2)
    assert message in capsys.readouterr().err
    assert not poses.exists()


def poses_of(part: PartConfig, path: Path) -> Path:
    """Poses of a person in the box of the whole picture, in the pixels of a part, in every frame."""
    affine = part_affine(part, WH)
    corners = np.array(BOX, np.float32).reshape(2, 2) @ affine[:, :2].T + affine[:, 2]
    tracks: Tracks = people([[*corners.min(axis=0), *corners.max(axis=0)]])
    run = RunHeader("door", COCO17, {}, part=part)
    sink = open_pose_sink(path, run)
    for index in range(COUNT):
        sink.write(scene(tracks, index=index, time_s=index / RATE_HZ, wh=(80, 60)))
    sink.close()
    return path


@pytest.mark.parametrize("part", [PartConfig(rotate=90), PartConfig(rotate=270, region="8,16,100,120")])
def test_poses_of_a_part_are_drawn_in_their_place(video: Path, part: PartConfig) -> None:
    """On the whole video, which the user gives without flags."""
    out = video.with_name("o.mp4")
    poses = poses_of(part, video.with_suffix(".jsonl"))
    plain = poses_of(PartConfig(), video.with_name("plain.jsonl"))
    flags = ("--boxes", "--no-ids", "--no-skeletons")
    assert main(["render", str(video), str(poses), "--out", str(out), *flags]) == 0
    assert main(["render", str(video), str(plain), "--out", str(video.with_name("e.mp4")), *flags]) == 0
    found, expected = (_last_image(path) for path in (out, video.with_name("e.mp4")))
    assert np.abs(found - expected).max() < 40, "the same picture as with the poses of the whole picture"
    assert np.abs(found - _last_image(video)).max() > 100, "and it shows the box"


def _last_image(path: Path) -> Any:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24").astype(int) for frame in container.decode(video=0)][-1]


def test_render_shows_a_part(video: Path) -> None:
    part = PartConfig(rotate=180, region="20,0,120,100")
    poses = poses_of(PartConfig(), video.with_suffix(".jsonl"))
    out = video.with_name("o.mp4")
    flags = ("--rotate", "180", "--region", part.region, "--start", "0.5", "--end", "0.9", "--boxes", "--no-skeletons")
    assert main(["render", str(video), str(poses), "--out", str(out), *flags, "--no-ids"]) == 0
    assert video_times(out) == pytest.approx([0, 0.1, 0.2, 0.3], abs=1e-3)
    image = _last_image(out)
    assert image.shape == (100, 120, 3)
    left, top = 160 - 1 - BOX[2] - 20, 120 - 1 - BOX[3]  # the box, turned by 180 degrees
    with av.open(str(video)) as container:
        plain = [frame.to_ndarray(format="bgr24").astype(int) for frame in container.decode(video=0)][8]
    change = np.abs(image - plain[::-1, ::-1][:100, 20:140]).max(axis=2) > 60
    rows, columns = np.flatnonzero(change.any(axis=1)), np.flatnonzero(change.any(axis=0))
    assert [columns[0], rows[0], columns[-1]] == pytest.approx([left, top, left + BOX[2] - BOX[0]], abs=3)


def test_poses_without_a_header_are_those_of_the_part_that_is_shown(video: Path) -> None:
    part = PartConfig(rotate=180, region="4,8,120,100")
    images = []
    for suffix in (".jsonl", ".json"):
        poses, out = poses_of(part, video.with_suffix(suffix)), video.with_name(f"{suffix}.mp4")
        flags = ("--rotate", "180", "--region", part.region, "--boxes")
        assert main(["render", str(video), str(poses), "--out", str(out), *flags]) == 0
        images.append(_last_image(out))
    assert np.abs(images[0] - images[1]).max() < 40, "JSON lines tell their part, COCO results do not"


def test_poses_of_another_video_are_refused(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    poses = poses_of(PartConfig(region="0,0,80,60"), video.with_suffix(".jsonl"))
    small = clips.video(video.with_name("s.mp4"), count=3, wh=(64, 48))
    assert main(["render", str(small), str(poses), "--out", str(video.with_name("o.mp4"))]) == 1
    assert "these are not the poses of this video: region: expected a part of the picture" in capsys.readouterr().err
    assert not video.with_name("o.mp4").exists()


@pytest.mark.slow
def test_the_python_api(video: Path) -> None:
    found = list(rp.track(video, start_s=0.5, end_s=0.7, rotate=270, region=(0, 0, 60, 80), pose="movenet-lightning"))
    assert [(people.index, people.frame.wh) for people in found] == [(5, (60, 80)), (6, (60, 80))]
    scenes = list(rp.watch(video, end_s=0.2))
    assert [each.frame.index for each in scenes] == [0, 1]
    own = [clips.pattern_image(index, (64, 48)) for index in range(6)]
    turned = list(rp.track(own, rotate=90, start_s=0.1, pose="movenet-lightning"))
    assert [(people.index, people.frame.wh) for people in turned] == [(index, (48, 64)) for index in (3, 4, 5)]


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("flags", [("--end", "2"), ("--start", "1", "--end", "2.5", "--rotate", "90")])
def test_a_part_of_a_camera(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """Times count from the first picture that is used; every frame is recorded, turned or as it was sent."""
    poses, record = tmp_path / "p.jsonl", tmp_path / "r.mp4"
    outputs = ("--save-poses", str(poses), "--record", str(record), "--record-as", "clean")
    with RtspServer(write_standing_people(tmp_path)) as server:
        assert main(["live", server.address, *FAST, *outputs, *flags]) == 0
    part = PartConfig(start="1", end="2.5", rotate=90) if "--rotate" in flags else PartConfig(end="2")
    frames = [line for line in lines_of(poses) if "frame" in line]
    assert len(frames) > 3
    assert frames[-1]["time_s"] - frames[0]["time_s"] <= part.end_s - part.start_s
    assert next(line for line in lines_of(poses) if line.get("size"))["part"] == part.describe()
    times = video_times(record)
    if part.rotate:  # a copy begins with a key frame, so the length of the other one is not known
        assert len(times) == pytest.approx(1.5 * 30, abs=2)
    with av.open(str(record)) as container:
        width, height = container.streams.video[0].width, container.streams.video[0].height
    assert (width > height) == bool(part.rotate), "the clip is upright"
