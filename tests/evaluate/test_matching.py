"""Matching of poses with the ground truth, and precision-recall curves, as COCO's scorer computes them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime_pose.evaluate.coco import CocoTruth, Result, keypoint_results
from realtime_pose.evaluate.curves import curves
from realtime_pose.evaluate.matching import UNMATCHED, match_ground_truth
from tests.support.people.coco_tables import person, table, true_poses, true_results, write_annotations

FAR_PX = 250.0


def truth_of(folder: Path, content: dict[str, Any]) -> CocoTruth:
    return CocoTruth(write_annotations(folder, content))


def crowd(number: int, left: float) -> dict[str, Any]:
    return {**person(1, number, left), "iscrowd": 1, "num_keypoints": 0, "keypoints": [0] * 51}


def moved(result: Result, *, by_px: float, score: float) -> Result:
    xy = np.array(result["keypoints"]).reshape(17, 3) + np.array([0, by_px, 0])
    return {**result, "keypoints": xy.ravel().tolist(), "score": score}


def test_the_truth_matches_itself(tmp_path: Path) -> None:
    first, second = match_ground_truth(truth_of(tmp_path, table()), true_results())
    assert first.person.tolist() == [0, 1]
    assert np.diag(first.oks).tolist() == [1, 1]
    assert first.person_oks.tolist() == [1, 1]
    assert not first.is_missed.any()
    assert (second.image.file_name, second.person.tolist()) == ("2.jpg", [0])
    assert first.truth.xyxy[0].tolist() == [19.5, 49.5, 119.5, 249.5]


def test_missed_persons_and_false_positives(tmp_path: Path) -> None:
    left, right = keypoint_results(1, true_poses(1))
    results = [moved(left, by_px=3, score=0.6), moved(right, by_px=FAR_PX, score=0.4)]
    first, second = match_ground_truth(truth_of(tmp_path, table()), results)
    assert first.person.tolist() == [0, UNMATCHED]
    assert 0.1 < first.person_oks[0] < 1
    assert first.is_missed.tolist() == [False, True]
    assert first.is_false(0.4).tolist() == [False, True]
    assert not first.is_false(0.5).any()
    assert (second.is_missed.tolist(), len(second.poses)) == ([True], 0)


def test_rows_follow_the_score_not_the_order_of_the_results(tmp_path: Path) -> None:
    left, right = keypoint_results(1, true_poses(1))
    first = match_ground_truth(truth_of(tmp_path, table()), [{**left, "score": 0.2}, {**right, "score": 0.8}])[0]
    assert first.person.tolist() == [1, 0]
    assert first.poses.boxes.score.tolist() == pytest.approx([0.8, 0.2])
    assert first.oks.argmax(axis=1).tolist() == [1, 0]


def test_a_pose_in_a_crowd_is_unmatched_and_ignored(tmp_path: Path) -> None:
    content = table()
    content["annotations"].insert(0, crowd(9, 20))
    first = match_ground_truth(
        truth_of(tmp_path, content), [*true_results(), moved(true_results()[0], by_px=30, score=0.1)]
    )[0]
    assert len(first.truth) == 2, "a crowd does not count as a person"
    assert first.person.tolist() == [0, 1, UNMATCHED]
    assert first.is_ignored.tolist() == [False, False, True]
    assert not first.is_false(0.0).any()


def test_an_image_without_persons_and_no_poses(tmp_path: Path) -> None:
    content = table()
    content["images"].append({"id": 3, "file_name": "3.jpg", "width": 640, "height": 480})
    truth = truth_of(tmp_path, content)
    *_, empty = match_ground_truth(truth, [{**true_results()[0], "image_id": 3}])
    assert (len(empty.truth), empty.oks.shape, empty.is_false(0.5).tolist()) == (0, (1, 0), [True])
    for matching in match_ground_truth(truth, []):
        assert len(matching.poses) == 0
        assert matching.is_missed.all()


class TestCurves:
    def test_the_mean_precision_is_the_ap(self, tmp_path: Path) -> None:
        truth = truth_of(tmp_path, table())
        results = true_results(shift_px=6)
        drawn, scores = curves(truth, results, kind="keypoints"), truth.score(results, kind="keypoints")
        assert drawn.thresholds == pytest.approx(np.arange(0.5, 1, 0.05))
        assert drawn.precision.mean() == pytest.approx(scores.ap)
        assert drawn.precision[0].mean() == pytest.approx(scores.ap50)
        assert drawn.recall[[0, -1]].tolist() == [0, 1]

    def test_the_best_score_separates_right_from_wrong_results(self, tmp_path: Path) -> None:
        right = [{**result, "score": 0.6 + 0.1 * number} for number, result in enumerate(true_results())]
        wrong = [moved(each, by_px=FAR_PX, score=0.2) for each in right]
        assert curves(truth_of(tmp_path, table()), wrong + right, kind="keypoints").best_score == pytest.approx(0.6)

    def test_no_results(self, tmp_path: Path) -> None:
        empty = curves(truth_of(tmp_path, table()), [], kind="keypoints")
        assert not empty.precision.any()
        assert empty.best_score == 0
