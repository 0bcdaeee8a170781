"""Several estimates to one: agreement is averaged, the place with most support wins."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from realtime_pose.pose.fusion import AGREE, fuse
from realtime_pose.scene import Float

F32 = np.float32


def f32(*values: float) -> Float:
    return np.array(values, F32)


def one(*estimates: tuple[float, float, float]) -> tuple[list[float], float]:
    """The fused place and score of one keypoint, seen as (x, y, score), of a person of 100 px."""
    values = np.array(estimates, F32)
    xy, score = fuse(values[:, None, None, :2], values[:, None, None, 2], f32(100))
    return xy[0, 0].tolist(), float(score[0, 0])


def test_agreeing_estimates_are_averaged_by_their_scores() -> None:
    xy, score = one((10, 0, 0.75), (14, 0, 0.25))
    assert xy == [11, 0]
    assert score == 0.5


def test_of_two_that_disagree_the_surer_counts_and_with_half_its_score() -> None:
    xy, score = one((10, 0, 0.6), (90, 0, 0.4))
    assert xy == [10, 0]
    assert np.isclose(score, 0.3)


def test_two_that_agree_outvote_a_surer_third() -> None:
    xy, score = one((10, 0, 0.6), (90, 0, 0.4), (92, 0, 0.4))
    assert xy == [91, 0]
    assert np.isclose(score, 0.8 / 3)


def test_agreement_is_relative_to_the_person() -> None:
    keypoints = np.zeros((2, 2, 1, 2), F32)
    keypoints[1, :, :, 0] = 10
    score = np.full((2, 2, 1), 0.5, F32)
    small, large = 10 / AGREE * 0.9, 10 / AGREE * 1.1
    xy, _ = fuse(keypoints, score, f32(small, large))
    assert xy[:, 0, 0].tolist() == [0, 5]


def test_what_nobody_sees_keeps_the_first_place() -> None:
    assert one((10, 3, 0.0), (90, 0, 0.0)) == ([10, 3], 0.0)


def test_nobody() -> None:
    xy, score = fuse(np.zeros((3, 0, 17, 2), F32), np.zeros((3, 0, 17), F32), np.zeros(0, F32))
    assert xy.shape == (0, 17, 2)
    assert score.shape == (0, 17)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_the_order_of_the_estimates_does_not_matter_and_scores_stay_in_range(seed: int, num_views: int) -> None:
    rng = np.random.default_rng(seed)
    keypoints = rng.uniform(0, 40, (num_views, 3, 5, 2)).astype(F32)
    score = rng.uniform(0.01, 1, (num_views, 3, 5)).astype(F32)
    size_px, order = f32(50, 200, 1000), rng.permutation(num_views)
    xy, fused = fuse(keypoints, score, size_px)
    again_xy, again = fuse(keypoints[order], score[order], size_px)
    assert np.allclose(xy, again_xy, atol=1e-3)
    assert np.allclose(fused, again, atol=1e-6)
    assert fused.min() >= 0
    assert fused.max() <= 1
