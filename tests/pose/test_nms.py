"""Parametric pose NMS: removes duplicates, keeps neighbours, at any scale and in any order; idempotent."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from realtime_pose.config import PoseNmsConfig
from realtime_pose.pose.nms import merge, similarity, suppress
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17
from tests.support.people.stick_figure import STANDING

F32 = np.float32
LIMITS = PoseNmsConfig()


def make_poses(places: list[tuple[float, float, float]], scores: list[float], *, jitter: float = 0.0) -> Poses:
    """Standing persons from (x, y, height), all in pixels; jitter is relative to the height."""
    rng = np.random.default_rng(0)
    count = len(places)
    keypoints = np.zeros((count, 17, 2), F32)
    xyxy = np.zeros((count, 4), F32)
    for i, (x, y, height) in enumerate(places):
        keypoints[i] = STANDING * height + (x, y) + rng.normal(0, jitter * height + 1e-9, (17, 2))
        xyxy[i] = (x + 0.3 * height, y, x + 0.7 * height, y + height)
    return Poses(keypoints, np.full((count, 17), 0.7, F32), Boxes(xyxy, np.array(scores, F32)), COCO17)


@pytest.mark.parametrize("height", [60.0, 240.0, 480.0, 960.0, 4000.0])
@pytest.mark.parametrize("shift", [0.0, 0.01, 0.02, 0.03])
def test_a_slightly_shifted_duplicate_is_removed_at_any_size(height: float, shift: float) -> None:
    poses = make_poses([(0, 0, height), (shift * height, shift * height / 2, height)], [0.6, 0.8])
    assert suppress(poses, LIMITS).tolist() == [1]


@pytest.mark.parametrize("apart", [0.2, 0.3, 0.6])
def test_neighbours_are_kept(apart: float) -> None:
    poses = make_poses([(0, 0, 400), (apart * 400, 0, 400)], [0.9, 0.4])
    assert sorted(suppress(poses, LIMITS).tolist()) == [0, 1]


def test_two_persons_who_embrace_are_kept() -> None:
    """Their trunks are close together, and the wrists and elbows of one are those of the other."""
    poses = make_poses([(0, 0, 400), (60, 5, 390)], [0.9, 0.8])
    keypoints = poses.keypoints.copy()
    for left, right in ((7, 8), (9, 10)):
        keypoints[0, left] = keypoints[1, right]
        keypoints[0, right] = keypoints[1, left]
    embracing = Poses(keypoints, poses.score, poses.boxes, COCO17)
    assert sorted(suppress(embracing, LIMITS).tolist()) == [0, 1]


random_poses = st.integers(0, 8).flatmap(
    lambda n: st.tuples(
        st.lists(st.tuples(st.integers(0, 300), st.integers(0, 100), st.integers(50, 400)), min_size=n, max_size=n),
        st.permutations(range(n)),
    )
)


@given(random_poses)
@settings(deadline=None)
def test_properties(drawn: tuple[list[tuple[float, float, float]], list[int]]) -> None:
    places, order = drawn
    count = len(places)
    scores = [0.9 - 0.05 * i for i in range(count)]
    poses = make_poses(places, scores, jitter=0.02)
    kept = suppress(poses, LIMITS)
    assert set(kept[:1].tolist()) == ({0} if count else set()), "the best pose is kept"
    assert suppress(poses.take(kept), LIMITS).tolist() == list(range(len(kept))), "idempotent"
    shuffled = poses.take(np.array(order, np.int64))
    assert [order[i] for i in suppress(shuffled, LIMITS)] == kept.tolist(), "independent of the order"
    larger = Poses(poses.keypoints * 4, poses.score, Boxes(poses.boxes.xyxy * 4, poses.boxes.score), COCO17)
    assert suppress(larger, LIMITS).tolist() == kept.tolist(), "independent of the scale"
    merged, merged_kept = merge(poses, LIMITS)
    # Two kept poses can become similar when each is refined; then merging removes one of them too.
    assert merged_kept[:1].tolist() == kept[:1].tolist(), "merging keeps the best pose"
    assert set(merged_kept.tolist()) <= set(kept.tolist()), "merging removes at least the same poses"
    assert merge(merged, LIMITS)[1].tolist() == list(range(len(merged))), "merging is idempotent"
    assert np.allclose(merge(shuffled, LIMITS)[0].keypoints, merged.keypoints, atol=1e-2), "independent of the order"
    assert np.allclose(merge(larger, LIMITS)[0].keypoints, 4 * merged.keypoints, atol=4e-2), "independent of the scale"


def test_similarity_follows_the_equations() -> None:
    poses = make_poses([(0, 0, 100), (4, 0, 100)], [0.9, 0.8])
    soft = np.tanh(0.7 / LIMITS.sigma_1) ** 2
    expected = soft + LIMITS.mu * np.exp(-(0.04**2) / LIMITS.sigma_2)
    assert similarity(poses, LIMITS)[0, 1] == pytest.approx(expected, rel=1e-3)


def test_keypoints_with_low_scores_count_little() -> None:
    certain = make_poses([(0, 0, 100), (0, 0, 100)], [0.9, 0.8])
    uncertain = Poses(certain.keypoints, np.full((2, 17), 0.01, F32), certain.boxes, COCO17)
    assert similarity(uncertain, LIMITS)[0, 1] < similarity(certain, LIMITS)[0, 1] - 0.5


@pytest.mark.parametrize("count", [0, 1])
def test_no_pose_and_one_pose(count: int) -> None:
    kept: NDArray[np.int64] = suppress(make_poses([(0, 0, 100)] * count, [0.5] * count), LIMITS)
    assert kept.tolist() == list(range(count))
    assert kept.dtype == np.int64


class TestMerge:
    def test_keypoints_are_the_mean_of_the_duplicates_weighted_by_score(self) -> None:
        poses = make_poses([(0, 0, 400), (4, 0, 400), (900, 0, 400)], [0.9, 0.6, 0.5])
        merged, kept = merge(poses, LIMITS)
        assert kept.tolist() == [0, 2]
        assert np.allclose(merged.keypoints[0], poses.keypoints[0] + (2, 0), atol=1e-3)
        assert np.allclose(merged.keypoints[1], poses.keypoints[2], atol=1e-3)
        assert np.array_equal(merged.score, poses.score[kept])
        assert np.array_equal(merged.boxes.score, poses.boxes.score[kept])

    def test_a_distant_keypoint_of_a_duplicate_has_no_effect(self) -> None:
        poses = make_poses([(0, 0, 400), (0, 0, 400)], [0.9, 0.6])
        keypoints = poses.keypoints.copy()
        keypoints[1, 9] += 80  # a fifth of the person away
        merged, _ = merge(Poses(keypoints, poses.score, poses.boxes, COCO17), LIMITS)
        assert np.allclose(merged.keypoints[0], keypoints[0], atol=1e-3)

    def test_each_duplicate_refines_its_own_person(self) -> None:
        """Worst first, so that the order of the rows is not that of the scores."""
        poses = make_poses([(904, 0, 400), (4, 0, 400), (900, 0, 400), (0, 0, 400)], [0.2, 0.3, 0.8, 0.9])
        merged, kept = merge(poses, LIMITS)
        assert kept.tolist() == [3, 2]
        assert np.allclose(merged.keypoints[0], poses.keypoints[3] + (2, 0), atol=1e-3)
        assert np.allclose(merged.keypoints[1], poses.keypoints[2] + (2, 0), atol=1e-3)

    def test_poses_that_become_similar_when_refined_are_removed_too(self) -> None:
        """The third is a duplicate of the first and moves it closer to the second."""
        poses = make_poses([(0, 0, 129), (3, 0, 131), (7, 0, 114)], [0.9, 0.85, 0.8], jitter=0.02)
        assert suppress(poses, LIMITS).tolist() == [0, 1]
        assert merge(poses, LIMITS)[1].tolist() == [0]

    def test_a_second_merge_changes_nothing(self) -> None:
        poses = make_poses([(0, 0, 400), (4, 0, 400), (900, 0, 400)], [0.9, 0.6, 0.5], jitter=0.01)
        once, _ = merge(poses, LIMITS)
        again, kept = merge(once, LIMITS)
        assert kept.tolist() == [0, 1]
        assert np.array_equal(again.keypoints, once.keypoints)

    def test_no_pose(self) -> None:
        merged, kept = merge(Poses.empty(COCO17), LIMITS)
        assert (len(merged), kept.tolist()) == (0, [])
