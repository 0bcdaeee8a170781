"""A recording of a real camera stream holds every frame of it, though the analysis is much slower."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support.following import write_standing_people
from benchmarks.support.readers.sink_readers import video_times
from benchmarks.support.servers.rtsp_server import RtspServer
from realtime_pose.config import Config, PoseConfig, RecordConfig, SourceConfig
from realtime_pose.pipeline.build import build
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Frame, Poses

pytestmark = [pytest.mark.server]

RATE_HZ = 25
NUM_SCENES = 9


@pytest.fixture
def slow_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, pause = NetworkPoseEstimator.estimate, threading.Event()

    def slowed(self: NetworkPoseEstimator, frame: Frame, boxes: Boxes) -> Poses:
        pause.wait(0.15)
        return plain(self, frame, boxes)

    monkeypatch.setattr(NetworkPoseEstimator, "estimate", slowed)


def video_poses(video: Path) -> dict[int, float]:
    """The media time of each frame that has poses in the file beside this video, by its index."""
    file = video.with_suffix(".jsonl")
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    whole = (json.loads(line) for line in lines if line.endswith("}"))  # the last one may be written just now
    return {line["frame"]: line["time_s"] for line in whole if "frame" in line}


@pytest.mark.usefixtures("slow_analysis")
@pytest.mark.parametrize("record_as", ["clean", "both", "overlay"])
def test_every_frame_of_the_camera_is_recorded(tmp_path: Path, record_as: str) -> None:
    path, num_poses = tmp_path / "o.mp4", 0 if record_as == "overlay" else NUM_SCENES
    with RtspServer(write_standing_people(tmp_path, wh=(640, 360)), rate_hz=RATE_HZ) as server:
        config = Config(
            source=SourceConfig(uri=server.address),
            pose=PoseConfig(model="movenet-lightning"),
            record=RecordConfig(path=path, picture=record_as),
        )
        pipeline = build(config)
        indices = []
        for scene in pipeline.scenes():
            indices.append(scene.frame.index)
            # The recording may be some scenes behind, and leaves these out when it is stopped.
            if len(indices) >= NUM_SCENES and len(video_poses(path)) >= num_poses:
                break
        pipeline.stop()
        report = pipeline.report()
    assert len(indices) < (indices[-1] - indices[0]) / 2, "most frames were not analysed"
    num_least = indices[-1] - indices[0] - report.recorder.num_dropped
    videos = {"clean": [path], "overlay": [path], "both": [path, tmp_path / "o.clean.mp4"]}[record_as]
    for video in videos:
        times = video_times(video)
        assert len(times) >= num_least
        assert np.median(np.diff(times)) == pytest.approx(1 / RATE_HZ, abs=2e-3)
    if num_poses:
        poses = video_poses(path)
        assert set(poses) <= set(range(indices[-1] + RATE_HZ))
        analysed = {index for index in indices if min(poses) <= index <= max(poses)}
        assert set(poses) >= analysed, "all that was analysed since the first key frame"
        assert len(poses) < (max(poses) - min(poses)) / 2, "and only this"
        clean_times = video_times(videos[-1])
        assert all(np.abs(np.array(clean_times) - time_s).min() < 2e-3 for time_s in poses.values())
