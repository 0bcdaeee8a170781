"""COCO's scorer on results that are known to be perfect, off, or missing; annotation files that are wrong."""

import sys
from pathlib import Path
from typing import Any

import pytest

from realtime_pose.errors import DatasetError, MissingPackageError
from realtime_pose.evaluate.coco import CocoTruth, box_results, keypoint_results
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17
from tests.support.coco_tables import person, poses_of, results_of, table, written


def test_the_truth_itself_is_perfect(tmp_path: Path) -> None:
    truth = CocoTruth(written(tmp_path, table()))
    assert truth.num_persons == 3
    assert [image.file_name for image in truth.images] == ["1.jpg", "2.jpg"]
    scores = truth.score(results_of(), kind="keypoints")
    assert (scores.ap, scores.ap50, scores.ar) == pytest.approx((1, 1, 1))
    assert scores.ap_medium == -1, "all are large"
    boxes = [result for image in (1, 2) for result in box_results(image, poses_of(image).boxes)]
    assert truth.score(boxes, kind="bbox").ap == pytest.approx(1)


def test_true_boxes_survive_the_way_there_and_back(tmp_path: Path) -> None:
    truth = CocoTruth(written(tmp_path, table()))
    assert box_results(1, truth.boxes(1))[0]["bbox"] == [20, 50, 100, 200]
    assert len(truth.boxes(77)) == 0


def test_the_further_off_the_lower(tmp_path: Path) -> None:
    truth = CocoTruth(written(tmp_path, table()))
    near, far = (truth.score(results_of(shift_px=shift), kind="keypoints").ap for shift in (4.0, 9.0))
    assert 1 > near > far > 0


def test_nothing_found_scores_nothing(tmp_path: Path) -> None:
    assert CocoTruth(written(tmp_path, table())).score([], kind="keypoints").ap == 0
    assert keypoint_results(1, Poses.empty(COCO17)) == []
    assert box_results(1, Boxes.empty()) == []


def changed(key: str, value: object) -> dict[str, Any]:
    return {**table(), key: value}


def one(**changes: object) -> dict[str, Any]:
    """The file with one person only, of whom this is changed; None: is missing."""
    entry = {**person(1, 1, 0), **changes}
    return changed("annotations", [{key: value for key, value in entry.items() if value is not None}])


NAN = float("nan")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("no json", "expected a COCO annotation file", id="text"),
        pytest.param([], "list of images", id="a list"),
        pytest.param(changed("images", None), "list of images", id="no images"),
        pytest.param(
            changed("images", ["1.jpg"]), "expected id, file_name of every entry of images, got '1", id="names"
        ),
        pytest.param(changed("images", [{"id": 1}]), "expected file_name", id="no name"),
        pytest.param(changed("images", [{"id": 1, "file_name": 3}]), "expected a name as file_name", id="a number"),
        pytest.param(
            changed("images", [{"id": "a", "file_name": "a"}]), "a whole number as id .* got 'a'", id="image id"
        ),
        pytest.param(changed("images", table()["images"] * 2), "images each once, got 1 again", id="image twice"),
        pytest.param(changed("categories", None), "list of categories", id="no categories"),
        pytest.param(changed("annotations", []), "expected persons", id="no persons"),
        pytest.param(changed("annotations", [3]), "of every entry of annotations, got 3", id="a number for a person"),
        pytest.param(changed("annotations", [person(9, 1, 0)]), "image_id 9", id="wrong id"),
        pytest.param(changed("annotations", [person(1, 4, 0), person(2, 4, 9)]), "each once, got 4", id="id twice"),
        pytest.param(one(id=0), "ids of persons other than 0", id="id 0"),
        pytest.param(one(id="one"), "a whole number as id of every person, got 'one'", id="id in words"),
        pytest.param(one(id=None), "expected id of every person", id="no id"),
        pytest.param(one(area=None), "expected area of every person", id="no area"),
        pytest.param(one(area=-5), "a number from 0 on as area", id="negative area"),
        pytest.param(one(area=0), "an area above 0 of person 1", id="keypoints without area"),
        pytest.param(one(area=NAN), "a number from 0 on as area of every person, got nan", id="area NaN"),
        pytest.param(one(iscrowd="no"), "0 or 1 as iscrowd", id="crowd in words"),
        pytest.param(one(num_keypoints="all"), "a whole number as num_keypoints", id="count in words"),
        pytest.param(
            one(bbox=[1, 2, 3]), r"4 numbers as bbox of every entry of annotations, got \[1, 2, 3\]", id="bbox"
        ),
        pytest.param(one(keypoints=[1, 2, 2]), "expected 51 numbers", id="keypoints"),
        pytest.param(one(keypoints=[NAN] * 51), r"51 numbers as keypoints .*\.\.\. \(id 1\)", id="keypoints NaN"),
        pytest.param(one(category_id=3), "expected persons", id="dogs"),
    ],
)
def test_files_that_are_wrong(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        CocoTruth(written(tmp_path, content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"nowhere\.json: cannot be read"):
        CocoTruth(tmp_path / "nowhere.json")


def test_without_the_scorer_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools.coco", None)
    with pytest.raises(MissingPackageError, match=r"realtime-pose\[eval\]"):
        CocoTruth(written(tmp_path, table())).score(results_of(), kind="keypoints")
