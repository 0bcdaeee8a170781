"""Skeletons: consistent tables."""

import numpy as np
import pytest

from realtime_pose.errors import ConfigError
from realtime_pose.skeletons import COCO17, SKELETONS, Skeleton, skeleton_named


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda skeleton: skeleton.name)
def test_mirroring_twice_changes_nothing(skeleton: Skeleton) -> None:
    order = skeleton.mirrored
    assert np.array_equal(order[order], np.arange(len(skeleton)))
    for left, right in skeleton.pairs:
        names = skeleton.keypoints[left], skeleton.keypoints[right]
        if not names[0].startswith("face"):
            assert names[0].replace("left", "right") == names[1]


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda skeleton: skeleton.name)
def test_each_keypoint_with_a_side_has_a_counterpart(skeleton: Skeleton) -> None:
    assert len(set(skeleton.keypoints)) == len(skeleton)
    paired = {index for pair in skeleton.pairs for index in pair}
    assert len(paired) == 2 * len(skeleton.pairs)
    sided = {i for i, name in enumerate(skeleton.keypoints) if "left" in name or "right" in name}
    assert sided <= paired
    assert all(
        sigma == skeleton.sigmas[right] for left, right in skeleton.pairs for sigma in [skeleton.sigmas[left]]
    ) or (
        skeleton.name == "wholebody133"  # its sigmas were measured for each side
    )


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda skeleton: skeleton.name)
def test_a_mirrored_limb_is_a_limb(skeleton: Skeleton) -> None:
    limbs = {frozenset(limb) for limb in skeleton.limbs}
    order = skeleton.mirrored
    assert {frozenset((int(order[first]), int(order[second]))) for first, second in skeleton.limbs} == limbs
    assert len(limbs) == len(skeleton.limbs)


def test_numbers_of_keypoints() -> None:
    counts = {name: len(skeleton) for name, skeleton in SKELETONS.items()}
    assert counts == {"coco17": 17, "halpe26": 26, "mpii16": 16, "blazepose33": 33, "wholebody133": 133, "body25": 25}


def test_a_skeleton_is_converted_to_another_by_keypoint_names() -> None:
    blazepose = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
    assert SKELETONS["blazepose33"].indices_of(COCO17) == blazepose
    assert SKELETONS["halpe26"].indices_of(COCO17) == SKELETONS["wholebody133"].indices_of(COCO17) == tuple(range(17))
    with pytest.raises(ConfigError, match="mpii16 cannot be read as coco17: it has no nose, left_eye"):
        SKELETONS["mpii16"].indices_of(COCO17)


def test_sides() -> None:
    assert [COCO17.side(i) for i in (0, 5, 6)] == ["middle", "left", "right"]


@pytest.mark.parametrize(
    ("limbs", "sigmas", "message"),
    [
        pytest.param(((0, 2),), (0.1, 0.1), "must index its 2", id="limb outside"),
        pytest.param(((0, 1),), (0.1,), "expected 2 sigmas", id="sigma missing"),
    ],
)
def test_inconsistent_tables_are_refused(
    limbs: tuple[tuple[int, int], ...], sigmas: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Skeleton("two", ("a", "b"), limbs, (), sigmas)


def test_an_unknown_name_lists_the_known_names() -> None:
    assert skeleton_named("coco17") is COCO17
    with pytest.raises(ConfigError, match="coco17"):
        skeleton_named("coco18")
