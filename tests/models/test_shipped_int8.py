"""The shipped int8 files: verified, and in both engines nearly the results of float32."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.cli import main
from realtime_pose.commands.model_trial import box_agreement, pose_agreement
from realtime_pose.config import DetectConfig, DeviceConfig, PoseConfig
from realtime_pose.detect.detector import NetworkDetector
from realtime_pose.models.engine import Engine
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import load_manifest, weights_folder
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes
from tests.support.fakes.parts import frame

pytestmark = [pytest.mark.slow]

MODELS = {name: spec for name, spec in load_manifest().models.items() if spec.int8 is not None}
MAX_LOSS = {"detector": 0.7, "pose": 0.5}  # AP points
PEOPLE = Boxes(np.array([[390, 580, 640, 1330], [30, 600, 330, 1400]], np.float32), np.ones(2, np.float32))


def test_each_loss_was_measured_and_is_small() -> None:
    assert {"nanodet-g", "movenet-thunder", "movenet-lightning"} <= set(MODELS)
    for spec in MODELS.values():
        assert spec.int8 is not None
        assert spec.int8.ap_loss is not None
        assert spec.int8.ap_loss <= MAX_LOSS[spec.task]


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("name", MODELS)
def test_results_are_nearly_those_of_float32(name: str, engine: str, demo_frame: NDArray[np.uint8]) -> None:
    """A wrong kernel gives no error: the files are tested on the processor of whoever runs this."""
    spec = MODELS[name]
    seen = replace(frame(), image=demo_frame)
    plain, int8 = (
        load_network(spec, DeviceConfig(device="cpu", engine=engine, precision=precision), is_live=False)
        for precision in ("f32", "int8")
    )
    assert int8.engine == Engine(engine, "int8")
    if spec.task == "pose":
        expected, poses = (NetworkPoseEstimator(each, PoseConfig()).estimate(seen, PEOPLE) for each in (plain, int8))
        assert pose_agreement(poses, expected) > 0.9
    else:
        before, boxes = (NetworkDetector(each, DetectConfig()).detect(seen, threshold=0.3) for each in (plain, int8))
        assert len(before) >= 2
        assert box_agreement(boxes, before) > 0.9 * box_agreement(before, before)


def test_they_are_listed_and_verified(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "list"]) == 0
    listed = capsys.readouterr().out
    assert main(["weights", "verify"]) == 0
    verified = capsys.readouterr().out
    for name, spec in MODELS.items():
        assert f"{name} int8" in listed
        assert f"{name} int8" in verified
        assert spec.int8 is not None
        assert (Path(str(weights_folder())) / spec.int8.file).stat().st_size == spec.int8.bytes
