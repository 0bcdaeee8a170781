"""Who is who: the best one-to-one assignment of N tracks and M detections, of those pairs that may be."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from realtime_pose.scene import Float, Int


def assign(alike: Float, allowed: NDArray[np.bool_], *, minimum: float) -> tuple[Int, Int]:
    """Pairs that make the sum of (similarity - minimum) largest, each row and each column at most once.

    Args:
        alike: (N, M) similarities in [0, 1].
        allowed: (N, M) the gate: pairs that may be.
        minimum: Pairs at or below it are never made.

    Returns:
        (P,) rows, rising, and (P,) columns, P <= min(N, M).

    Source: the Hungarian method as scipy solves it (Crouse, IEEE TAES 52(4), 2016).

    >>> assign(np.float32([[0.9, 0.8], [0.8, 0.1]]), np.ones((2, 2), bool), minimum=0.2)
    (array([0, 1]), array([1, 0]))
    """
    if not allowed.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    gain = np.where(allowed, np.maximum(alike - minimum, 0), 0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    kept = gain[rows, columns] > 0
    return rows[kept].astype(np.int64), columns[kept].astype(np.int64)
