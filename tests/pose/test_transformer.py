"""The spatial transformer before a pose estimator: theta to corrected boxes, points to a thousandth of a pixel."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.config import DeviceConfig, PoseConfig
from realtime_pose.errors import ConfigError, ModelError, NotFiniteError
from realtime_pose.geometry import apply_affine, crop_affine, invert_affine, iou
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import InputSpec, ModelSpec, load_manifest
from realtime_pose.models.network import Network
from realtime_pose.pose import movenet
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.pose.transformer import SpatialTransformer
from realtime_pose.scene import Boxes, Frame, Poses
from tests.support.fakes.parts import FakeBackend, frame

F32 = np.float32
LIGHTNING = load_manifest().models["movenet-lightning"]
SPEC = ModelSpec(
    name="sstn",
    task="localisation",
    family="theta",
    file="sstn.onnx",
    input=InputSpec(name="crops", wh=(64, 64), colour="BGR", fit="stretch", padding=1.6),
)
BOXES = Boxes(np.array([[100, 80, 220, 380], [400, 50, 460, 210]], F32), np.array([0.9, 0.5], F32))
Array = NDArray[np.float32]


def theta_of(*values: float) -> Array:
    """(2, 3) from scale x, scale y, shift x, shift y."""
    scale_x, scale_y, x, y = values
    return np.array([[scale_x, 0, x], [0, scale_y, y]], F32)


IDENTITY = theta_of(1, 1, 0, 0)
SHIFTED = theta_of(0.7, 1.2, 0.3, -0.2)


def transformer_with(theta: Array, spec: ModelSpec = SPEC) -> tuple[SpatialTransformer, FakeBackend]:
    """A transformer whose network gives this theta (2, 3) for each crop, or one of (N, 2, 3) for each."""
    backend = FakeBackend(lambda batch: {"theta": np.broadcast_to(theta, (len(batch), 2, 3)).copy()})
    return SpatialTransformer(Network(backend, spec)), backend


def test_the_identity_leaves_the_boxes() -> None:
    transformer, backend = transformer_with(IDENTITY)
    assert np.allclose(transformer.transform(frame(wh=(640, 480)).image, BOXES.xyxy), BOXES.xyxy, atol=1e-3)
    assert [batch.shape for batch in backend.batches] == [(2, 3, 64, 64)]


def test_theta_is_normalised_over_the_edges_of_the_crop() -> None:
    """The crop is the box times the padding, so a shift of 0.5 is a quarter of the crop's side."""
    transformer, _ = transformer_with(theta_of(0.5, 1, 0.5, -0.25))
    corrected = transformer.transform(frame(wh=(640, 480)).image, np.array([[100, 100, 200, 300]], F32))
    # The crop spans 70 to 230 and 40 to 360.
    assert np.allclose(corrected, [[165, 60, 215, 260]], atol=1e-3)


def test_each_person_has_a_theta_of_its_own() -> None:
    transformer, _ = transformer_with(np.stack((IDENTITY, SHIFTED)))
    corrected = transformer.transform(frame(wh=(640, 480)).image, BOXES.xyxy)
    assert np.allclose(corrected[0], BOXES.xyxy[0], atol=1e-3)
    assert np.abs(corrected[1] - BOXES.xyxy[1]).max() > 5


def test_the_network_sees_the_stretched_box_with_its_surroundings() -> None:
    """A white box on black is a white square of 40 x 40 pixels, whatever its shape."""
    image = np.zeros((480, 640, 3), np.uint8)
    image[80:380, 100:220] = 255
    transformer, backend = transformer_with(IDENTITY)
    transformer.transform(image, np.array([[99.5, 79.5, 219.5, 379.5]], F32))
    white = backend.batches[0][0].mean(axis=0) > 127
    assert (
        np.flatnonzero(white.any(axis=0)).tolist() == np.flatnonzero(white.any(axis=1)).tolist() == list(range(12, 52))
    )


