"""Clothes: the same person looks the same, another one does not; what cannot be seen is not known."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.dressed_people import Clothes, draw_visit
from realtime_pose.appearance.clothes import NUM_FEATURES, PART_OF_FEATURE, can_describe, describe_clothes
from realtime_pose.scene import Image, Poses
from realtime_pose.skeletons import COCO17, generic_skeleton

RED = Clothes((40, 40, 190), (40, 40, 190), (60, 40, 30), (60, 40, 30))
GREEN = Clothes((50, 150, 60), (50, 150, 60), (60, 40, 30), (60, 40, 30))
STRIPED = Clothes((40, 40, 190), (220, 220, 220), (60, 40, 30), (60, 40, 30))


def _seen(clothes: Clothes, *, seed: int = 0) -> tuple[Image, Poses]:
    image, poses, _ = draw_visit([clothes], np.random.default_rng(seed), num_frames=1)[0]
    return image, poses


def test_the_same_clothes_look_alike_and_others_do_not() -> None:
    red, again, green = (describe_clothes(*_seen(each, seed=seed)) for each, seed in ((RED, 0), (RED, 1), (GREEN, 0)))
    assert red.features.shape == (1, NUM_FEATURES)
    assert red.is_known.all()
    torso = PART_OF_FEATURE == 0
    same = np.abs(red.features - again.features)[0]
    other = np.abs(red.features - green.features)[0]
    assert same[torso].max() < 40
    assert other[torso].max() > 100
    np.testing.assert_allclose(red.features[0, ~torso], green.features[0, ~torso], atol=20)


def test_stripes_are_a_texture() -> None:
    plain, striped = (describe_clothes(*_seen(each)).features[0] for each in (RED, STRIPED))
    first_deviation = 9  # of the torso, after three bands of three channels
    assert striped[first_deviation] > plain[first_deviation] + 20


@pytest.mark.parametrize(
    ("score", "x_shift", "scale"), [(0.1, 0, 1), (0.9, 5000, 1), (0.9, 0, 0.01)], ids=["uncertain", "outside", "tiny"]
)
def test_what_cannot_be_seen_is_not_known(score: float, x_shift: float, scale: float) -> None:
    image, poses = _seen(RED)
    keypoints = (poses.keypoints * scale + np.array([x_shift, 0])).astype(np.float32)
    hidden = replace(poses, keypoints=keypoints, score=np.full_like(poses.score, score))
    assert not describe_clothes(image, hidden).is_known.any()


def test_one_leg_is_enough() -> None:
    image, poses = _seen(RED)
    score = poses.score.copy()
    score[:, [13, 15]] = 0  # left knee and ankle
    one_leg = describe_clothes(image, replace(poses, score=score))
    assert one_leg.is_known.all()


def test_nobody_and_a_tiny_image() -> None:
    image = np.zeros((1, 1, 3), np.uint8)
    assert describe_clothes(image, Poses.empty(COCO17)).features.shape == (0, NUM_FEATURES)
    _, poses = _seen(RED)
    assert not describe_clothes(image, poses).is_known.any()


def test_only_skeletons_with_a_body_have_clothes() -> None:
    assert can_describe(COCO17)
    assert not can_describe(generic_skeleton(21))
