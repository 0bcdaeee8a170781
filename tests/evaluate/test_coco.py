"""COCO's scorer on perfect, shifted and missing results; wrong annotation files."""

import sys
from pathlib import Path
from typing import Any

import pytest

from realtime_pose.errors import DatasetError, MissingPackageError
from realtime_pose.evaluate.coco import CocoTruth, box_results, keypoint_results
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17
from tests.support.people.coco_tables import person, table, true_poses, true_results, write_annotations


def test_the_truth_itself_scores_1(tmp_path: Path) -> None:
    truth = CocoTruth(write_annotations(tmp_path, table()))
    assert truth.num_persons == 3
    assert [image.file_name for image in truth.images] == ["1.jpg", "2.jpg"]
    scores = truth.score(true_results(), kind="keypoints")
    assert (scores.ap, scores.ap50, scores.ar) == pytest.approx((1, 1, 1))
    assert scores.ap_medium == -1, "all persons are large"
    boxes = [result for image in (1, 2) for result in box_results(image, true_poses(image).boxes)]
    assert truth.score(boxes, kind="bbox").ap == pytest.approx(1)


def test_true_boxes_are_converted_and_converted_back(tmp_path: Path) -> None:
    truth = CocoTruth(write_annotations(tmp_path, table()))
    assert box_results(1, truth.boxes(1))[0]["bbox"] == [20, 50, 100, 200]
    assert len(truth.boxes(77)) == 0


def test_a_larger_shift_scores_lower(tmp_path: Path) -> None:
    truth = CocoTruth(write_annotations(tmp_path, table()))
    near, far = (truth.score(true_results(shift_px=shift), kind="keypoints").ap for shift in (4.0, 9.0))
    assert 1 > near > far > 0


def test_no_results_score_0(tmp_path: Path) -> None:
    assert CocoTruth(write_annotations(tmp_path, table())).score([], kind="keypoints").ap == 0
    assert keypoint_results(1, Poses.empty(COCO17)) == []
    assert box_results(1, Boxes.empty()) == []


def with_value(key: str, value: object) -> dict[str, Any]:
    return {**table(), key: value}


def with_person(**changes: object) -> dict[str, Any]:
    """The file with one person only, with these values changed; None removes the value."""
    entry = {**person(1, 1, 0), **changes}
    return with_value("annotations", [{key: value for key, value in entry.items() if value is not None}])


NAN = float("nan")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("no json", "expected a COCO annotation file", id="text"),
        pytest.param([], "list of images", id="a list"),
        pytest.param(with_value("images", None), "list of images", id="no images"),
        pytest.param(
            with_value("images", ["1.jpg"]), "expected id, file_name of every entry of images, got '1", id="names"
        ),
        pytest.param(with_value("images", [{"id": 1}]), "expected file_name", id="no name"),
        pytest.param(with_value("images", [{"id": 1, "file_name": 3}]), "expected a name as file_name", id="a number"),
        pytest.param(
            with_value("images", [{"id": "a", "file_name": "a"}]), "a whole number as id .* got 'a'", id="image id"
        ),
        pytest.param(
            with_value("images", table()["images"] * 2), "unique ids of images, got 1 twice", id="image twice"
        ),
        pytest.param(with_value("categories", None), "list of categories", id="no categories"),
        pytest.param(with_value("annotations", []), "expected persons", id="no persons"),
        pytest.param(
            with_value("annotations", [3]), "of every entry of annotations, got 3", id="a number for a person"
        ),
        pytest.param(with_value("annotations", [person(9, 1, 0)]), "image_id 9", id="wrong id"),
        pytest.param(
            with_value("annotations", [person(1, 4, 0), person(2, 4, 9)]),
            "unique ids of persons, got 4 twice",
            id="id twice",
        ),
        pytest.param(with_person(id=0), "ids of persons other than 0", id="id 0"),
        pytest.param(with_person(id="one"), "a whole number as id of every person, got 'one'", id="id as text"),
        pytest.param(with_person(id=None), "expected id of every person", id="no id"),
        pytest.param(with_person(area=None), "expected area of every person", id="no area"),
        pytest.param(with_person(area=-5), "a number >= 0 as area", id="negative area"),
        pytest.param(with_person(area=0), "an area above 0 of person 1", id="keypoints without area"),
        pytest.param(with_person(area=NAN), "a number >= 0 as area of every person, got nan", id="area NaN"),
        pytest.param(with_person(iscrowd="no"), "0 or 1 as iscrowd", id="crowd as text"),
        pytest.param(with_person(num_keypoints="all"), "a whole number as num_keypoints", id="count as text"),
        pytest.param(
            with_person(bbox=[1, 2, 3]), r"4 numbers as bbox of every entry of annotations, got \[1, 2, 3\]", id="bbox"
        ),
        pytest.param(with_person(keypoints=[1, 2, 2]), "expected 51 numbers", id="keypoints"),
        pytest.param(
            with_person(keypoints=[NAN] * 51), r"51 numbers as keypoints .*\.\.\. \(id 1\)", id="keypoints NaN"
        ),
        pytest.param(with_person(category_id=3), "expected persons", id="dogs"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        CocoTruth(write_annotations(tmp_path, content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"nowhere\.json: cannot be read"):
        CocoTruth(tmp_path / "nowhere.json")


def test_a_missing_scorer_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools.coco", None)
    with pytest.raises(MissingPackageError, match=r"realtime-pose\[eval\]"):
        CocoTruth(write_annotations(tmp_path, table())).score(true_results(), kind="keypoints")