class TestPoints:
    """The fake pose estimator finds the same places in every crop; where they are in the frame is computed by hand."""

    @pytest.mark.parametrize(
        "theta", [IDENTITY, SHIFTED, theta_of(1.5, 0.5, -0.5, 0.5)], ids=["same", "other", "limit"]
    )
    @pytest.mark.parametrize("wh", [(192, 192), (192, 256), (256, 192)])
    @pytest.mark.parametrize("passes", [1, 2, 3, 4])
    def test_points_come_back_through_both_maps(self, theta: Array, wh: tuple[int, int], passes: int) -> None:
        """The centre of every crop, mirrored or not, is the centre of the corrected box."""
        spec = with_input(LIGHTNING, wh)
        centre = np.broadcast_to((np.array(wh) - 1) / 2, (1, 17, 2)).astype(F32)
        poses = estimate(theta, spec, centre, passes=passes)
        expected = by_hand(BOXES.xyxy, theta)
        middle = (expected[:, :2] + expected[:, 2:]) / 2
        # Shifted passes go halfway to the keypoints, which are all in the middle. The codec rounds to a hundredth.
        assert np.abs(poses.keypoints - middle[:, None]).max() < 0.01

    @pytest.mark.parametrize("wh", [(192, 192), (192, 256)])
    def test_any_point(self, wh: tuple[int, int]) -> None:
        spec = with_input(LIGHTNING, wh)
        xy = np.random.default_rng(3).uniform(20, 170, (1, 17, 2)).astype(F32)
        poses = estimate(SHIFTED, spec, xy)
        crops = crop_affine(by_hand(BOXES.xyxy, SHIFTED), input_wh=wh, padding=spec.input.padding)
        decoded = movenet.decode(heads(xy, wh), wh, spec)[0]
        expected = apply_affine(invert_affine(crops), np.repeat(decoded, 2, axis=0))
        assert np.abs(poses.keypoints - expected).max() < 1e-3

    def test_the_boxes_of_the_poses_stay_those_of_the_detector(self) -> None:
        xy = np.full((1, 17, 2), 90, F32)
        poses = estimate(SHIFTED, LIGHTNING, xy)
        assert np.array_equal(poses.boxes.xyxy, BOXES.xyxy)

    def test_the_pose_estimator_sees_what_theta_says(self) -> None:
        """A dot in the middle of the corrected box is in the middle of the crop."""
        image = np.zeros((480, 640, 3), np.uint8)
        box = by_hand(BOXES.xyxy[:1], SHIFTED)[0]
        dot = tuple(round(float(value)) for value in (box[:2] + box[2:]) / 2)
        cv2.circle(image, dot, 5, (255, 255, 255), -1)
        backend = FakeBackend(lambda batch: heads(np.full((len(batch), 17, 2), 90, F32), (192, 192)))
        transformer, _ = transformer_with(SHIFTED)
        estimator = NetworkPoseEstimator(Network(backend, LIGHTNING), PoseConfig(), transformer)
        estimator.estimate(Frame(image, 0, 0.0, 0.0, ""), BOXES.take(np.array([0])))
        rows, columns = np.nonzero(backend.batches[0][0].mean(axis=-1) > 127)
        assert abs(rows.mean() - 95.5) < 1
        assert abs(columns.mean() - 95.5) < 1


def test_without_persons_nothing_runs() -> None:
    transformer, localisation = transformer_with(SHIFTED)
    backend = FakeBackend(lambda batch: {})
    poses = NetworkPoseEstimator(Network(backend, LIGHTNING), PoseConfig(), transformer).estimate(
        frame(), Boxes.empty()
    )
    assert len(poses) == 0
    assert localisation.batches == backend.batches == []


