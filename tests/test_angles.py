"""Joint angles: known figures, both sides, and what is unknown."""

import math

import numpy as np
import pytest

from realtime_pose.angles import TRUNK_LEAN, joint_angles
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import BLAZEPOSE33, COCO17, HALPE26, MPII16, SKELETONS, WHOLEBODY133, Skeleton

STANDING: dict[str, tuple[float, float]] = {
    "left_shoulder": (60, 100), "right_shoulder": (40, 100), "left_elbow": (60, 140), "right_elbow": (40, 140),
    "left_wrist": (60, 180), "right_wrist": (40, 180), "left_hip": (55, 200), "right_hip": (45, 200),
    "left_knee": (55, 250), "right_knee": (45, 250), "left_ankle": (55, 300), "right_ankle": (45, 300),
}  # fmt: skip


def make_poses(*figures: dict[str, tuple[float, float]], skeleton: Skeleton = COCO17, score: float = 0.9) -> Poses:
    keypoints = np.zeros((len(figures), len(skeleton), 2), np.float32)
    for row, figure in enumerate(figures):
        for name, xy in figure.items():
            keypoints[row, skeleton.keypoints.index(name)] = xy
    scores = np.full(keypoints.shape[:2], score, np.float32)
    boxes = Boxes(np.tile(np.array([0, 0, 100, 320], np.float32), (len(figures), 1)), np.ones(len(figures), np.float32))
    return Poses(keypoints, scores, boxes, skeleton)


def angles_of(**changes: tuple[float, float]) -> dict[str, float]:
    angles = joint_angles(make_poses(STANDING | changes))
    return dict(zip(angles.names, angles.degrees[0].tolist(), strict=True))


def test_a_standing_person_is_straight() -> None:
    angles = angles_of()
    straight = [name for name in angles if name.endswith(("elbow", "knee"))]
    assert len(straight) == 4
    assert all(angles[name] == pytest.approx(180, abs=1e-3) for name in straight)
    assert angles[TRUNK_LEAN] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("wrist", "expected"), [((100, 140), 90), ((20, 140), 90), ((60, 100), 0), ((100, 180), 135), ((60, 181), 180)]
)
def test_the_elbow(wrist: tuple[float, float], expected: float) -> None:
    assert angles_of(left_wrist=wrist)["left_elbow"] == pytest.approx(expected, abs=1e-3)


def test_each_joint_has_its_own_neighbours() -> None:
    """A leg that is stretched forward bends the hip, not the knee, and only on its side."""
    angles, before = angles_of(left_knee=(105, 200), left_ankle=(155, 200)), angles_of()
    assert angles["left_knee"] == pytest.approx(180, abs=1e-3)
    assert angles["left_hip"] == pytest.approx(math.degrees(math.atan2(100, 5)), abs=0.01)
    changed = {name for name in angles if angles[name] != pytest.approx(before[name], abs=1e-3)}
    assert changed == {"left_hip"}


def test_a_raised_arm_opens_the_shoulder() -> None:
    angles = angles_of(right_elbow=(40, 60), right_wrist=(40, 20))
    assert angles["right_shoulder"] > 170
    assert angles["left_shoulder"] < 10


@pytest.mark.parametrize(
    ("shoulders", "expected"),
    [((150, 200), 90), ((-50, 200), -90), ((150, 100), 45), ((-50, 100), -45), ((50, 300), 180)],
)
def test_the_lean_has_a_side(shoulders: tuple[float, float], expected: float) -> None:
    x, y = shoulders
    angles = angles_of(left_shoulder=(x + 5, y), right_shoulder=(x - 5, y))
    assert angles[TRUNK_LEAN] == pytest.approx(expected, abs=1e-3)


def test_keypoints_at_the_same_place_have_no_angle() -> None:
    assert math.isnan(angles_of(left_wrist=STANDING["left_elbow"])["left_elbow"])
    middle = dict.fromkeys(("left_hip", "right_hip", "left_shoulder", "right_shoulder"), (50.0, 150.0))
    assert math.isnan(angles_of(**middle)[TRUNK_LEAN])


def test_the_score_is_that_of_the_weakest_keypoint() -> None:
    poses = make_poses(STANDING)
    score = poses.score.copy()
    score[0, COCO17.keypoints.index("left_ankle")] = 0.2
    angles = joint_angles(Poses(poses.keypoints, score, poses.boxes, COCO17))
    by_name = dict(zip(angles.names, angles.score[0].tolist(), strict=True))
    assert by_name["left_knee"] == pytest.approx(0.2)
    assert by_name["right_knee"] == by_name["left_hip"] == pytest.approx(0.9)


def test_several_persons_and_nobody() -> None:
    angles = joint_angles(make_poses(STANDING, STANDING | {"left_wrist": (100, 140)}))
    assert angles.degrees.shape == angles.score.shape == (2, 9)
    column = angles.names.index("left_elbow")
    assert angles.degrees[:, column].tolist() == pytest.approx([180, 90], abs=1e-3)
    assert joint_angles(Poses.empty(COCO17)).degrees.shape == (0, 9)


@pytest.mark.parametrize("skeleton", [HALPE26, BLAZEPOSE33, WHOLEBODY133], ids=lambda skeleton: skeleton.name)
def test_skeletons_with_feet_have_ankles(skeleton: Skeleton) -> None:
    toe = "left_foot_index" if skeleton is BLAZEPOSE33 else "left_big_toe"
    angles = joint_angles(make_poses(STANDING | {toe: (85, 300)}, skeleton=skeleton))
    assert len(angles.names) == 11
    assert angles.degrees[0, angles.names.index("left_ankle")] == pytest.approx(90, abs=1e-3)


def test_every_skeleton_has_the_angles_of_arms_and_legs() -> None:
    for skeleton in SKELETONS.values():
        names = joint_angles(Poses.empty(skeleton)).names
        assert {"left_elbow", "right_knee", TRUNK_LEAN} <= set(names), skeleton.name
    assert "left_ankle" not in joint_angles(Poses.empty(MPII16)).names


def test_keypoints_without_names_have_no_angles() -> None:
    unknown = Skeleton("two", ("kp0", "kp1"), (), (), (0.1, 0.1))
    assert joint_angles(make_poses({"kp0": (1, 1)}, skeleton=unknown)).degrees.shape == (1, 0)
