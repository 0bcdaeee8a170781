"""COCO's scorer on results that are known to be perfect, off, or missing; annotation files that are wrong."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime_pose.errors import DatasetError, MissingPackageError
from realtime_pose.evaluate.coco import CocoTruth, box_results, keypoint_results
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17

F32 = np.float32


def person(image_id: int, number: int, left: float) -> dict[str, Any]:
    """A person 100 wide and 200 high with all keypoints."""
    rng = np.random.default_rng(number)
    xy = np.round(rng.uniform((left, 50), (left + 100, 250), (17, 2)))
    return {
        "id": number,
        "image_id": image_id,
        "category_id": 1,
        "bbox": [left, 50, 100, 200],
        "area": 12000.0,
        "iscrowd": 0,
        "num_keypoints": 17,
        "keypoints": np.c_[xy, np.full(17, 2)].ravel().tolist(),
    }


def table() -> dict[str, Any]:
    return {
        "images": [
            {"id": 1, "file_name": "1.jpg", "width": 640, "height": 480},
            {"id": 2, "file_name": "2.jpg", "width": 640, "height": 480},
        ],
        "annotations": [person(1, 1, 20), person(1, 2, 300), person(2, 3, 100)],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO17.keypoints), "skeleton": []}],
    }


def written(folder: Path, content: object) -> Path:
    path = folder / "truth.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def poses_of(image_id: int, *, shift_px: float = 0.0) -> Poses:
    """The truth of a picture as poses."""
    entries = [entry for entry in table()["annotations"] if entry["image_id"] == image_id]
    keypoints = np.array([entry["keypoints"] for entry in entries], F32).reshape(-1, 17, 3)[..., :2] + F32(shift_px)
    xywh = np.array([entry["bbox"] for entry in entries], F32)
    xyxy = np.concatenate((xywh[:, :2], xywh[:, :2] + xywh[:, 2:]), axis=1) - F32(0.5)
    return Poses(keypoints, np.ones(keypoints.shape[:2], F32), Boxes(xyxy, np.full(len(xyxy), 0.9, F32)), COCO17)


def results_of(*, shift_px: float = 0.0) -> list[dict[str, Any]]:
    return [result for image in (1, 2) for result in keypoint_results(image, poses_of(image, shift_px=shift_px))]


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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("no json", "expected a COCO annotation file", id="text"),
        pytest.param([], "list of images", id="a list"),
        pytest.param(changed("images", None), "list of images", id="no images"),
        pytest.param(changed("annotations", []), "expected persons", id="no persons"),
        pytest.param(changed("annotations", [person(9, 1, 0)]), "image_id 9", id="wrong id"),
        pytest.param(changed("images", [{"id": 1}]), "expected file_name", id="no name"),
        pytest.param(changed("annotations", [{**person(1, 1, 0), "category_id": 3}]), "expected persons", id="dogs"),
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
