"""Assignment: optimal, and only pairs inside the gate."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from realtime_pose.scene import Float
from realtime_pose.tracking.assign import assign

MINIMUM = 0.2


def _max_sum(gain: NDArray[np.float64]) -> float:
    """The largest sum over one-to-one pairs, found by trying all."""
    if gain.shape[0] > gain.shape[1]:
        gain = gain.T
    orders = permutations(range(gain.shape[1]), gain.shape[0])
    return max(float(gain[np.arange(gain.shape[0]), list(order)].sum()) for order in orders)


SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 6))


@settings(max_examples=80, deadline=None)
@given(SHAPES.flatmap(lambda shape: st.tuples(arrays(np.float32, shape, elements=st.floats(0, 1, width=32)),
                                              arrays(np.bool_, shape))))  # fmt: skip
def test_the_assignment_is_optimal_and_stays_inside_the_gate(problem: tuple[Float, NDArray[np.bool_]]) -> None:
    similarity, gate = problem
    rows, columns = assign(similarity, gate, minimum=MINIMUM)
    assert len(set(rows.tolist())) == len(rows) == len(set(columns.tolist())) == len(columns)
    assert gate[rows, columns].all()
    assert (similarity[rows, columns] > MINIMUM).all()
    gain = np.where(gate, np.maximum(similarity.astype(np.float64) - MINIMUM, 0), 0)
    assert gain[rows, columns].sum() == pytest.approx(_max_sum(gain), abs=1e-5)


@pytest.mark.parametrize(
    ("similarity", "pairs"),
    [
        pytest.param([[0.9, 0.8], [0.8, 0.1]], [(0, 1), (1, 0)], id="greedy would take 0.9"),
        pytest.param([[0.9, 0.0], [0.0, 0.2]], [(0, 0)], id="the minimum itself is not enough"),
        pytest.param([[0.5, 0.9, 0.4]], [(0, 1)], id="more detections than tracks"),
        pytest.param([[0.5], [0.9]], [(1, 0)], id="more tracks than detections"),
        pytest.param(np.zeros((0, 3)), [], id="no track"),
        pytest.param(np.zeros((3, 0)), [], id="no detection"),
        pytest.param(np.zeros((0, 0)), [], id="nothing"),
    ],
)
def test_assignments(similarity: list[list[float]], pairs: list[tuple[int, int]]) -> None:
    matrix = np.array(similarity, np.float32)
    rows, columns = assign(matrix, np.ones(matrix.shape, bool), minimum=MINIMUM)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == pairs
