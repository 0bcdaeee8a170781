"""Pairs of true and detected boxes, and the offsets between them."""

import numpy as np
import pytest

from realtime_pose.evaluate.box_offsets import UNMATCHED, box_offsets, kolmogorov_smirnov, match_boxes
from realtime_pose.geometry import iou

pytestmark = [pytest.mark.slow]

F32 = np.float32
NOBODY = np.zeros((0, 4), F32)


def random_boxes(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 30, (count, 2))
    return np.concatenate((corner, corner + rng.uniform(10, 30, (count, 2))), axis=1).astype(F32)


class TestMatching:
    @pytest.mark.parametrize(("num_true", "num_found"), [(0, 0), (0, 3), (3, 0)])
    def test_nobody(self, num_true: int, num_found: int) -> None:
        matched = match_boxes(random_boxes(num_true, 0), random_boxes(num_found, 1), min_iou=0.5)
        assert matched.tolist() == [UNMATCHED] * num_true

    @pytest.mark.parametrize("seed", range(5))
    def test_each_box_is_used_once_and_overlaps_enough(self, seed: int) -> None:
        true, found = random_boxes(8, seed), random_boxes(6, seed + 100)
        matched = match_boxes(true, found, min_iou=0.3)
        used = matched[matched != UNMATCHED]
        assert len(set(used.tolist())) == len(used)
        overlap = iou(true, found)
        assert all(overlap[row, column] >= 0.3 for row, column in enumerate(matched) if column != UNMATCHED)

    def test_two_people_share_their_boxes_so_that_both_have_one(self) -> None:
        """The first box fits the first person best, but the second person has no other one."""
        true = np.array([[0, 0, 10, 10], [1, 0, 11, 10]], F32)
        found = np.array([[0.9, 0, 10.9, 10], [-2, 0, 8, 10]], F32)
        assert match_boxes(true, found, min_iou=0.5).tolist() == [1, 0]


class TestOffsets:
    def test_nobody(self) -> None:
        assert box_offsets(NOBODY, NOBODY).shape == (0, 4)

    def test_place_and_size_do_not_matter(self) -> None:
        true, found = random_boxes(4, 0), random_boxes(4, 1)
        moved = box_offsets(true * 3 + 7, found * 3 + 7)
        assert moved == pytest.approx(box_offsets(true, found), abs=1e-5)


class TestDistance:
    def test_the_same_values_have_none(self) -> None:
        values = np.random.default_rng(0).normal(0, 1, (50, 4))
        assert kolmogorov_smirnov(values, values).tolist() == [0, 0, 0, 0]

    def test_it_is_the_largest_difference_of_the_shares_below(self) -> None:
        first, second = np.array([[1.0], [2], [3], [4]]), np.array([[2.5], [2.6]])
        assert kolmogorov_smirnov(first, second) == pytest.approx(0.5)
