"""Parametric pose NMS: keeps or refines the best of several poses of one person.

N poses, K keypoints. Source: Fang et al., RMPE, ICCV 2017 (arXiv:1612.00137), section 3.3. Here lengths are relative to
the box of the better pose, as in the paper's B(k), and means over the keypoints replace sums. So the limits depend
neither on the scale nor on K.
"""

from dataclasses import replace

import numpy as np

from realtime_pose.config import PoseNmsConfig
from realtime_pose.geometry import keep_best
from realtime_pose.pose.fusion import AGREEMENT_RADIUS
from realtime_pose.scene import Float, Int, Poses

_BOX_SHARE = 0.1  # side of B(k), the box around a keypoint: a tenth of the person's box, RMPE section 3.3
_CHUNK_PAIRS = 50_000  # keypoint pairs compared in one step: more do not fit into the cache of a core


def similarity(poses: Poses, limits: PoseNmsConfig) -> Float:
    """(N, N) similarity d of pose j (column) to pose i (row).

    Lengths are relative to the box of pose i.

    d = K_sim + mu H_sim;  K_sim = mean_n tanh(c_i / sigma_1) tanh(c_j / sigma_1) if k_j is in B(k_i), else 0;
    H_sim = mean_n exp(-|k_i - k_j|^2 / sigma_2). The paper calls d a distance, but it is larger for similar poses.
    """
    scale = _scale(poses)
    x, y = np.moveaxis(poses.keypoints, 2, 0).copy()  # (N, K) each
    soft_score = np.tanh(poses.score / limits.sigma_1)  # (N, K)
    result = np.zeros((len(poses), len(poses)), np.float32)
    step = max(1, _CHUNK_PAIRS // max(1, soft_score.size))
    for start in range(0, len(poses), step):
        rows = slice(start, start + step)
        # Separate coordinates and in-place operations: one array (N, N, K, 2) takes ten times as long.
        dx, dy = x[rows, None] - x[None], y[rows, None] - y[None]  # (R, N, K)
        dx /= scale[rows, None, None]
        dy /= scale[rows, None, None]
        is_inside = np.abs(dx) <= _BOX_SHARE / 2
        is_inside &= np.abs(dy) <= _BOX_SHARE / 2
        exponent = np.add(np.square(dx, out=dx), np.square(dy, out=dy), out=dx)
        exponent /= np.float32(-limits.sigma_2)
        match = np.multiply(soft_score[rows, None], soft_score[None], out=dy)
        match *= is_inside
        result[rows] = match.mean(axis=-1) + limits.mu * np.exp(exponent, out=exponent).mean(axis=-1)
    return result


def suppress(poses: Poses, limits: PoseNmsConfig) -> Int:
    """(M,) indices of the poses to keep, best first; ties keep their order.

    The best pose removes all others whose similarity to it exceeds eta. This is repeated with the best remaining pose.
    All pairs are compared at once, O(N^2 K).

    >>> from realtime_pose.skeletons import COCO17
    >>> suppress(Poses.empty(COCO17), PoseNmsConfig()).shape
    (0,)
    """
    return _clusters(poses, limits)[0]


def merge(poses: Poses, limits: PoseNmsConfig) -> tuple[Poses, Int]:
    """The poses that ``suppress`` keeps, refined with the others, and indices (M,).

    Each keypoint becomes the mean, weighted by score, of the keypoints near it in all poses of that person. Scores and
    boxes do not change. The refined poses are suppressed once more, so that a second merge changes nothing. Source: the
    merging step of AlphaPose's pose NMS, arXiv:2211.03375.
    """
    kept, owner = _clusters(poses, limits)
    best = poses.take(kept)
    if len(kept) == len(poses):  # no two are the same person, as in most images
        return best, kept
    offset = poses.keypoints - best.keypoints[owner]  # (N, K, 2)
    is_near = np.hypot(offset[..., 0], offset[..., 1]) <= AGREEMENT_RADIUS * _scale(best)[owner, None]
    weight = np.where(is_near, poses.score, 0).astype(np.float64)  # (N, K)
    membership = (owner == np.arange(len(kept))[:, None]).astype(np.float64)  # (M, N)
    total = membership @ weight  # (M, K)
    weighted = (weight[..., None] * offset).reshape(len(poses), 2 * weight.shape[1])  # (N, 2 K)
    shift = (membership @ weighted).reshape(best.keypoints.shape)  # (M, K, 2)
    shift /= np.where(total > 0, total, 1)[..., None]
    merged = replace(best, keypoints=(best.keypoints + shift).astype(np.float32))
    remaining = suppress(merged, limits)
    return merged.take(remaining), kept[remaining]


def _clusters(poses: Poses, limits: PoseNmsConfig) -> tuple[Int, Int]:
    """(M,) indices of the poses to keep, best first, and (N,) owners.

    The owner of a pose is the kept one that it belongs to, 0 to M - 1.
    """
    order = np.argsort(-poses.boxes.score, kind="stable")
    is_same = similarity(poses, limits)[np.ix_(order, order)] > limits.eta
    is_same |= np.eye(len(poses), dtype=bool)
    is_kept = keep_best(is_same)
    owner = np.zeros(len(poses), np.int64)
    if len(poses):
        owner[order] = is_same[is_kept].argmax(axis=0)  # the first similar one is the one that removed it
    return np.asarray(order[is_kept], dtype=np.int64), owner


def _scale(poses: Poses) -> Float:
    """(N,) longer side of each pose's box in pixels, at least 1."""
    box = poses.boxes.xyxy
    return np.asarray(np.maximum((box[:, 2:] - box[:, :2]).max(axis=1, initial=0), 1), dtype=np.float32)
