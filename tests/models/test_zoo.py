"""Models by name that are fetched: each entry with a graph made of exactly its inputs and outputs, in both engines."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.cli import main
from realtime_pose.config import DetectConfig, DeviceConfig, PoseConfig
from realtime_pose.detect.detector import NetworkDetector, NetworkPoseDetector
from realtime_pose.models.entry_proposal import propose_entry
from realtime_pose.models.family_detection import OnnxGraph
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.models.network import Network
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes
from realtime_pose.skeletons import skeleton_named
from tests.support.fakes.parts import FakeBackend, frame
from tests.support.models.graphs import Axis, constant_graph

F32 = np.float32
MANIFEST = load_manifest()
FETCHED = {name: spec for name, spec in MANIFEST.models.items() if spec.url}


def outputs(spec: ModelSpec) -> dict[str, NDArray[np.float32]]:
    """Outputs of the entry's family for one item, by the graph's names: nobody, or every keypoint at the centre."""
    width, height = spec.input.wh
    count = len(skeleton_named(spec.skeleton)) if spec.skeleton else 0
    x, y = np.zeros((1, count, 2 * width), F32), np.zeros((1, count, 2 * height), F32)
    x[..., width], y[..., height] = 1, 1
    heatmap = np.zeros((1, count, height // 4, width // 4), F32)
    heatmap[..., height // 8, width // 8] = 1
    dets = np.array([[[100, 100, 300, 500, 0.9], [0, 0, 5, 5, 0.1]]], F32)
    points = np.full((1, 2, count, 3), [200, 300, 0.8], F32)
    cells = sum((width // stride) * (height // stride) for stride in (8, 16, 32))
    values = {
        "dets": (dets,),
        "yolox": (np.zeros((1, cells, 85), F32),),
        "rtmo": (dets, points),
        "simcc": (x, y),
        "heatmap": (heatmap,),
    }[spec.family]
    names = spec.outputs or ("simcc_x", "simcc_y")
    return dict(zip(names, values, strict=True))


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("name", FETCHED)
def test_an_entry_runs_on_a_graph_of_its_outputs(tmp_path: Path, name: str, engine: str) -> None:
    spec = FETCHED[name]
    width, height = spec.input.wh
    shape: list[Axis] = ["batch", 3, height, width]
    path = constant_graph(tmp_path / "m.onnx", {spec.input.name: shape}, outputs(spec))
    network = Network(load_backend(path, spec, DeviceConfig(device="cpu", engine=engine)), spec)
    seen = frame(wh=(640, 480))
    if spec.task == "pose":
        boxes = Boxes(np.array([[100, 100, 220, 260], [300, 50, 420, 210]], F32), np.ones(2, F32))
        poses = NetworkPoseEstimator(network, PoseConfig()).estimate(seen, boxes)
        assert poses.keypoints.shape == (2, len(skeleton_named(spec.skeleton)), 2)
        assert np.allclose(poses.keypoints[0].mean(axis=0), [160, 180], atol=2)
    elif spec.task == "pose-detector":
        poses = NetworkPoseDetector(network, DetectConfig()).detect_poses(seen, threshold=0.3)
        assert np.allclose(poses.keypoints, [199.5, 299.5], atol=0.01)  # a frame of 640 x 480 is not scaled
    else:
        found = NetworkDetector(network, DetectConfig()).detect(seen, threshold=0.3)
        assert len(found) == (1 if spec.family == "dets" else 0)


def test_persons_of_rtmo_are_in_frame_pixels() -> None:
    spec = MANIFEST.models["rtmo-s"]
    dets = np.array([[[64, 128, 320, 512, 0.9], [0, 0, 64, 64, 0.2]]], F32)
    points = np.zeros((1, 2, 17, 3), F32)
    points[0, 0] = [192, 320, 1.2]  # scores above 1 are clipped
    backend = FakeBackend(lambda batch: {"dets": dets, "keypoints": points})
    detector = NetworkPoseDetector(Network(backend, spec), DetectConfig())
    poses = detector.detect_poses(frame(wh=(1280, 1280)), threshold=0.3)
    assert len(poses) == 1
    assert np.allclose(poses.keypoints, [383.5, 639.5], atol=0.01)
    assert np.allclose(poses.boxes.xyxy, [[127.5, 255.5, 639.5, 1023.5]], atol=0.01)
    assert (poses.score == 1).all()
    assert backend.batches[0].shape == (1, 3, 640, 640)
    assert len(detector.detect_poses(frame(wh=(1280, 1280)), threshold=0.95)) == 0


@pytest.mark.parametrize(("num_keypoints", "skeleton"), [(17, "coco17"), (26, "halpe26"), (21, "generic21")])
def test_rtmo_is_known_by_its_outputs(num_keypoints: int, skeleton: str) -> None:
    shapes = {"dets": (1, "n", 5), "keypoints": (1, "n", num_keypoints, 3)}
    entry = propose_entry(OnnxGraph({"input": (1, 3, 640, 640)}, shapes))
    assert (entry["family"], entry["task"], entry["outputs"]) == ("rtmo", "pose-detector", ["dets", "keypoints"])
    assert entry["skeleton"].startswith(skeleton[:7])


@pytest.mark.parametrize("name", ["medium", "best"])
def test_a_pair_is_a_detector_and_a_pose_estimator(name: str) -> None:
    detector, pose = (MANIFEST.models[model] for model in MANIFEST.pairs[name].models)
    assert (detector.task, pose.task) == ("detector", "pose")


def test_a_pair_is_fetched_by_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetched = []

    def fetch(spec: ModelSpec) -> Path:
        fetched.append(spec.name)
        return tmp_path / spec.file

    monkeypatch.setattr("realtime_pose.commands.weights._fetch", fetch)
    assert main(["weights", "fetch", "medium", "rtmo-s"]) == 0
    assert fetched == ["yolox-m", "rtmpose-m", "rtmo-s"]
    assert "live --detector yolox-m --pose rtmpose-m" in capsys.readouterr().out
