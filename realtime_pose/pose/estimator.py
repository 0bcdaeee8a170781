"""A frame and its boxes to poses: crop, run one batch, decode, map back.

N persons, K keypoints. Crop and map back have the roles of RMPE's spatial transformer and de-transformer: an affine map
and its exact inverse.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from realtime_pose.config import PoseConfig
from realtime_pose.errors import ConfigError
from realtime_pose.geometry import Float, apply_affine, theta_affine
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.network import Network
from realtime_pose.models.signatures import THETA
from realtime_pose.pose import heatmap, movenet, regression, simcc
from realtime_pose.pose.fusion import fuse
from realtime_pose.pose.transformer import SpatialTransformer
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import Skeleton

_MIN_SCORE = 0.2  # keypoints with a lower score do not count for a shifted crop
_MIN_KEYPOINTS = 4  # with fewer keypoints the crop is not shifted
# Passes 2, 3 and 4, all mirrored: their crops are between the given box (0) and the box around the keypoints (1).
_SHIFTS = (0.5, 0.0, 1.0)

Decode = Callable[[Arrays, tuple[int, int], ModelSpec], tuple[Float, Float]]

CODECS: Mapping[str, Decode] = {
    "movenet": movenet.decode,
    "heatmap": heatmap.decode,
    "simcc": simcc.decode,
    "blazepose": regression.decode,
}


def decode(outputs: Arrays, input_wh: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(N, K, 2) keypoints in pixels of the crops and (N, K) scores, from the outputs of any family.

    With an SSTN the codec finds points in what the SPPE saw; theta maps them to the crop, exactly.
    """
    xy, score = CODECS[spec.family](outputs, input_wh, spec)
    return (apply_affine(theta_affine(outputs[THETA], input_wh), xy) if spec.sstn else xy), score


class PoseEstimator(Protocol):
    """Finds the keypoints of persons whose boxes are known."""

    @property
    def skeleton(self) -> Skeleton:
        """The skeleton of the poses."""

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        """One pose per box, in the order of the boxes."""


class NetworkPoseEstimator:
    """A single-person network of any family that has a codec.

    Args:
        network: The network with its manifest entry.
        config: Number of passes per person (test-time augmentation).
        transformer: Corrects the boxes before they are cropped; None: they are cropped as they are.

    Raises:
        ConfigError: The family has no codec.
    """

    def __init__(self, network: Network, config: PoseConfig, transformer: SpatialTransformer | None = None) -> None:
        spec = network.spec
        if spec.family not in CODECS:
            raise ConfigError(f"model {spec.name}: no codec for family {spec.family!r}, expected {', '.join(CODECS)}")
        self._network = network
        self._spec = spec
        self._config = config
        self._transformer = transformer
        self._skeleton = spec.pose_skeleton

    @property
    def skeleton(self) -> Skeleton:
        """The skeleton of the poses."""
        return self._skeleton

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        """One pose per box, in the order of the boxes.

        Without boxes the network does not run.

        Passes after the first are mirrored. Some of them use a crop shifted towards the keypoints of the first pass, so
        that the person is centred and nothing is cut off, as RMPE's spatial transformer does. The person's score is the
        box score times the mean score of the visible keypoints.
        """
        if not len(boxes):
            return Poses.empty(self._skeleton)
        xyxy = boxes.xyxy if self._transformer is None else self._transformer.transform(frame.image, boxes.xyxy)
        shifts = _SHIFTS[: self._config.passes - 1]
        # Unshifted passes do not depend on the first one, so they share its batch.
        estimates = self.run_passes(frame, [(xyxy, False), *((xyxy, True) for shift in shifts if not shift)])
        if any(shifts):
            to_keypoints = keypoint_boxes(*estimates[0], xyxy) - xyxy  # (N, 4)
            shifted = [(xyxy + shift * to_keypoints, True) for shift in shifts if shift]
            estimates += self.run_passes(frame, shifted)
        keypoints, score = _fuse_passes(estimates, xyxy)
        is_seen = score >= self._spec.seen_score
        mean_score = (score * is_seen).sum(axis=1) / np.maximum(is_seen.sum(axis=1), 1)  # (N,)
        person_score = (boxes.score * mean_score).astype(np.float32)
        return Poses(keypoints, score, Boxes(boxes.xyxy, person_score), self._skeleton)

    def run_passes(self, frame: Frame, passes: Sequence[tuple[Float, bool]]) -> list[tuple[Float, Float]]:
        """For each pass: keypoints (N, K, 2) in frame pixels, scores (N, K).

        Args:
            frame: The frame with the persons.
            passes: For each pass the boxes (N, 4), N >= 1, and whether the crops are mirrored. All run in one batch.
        """
        outputs = self._network.run_crops(frame.image, passes)  # V N crops
        xy, score = decode(outputs.arrays, outputs.input_wh, self._spec)  # (V N, K, 2), (V N, K)
        if self._spec.keypoints:
            indices = list(self._spec.keypoints)
            xy, score = xy[:, indices], score[:, indices]
        xy = apply_affine(outputs.to_image, xy)
        estimates = zip(np.split(xy, len(passes)), np.split(score, len(passes)), strict=True)
        mirror = self._skeleton.mirrored  # a mirrored crop shows left keypoints as right ones
        return [
            (keypoints[:, mirror], scores[:, mirror]) if is_mirrored else (keypoints, scores)
            for (keypoints, scores), (_, is_mirrored) in zip(estimates, passes, strict=True)
        ]


def keypoint_boxes(keypoints: Float, score: Float, xyxy: Float) -> Float:
    """(N, 4) boxes around each person's reliable keypoints (N, K, 2).

    With too few of them it is the given box.
    """
    is_reliable = (score >= _MIN_SCORE)[..., None]  # (N, K, 1)
    low = np.where(is_reliable, keypoints, np.inf).min(axis=1)
    high = np.where(is_reliable, keypoints, -np.inf).max(axis=1)
    has_enough = is_reliable.sum(axis=1) >= _MIN_KEYPOINTS  # (N, 1)
    return np.where(has_enough, np.concatenate((low, high), axis=1), xyxy).astype(np.float32)


def _fuse_passes(estimates: Sequence[tuple[Float, Float]], xyxy: Float) -> tuple[Float, Float]:
    """Keypoints (N, K, 2) and scores (N, K) from one estimate per pass."""
    if len(estimates) == 1:
        return estimates[0]
    keypoints, score = (np.stack(values) for values in zip(*estimates, strict=True))  # (V, N, K, 2), (V, N, K)
    return fuse(keypoints, score, np.maximum((xyxy[:, 2:] - xyxy[:, :2]).max(axis=1), 1))
