"""Assignment: optimal, within the gates; similarity: poses where there are any, boxes where not."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from realtime_pose.scene import Boxes, Float, Poses
from realtime_pose.skeletons import COCO17
from realtime_pose.track.assign import assign, closeness, similarity
from tests.scenes import Walker, truth_at

MINIMUM = 0.2


def _best_sum(gain: NDArray[np.float64]) -> float:
    """The largest sum over one-to-one pairs, by trying all."""
    if gain.shape[0] > gain.shape[1]:
        gain = gain.T
    orders = permutations(range(gain.shape[1]), gain.shape[0])
    return max(float(gain[np.arange(gain.shape[0]), list(order)].sum()) for order in orders)


SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 6))


@settings(max_examples=80, deadline=None)
@given(SHAPES.flatmap(lambda shape: st.tuples(arrays(np.float32, shape, elements=st.floats(0, 1, width=32)),
                                              arrays(np.bool_, shape))))  # fmt: skip
def test_the_assignment_is_optimal_and_keeps_to_the_gates(problem: tuple[Float, NDArray[np.bool_]]) -> None:
    alike, allowed = problem
    rows, columns = assign(alike, allowed, minimum=MINIMUM)
    assert len(set(rows.tolist())) == len(rows) == len(set(columns.tolist())) == len(columns)
    assert allowed[rows, columns].all()
    assert (alike[rows, columns] > MINIMUM).all()
    gain = np.where(allowed, np.maximum(alike.astype(np.float64) - MINIMUM, 0), 0)
    assert gain[rows, columns].sum() == pytest.approx(_best_sum(gain), abs=1e-5)


@pytest.mark.parametrize(
    ("alike", "pairs"),
    [
        pytest.param([[0.9, 0.8], [0.8, 0.1]], [(0, 1), (1, 0)], id="greedy would take the 0.9"),
        pytest.param([[0.9, 0.0], [0.0, 0.2]], [(0, 0)], id="at the minimum is not enough"),
        pytest.param([[0.5, 0.9, 0.4]], [(0, 1)], id="more detections than tracks"),
        pytest.param([[0.5], [0.9]], [(1, 0)], id="more tracks than detections"),
        pytest.param(np.zeros((0, 3)), [], id="no track"),
        pytest.param(np.zeros((3, 0)), [], id="no detection"),
        pytest.param(np.zeros((0, 0)), [], id="nothing"),
    ],
)
def test_assignments(alike: list[list[float]], pairs: list[tuple[int, int]]) -> None:
    matrix = np.array(alike, np.float32)
    rows, columns = assign(matrix, np.ones(matrix.shape, bool), minimum=MINIMUM)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == pairs


def _near(count: int) -> Float:
    return np.ones((count, count), np.float32)


def _silent(poses: Poses) -> Poses:
    return Poses(poses.keypoints, np.zeros_like(poses.score), poses.boxes, poses.skeleton)


def test_a_pose_is_like_itself_and_less_like_others() -> None:
    poses = truth_at([Walker(person_id=i, start_x_px=300 + 60 * i) for i in range(3)], 0.0).poses
    alike = similarity(poses, poses, _near(3))
    np.testing.assert_allclose(np.diag(alike), 1, atol=1e-6)
    assert (alike - np.eye(3) < 0.9).all()


def test_poses_tell_apart_whose_boxes_coincide() -> None:
    steps = truth_at([Walker(person_id=1, phase=1.5), Walker(person_id=2, phase=4.5, feet_y_px=599)], 0.0).poses
    boxes = Boxes(np.repeat(steps.boxes.xyxy[:1], 2, axis=0), steps.boxes.score)
    poses = Poses(steps.keypoints, steps.score, boxes, COCO17)
    alike = similarity(poses, poses, _near(2))
    assert alike[0, 0] > alike[0, 1] + 0.05


def test_without_keypoints_boxes_decide_alone() -> None:
    poses = truth_at([Walker(person_id=1), Walker(person_id=2, start_x_px=660)], 0.0).poses
    alike = similarity(_silent(poses), poses, _near(2))
    np.testing.assert_allclose(np.diag(alike), 1, atol=1e-6)
    assert 0.5 < alike[0, 1] < 1


def test_hidden_keypoints_do_not_count() -> None:
    poses = truth_at([Walker(person_id=1)], 0.0).poses
    keypoints, score = poses.keypoints.copy(), poses.score.copy()
    keypoints[:, 11:] += 500
    score[:, 11:] = 0
    half = Poses(keypoints, score, poses.boxes, COCO17)
    assert similarity(poses, half, _near(1))[0, 0] == pytest.approx(1)


def test_an_unsure_prediction_is_weak_evidence() -> None:
    near = closeness(np.array([[0.0, 9.0], [0.0, 9.0]]), np.array([1.0, 0.1]))
    assert near[0, 0] == 1
    assert near[0, 0] > near[0, 1] > near[1, 0] > near[1, 1] > 0
