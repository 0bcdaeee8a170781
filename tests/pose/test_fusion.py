"""Fusion of estimates: those that agree are averaged, and the position with most support is selected."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from realtime_pose.pose.fusion import AGREEMENT_RADIUS, fuse
from realtime_pose.scene import Float

F32 = np.float32


def f32(*values: float) -> Float:
    return np.array(values, F32)


def fuse_one(*estimates: tuple[float, float, float]) -> tuple[list[float], float]:
    """Fused position and score of one keypoint, from estimates (x, y, score), of a person of 100 px."""
    values = np.array(estimates, F32)
    xy, score = fuse(values[:, None, None, :2], values[:, None, None, 2], f32(100))
    return xy[0, 0].tolist(), float(score[0, 0])


def test_agreeing_estimates_are_averaged_by_their_scores() -> None:
    xy, score = fuse_one((10, 0, 0.75), (14, 0, 0.25))
    assert xy == [11, 0]
    assert score == 0.5


def test_of_two_that_disagree_the_better_counts_with_half_its_score() -> None:
    xy, score = fuse_one((10, 0, 0.6), (90, 0, 0.4))
    assert xy == [10, 0]
    assert np.isclose(score, 0.3)


def test_two_that_agree_outvote_a_better_third() -> None:
    xy, score = fuse_one((10, 0, 0.6), (90, 0, 0.4), (92, 0, 0.4))
    assert xy == [91, 0]
    assert np.isclose(score, 0.8 / 3)


def test_agreement_is_relative_to_the_size_of_the_person() -> None:
    keypoints = np.zeros((2, 2, 1, 2), F32)
    keypoints[1, :, :, 0] = 10
    score = np.full((2, 2, 1), 0.5, F32)
    small, large = 10 / AGREEMENT_RADIUS * 0.9, 10 / AGREEMENT_RADIUS * 1.1
    xy, _ = fuse(keypoints, score, f32(small, large))
    assert xy[:, 0, 0].tolist() == [0, 5]


def test_without_any_score_the_first_position_is_kept() -> None:
    assert fuse_one((10, 3, 0.0), (90, 0, 0.0)) == ([10, 3], 0.0)


def test_no_person() -> None:
    xy, score = fuse(np.zeros((3, 0, 17, 2), F32), np.zeros((3, 0, 17), F32), np.zeros(0, F32))
    assert xy.shape == (0, 17, 2)
    assert score.shape == (0, 17)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_the_order_of_the_estimates_does_not_matter_and_scores_stay_in_range(seed: int, num_estimates: int) -> None:
    rng = np.random.default_rng(seed)
    keypoints = rng.uniform(0, 40, (num_estimates, 3, 5, 2)).astype(F32)
    score = rng.uniform(0.01, 1, (num_estimates, 3, 5)).astype(F32)
    size_px, order = f32(50, 200, 1000), rng.permutation(num_estimates)
    xy, fused = fuse(keypoints, score, size_px)
    again_xy, again = fuse(keypoints[order], score[order], size_px)
    assert np.allclose(xy, again_xy, atol=1e-3)
    assert np.allclose(fused, again, atol=1e-6)
    assert fused.min() >= 0
    assert fused.max() <= 1
