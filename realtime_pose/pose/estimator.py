"""A frame and its boxes to poses: crop, run all persons in one batch, decode, and map the points back.

The crop is RMPE's box before the spatial transformer, the way back its de-transformer: one affine, its exact inverse.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from realtime_pose.errors import ConfigError
from realtime_pose.geometry import Float, apply_affine, invert_affine
from realtime_pose.models import patches_cpu
from realtime_pose.models.backend import Arrays, Backend, require_finite
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.pose import heatmap, movenet, regression, simcc
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import Skeleton, skeleton_named

Decode = Callable[[Arrays, tuple[int, int], ModelSpec], tuple[Float, Float]]

CODECS: Mapping[str, Decode] = {
    "movenet": movenet.decode,
    "heatmap": heatmap.decode,
    "simcc": simcc.decode,
    "blazepose": regression.decode,
}


class PoseEstimator(Protocol):
    """Finds the keypoints of persons whose boxes are known."""

    @property
    def skeleton(self) -> Skeleton:
        """What the keypoints are."""

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        """One pose a box, in the order of the boxes."""


class NetworkPoseEstimator:
    """Any single-person network whose family has a codec.

    Args:
        backend: The network.
        spec: Its manifest entry.

    Raises:
        ConfigError: No codec knows the family.
    """

    def __init__(self, backend: Backend, spec: ModelSpec) -> None:
        if spec.family not in CODECS:
            raise ConfigError(f"model {spec.name}: no codec for family {spec.family!r}, expected {', '.join(CODECS)}")
        self._backend = backend
        self._spec = spec
        self._decode = CODECS[spec.family]
        self._skeleton = skeleton_named(spec.skeleton)

    @property
    def skeleton(self) -> Skeleton:
        """What the keypoints are."""
        return self._skeleton

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        """One pose a box, in the order of the boxes; no box runs no network.

        The person's score is the box's times the mean of the keypoints'.
        """
        if not len(boxes):
            return Poses.empty(self._skeleton)
        batch, affines = patches_cpu.crops(frame.image, boxes.xyxy, self._spec.input)
        outputs = self._backend.run(_padded(batch, self._backend.device))
        require_finite(outputs, self._spec.name)
        outputs = {name: value[: len(boxes)] for name, value in outputs.items()}
        xy, score = self._decode(outputs, self._spec.input.wh, self._spec)
        if self._spec.keypoints:
            xy, score = self._taken(xy), self._taken(score)
        keypoints = apply_affine(invert_affine(affines), xy)
        person = (boxes.score * score.mean(axis=1)).astype(np.float32)
        return Poses(keypoints, score, Boxes(boxes.xyxy, person), self._skeleton)

    def _taken(self, values: Float) -> Float:
        """Of the network's keypoints (N, K', ...) those of the skeleton, in its order."""
        return values[:, list(self._spec.keypoints)]


def _padded(batch: np.ndarray, device: str) -> np.ndarray:
    """On CUDA, the batch filled up to a power of two: each new size makes cuDNN choose its algorithms anew."""
    if device == "CPU":
        return batch
    spare = (1 << (len(batch) - 1).bit_length()) - len(batch)
    return np.concatenate((batch, np.zeros((spare, *batch.shape[1:]), batch.dtype)))
