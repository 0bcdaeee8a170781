"""How alike tracks and detections are: cues in [0, 1], fused; and which poses have their sides the wrong way round.

N tracks as predicted to this frame, M detections, K keypoints; positions in frame pixels.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from realtime_pose.geometry import area, iou, oks
from realtime_pose.scene import Float, Poses

# Found on synthetic walkers of other seeds than those reported; docs/tracking.md has the table. Poses tell people apart
# whose boxes overlap, so they weigh most; where no keypoint counts, box overlap and fit to the filter weigh the same.
_IOU_WEIGHT = 0.5
_OKS_WEIGHT = 2.0
_CLOSENESS_WEIGHT = 1.0
_CLOSENESS_SOFTNESS = 16.0  # squared standard deviations at which closeness has fallen to 1/e: tails are heavy
_SHARPNESS = 0.7  # OKS sigmas, shared by all annotators, are wider than one estimator's errors from frame to frame
_WIDENING_HZ = 1.0  # by so much of themselves the sigmas grow with each second in which a track was not seen
_SENIORITY = 0.5  # by so much more a track counts that has lasted long
_SENIOR_S = 3.0  # age at which half of it is reached
# A pose is turned round only where its mirror fits and it does not: in profile, left and right are alike.
_MIRROR_FITS = 0.6
_MIRROR_MARGIN = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """How alike N tracks and M detections are.

    Attributes:
        fused: (N, M) in [0, 1].
        pose: (N, M) OKS alone, 0 where no keypoint counts.
        mirrored: (N, M) whether the detection's left and right have to be exchanged to be this track.
    """

    fused: Float
    pose: Float
    mirrored: NDArray[np.bool_]


def closeness(distance2: NDArray[np.float64], sharpness: NDArray[np.float64]) -> Float:
    """(N, M) how well boxes agree with the filters, in [0, 1]; an unsure prediction is weak evidence everywhere.

    The shape of a Gaussian likelihood along one axis: falling with the distance, and lower the wider it is spread.

    Args:
        distance2: (N, M) squared Mahalanobis distances.
        sharpness: (N,) in [0, 1], of each track's prediction.
    """
    return np.asarray(sharpness[:, None] * np.exp(-distance2 / _CLOSENESS_SOFTNESS), dtype=np.float32)


def compare(tracks: Poses, detections: Poses, near: Float, *, unseen_s: NDArray[np.float64]) -> Similarity:
    """Weighted mean of IoU, OKS and closeness; OKS of the better of the pose and its mirror.

    Each keypoint counts by the product of its two scores. Where no keypoint counts, boxes decide alone.

    Args:
        tracks: N tracks, boxes and keypoints predicted to this frame.
        detections: M persons of this frame, of the same skeleton.
        near: (N, M) closeness.
        unseen_s: (N,) since each track's last detection: the longer, the less precisely its keypoints are known.
    """
    spread = _SHARPNESS * (1 + _WIDENING_HZ * unseen_s)
    scale = (area(tracks.boxes.xyxy) * spread**2).astype(np.float32)
    direct, has_pose = _pose_similarity(tracks, detections, scale)
    mirror = direct
    if tracks.skeleton.pairs:
        mirror, _ = _pose_similarity(tracks, mirrored(detections), scale)
    is_mirrored = (mirror > _MIRROR_FITS) & (mirror > direct + _MIRROR_MARGIN)
    iou_weight = np.where(has_pose, np.float32(_IOU_WEIGHT), np.float32(_CLOSENESS_WEIGHT))
    oks_weight = np.where(has_pose, np.float32(_OKS_WEIGHT), np.float32(0))
    alike = np.where(is_mirrored, mirror, direct)
    fused = iou_weight * iou(tracks.boxes.xyxy, detections.boxes.xyxy) + oks_weight * alike + _CLOSENESS_WEIGHT * near
    fused /= iou_weight + oks_weight + _CLOSENESS_WEIGHT
    return Similarity(np.asarray(fused, dtype=np.float32), alike, is_mirrored)


def seniority(age_s: NDArray[np.float64]) -> Float:
    """(N, 1) factors, rising from 1 with the age: of two equally good tracks the older one gets the detection."""
    return np.asarray(1 + _SENIORITY * age_s / (age_s + _SENIOR_S), dtype=np.float32)[:, None]


def mirrored(poses: Poses) -> Poses:
    """The same persons with the names of their left and right keypoints exchanged."""
    order = poses.skeleton.mirrored
    return replace(poses, keypoints=poses.keypoints[:, order], score=poses.score[:, order])


def with_flipped_sides(poses: Poses, is_mirrored: NDArray[np.bool_]) -> Poses:
    """The poses, those of the mask (N,) with left and right exchanged."""
    if not is_mirrored.any():
        return poses
    other = mirrored(poses)
    keypoints = np.where(is_mirrored[:, None, None], other.keypoints, poses.keypoints)
    return replace(poses, keypoints=keypoints, score=np.where(is_mirrored[:, None], other.score, poses.score))


def _pose_similarity(tracks: Poses, detections: Poses, scale: Float) -> tuple[Float, NDArray[np.bool_]]:
    """(N, M) OKS for areas scale (N,), and whether any keypoint counts."""
    weight = tracks.score[:, None] * detections.score[None]  # (N, M, K)
    sigmas = np.array(tracks.skeleton.sigmas, np.float32)
    alike = oks(tracks.keypoints, detections.keypoints, area_px2=scale, sigmas=sigmas, weight=weight)
    return alike, np.asarray(weight.any(axis=-1))