@pytest.mark.parametrize(
    "theta",
    [theta_of(0.2, 1, 0, 0), theta_of(1, 3, 0, 0), theta_of(1, 1, 0.9, 0), theta_of(-1, 1, 0, 0),
     np.array([[0.9, -0.4, 0], [0.4, 0.9, 0]], F32)],
    ids=["small", "large", "far", "mirrored", "turned"],
)  # fmt: skip
def test_a_map_outside_the_limits_is_an_error(theta: Array) -> None:
    transformer, _ = transformer_with(np.stack((IDENTITY, theta)))
    with pytest.raises(ModelError, match=r"model sstn: expected maps theta without rotation, .* got \[\["):
        transformer.transform(frame(wh=(640, 480)).image, BOXES.xyxy)


def test_not_a_number() -> None:
    transformer, _ = transformer_with(np.full((2, 3), np.nan, F32))
    with pytest.raises(NotFiniteError, match="model sstn, output theta"):
        transformer.transform(frame().image, BOXES.xyxy)


def test_an_entry_that_keeps_the_aspect_is_refused() -> None:
    spec = replace(SPEC, input=replace(SPEC.input, fit="crop"))
    with pytest.raises(ConfigError, match="model sstn: expected family theta and an input with fit stretch"):
        transformer_with(IDENTITY, spec)


def with_input(spec: ModelSpec, wh: tuple[int, int]) -> ModelSpec:
    return replace(spec, input=replace(spec.input, wh=wh))


def heads(xy: Array, wh: tuple[int, int]) -> dict[str, Array]:
    return movenet.encode(xy, np.full(xy.shape[:2], 0.9, F32), wh)


def estimate(theta: Array, spec: ModelSpec, xy: Array, *, passes: int = 1) -> Poses:
    """The poses behind a transformer with this theta, where each crop has its keypoints (1, 17, 2) at these pixels."""
    backend: FakeBackend = FakeBackend(as_network(xy, spec.input.wh))
    estimator = NetworkPoseEstimator(Network(backend, spec), PoseConfig(passes=passes), transformer_with(theta)[0])
    return estimator.estimate(frame(wh=(640, 480)), BOXES)


def as_network(xy: Array, wh: tuple[int, int]) -> Callable[[Array], dict[str, Array]]:
    return lambda batch: heads(np.repeat(xy, len(batch), axis=0), wh)


def by_hand(xyxy: Array, theta: Array) -> Array:
    """(N, 4) corrected boxes, in double precision."""
    half = (xyxy[:, 2:].astype(np.float64) - xyxy[:, :2]) / 2
    centre = (xyxy[:, :2].astype(np.float64) + xyxy[:, 2:]) / 2 + theta[:, 2] * half * SPEC.input.padding
    scaled = half * np.diag(theta)
    return np.concatenate((centre - scaled, centre + scaled), axis=1).astype(F32)


class TestShippedNetwork:
    """The people of the first frame of the demo clip: where the default detector finds them."""

    PEOPLE = np.array([[492, 787, 965, 1735], [245, 330, 561, 1159]], F32)

    def test_moved_boxes_come_nearer(self, demo_frame: NDArray[np.uint8]) -> None:
        transformer, rng = shipped(), np.random.default_rng(0)
        side = np.tile(self.PEOPLE[:, 2:] - self.PEOPLE[:, :2], 2)
        before, after = [], []
        for _ in range(10):
            moved = (self.PEOPLE + rng.normal(0, 0.2, (2, 4)) * side).astype(F32)
            corrected = transformer.transform(demo_frame, moved)
            before.append(np.diagonal(iou(moved, self.PEOPLE)).mean())
            after.append(np.diagonal(iou(corrected, self.PEOPLE)).mean())
        assert np.mean(after) > np.mean(before) + 0.05

    def test_good_boxes_nearly_stay(self, demo_frame: NDArray[np.uint8]) -> None:
        corrected = shipped().transform(demo_frame, self.PEOPLE)
        assert np.diagonal(iou(corrected, self.PEOPLE)).min() > 0.7


def shipped() -> SpatialTransformer:
    """The shipped network, as every command loads it."""
    spec = load_manifest().find("sstn", task="localisation")
    return SpatialTransformer(load_network(spec, DeviceConfig(device="cpu")))
