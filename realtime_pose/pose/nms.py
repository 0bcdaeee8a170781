"""Parametric pose NMS: of several poses of one person the best stays, and the others help to place its keypoints.

Source: Fang et al., RMPE, ICCV 2017 (arXiv:1612.00137), section 3.3. Ours is free of scale (lengths are relative to the
better pose's box, as in the paper's B(k)) and of K (means over the keypoints in place of sums).
"""

from dataclasses import replace

import numpy as np

from realtime_pose.config import PoseNmsConfig
from realtime_pose.geometry import keep_best
from realtime_pose.pose.fusion import AGREE
from realtime_pose.scene import Float, Int, Poses

_BOX_SHARE = 0.1  # B(k), the box about a keypoint: a tenth of the person's box, RMPE section 3.3
_AT_ONCE = 50_000  # keypoint pairs compared in one step: more no longer fit into a core's cache


def similarity(poses: Poses, limits: PoseNmsConfig) -> Float:
    """(N, N) pose similarity d of each pose j to each pose i: row i is measured with the scale of pose i.

    d = K_sim + mu H_sim;  K_sim = mean_n tanh(c_i / sigma_1) tanh(c_j / sigma_1) where k_j lies in B(k_i), else 0;
    H_sim = mean_n exp(-|k_i - k_j|^2 / sigma_2). The paper prints d as a distance; it grows with likeness.
    """
    scale = _scale(poses)
    x, y = np.moveaxis(poses.keypoints, 2, 0).copy()  # (N, K) each
    soft = np.tanh(poses.score / limits.sigma_1)  # (N, K)
    found = np.zeros((len(poses), len(poses)), np.float32)
    step = max(1, _AT_ONCE // max(1, soft.size))
    for start in range(0, len(poses), step):
        rows = slice(start, start + step)
        # Coordinate by coordinate and in place: an array (N, N, K, 2) costs ten times as much.
        apart_x, apart_y = x[rows, None] - x[None], y[rows, None] - y[None]  # (R, N, K)
        apart_x /= scale[rows, None, None]
        apart_y /= scale[rows, None, None]
        is_inside = np.abs(apart_x) <= _BOX_SHARE / 2
        is_inside &= np.abs(apart_y) <= _BOX_SHARE / 2
        near = np.add(np.square(apart_x, out=apart_x), np.square(apart_y, out=apart_y), out=apart_x)
        near /= np.float32(-limits.sigma_2)
        match = np.multiply(soft[rows, None], soft[None], out=apart_y)
        match *= is_inside
        found[rows] = match.mean(axis=-1) + limits.mu * np.exp(near, out=near).mean(axis=-1)
    return found


def suppress(poses: Poses, limits: PoseNmsConfig) -> Int:
    """(M,) indices of the poses to keep, best first; ties keep their order.

    The best pose removes each other one whose similarity to it exceeds eta; repeated until none is left. All pairs are
    compared at once, O(N^2 K).

    >>> from realtime_pose.skeletons import COCO17
    >>> suppress(Poses.empty(COCO17), PoseNmsConfig()).shape
    (0,)
    """
    return _clusters(poses, limits)[0]


def merge(poses: Poses, limits: PoseNmsConfig) -> tuple[Poses, Int]:
    """The poses that ``suppress`` keeps, made steadier by those it removes; and which they are, (M,).

    A keypoint becomes the mean, weighted by score, of those of all poses of that person that lie near the best pose's.
    Scores and boxes stay the best pose's. What has become a copy of a better one by that is removed too, so that
    merging once more changes nothing. Source: the merging step of AlphaPose's pose NMS, arXiv:2211.03375.
    """
    kept, owner = _clusters(poses, limits)
    best = poses.take(kept)
    offset = poses.keypoints - best.keypoints[owner]  # (N, K, 2)
    is_near = np.hypot(offset[..., 0], offset[..., 1]) <= AGREE * _scale(best)[owner, None]
    weight = np.where(is_near, poses.score, 0).astype(np.float64)  # (N, K)
    is_of = (owner == np.arange(len(kept))[:, None]).astype(np.float64)  # (M, N)
    total = is_of @ weight
    shift = (is_of @ (weight[..., None] * offset).reshape(len(poses), 2 * weight.shape[1])).reshape(
        best.keypoints.shape
    )
    shift /= np.where(total > 0, total, 1)[..., None]
    merged = replace(best, keypoints=(best.keypoints + shift).astype(np.float32))
    apart = suppress(merged, limits)
    return merged.take(apart), kept[apart]


def _clusters(poses: Poses, limits: PoseNmsConfig) -> tuple[Int, Int]:
    """(M,) indices of the poses to keep, best first; and (N,) of which of these, 0 to M - 1, each pose is a copy."""
    order = np.argsort(-poses.boxes.score, kind="stable")
    is_same = similarity(poses, limits)[np.ix_(order, order)] > limits.eta
    is_same |= np.eye(len(poses), dtype=bool)
    is_kept = keep_best(is_same)
    owner = np.zeros(len(poses), np.int64)
    if len(poses):
        owner[order] = is_same[is_kept].argmax(axis=0)  # the first that is the same is the one that removed it
    return np.asarray(order[is_kept], dtype=np.int64), owner


def _scale(poses: Poses) -> Float:
    """(N,) longer side of each pose's box in pixels, at least one."""
    box = poses.boxes.xyxy
    return np.asarray(np.maximum((box[:, 2:] - box[:, :2]).max(axis=1, initial=0), 1), dtype=np.float32)
