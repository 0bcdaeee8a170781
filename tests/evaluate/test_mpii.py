"""MPII: PCKh and the mean AP of several persons against values computed by hand; the command; wrong files."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime_pose.cli import main
from realtime_pose.errors import DatasetError
from realtime_pose.evaluate.mpii import check_persons, mpii_boxes
from realtime_pose.evaluate.mpii_scores import FoundJoints, MpiiPersons, mean_ap, mpii_joints, pckh, read_persons
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17

F32 = np.float32
NOT_A_HEAD = [index for index in range(16) if index not in (8, 9)]


def person(left: float = 0.0, **changed: Any) -> dict[str, Any]:
    """A person whose joints are 50 px apart; the head, from joint 8 to joint 9, is 50 px long."""
    joints = [[left + 1, 50.0 * index + 1] for index in range(16)]
    return {"image": "a.jpg", "center": [11, 21], "scale": 1.5, "joints": joints, "joints_vis": [1] * 16} | changed


def found(true: MpiiPersons, shift_px: float = 0.0, score: float = 0.9) -> FoundJoints:
    return FoundJoints(true.xy + np.array([shift_px, 0], F32), np.full(true.xy.shape[:2], score, F32))


class TestPckh:
    @pytest.mark.parametrize(("shift_px", "at_half", "at_tenth"), [(0, 1, 1), (4.9, 1, 1), (5.1, 1, 0), (25.1, 0, 0)])
    def test_the_size_of_the_head_is_the_measure(self, shift_px: float, at_half: float, at_tenth: float) -> None:
        true = read_persons([person()])
        for share, expected in ((0.5, at_half), (0.1, at_tenth)):
            assert set(pckh(found(true, shift_px), true, share).values()) == {expected}

    def test_a_box_of_the_head_counts_with_0_6_of_its_diagonal(self) -> None:
        assert read_persons([person(head_box=[0, 0, 30, 40])]).head_px == pytest.approx([30])

    def test_groups_and_labels(self) -> None:
        visible = [1] * 16
        visible[10] = 0  # one wrist
        true = read_persons([person(joints_vis=visible)])
        joints = found(true)
        joints.xy[0, 15] += 1000  # the other wrist
        joints.xy[0, 0] += 1000  # one ankle
        joints.xy[0, 6] += 1000  # the pelvis, which does not count
        scores = pckh(joints, true, 0.5)
        assert (scores["Wrist"], scores["Ankle"], scores["Head"]) == (0, 0.5, 1)
        assert scores["Mean"] == pytest.approx(11 / 13)

    def test_a_network_without_a_head_is_scored_on_its_joints(self) -> None:
        true = read_persons([person()])
        poses = Poses(
            np.zeros((1, 17, 2), F32), np.ones((1, 17), F32), Boxes(np.zeros((1, 4), F32), np.ones(1, F32)), COCO17
        )
        poses = Poses(poses.keypoints + 50, poses.score, poses.boxes, COCO17)
        scores = pckh(mpii_joints(poses), true, 0.5)
        assert math.isnan(scores["Head"])
        assert not math.isnan(scores["Mean"])


class TestMeanAp:
    def test_all_found(self) -> None:
        true = read_persons([person(), person(400)])
        assert mean_ap([(found(true), true)])["Mean"] == 1

    def test_one_of_two_persons_missed(self) -> None:
        true = read_persons([person(), person(400)])
        one = FoundJoints(true.xy[:1], np.ones((1, 16), F32))
        assert mean_ap([(one, true)])["Mean"] == pytest.approx(0.5)

    def test_a_false_person_with_a_higher_score_halves_the_precision(self) -> None:
        true = read_persons([person()])
        both = FoundJoints(
            np.concatenate((true.xy + 5000, true.xy)), np.stack([np.full(16, s, F32) for s in (0.9, 0.5)])
        )
        assert mean_ap([(both, true)])["Mean"] == pytest.approx(0.5)
        low = FoundJoints(both.xy, both.score[::-1].copy())
        assert mean_ap([(low, true)])["Mean"] == pytest.approx(1)

    def test_a_duplicate_is_a_false_person(self) -> None:
        """By hand: right, then wrong, then right: the precision is 1 up to a recall of a half, then 2/3."""
        true = read_persons([person(), person(400)])
        xy = np.concatenate((true.xy[:1], true.xy[:1] + 3, true.xy[1:]))
        joints = FoundJoints(xy, np.stack([np.full(16, score, F32) for score in (0.9, 0.8, 0.7)]))
        assert mean_ap([(joints, true)])["Mean"] == pytest.approx(0.5 + 0.5 * 2 / 3)

    def test_a_joint_without_a_label_is_ignored(self) -> None:
        visible = [1] * 16
        visible[0] = 0
        true = read_persons([person(joints_vis=visible)])
        joints = found(true)
        joints.xy[0, 0] += 1000
        assert mean_ap([(joints, true)])["Mean"] == pytest.approx(1)

    def test_nobody_found_or_there(self) -> None:
        true = read_persons([person()])
        nobody = FoundJoints(np.zeros((0, 16, 2), F32), np.zeros((0, 16), F32))
        assert mean_ap([(nobody, true)])["Mean"] == 0
        assert math.isnan(mean_ap([(nobody, read_persons([]))])["Mean"])


def test_the_box_is_the_square_of_the_scale() -> None:
    assert mpii_boxes([person()]).tolist() == [[-140, -130, 160, 170]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "expected MPII's list of persons"),
        ([], "expected MPII's list of persons"),
        ([3], "entry 0: expected a table for each person"),
        ([person(), person(image="")], "entry 1: expected image"),
        ([person(scale=0)], "scale: a number above 0"),
        ([person(joints=[[1, 2]])], "joints: 16 pairs"),
        ([person(joints_vis=None)], "joints_vis: 16 numbers"),
        ([person(head_box=[1])], "head_box: 4 numbers"),
    ],
)
def test_other_files_are_refused(content: Any, message: str) -> None:
    with pytest.raises(DatasetError, match=re.escape(message)):
        check_persons(content, Path("a.json"))


@pytest.mark.slow
@pytest.mark.parametrize(("boxes", "pose"), [("truth", "movenet-thunder"), ("detected", "movenet-lightning")])
def test_the_command_on_real_pictures(
    shared_data: Path, capsys: pytest.CaptureFixture[str], boxes: str, pose: str
) -> None:
    folder = shared_data / "data" / "posetrack" / "mmpose_mpii"
    command = ["eval", "mpii", "--annotations", str(folder / "test_mpii.json"), "--images", str(folder)]
    assert main([*command, "--boxes", boxes, "--pose", pose, "--device", "cpu"]) == 0
    printed = capsys.readouterr().out
    first = next(line.split() for line in printed.splitlines() if line.startswith(("PCKh@0.5", "AP")))
    assert first[1] == "-"  # these networks have no head
    assert float(first[-1]) > 50
    assert "5 images, 5 persons" in printed


def test_missing_images_end_it_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps([person()]), encoding="utf-8")
    assert main(["eval", "mpii", "--annotations", str(file), "--images", str(tmp_path)]) == 1
    assert "the first is a.jpg" in capsys.readouterr().err
    assert main(["eval", "mpii"]) == 2
