"""Similarity: poses if there are keypoints, else boxes; a mirrored pose is the same person."""

import numpy as np
import pytest

from realtime_pose.scene import Boxes, Float, Poses
from realtime_pose.skeletons import COCO17, Skeleton
from realtime_pose.tracking.similarity import compare, mirror, motion_similarity, swap_sides
from tests.support.people.scenes import Walker, truth_at


def _fused(tracks: Poses, detections: Poses, motion: Float, unseen_s: float = 0.0) -> Float:
    return compare(tracks, detections, motion, _motion(len(tracks)), unseen_s=np.full(len(tracks), unseen_s)).fused


def _motion(count: int) -> Float:
    return np.ones((count, count), np.float32)


def _without_scores(poses: Poses) -> Poses:
    return Poses(poses.keypoints, np.zeros_like(poses.score), poses.boxes, poses.skeleton)


def test_a_pose_is_most_similar_to_itself() -> None:
    poses = truth_at([Walker(person_id=i, start_x_px=300 + 60 * i) for i in range(3)], 0.0).poses
    fused = _fused(poses, poses, _motion(3))
    np.testing.assert_allclose(np.diag(fused), 1, atol=1e-6)
    assert (fused - np.eye(3) < 0.9).all()


def test_poses_separate_persons_with_the_same_box() -> None:
    steps = truth_at([Walker(person_id=1, phase=1.5), Walker(person_id=2, phase=4.5, feet_y_px=599)], 0.0).poses
    boxes = Boxes(np.repeat(steps.boxes.xyxy[:1], 2, axis=0), steps.boxes.score)
    poses = Poses(steps.keypoints, steps.score, boxes, COCO17)
    fused = _fused(poses, poses, _motion(2))
    assert fused[0, 0] > fused[0, 1] + 0.05


def test_without_keypoint_scores_boxes_decide_alone() -> None:
    poses = truth_at([Walker(person_id=1), Walker(person_id=2, start_x_px=660)], 0.0).poses
    fused = _fused(_without_scores(poses), poses, _motion(2))
    np.testing.assert_allclose(np.diag(fused), 1, atol=1e-6)
    assert 0.5 < fused[0, 1] < 1


def test_hidden_keypoints_do_not_count() -> None:
    poses = truth_at([Walker(person_id=1)], 0.0).poses
    keypoints, score = poses.keypoints.copy(), poses.score.copy()
    keypoints[:, 11:] += 500
    score[:, 11:] = 0
    half = Poses(keypoints, score, poses.boxes, COCO17)
    assert _fused(poses, half, _motion(1))[0, 0] == pytest.approx(1)


def test_an_uncertain_prediction_is_weak_evidence() -> None:
    motion = motion_similarity(np.array([[0.0, 9.0], [0.0, 9.0]]), np.array([1.0, 0.1]))
    assert motion[0, 0] == 1
    assert motion[0, 0] > motion[0, 1] > motion[1, 0] > motion[1, 1] > 0


def _frontal() -> Poses:
    """One person who faces the camera: left keypoints to the right of the right ones."""
    keypoints = truth_at([Walker(person_id=1)], 0.0).poses.keypoints.copy()
    for left, right in COCO17.pairs:
        keypoints[:, left, 0] += 20
        keypoints[:, right, 0] -= 20
    poses = truth_at([Walker(person_id=1)], 0.0).poses
    return Poses(keypoints, poses.score, poses.boxes, COCO17)


def test_a_pose_with_left_and_right_swapped_is_the_same_person() -> None:
    person = _frontal()
    flipped = compare(person, mirror(person), _motion(1), _motion(1), unseen_s=np.zeros(1))
    assert flipped.mirrored.tolist() == [[True]]
    assert flipped.fused[0, 0] == pytest.approx(1)
    straight = compare(person, person, _motion(1), _motion(1), unseen_s=np.zeros(1))
    assert straight.mirrored.tolist() == [[False]]


def test_in_profile_left_and_right_are_not_swapped() -> None:
    """In profile left and right nearly coincide: noise must not decide which is which."""
    walking = truth_at([Walker(person_id=1, phase=0.3)], 0.0).poses
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 2.5, walking.keypoints.shape).astype(np.float32)
    noisy = Poses(walking.keypoints + noise, walking.score, walking.boxes, COCO17)
    assert not compare(walking, noisy, _motion(1), _motion(1), unseen_s=np.zeros(1)).mirrored.any()


def test_sides_are_swapped_in_the_rows_of_the_mask() -> None:
    two = truth_at([Walker(person_id=1), Walker(person_id=2, start_x_px=300)], 0.0).poses
    swapped = swap_sides(two, np.array([False, True]))
    np.testing.assert_array_equal(swapped.keypoints[0], two.keypoints[0])
    np.testing.assert_array_equal(swapped.keypoints[1], two.keypoints[1, COCO17.mirrored])


def test_a_skeleton_without_sides_has_no_mirror() -> None:
    dots = Skeleton(name="dots", keypoints=("a", "b"), limbs=(), pairs=(), sigmas=(0.1, 0.1))
    poses = Poses(np.array([[[0, 0], [9, 9]]], np.float32), np.ones((1, 2), np.float32), _frontal().boxes, dots)
    assert not compare(poses, poses, _motion(1), _motion(1), unseen_s=np.zeros(1)).mirrored.any()


def test_after_a_longer_miss_a_pose_may_have_changed_more() -> None:
    poses = truth_at([Walker(person_id=1)], 0.0).poses
    later = Poses(poses.keypoints + 15, poses.score, poses.boxes, COCO17)
    assert _fused(poses, later, _motion(1), unseen_s=1.0)[0, 0] > _fused(poses, later, _motion(1))[0, 0] + 0.1
