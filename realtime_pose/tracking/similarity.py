"""Similarity of tracks and detections: cues in [0, 1], fused; and which poses have left and right swapped.

N tracks as predicted to this frame, M detections, K keypoints; positions in frame pixels.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from realtime_pose.geometry import area, iou, keypoint_similarity
from realtime_pose.scene import Float, Poses

# Weights of the fused mean. Found on synthetic walkers with other seeds than those of the report;
# docs/development/tracking.md has the table. Poses separate people whose boxes overlap, so OKS weighs most. Without
# keypoints, IoU gets the weight of the motion similarity.
_IOU_WEIGHT = 0.5
_OKS_WEIGHT = 2.0
_MOTION_WEIGHT = 1.0
_STATURE_WEIGHT = 2.0
# Squared Mahalanobis distance at which the motion similarity falls to 1/e. A Gaussian would have 2; the errors of
# detections have heavier tails.
_MOTION_SOFTNESS = 16.0
# OKS sigmas are the errors of all annotators; one estimator's errors from frame to frame are smaller.
_SIGMA_RATIO = 0.7
_SIGMA_GROWTH_HZ = 1.0  # relative growth of the sigmas in each second without a detection
_AGE_GAIN = 0.5  # the oldest tracks count more by this share
_AGE_HALF_S = 3.0  # age at which half of the gain is reached
# Left and right are swapped back only if the mirrored pose fits clearly better: in profile both fit equally well.
_MIRROR_MIN_OKS = 0.6
_MIRROR_MARGIN = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """Similarity of N tracks and M detections.

    Attributes:
        fused: (N, M) in [0, 1].
        pose: (N, M) OKS alone, 0 if no keypoint counts.
        mirrored: (N, M) whether the detection fits the track only with left and right swapped.
    """

    fused: Float
    pose: Float
    mirrored: NDArray[np.bool_]


def motion_similarity(distance2: NDArray[np.float64], certainty: NDArray[np.float64]) -> Float:
    """(N, M) how well boxes fit the motion model, in [0, 1]; low for an uncertain prediction.

    It has the shape of a Gaussian likelihood along one axis: it falls with the distance, and is lower if the
    distribution is wider.

    Args:
        distance2: (N, M) squared Mahalanobis distances.
        certainty: (N,) in [0, 1], of each track's prediction.
    """
    return np.asarray(certainty[:, None] * np.exp(-distance2 / _MOTION_SOFTNESS), dtype=np.float32)


def compare(
    tracks: Poses, detections: Poses, motion: Float, stature: Float, *, unseen_s: NDArray[np.float64]
) -> Similarity:
    """Weighted mean of IoU, OKS, motion and stature similarity; OKS of the pose or of its mirror, whichever fits.

    Each keypoint is weighted by the product of its two scores. If no keypoint counts, the boxes decide alone.

    Args:
        tracks: N tracks, boxes and keypoints predicted to this frame.
        detections: M persons of this frame, with the same skeleton.
        motion: (N, M) motion similarity.
        stature: (N, M) stature similarity.
        unseen_s: (N,) seconds since each track's last detection; keypoints get less certain with it.
    """
    sigma_scale = _SIGMA_RATIO * (1 + _SIGMA_GROWTH_HZ * unseen_s)
    # OKS depends on area * sigma^2 only, so the area carries the scale of the sigmas, one for each track.
    scaled_area = (area(tracks.boxes.xyxy) * sigma_scale**2).astype(np.float32)  # (N,)
    direct_oks, mirror_oks, has_pose = _pose_oks(tracks, detections, scaled_area)
    is_mirrored = (mirror_oks > _MIRROR_MIN_OKS) & (mirror_oks > direct_oks + _MIRROR_MARGIN)
    pose_oks = np.where(is_mirrored, mirror_oks, direct_oks)
    iou_weight = np.where(has_pose, np.float32(_IOU_WEIGHT), np.float32(_MOTION_WEIGHT))  # (N, M)
    oks_weight = np.where(has_pose, np.float32(_OKS_WEIGHT), np.float32(0))
    fused = iou_weight * iou(tracks.boxes.xyxy, detections.boxes.xyxy) + oks_weight * pose_oks
    fused += _MOTION_WEIGHT * motion + _STATURE_WEIGHT * stature
    fused /= iou_weight + oks_weight + _MOTION_WEIGHT + _STATURE_WEIGHT
    return Similarity(np.asarray(fused, dtype=np.float32), pose_oks, is_mirrored)


def age_weight(age_s: NDArray[np.float64]) -> Float:
    """(N, 1) factors that rise from 1 with the age: of two equally similar tracks the older one gets the detection."""
    return np.asarray(1 + _AGE_GAIN * age_s / (age_s + _AGE_HALF_S), dtype=np.float32)[:, None]


def mirror(poses: Poses) -> Poses:
    """The same persons with the names of their left and right keypoints swapped."""
    order = poses.skeleton.mirrored  # (K,)
    return replace(poses, keypoints=poses.keypoints[:, order], score=poses.score[:, order])


def swap_sides(poses: Poses, mask: NDArray[np.bool_]) -> Poses:
    """The poses; those of the mask (N,) have left and right swapped."""
    if not mask.any():
        return poses
    swapped = mirror(poses)
    keypoints = np.where(mask[:, None, None], swapped.keypoints, poses.keypoints)
    return replace(poses, keypoints=keypoints, score=np.where(mask[:, None], swapped.score, poses.score))


def _pose_oks(tracks: Poses, detections: Poses, scaled_area: Float) -> tuple[Float, Float, NDArray[np.bool_]]:
    """(N, M) OKS with areas (N,) of the detections and of their mirror images, and whether any keypoint counts."""
    count, order = len(detections), detections.skeleton.mirrored
    # Both in one: (2 M, K, 2) and (2 M, K).
    keypoints = np.concatenate((detections.keypoints, detections.keypoints[:, order]))
    score = np.concatenate((detections.score, detections.score[:, order]))
    sigmas = np.array(tracks.skeleton.sigmas, np.float32)
    similarity = keypoint_similarity(tracks.keypoints, keypoints, area_px2=scaled_area, sigmas=sigmas)  # (N, 2 M, K)
    # The weighted mean of geometry.oks; the weights are products of scores, so their sums are matrix products.
    total = tracks.score @ score.T  # (N, 2 M)
    weighted = ((similarity * score) @ tracks.score[:, :, None])[..., 0]
    mean = np.asarray(weighted / np.maximum(total, np.float32(1e-9)), dtype=np.float32)
    return mean[:, :count], mean[:, count:], total[:, :count] > 0
