"""Skeletons: tables that agree with themselves."""

import numpy as np
import pytest

from realtime_pose.errors import ConfigError
from realtime_pose.skeletons import COCO17, Skeleton, skeleton_named


def test_a_mirror_of_a_mirror_is_the_same() -> None:
    order = COCO17.mirrored
    assert np.array_equal(order[order], np.arange(17))
    for left, right in COCO17.pairs:
        assert COCO17.keypoints[left].removeprefix("left_") == COCO17.keypoints[right].removeprefix("right_")


def test_sides() -> None:
    assert [COCO17.side(i) for i in (0, 5, 6)] == ["middle", "left", "right"]


@pytest.mark.parametrize(
    ("limbs", "sigmas", "message"),
    [
        pytest.param(((0, 2),), (0.1, 0.1), "must index its 2", id="limb outside"),
        pytest.param(((0, 1),), (0.1,), "expected 2 sigmas", id="sigma missing"),
    ],
)
def test_tables_that_disagree_are_refused(
    limbs: tuple[tuple[int, int], ...], sigmas: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Skeleton("two", ("a", "b"), limbs, (), sigmas)


def test_an_unknown_name_lists_the_known() -> None:
    assert skeleton_named("coco17") is COCO17
    with pytest.raises(ConfigError, match="coco17"):
        skeleton_named("coco18")
