"""Association: the best one-to-one assignment of N tracks and M detections among the pairs inside the gate."""

import lap
import numpy as np
from numpy.typing import NDArray

from realtime_pose.scene import Float, Int


def assign(similarity: Float, gate: NDArray[np.bool_], *, minimum: float) -> tuple[Int, Int]:
    """Pairs with the largest sum of (similarity - minimum), each row and each column at most once.

    Args:
        similarity: (N, M) in [0, 1].
        gate: (N, M) pairs that are allowed.
        minimum: Pairs with this similarity or a lower one are never assigned.

    Returns:
        (P,) rows, rising, and (P,) columns, P <= min(N, M).

    Source: Jonker and Volgenant, Computing 38, 1987, a form of the Hungarian method, as lap solves it.

    >>> assign(np.float32([[0.9, 0.8], [0.8, 0.1]]), np.ones((2, 2), bool), minimum=0.2)
    (array([0, 1]), array([1, 0]))
    """
    if not gate.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    # A forbidden pair gains 0, as if it were left unassigned: so the problem always has a solution. fmax: so does NaN,
    # with which the search would not end.
    gain = np.where(gate, np.fmax(similarity - minimum, 0), 0).astype(np.float64)  # (N, M)
    column_of_row, _ = lap.lapjv(-gain, extend_cost=True, return_cost=False)  # (N,), -1 for a row without a column
    rows = np.flatnonzero(column_of_row >= 0)
    columns = np.asarray(column_of_row, np.int64)[rows]
    is_assigned = gain[rows, columns] > 0
    return rows[is_assigned].astype(np.int64), columns[is_assigned]
