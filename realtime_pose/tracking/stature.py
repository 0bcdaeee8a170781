"""Stature: at which level of the image a person is and how large the person is there, remembered over a second.

The Kalman filter forgets within a few tenths of a second, and the pose of the last frame at once. If two people walk
one behind the other, a single wrong detection would make each track look like the other person, so they would exchange
ids again and again. Who is nearer and who is taller changes slowly. A track therefore keeps the usual vertical position
of each mark (a keypoint, or the edge of a box without keypoints), and how much its person deviates from it: a person
who jumps is not held to it.
N tracks, M detections, K keypoints, L = K + 2 marks; y in frame pixels; deviations in body heights.
"""

import numpy as np
from numpy.typing import NDArray

from realtime_pose.scene import Float, Int, Poses
from realtime_pose.tracking.kalman import Real

# All found on synthetic walkers of seeds 500 to 511 and on four dancers' sequences; docs/development/tracking.md.
_MEMORY_S = 1.0  # what is usual follows the detections with this time constant
_MAX_STEP_S = 0.2  # one detection after a long miss is no more than one detection
START_VARIANCE = 0.03**2  # of a new track, which is not known yet
_START_HITS = 5  # that variance counts as much as this number of detections
# Precision of a pose in level and in size; nobody is held to less.
_MIN_VARIANCE = np.array([0.01, 0.02]) ** 2
_SOFTNESS = 4.0  # squared deviation at which the similarity falls to 1/e; a Gaussian would have 2
_OUTLIER = 9.0  # a larger squared deviation counts as this one


def marks(poses: Poses) -> tuple[Float, Float]:
    """(N, L) vertical positions and (N, L) scores: keypoints, then top and bottom edge, which count without keypoints.

    The edges of boxes are rougher than keypoints, so they count only if there is nothing else.
    """
    has_no_pose = np.where(poses.score.any(axis=1), 0, 1).astype(np.float32)
    y = np.concatenate((poses.keypoints[..., 1], poses.boxes.xyxy[:, 1::2]), axis=1)
    return y, np.concatenate((poses.score, np.repeat(has_no_pose[:, None], 2, axis=1)), axis=1)


def deviation(
    usual_y: Float, usual_score: Float, y: Float, score: Float, *, height: Float
) -> tuple[Real, NDArray[np.bool_]]:
    """(N, M, 2) deviations of M detections from what is usual, in level and size, and (N, M) whether they are known.

    A mark counts as much as its score, if the track has ever seen it. All arrays may have further axes before these.

    Args:
        usual_y: (N, L) usual vertical positions.
        usual_score: (N, L) their scores; 0 for a mark that was never seen.
        y: (M, L) vertical positions of detections.
        score: (M, L) their scores.
        height: (N,) body heights in pixels.
    """
    # Weighted sums over the marks as matrix products, not as arrays (N, M, L), which take longer.
    is_seen, weight = (usual_score > 0).astype(np.float64), score.swapaxes(-1, -2).astype(np.float64)  # (N, L), (L, M)
    usual, weighted_y = is_seen * usual_y, weight * y.swapaxes(-1, -2)
    total = is_seen @ weight  # (N, M)
    is_known = total > 0
    total = np.maximum(total, 1e-9)
    usual_level, level = usual @ weight / total, is_seen @ weighted_y / total
    spread = (usual * usual_y) @ weight / total - usual_level**2
    # Least squares: y - usual_y = level + size * (usual_y - usual_level).
    size = (usual @ weighted_y / total - usual_level * level - spread) / np.maximum(spread, 1.0)
    return np.stack(((level - usual_level) / height[..., None], size), axis=-1) * is_known[..., None], is_known


def stature_similarity(deviations: Real, variance: Real) -> Float:
    """(N, M) how well detections fit the stature of tracks, in [0, 1]; low for a track whose stature varies.

    Args:
        deviations: (N, M, 2) of each detection from what is usual for each track.
        variance: (N, 2) of the track's own deviations.
    """
    variance = np.maximum(variance, _MIN_VARIANCE)[:, None]  # (N, 1, 2)
    steadiness = np.sqrt(_MIN_VARIANCE[0] / variance[..., 0])  # (N, 1)
    return np.asarray(steadiness * np.exp(-(deviations**2 / variance).sum(-1) / _SOFTNESS), dtype=np.float32)


def learned_variance(variance: Real, deviations: Real, *, gain: Real) -> Real:
    """(P, 2) variances after these deviations (P, 2); an outlier does not count in full."""
    limit = _OUTLIER * np.maximum(variance, _MIN_VARIANCE[0])
    return np.asarray(variance + gain[:, None] * (np.minimum(deviations**2, limit) - variance))


def gains(unseen_s: Real, hits: Int) -> tuple[Real, Real]:
    """(P,) how much a detection counts for the usual pose, and for its variance; the first ones count most.

    Args:
        unseen_s: (P,) seconds since the last detection.
        hits: (P,) number of detections before this one.
    """
    steady = 1 - np.exp(-np.minimum(unseen_s, _MAX_STEP_S) / _MEMORY_S)
    return np.maximum(steady, 1 / (hits + 1)), np.maximum(steady, 1 / (hits + _START_HITS))
