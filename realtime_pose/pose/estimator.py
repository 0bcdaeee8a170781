"""A frame and its boxes to poses: crop, run all persons in one batch, decode, and map the points back.

The crop is RMPE's box before the spatial transformer, the way back its de-transformer: one affine, its exact inverse.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from realtime_pose.config import PoseConfig
from realtime_pose.errors import ConfigError
from realtime_pose.geometry import Float, apply_affine, invert_affine
from realtime_pose.models import patches_cpu
from realtime_pose.models.backend import Arrays, Backend, require_finite
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.pose import heatmap, movenet, regression, simcc
from realtime_pose.pose.fusion import fuse
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import Skeleton, skeleton_named

_CERTAIN = 0.2  # keypoints scored lower do not shape a further crop
_ENOUGH = 4  # certain keypoints that can shape it
_FURTHER = (0.5, 0.0, 1.0)  # further passes, all mirrored: how far from the given box to the keypoints' box

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
        config: How often each person is looked at.

    Raises:
        ConfigError: No codec knows the family.
    """

    def __init__(self, backend: Backend, spec: ModelSpec, config: PoseConfig) -> None:
        if spec.family not in CODECS:
            raise ConfigError(f"model {spec.name}: no codec for family {spec.family!r}, expected {', '.join(CODECS)}")
        self._backend = backend
        self._spec = spec
        self._config = config
        self._decode = CODECS[spec.family]
        self._skeleton = skeleton_named(spec.skeleton)

    @property
    def skeleton(self) -> Skeleton:
        """What the keypoints are."""
        return self._skeleton

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        """One pose a box, in the order of the boxes; no box runs no network.

        Further passes look at crops that are shifted towards what the first saw, where the person is centred and
        nothing is cut off, the role of RMPE's spatial transformer; and all of them see the person mirrored.
        The person's score is the box's times the mean of the keypoints' that are seen at all.
        """
        if not len(boxes):
            return Poses.empty(self._skeleton)
        wanted = _FURTHER[: self._config.passes - 1]
        views = self.views(frame, [(boxes.xyxy, False), *((boxes.xyxy, True) for share in wanted if not share)])
        if any(wanted):
            way = seen_box(*views[0], boxes.xyxy) - boxes.xyxy
            views += self.views(frame, [(boxes.xyxy + share * way, True) for share in wanted if share])
        keypoints, score = _fused(views, boxes.xyxy)
        is_seen = score >= self._spec.seen_score
        seen = (score * is_seen).sum(axis=1) / np.maximum(is_seen.sum(axis=1), 1)
        person = (boxes.score * seen).astype(np.float32)
        return Poses(keypoints, score, Boxes(boxes.xyxy, person), self._skeleton)

    def views(self, frame: Frame, looks: Sequence[tuple[Float, bool]]) -> list[tuple[Float, Float]]:
        """An estimate of each person for each look: keypoints (N, K, 2) in frame pixels, scores (N, K).

        Args:
            frame: Where the persons are.
            looks: Boxes (N, 4), N >= 1, and whether the crop is mirrored; all looks go in one batch.
        """
        parts = [patches_cpu.crops(frame.image, xyxy, self._spec.input, is_mirrored=odd) for xyxy, odd in looks]
        batch, affines = (np.concatenate(values) for values in zip(*parts, strict=True))
        outputs = self._backend.run(_padded(batch, self._backend.device))
        require_finite(outputs, self._spec.name)
        outputs = {name: value[: len(batch)] for name, value in outputs.items()}
        xy, score = self._decode(outputs, self._spec.input.wh, self._spec)
        if self._spec.keypoints:
            xy, score = self._taken(xy), self._taken(score)
        xy = apply_affine(invert_affine(affines), xy)
        views = zip(np.split(xy, len(looks)), np.split(score, len(looks)), strict=True)
        mirror = self._skeleton.mirrored
        return [
            (keypoints[:, mirror], scores[:, mirror]) if odd else (keypoints, scores)
            for (keypoints, scores), (_, odd) in zip(views, looks, strict=True)
        ]

    def _taken(self, values: Float) -> Float:
        """Of the network's keypoints (N, K', ...) those of the skeleton, in its order."""
        return values[:, list(self._spec.keypoints)]


def seen_box(keypoints: Float, score: Float, xyxy: Float) -> Float:
    """(N, 4) boxes about each person's certain keypoints (N, K, 2); the given one where too few are certain."""
    is_certain = (score >= _CERTAIN)[..., None]
    low = np.where(is_certain, keypoints, np.inf).min(axis=1)
    high = np.where(is_certain, keypoints, -np.inf).max(axis=1)
    is_enough = is_certain.sum(axis=1) >= _ENOUGH  # (N, 1)
    return np.where(is_enough, np.concatenate((low, high), axis=1), xyxy).astype(np.float32)


def _fused(views: Sequence[tuple[Float, Float]], xyxy: Float) -> tuple[Float, Float]:
    """The views (keypoints, scores) of the persons in these boxes as one."""
    if len(views) == 1:
        return views[0]
    keypoints, score = (np.stack(values) for values in zip(*views, strict=True))
    return fuse(keypoints, score, np.maximum((xyxy[:, 2:] - xyxy[:, :2]).max(axis=1), 1))


def _padded(batch: np.ndarray, device: str) -> np.ndarray:
    """On CUDA, the batch filled up to a power of two: each new size makes cuDNN choose its algorithms anew."""
    if device == "CPU":
        return batch
    spare = (1 << (len(batch) - 1).bit_length()) - len(batch)
    return np.concatenate((batch, np.zeros((spare, *batch.shape[1:]), batch.dtype)))
