"""The command label: frames that differ become a data set; corrections of other programs are read back."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.evaluate.annotations import read_annotations
from realtime_pose.scene import Boxes, Float, Poses, Tracks
from realtime_pose.skeletons import COCO17
from realtime_pose.train.labels import FrameChoice, LabelTable, read_corrections
from tests.support.people.stick_figure import STANDING

F32 = np.float32


def tracks(*people: tuple[int, Float], score: float = 0.9) -> Tracks:
    """People by id with keypoints; 200 px high."""
    xy = np.stack([STANDING * 200 + offset for _, offset in people])
    boxes = np.stack([np.concatenate((offset, offset + 200)) for _, offset in people]).astype(F32)
    poses = Poses(xy, np.full(xy.shape[:2], score, F32), Boxes(boxes, np.full(len(xy), 0.8, F32)), COCO17)
    return Tracks.at_rest(poses, np.array([number for number, _ in people], np.int64))


def at(x: float, y: float = 0) -> Float:
    return np.array([x, y], F32)


def test_frames_with_new_or_moved_people_are_kept() -> None:
    choice = FrameChoice()
    assert choice.keep(tracks((1, at(0))))
    assert not choice.keep(tracks((1, at(0))))
    assert not choice.keep(tracks((1, at(15))))
    assert choice.keep(tracks((1, at(25))))  # more than a tenth of the person since the last kept frame
    assert choice.keep(tracks((1, at(25)), (2, at(300))))
    assert not choice.keep(tracks((1, at(25))))
    assert not choice.keep(Tracks.empty(COCO17))


def table_of_two() -> LabelTable:
    table = LabelTable(COCO17)
    table.add("a_000000.jpg", (640, 480), tracks((1, at(0)), (2, at(300))))
    table.add("a_000009.jpg", (640, 480), tracks((1, at(50)), score=0.1))
    return table


def test_the_table_is_a_checked_coco_file_with_scores(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(table_of_two().to_json()), encoding="utf-8")
    table = read_annotations(path)
    first, _, doubtful = table["annotations"]
    assert first["score"] == pytest.approx(0.8)
    assert first["keypoint_scores"] == [pytest.approx(0.9)] * 17
    assert first["track_id"] == 1
    assert first["bbox"] == [0.5, 0.5, 200, 200]
    assert first["keypoints"][2::3] == [2] * 17
    assert doubtful["num_keypoints"] == 0
    assert doubtful["keypoints"] == [0] * 51
    assert table["categories"][0]["skeleton"][0] == [16, 14]


def reordered(table: dict[str, Any]) -> dict[str, Any]:
    """As another program may write it: other ids, folders, keypoints in another order, no areas."""
    order = list(range(16, -1, -1))
    names = [COCO17.keypoints[index] for index in order]
    annotations = []
    for entry in table["annotations"]:
        triples = np.array(entry["keypoints"]).reshape(-1, 3)[order]
        kept = {key: entry[key] for key in ("id", "iscrowd")}
        annotations.append(
            kept
            | {
                "image_id": entry["image_id"] + 70,
                "category_id": 5,
                "bbox": [0, 0, 0, 0],
                "keypoints": triples.ravel().tolist(),
            }
        )
    images = [{"id": each["id"] + 70, "file_name": f"images/{each['file_name']}"} for each in table["images"]]
    return {"images": images, "annotations": annotations, "categories": [{"id": 5, "name": "man", "keypoints": names}]}


def test_corrections_are_matched_by_names() -> None:
    own = table_of_two().to_json()
    corrected = reordered(own)
    corrected["annotations"][0]["keypoints"][-3:] = [11, 12, 2]  # the nose, now the last one
    corrected["images"].append({"id": 1, "file_name": "other.jpg"})
    table, foreign = read_corrections(corrected, ["a_000000.jpg", "a_000009.jpg"], COCO17)
    assert foreign == ["other"]
    assert [entry["file_name"] for entry in table["images"]] == ["a_000000.jpg", "a_000009.jpg"]
    assert table["annotations"][0]["keypoints"][:3] == [11, 12, 2]
    assert table["annotations"][1]["keypoints"] == own["annotations"][1]["keypoints"]
    assert table["annotations"][1]["bbox"][2] > 50  # made from the keypoints
    assert table["annotations"][1]["area"] > 0


def write_set(folder: Path) -> Path:
    folder.mkdir()
    path = folder / "annotations.json"
    path.write_text(json.dumps(table_of_two().to_json()), encoding="utf-8")
    return path


def test_reading_back_overwrites_nothing_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = write_set(tmp_path / "set")
    before = own.read_bytes()
    corrected = tmp_path / "cvat.json"
    corrected.write_text(json.dumps(reordered(table_of_two().to_json())), encoding="utf-8")
    command = ["label", "--from", str(corrected), "--out", str(tmp_path / "set")]
    assert main(command) == 0
    assert "2 images, 3 persons, before 3" in capsys.readouterr().out
    assert own.read_bytes() == before
    read_annotations(tmp_path / "set" / "corrected.json")
    assert main(command) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "expected COCO's format"),
        ("{", "expected a COCO annotation file (JSON)"),
        ('{"images": [], "categories": [], "annotations": [{"bbox": []}]}', "expected keypoints"),
        ('{"images": [], "categories": [], "annotations": []}', "expected persons with the keypoints"),
    ],
)
def test_other_files_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    write_set(tmp_path / "set")
    bad = tmp_path / "bad.json"
    bad.write_text(content, encoding="utf-8")
    assert main(["label", "--from", str(bad), "--out", str(tmp_path / "set")]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "set" / "corrected.json").exists()


def test_wrong_usage_and_a_used_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_set(tmp_path / "set")
    assert main(["label", "--out", str(tmp_path / "new")]) == 2
    assert main(["label", str(tmp_path / "none.mp4"), "--out", str(tmp_path / "new")]) == 2
    assert "found no file" in capsys.readouterr().err
    assert main(["label", "demo.mp4", "--out", str(tmp_path / "set")]) == 1
    assert "so that no labels are lost" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_video_becomes_a_data_set(shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = shared_data / "data" / "videos" / "mmpose_demo.mp4"
    out = tmp_path / "set"
    assert main(["label", str(video), "--out", str(out), "--preset", "fast", "--device", "cpu"]) == 0
    table = read_annotations(out / "annotations.json")
    assert table["annotations"]
    for image in table["images"]:
        pixels = cv2.imread(str(out / "images" / image["file_name"]))
        assert pixels is not None
        assert pixels.shape == (image["height"], image["width"], 3)
    assert "train --annotations" in capsys.readouterr().err
