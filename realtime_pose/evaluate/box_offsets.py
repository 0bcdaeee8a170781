"""True and detected boxes to pairs, the offsets between them, and how alike two sets of offsets are.

N true boxes, M detected ones. An offset is (4,): how far the left, top, right and bottom edge of the detected box is
from that of the true one, as a share of the true width or height.
"""

import numpy as np
from numpy.typing import NDArray

from realtime_pose.geometry import Float, iou
from realtime_pose.scene import Int

Real = NDArray[np.float64]

UNMATCHED = -1


def match_boxes(true: Float, found: Float, *, min_iou: float) -> Int:
    """(N,) row of the found box (M, 4) of each true box (N, 4), or `UNMATCHED`: the pairs with the highest sum of IoU.

    >>> true = np.float32([[0, 0, 10, 10], [20, 0, 30, 10]])
    >>> match_boxes(true, np.float32([[21, 0, 30, 10], [50, 0, 60, 10], [1, 0, 10, 10]]), min_iou=0.5).tolist()
    [2, 0]
    """
    from scipy.optimize import linear_sum_assignment

    overlap = iou(true, found)
    overlap[overlap < min_iou] = 0
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    is_pair = overlap[rows, columns] > 0
    matched = np.full(len(true), UNMATCHED, np.int64)
    matched[rows[is_pair]] = columns[is_pair]
    return matched


def box_offsets(true: Float, found: Float) -> Real:
    """(N, 4) offsets of found boxes (N, 4) from true ones (N, 4) with sides above 0.

    >>> box_offsets(np.float32([[0, 0, 10, 20]]), np.float32([[1, -2, 10, 22]])).round(3).tolist()
    [[0.1, -0.1, 0.0, 0.1]]
    """
    true = true.astype(np.float64)
    return np.asarray((found - true) / np.tile(true[:, 2:] - true[:, :2], 2))


def kolmogorov_smirnov(first: Real, second: Real) -> Real:
    """(C,) largest difference of the cumulative distributions of each column of (N, C) and (M, C), in [0, 1].

    >>> kolmogorov_smirnov(np.zeros((3, 1)), np.ones((2, 1))).tolist()
    [1.0]
    """
    from scipy.stats import ks_2samp

    pairs = zip(first.T, second.T, strict=True)
    return np.array([ks_2samp(one, other, method="asymp").statistic for one, other in pairs])
