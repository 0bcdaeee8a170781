"""Poses to atomic poses: aligned by the torso, and compared with those that are typical of a data set.

N persons, K keypoints, A atomic poses. Aligned coordinates have the middle of the torso at 0 and its length as unit.
Which keypoints are labelled is a part of a pose here: a person without visible legs is detected otherwise than a
standing one, whatever the arms do. Pure. Source: RMPE, Fang et al., arXiv:1612.00137, section 3.4, for whole poses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime_pose.errors import ConfigError
from realtime_pose.scene import Float, Int
from realtime_pose.skeletons import Skeleton

Real = NDArray[np.float64]
Mask = NDArray[np.bool_]

NO_ATOM = -1
LABEL_WEIGHT = 0.5  # torso lengths: a keypoint that only one of two poses has counts as much as this distance
_SHOULDERS, _HIPS = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")
_MIN_TORSO = 0.1  # of the extent of the pose: seen from above, a torso has no length


def torso_of(skeleton: Skeleton) -> tuple[int, int, int, int]:
    """The indices of both shoulders and both hips.

    Raises:
        ConfigError: The skeleton lacks one of them.
    """
    missing = [name for name in (*_SHOULDERS, *_HIPS) if name not in skeleton.keypoints]
    if missing:
        raise ConfigError(
            f"skeleton {skeleton.name}: expected shoulders and hips, by which poses are aligned, but it has no "
            f"{', '.join(missing)}"
        )
    first, second, third, fourth = (skeleton.keypoints.index(name) for name in (*_SHOULDERS, *_HIPS))
    return first, second, third, fourth


def align_by_torso(xy: Real, is_labelled: Mask, torso: Sequence[int]) -> tuple[Real, Mask]:
    """Poses (N, K, 2) with their torsos at 0 and of length 1, and (N,) which of them have a whole torso.

    The others are not valid. Coordinates of keypoints that are not labelled become 0.
    """
    points = xy[:, list(torso)]  # (N, 4, 2)
    length = np.linalg.norm(points[:, :2].mean(axis=1) - points[:, 2:].mean(axis=1), axis=-1)  # (N,)
    is_whole = is_labelled[:, list(torso)].all(axis=1) & (length > _MIN_TORSO * _extent(xy, is_labelled))
    scale = np.where(is_whole, length, 1)
    aligned = (xy - points.mean(axis=1, keepdims=True)) / scale[:, None, None]
    return np.where(is_labelled[..., None], aligned, 0), is_whole


def align_to_mean(xy: Real, is_labelled: Mask, mean: Real) -> tuple[Real, Mask]:
    """Poses (N, K, 2) with centre and size of the same keypoints of a mean pose (K, 2), and (N,) where this can be.

    It takes two labelled keypoints at different places. Coordinates of keypoints that are not labelled become 0.
    """
    weight = is_labelled[..., None].astype(float)  # (N, K, 1)
    count = np.maximum(weight.sum(axis=1, keepdims=True), 1)
    centre, mean_centre = ((weight * points).sum(axis=1, keepdims=True) / count for points in (xy, mean))  # (N, 1, 2)
    spread, mean_spread = (
        np.sqrt(np.square(weight * points).sum(axis=(1, 2))) for points in (xy - centre, mean - mean_centre)
    )  # (N,)
    is_possible = (spread > 0) & (mean_spread > 0)
    scale = mean_spread / np.where(is_possible, spread, 1)
    return weight * ((xy - centre) * scale[:, None, None] + mean_centre), is_possible


def _extent(xy: Real, is_labelled: Mask) -> Real:
    """(N,) the longer side of the labelled keypoints; 0 for none."""
    low = np.where(is_labelled[..., None], xy, np.inf).min(axis=1)
    high = np.where(is_labelled[..., None], xy, -np.inf).max(axis=1)
    return np.asarray(np.maximum(high - low, 0).max(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class AtomicPoses:
    """The typical poses of a data set.

    Attributes:
        torso: Indices of both shoulders and both hips; () for a skeleton without them.
        mean: (K, 2) mean of the aligned poses.
        xy: (A, K, 2) aligned atomic poses.
        share: (A, K) share of the poses of an atom in which a keypoint is labelled, in [0, 1].
        is_known: (K,) whether the data set has this keypoint at all.
    """

    torso: tuple[int, ...]
    mean: Real
    xy: Real
    share: Real
    is_known: Mask

    def align(self, xy: Float | Real, is_labelled: Mask) -> tuple[Real, Mask, Mask]:
        """Poses (N, K, 2) aligned by the torso, else to the mean pose.

        Returns:
            Aligned poses (N, K, 2), (N, K) the labelled keypoints that are known here, (N,) whether it was possible.
        """
        is_labelled = is_labelled & self.is_known
        points = np.where(is_labelled[..., None], xy, 0).astype(float)
        aligned, is_aligned = align_to_mean(points, is_labelled, self.mean)
        if self.torso:
            by_torso, is_whole = align_by_torso(points, is_labelled, self.torso)
            aligned = np.where(is_whole[:, None, None], by_torso, aligned)
            is_aligned = is_aligned | is_whole
        return aligned, is_labelled, is_aligned

    def nearest(self, xy: Float | Real, is_labelled: Mask) -> Int:
        """(N,) index of the atomic pose of poses (N, K, 2), or `NO_ATOM` where two keypoints are not labelled."""
        aligned, is_labelled, is_aligned = self.align(xy, is_labelled)
        if not len(self.xy):
            return np.full(len(aligned), NO_ATOM, np.int64)
        distance2 = np.square(aligned[:, None] - self.xy).sum(axis=-1)  # (N, A, K)
        difference = LABEL_WEIGHT * (is_labelled[:, None] - self.share) * self.is_known
        cost = (is_labelled[:, None] * distance2 + np.square(difference)).sum(axis=-1)  # (N, A)
        return np.where(is_aligned, cost.argmin(axis=1), NO_ATOM).astype(np.int64)

    def in_order_of(self, indices: Sequence[int], torso: Sequence[int]) -> "AtomicPoses":
        """With the keypoints at these indices, -1 for one that is not known here, and this torso."""
        order, is_known = np.array(indices), np.array(indices) >= 0
        return AtomicPoses(
            torso=tuple(torso),
            mean=np.where(is_known[:, None], self.mean[order], 0),
            xy=np.where(is_known[:, None], self.xy[:, order], 0),
            share=np.where(is_known, self.share[:, order], 0),
            is_known=is_known & self.is_known[order],
        )
