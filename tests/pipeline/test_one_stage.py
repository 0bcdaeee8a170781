"""One-stage detectors, which also find poses: alone, and in a pipeline without a pose estimator."""

from pathlib import Path

import numpy as np
import pytest

from realtime_pose.config import Config, DetectConfig, SourceConfig
from realtime_pose.detect.detector import NetworkPoseDetector
from realtime_pose.errors import ConfigError
from realtime_pose.models.manifest import InputSpec, ModelSpec, load_manifest
from realtime_pose.models.network import Network
from realtime_pose.pipeline.build import build
from tests.support.fakes.parts import FakeBackend, frame
from tests.support.models.graphs import one_stage_file

F32 = np.float32
POSE_DETECTOR = ModelSpec(
    name="p",
    task="pose-detector",
    family="movenet-multipose",
    file="p.onnx",
    skeleton="coco17",
    input=InputSpec(name="x", wh=(64, 64), fit="stretch"),
)


def test_poses_of_a_one_stage_detector_are_in_frame_pixels() -> None:
    persons = np.zeros((1, 6, 56), F32)
    persons[0, 2, :51] = np.tile([0.25, 0.5, 0.8], 17)  # y, x, score
    persons[0, 2, 51:] = [0.1, 0.2, 0.9, 0.8, 0.7]  # top, left, bottom, right, score
    detector = NetworkPoseDetector(
        Network(FakeBackend(lambda batch: {"persons": persons}), POSE_DETECTOR), DetectConfig()
    )
    poses = detector.detect_poses(frame(wh=(640, 320)), threshold=0.3)
    assert len(poses) == 1
    assert np.allclose(poses.keypoints, [319.5, 79.5], atol=0.01)
    assert np.allclose(poses.boxes.xyxy, [[127.5, 31.5, 511.5, 287.5]], atol=0.01)
    assert np.allclose(detector.detect(frame(wh=(640, 320)), threshold=0.3).score, [0.7])
    assert len(detector.detect_poses(frame(wh=(640, 320)), threshold=0.8)) == 0


def test_the_pipeline_runs_without_a_pose_estimator(tmp_path: Path) -> None:
    """The centre of the letterbox is the centre of the frame, which is 1088 x 1920 in the demo clip."""
    config = Config(
        source=SourceConfig(uri="demo"), detect=DetectConfig(model=str(one_stage_file(tmp_path))), max_frames=4
    )
    running = build(config)
    scenes = list(running.scenes())
    assert len(scenes) == 4
    assert set(running.report().devices) == {"detect"}
    for scene in scenes:
        assert scene.poses is not None
        assert scene.tracks is not None
        assert scene.tracks.ids.tolist() == [1]
        assert np.allclose(scene.poses.keypoints[0, :, 0], 543.5, atol=0.1)
        assert np.allclose(scene.poses.keypoints[0, :, 1].mean(), 959.5, atol=0.1)


def test_a_one_stage_detector_is_refused_as_pose_estimator(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected one for task pose, but its entry says pose-detector"):
        load_manifest().find(str(one_stage_file(tmp_path)), task="pose")
