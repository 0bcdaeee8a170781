"""Parametric pose NMS: of several poses of one person the best stays.

Source: Fang et al., RMPE, ICCV 2017 (arXiv:1612.00137), section 3.3. Ours is free of scale (lengths are relative to the
better pose's box, as in the paper's B(k)) and of K (means over the keypoints in place of sums).
"""

import numpy as np

from realtime_pose.config import PoseNmsConfig
from realtime_pose.geometry import keep_best
from realtime_pose.scene import Float, Int, Poses

_BOX_SHARE = 0.1  # B(k), the box about a keypoint: a tenth of the person's box, RMPE section 3.3


def similarity(poses: Poses, limits: PoseNmsConfig) -> Float:
    """(N, N) pose similarity d of each pose j to each pose i: row i is measured with the scale of pose i.

    d = K_sim + mu H_sim;  K_sim = mean_n tanh(c_i / sigma_1) tanh(c_j / sigma_1) where k_j lies in B(k_i), else 0;
    H_sim = mean_n exp(-|k_i - k_j|^2 / sigma_2). The paper prints d as a distance; it grows with likeness.
    """
    box = poses.boxes.xyxy
    scale = np.maximum((box[:, 2:] - box[:, :2]).max(axis=1), 1)  # (N,) longer side of each box, px
    apart = (poses.keypoints[:, None] - poses.keypoints[None]) / scale[:, None, None, None]  # (N, N, K, 2)
    is_inside = (np.abs(apart) <= _BOX_SHARE / 2).all(axis=-1)  # (N, N, K)
    soft = np.tanh(poses.score / limits.sigma_1)  # (N, K)
    k_sim = (soft[:, None] * soft[None] * is_inside).mean(axis=-1)
    h_sim = np.exp(-np.square(apart).sum(axis=-1) / limits.sigma_2).mean(axis=-1)
    return np.asarray(k_sim + limits.mu * h_sim, dtype=np.float32)


def suppress(poses: Poses, limits: PoseNmsConfig) -> Int:
    """(M,) indices of the poses to keep, best first; ties keep their order.

    The best pose removes each other one whose similarity to it exceeds eta; repeated until none is left. All pairs are
    compared at once, O(N^2 K).

    >>> from realtime_pose.skeletons import COCO17
    >>> suppress(Poses.empty(COCO17), PoseNmsConfig()).shape
    (0,)
    """
    order = np.argsort(-poses.boxes.score, kind="stable")
    is_same = similarity(poses, limits)[np.ix_(order, order)] > limits.eta
    return np.asarray(order[keep_best(is_same)], dtype=np.int64)
