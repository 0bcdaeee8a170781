"""The pose estimator: MoveNet's decoding, one batch for all persons, crops and the map back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.config import PoseConfig
from realtime_pose.errors import ConfigError
from realtime_pose.models.manifest import InputSpec, ModelSpec, load_manifest, weights_folder
from realtime_pose.models.network import Network
from realtime_pose.models.onnx_backend import OnnxBackend
from realtime_pose.pose import movenet
from realtime_pose.pose.estimator import NetworkPoseEstimator, keypoint_boxes
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import COCO17
from tests.support.fakes.parts import FakeBackend, frame

F32 = np.float32
LIGHTNING = load_manifest().models["movenet-lightning"]
PERSON_BOX = (488.0, 786.0, 965.0, 1741.0)  # in the first frame of the demo clip


def heads(xy_input: NDArray[np.float32], score: float = 0.9) -> dict[str, NDArray[np.float32]]:
    """MoveNet outputs for 192 x 192 with keypoints (N, 17, 2) at these input pixels."""
    return movenet.encode(xy_input, np.full(xy_input.shape[:2], score, F32), (192, 192))


def random_keypoints(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).uniform(5, 185, (count, 17, 2)).astype(F32)


def test_decoding_inverts_encoding() -> None:
    xy = random_keypoints(4)
    decoded, score = movenet.decode(heads(xy), (192, 192), LIGHTNING)
    assert np.abs(decoded - xy).max() < 0.05
    assert np.allclose(score, 0.9)


def test_the_person_in_the_centre_is_preferred_to_a_neighbour() -> None:
    """Stronger peaks far from the regressed positions belong to another person."""
    xy = np.full((1, 17, 2), 90, F32)
    outputs = heads(xy, score=0.5)
    outputs["heatmap"][0, :, 2, 2] = 0.9
    decoded, score = movenet.decode(outputs, (192, 192), LIGHTNING)
    assert np.abs(decoded - xy).max() < 0.05
    assert np.allclose(score, 0.5)


def test_scores_outside_their_range_are_clipped() -> None:
    _, score = movenet.decode(heads(random_keypoints(1), score=1.07), (192, 192), LIGHTNING)
    assert score.max() == 1


def test_without_boxes_the_network_does_not_run() -> None:
    backend = FakeBackend(lambda batch: heads(random_keypoints(len(batch))))
    poses = NetworkPoseEstimator(Network(backend, LIGHTNING), PoseConfig()).estimate(frame(), Boxes.empty())
    assert len(poses) == 0
    assert poses.skeleton == COCO17
    assert backend.batches == []


def test_all_persons_are_one_batch_in_order() -> None:
    """Keypoints in the centre of each crop are in the centre of each box, to a hundredth of a pixel."""
    centre = np.full((3, 17, 2), 95.5, F32)
    backend = FakeBackend(lambda batch: heads(centre))
    boxes = Boxes(
        np.array([[10, 20, 110, 220], [300, 5, 350, 60], [-40, -40, 20, 20]], F32), np.array([0.9, 0.5, 0.4], F32)
    )
    poses = NetworkPoseEstimator(Network(backend, LIGHTNING), PoseConfig()).estimate(frame(wh=(640, 480)), boxes)
    assert [batch.shape for batch in backend.batches] == [(3, 192, 192, 3)]
    expected = (boxes.xyxy[:, :2] + boxes.xyxy[:, 2:]) / 2
    assert np.allclose(poses.keypoints, expected[:, None], atol=0.01)
    assert np.allclose(poses.boxes.score, boxes.score * 0.9)


def test_on_cuda_the_batch_is_padded_to_a_power_of_two() -> None:
    backend = FakeBackend(lambda batch: heads(random_keypoints(len(batch))), device="CUDA:0")
    boxes = Boxes(np.array([[0, 0, 50, 50]] * 3, F32), np.ones(3, F32))
    poses = NetworkPoseEstimator(Network(backend, LIGHTNING), PoseConfig()).estimate(frame(), boxes)
    assert len(backend.batches[0]) == 4
    assert len(poses) == 3


def test_a_box_without_area_still_gives_a_pose() -> None:
    backend = FakeBackend(lambda batch: heads(random_keypoints(len(batch))))
    boxes = Boxes(np.array([[5, 5, 5, 5]], F32), np.ones(1, F32))
    assert np.isfinite(
        NetworkPoseEstimator(Network(backend, LIGHTNING), PoseConfig()).estimate(frame(), boxes).keypoints
    ).all()


def test_the_network_gets_its_order_of_colours() -> None:
    backend = FakeBackend(lambda batch: heads(random_keypoints(len(batch))))
    image = np.zeros((64, 64, 3), np.uint8)
    image[...] = (10, 20, 30)  # blue, green, red
    boxes = Boxes(np.array([[20, 20, 40, 40]], F32), np.ones(1, F32))
    NetworkPoseEstimator(Network(backend, LIGHTNING), PoseConfig()).estimate(Frame(image, 0, 0.0, 0.0, ""), boxes)
    assert backend.batches[0][0, 96, 96].tolist() == [30, 20, 10]


def one_person() -> NDArray[np.float32]:
    """Keypoints (1, 17, 2) of one person in input pixels, all different."""
    return np.random.default_rng(7).uniform(60, 130, (1, 17, 2)).astype(F32)


class TestPasses:
    """The fake network finds the same keypoints in every crop, so each crop can be recognised in the result."""

    def run_passes(self, passes: int, xy: NDArray[np.float32], score: float = 0.9) -> tuple[FakeBackend, Poses]:
        backend = FakeBackend(lambda batch: heads(np.repeat(xy, len(batch), axis=0), score))
        boxes = Boxes(np.array([[100, 100, 200, 200]], F32), np.ones(1, F32))
        estimator = NetworkPoseEstimator(Network(backend, LIGHTNING), PoseConfig(passes=passes))
        return backend, estimator.estimate(frame(wh=(640, 480)), boxes)

    @pytest.mark.parametrize(("passes", "crops"), [(1, [1]), (2, [1, 1]), (3, [2, 1]), (4, [2, 2])])
    def test_each_pass_is_one_crop_and_independent_passes_share_a_batch(self, passes: int, crops: list[int]) -> None:
        backend, _ = self.run_passes(passes, one_person())
        assert [len(batch) for batch in backend.batches] == crops

    def test_an_estimate_of_only_one_pass_is_kept(self) -> None:
        """The second pass finds nothing, so the keypoints of the first are kept with half their score."""
        answers = iter([heads(one_person(), 0.8), heads(one_person(), 0.0)])
        backend = FakeBackend(lambda batch: next(answers))
        boxes = Boxes(np.array([[100, 100, 200, 200]], F32), np.ones(1, F32))
        once = self.run_passes(1, one_person())[1].keypoints
        twice = NetworkPoseEstimator(Network(backend, LIGHTNING), PoseConfig(passes=2)).estimate(
            frame(wh=(640, 480)), boxes
        )
        assert np.allclose(twice.keypoints, once, atol=1e-3)
        assert np.allclose(twice.score, 0.4)

    @pytest.mark.slow
    @pytest.mark.parametrize("passes", [2, 3, 4])
    def test_more_passes_do_not_move_a_real_person(self, passes: int, demo_frame: NDArray[np.uint8]) -> None:
        """Mirrored passes must be mirrored back, with left and right exchanged: a few pixels of 950, not more."""
        spec = load_manifest().models["movenet-thunder"]
        backend = OnnxBackend(Path(str(weights_folder())) / spec.file, spec, device="cpu")
        boxes = Boxes(np.array([PERSON_BOX], F32), np.ones(1, F32))
        once, more = (
            NetworkPoseEstimator(Network(backend, spec), PoseConfig(passes=count)).estimate(
                Frame(demo_frame, 0, 0.0, 0.0, ""), boxes
            )
            for count in (1, passes)
        )
        is_reliable = (once.score > 0.4) & (more.score > 0.4)
        assert is_reliable.sum() >= 8
        assert np.linalg.norm(more.keypoints - once.keypoints, axis=-1)[is_reliable].max() < 30

    def test_with_too_few_reliable_keypoints_the_box_is_kept(self) -> None:
        backend, poses = self.run_passes(4, one_person(), score=0.05)
        assert len(backend.batches) == 2
        assert np.array_equal(poses.boxes.xyxy, np.array([[100, 100, 200, 200]], F32))


class TestKeypointBoxes:
    def test_the_box_contains_the_reliable_keypoints(self) -> None:
        keypoints = np.array([[[10, 20], [30, 80], [25, 40], [12, 50], [500, 500]]], F32)
        score = np.array([[0.9, 0.5, 0.3, 0.2, 0.19]], F32)
        assert keypoint_boxes(keypoints, score, np.zeros((1, 4), F32)).tolist() == [[10, 20, 30, 80]]

    def test_three_reliable_keypoints_are_too_few(self) -> None:
        keypoints, given = np.zeros((1, 5, 2), F32), np.array([[1, 2, 3, 4]], F32)
        assert keypoint_boxes(keypoints, np.array([[0.9, 0.9, 0.9, 0, 0]], F32), given).tolist() == given.tolist()

    def test_no_person(self) -> None:
        assert keypoint_boxes(np.zeros((0, 17, 2), F32), np.zeros((0, 17), F32), np.zeros((0, 4), F32)).shape == (0, 4)


def test_invisible_keypoints_do_not_lower_the_score_of_a_person() -> None:
    spec = replace(LIGHTNING, seen_score=0.2)
    xy, scores = random_keypoints(2), np.full((2, 17), 0.1, F32)
    scores[0, :3] = 0.8
    backend = FakeBackend(lambda batch: movenet.encode(xy, scores, (192, 192)))
    boxes = Boxes(np.array([[10, 20, 110, 220], [300, 5, 350, 60]], F32), np.array([0.5, 0.5], F32))
    poses = NetworkPoseEstimator(Network(backend, spec), PoseConfig()).estimate(frame(wh=(640, 480)), boxes)
    assert np.allclose(poses.boxes.score, [0.4, 0.0])


def test_a_family_without_a_codec_is_refused() -> None:
    spec = ModelSpec(
        name="x", task="pose", family="ouija", file="x", skeleton="coco17", input=InputSpec(name="i", wh=(8, 8))
    )
    with pytest.raises(ConfigError, match="no codec for family 'ouija'"):
        NetworkPoseEstimator(Network(FakeBackend(lambda batch: {}), spec), PoseConfig())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["movenet-thunder", "movenet-lightning"])
def test_the_real_networks_find_a_standing_person(name: str, demo_frame: NDArray[np.uint8]) -> None:
    spec = load_manifest().models[name]
    backend = OnnxBackend(Path(str(weights_folder())) / spec.file, spec, device="cpu")
    boxes = Boxes(np.array([PERSON_BOX], F32), np.ones(1, F32))
    poses = NetworkPoseEstimator(Network(backend, spec), PoseConfig()).estimate(
        Frame(demo_frame, 0, 0.0, 0.0, ""), boxes
    )
    y = dict(zip(COCO17.keypoints, poses.keypoints[0, :, 1], strict=True))
    assert y["nose"] < y["left_shoulder"] < y["left_hip"] < y["left_knee"] < y["left_ankle"]
    assert poses.score.mean() > 0.4
