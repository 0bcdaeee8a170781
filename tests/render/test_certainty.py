"""What is drawn is what is believed: guesses, limbs to other people and skeletons on things are not."""

from dataclasses import replace

import numpy as np
import pytest

from realtime_pose.config import RenderConfig
from realtime_pose.render import draw, has_skeleton
from realtime_pose.render.certainty import FALLBACK_GUESS_SCORE, certainty, part_certainty
from realtime_pose.scene import Float, Poses
from realtime_pose.skeletons import COCO17, generic_skeleton
from tests.support.people.stills import people, scene

GUESS = tuple(0.2 + 0.02 * index for index in range(17))
STYLE = RenderConfig(ids=False, hud=False)


def pose(score: float | Float, guess: tuple[float, ...] = GUESS) -> Poses:
    """One person with these scores, whose network guesses below these."""
    one = people([[20, 20, 80, 140]]).poses
    scores = np.full((1, 17), 1, np.float32) * np.asarray(score, np.float32)
    return replace(one, score=scores, skeleton=replace(COCO17, guess_scores=guess))


def shown(poses: Poses, style: RenderConfig = STYLE) -> bool:
    """Whether anything is drawn of one person."""
    still = scene(replace(people([[20, 20, 80, 140]]), poses=poses), image=np.zeros((160, 120, 3), np.uint8))
    return bool(draw(still, style).any())


def test_each_keypoint_has_its_own_score_of_half_certainty() -> None:
    assert certainty(pose(np.array(GUESS, np.float32)))[0] == pytest.approx([0.5] * 17)
    assert certainty(pose(0.0)).max() == 0
    assert certainty(pose(1.0)).min() == 1
    rising = [float(certainty(pose(score))[0, 3]) for score in (0.1, 0.2, 0.3, 0.6, 0.9)]
    assert rising == sorted(rising)


def test_a_network_without_measured_scores_has_a_usual_one() -> None:
    assert certainty(pose(FALLBACK_GUESS_SCORE, ()))[0] == pytest.approx([0.5] * 17)
    plain = Poses(
        np.zeros((1, 3, 2), np.float32), np.full((1, 3), 0.4, np.float32), pose(1.0).boxes, generic_skeleton(3)
    )
    assert certainty(plain).shape == (1, 3)


def test_scores_do_not_make_another_skeleton() -> None:
    assert replace(COCO17, guess_scores=GUESS) == COCO17
    with pytest.raises(ValueError, match="guess_scores"):
        replace(COCO17, guess_scores=(0.3,))
    with pytest.raises(ValueError, match="between 0 and 1"):
        replace(COCO17, guess_scores=(0.0,) * 17)


@pytest.mark.parametrize(("x", "is_on_person"), [(50, True), (84, True), (88, False), (12, False), (np.nan, False)])
def test_a_keypoint_outside_the_box_is_on_somebody_else(x: float, *, is_on_person: bool) -> None:
    one = pose(0.9)
    keypoints = one.keypoints.copy()
    keypoints[0, 9, 0] = x
    assert bool(certainty(replace(one, keypoints=keypoints))[0, 9] > 0) == is_on_person


@pytest.mark.parametrize(("length_px", "is_drawn"), [(60, True), (71, True), (73, False)])
def test_a_limb_that_is_too_long_is_not_drawn(length_px: float, *, is_drawn: bool) -> None:
    """The box is 120 pixels high."""
    one = pose(0.9)
    keypoints = one.keypoints.copy()
    keypoints[0, 5], keypoints[0, 7] = (50, 30), (50, 30 + length_px)
    moved = replace(one, keypoints=keypoints)
    certain = part_certainty(moved, certainty(moved), np.array([[5, 7], [5, 5]]))[0]
    assert bool(certain[0] > 0.5) == is_drawn
    assert certain[1] > 0.5, "its keypoints are drawn"


@pytest.mark.parametrize(("num_certain", "is_drawn"), [(0, False), (2, False), (3, True), (17, True)])
def test_a_skeleton_needs_three_certain_keypoints(num_certain: int, *, is_drawn: bool) -> None:
    poses = pose(np.where(np.arange(17) < num_certain, 0.9, 0.1).astype(np.float32))
    assert has_skeleton(poses, threshold=0.5).tolist() == [is_drawn]
    assert shown(poses) == is_drawn
    assert shown(poses, RenderConfig(hud=False, skeletons=False)) == is_drawn, "no plate without a skeleton"


def test_the_threshold_of_the_user_decides() -> None:
    doubtful = pose(0.1)
    assert not shown(doubtful)
    assert shown(doubtful, replace(STYLE, keypoint_threshold=0.1))
    assert not shown(pose(0.9), replace(STYLE, keypoint_threshold=1.0))


def test_everything_with_a_place_is_drawn_at_a_threshold_of_zero() -> None:
    keypoints = pose(0.0).keypoints.copy()
    keypoints[0, 0] = np.nan
    assert shown(replace(pose(0.0), keypoints=keypoints), replace(STYLE, keypoint_threshold=0.0))


def test_the_face_on_the_back_of_a_head_is_not_drawn() -> None:
    """Scores as the default network gives them: a face is guessed at .3, shoulders are seen at .3."""
    face_and_shoulders = np.zeros(17, np.float32)
    face_and_shoulders[[0, 1, 2, 5, 6, 11, 12]] = 0.3
    measured = (0.352, 0.426, 0.426, 0.382, 0.382, 0.287, 0.287, *(0.25,) * 10)
    is_certain = certainty(pose(face_and_shoulders, measured))[0] >= 0.5
    assert np.flatnonzero(is_certain).tolist() == [5, 6, 11, 12]


def test_no_person() -> None:
    nobody = Poses.empty(replace(COCO17, guess_scores=GUESS))
    assert certainty(nobody).shape == (0, 17)
    assert has_skeleton(nobody, threshold=0.5).shape == (0,)
    assert not draw(scene(image=np.zeros((50, 50, 3), np.uint8)), STYLE).any()
