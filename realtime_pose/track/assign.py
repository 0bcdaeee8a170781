"""Who is who: how alike N tracks and M detections are, and the best one-to-one assignment of those that may be.

Similarities are in [0, 1], positions in frame pixels. The tracks come in as predicted to this frame.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from realtime_pose.geometry import area, iou, oks
from realtime_pose.scene import Float, Int, Poses

# Weights of the three cues, found on synthetic walkers of other seeds than those reported and checked on jittered boxes
# of dancers. Poses tell people apart whose boxes overlap, so they weigh most.
_IOU_WEIGHT = 1.0
_OKS_WEIGHT = 2.0
_CLOSENESS_WEIGHT = 1.0
_CLOSENESS_SOFTNESS = 16.0  # squared standard deviations at which closeness has fallen to 1/e: tails are heavy


def closeness(distance2: NDArray[np.float64], sharpness: NDArray[np.float64]) -> Float:
    """(N, M) how well boxes agree with the filters, in [0, 1]; an unsure prediction is weak evidence everywhere.

    The shape of a Gaussian likelihood along one axis: falling with the distance, and lower the wider it is spread.

    Args:
        distance2: (N, M) squared Mahalanobis distances.
        sharpness: (N,) in [0, 1], of each track's prediction.
    """
    return np.asarray(sharpness[:, None] * np.exp(-distance2 / _CLOSENESS_SOFTNESS), dtype=np.float32)


def similarity(tracks: Poses, detections: Poses, near: Float) -> Float:
    """(N, M) fused similarity: weighted mean of IoU, OKS and closeness, in [0, 1].

    Each keypoint counts by the product of its two scores. Where no keypoint counts, boxes decide alone.

    Args:
        tracks: N tracks, boxes and keypoints predicted to this frame.
        detections: M persons of this frame, of the same skeleton.
        near: (N, M) closeness.
    """
    weight = tracks.score[:, None] * detections.score[None]  # (N, M, K)
    alike = oks(
        tracks.keypoints,
        detections.keypoints,
        area_px2=area(tracks.boxes.xyxy),
        sigmas=np.array(tracks.skeleton.sigmas, np.float32),
        weight=weight,
    )
    oks_weight = _OKS_WEIGHT * (weight.max(-1, initial=0) > 0)
    fused = _IOU_WEIGHT * iou(tracks.boxes.xyxy, detections.boxes.xyxy) + oks_weight * alike + _CLOSENESS_WEIGHT * near
    return np.asarray(fused / (_IOU_WEIGHT + oks_weight + _CLOSENESS_WEIGHT), dtype=np.float32)


def assign(alike: Float, allowed: NDArray[np.bool_], *, minimum: float) -> tuple[Int, Int]:
    """Pairs that make the sum of (similarity - minimum) largest, each row and each column at most once.

    Args:
        alike: (N, M) similarities.
        allowed: (N, M) the gate: pairs that may be.
        minimum: Pairs at or below it are never made.

    Returns:
        (P,) rows, rising, and (P,) columns, P <= min(N, M).

    Source: the Hungarian method as scipy solves it (Crouse, IEEE TAES 52(4), 2016).

    >>> assign(np.float32([[0.9, 0.8], [0.8, 0.1]]), np.ones((2, 2), bool), minimum=0.2)
    (array([0, 1]), array([1, 0]))
    """
    gain = np.where(allowed, np.maximum(alike - minimum, 0), 0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    kept = gain[rows, columns] > 0
    return rows[kept].astype(np.int64), columns[kept].astype(np.int64)
