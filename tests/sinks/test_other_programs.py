"""OpenPose's and AlphaPose's files: what their readers expect, and nothing of an earlier run lost or mixed in."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime_pose.errors import SinkError
from realtime_pose.scene import Boxes, Poses, Scene, Tracks
from realtime_pose.sinks import RunHeader, Sink
from realtime_pose.skeletons import (
    BLAZEPOSE33,
    BODY25,
    COCO17,
    HALPE26,
    MPII16,
    WHOLEBODY133,
    Skeleton,
    generic_skeleton,
)
from tests.support.people.stills import nobody, people, scene
from tests.support.recorders import open_pose_sink

PART_SIZES = {
    "pose_keypoints_2d": 25,
    "face_keypoints_2d": 70,
    "hand_left_keypoints_2d": 21,
    "hand_right_keypoints_2d": 21,
}


def open_folder(
    folder: Path, skeleton: Skeleton = COCO17, *, source: str = "street.mp4", replace: bool = False
) -> Sink:
    return open_pose_sink(Path(f"openpose:{folder}"), RunHeader(source, skeleton, {}), may_replace=replace)


def one_person(skeleton: Skeleton, *, score: float = 0.8) -> Scene:
    """A person whose keypoint k lies at (k + 1, 10 k + 1)."""
    count = len(skeleton)
    xy = np.array([[(k + 1, 10 * k + 1) for k in range(count)]], np.float32)
    scores = np.linspace(score, score / 2, count, dtype=np.float32)[None]
    boxes = Boxes(np.array([[0, 0, 40, 40]], np.float32), np.array([0.9], np.float32))
    return scene(Tracks.at_rest(Poses(xy, scores, boxes, skeleton), np.array([7], np.int64)), index=3)


def written_person(folder: Path, skeleton: Skeleton) -> dict[str, Any]:
    sink = open_folder(folder, skeleton)
    sink.write(one_person(skeleton))
    sink.close()
    content = json.loads((folder / "street_000000000003_keypoints.json").read_text("utf-8"))
    assert content["version"] == 1.3
    (person,) = content["people"]
    return dict(person)


def rows(person: dict[str, Any], key: str = "pose_keypoints_2d") -> dict[str, list[float]]:
    """x, y, score by the name of the keypoint of BODY_25, or by number."""
    values = np.array(person[key], float).reshape(-1, 3)
    names = BODY25.keypoints if key.startswith("pose") else map(str, range(len(values)))
    return dict(zip(names, values.round(2).tolist(), strict=True))


def place(skeleton: Skeleton, name: str) -> list[float]:
    k = skeleton.keypoints.index(name)
    return [k + 1, 10 * k + 1]


@pytest.mark.parametrize("skeleton", [COCO17, HALPE26, MPII16, BLAZEPOSE33, WHOLEBODY133], ids=lambda each: each.name)
def test_keypoints_of_body_25(tmp_path: Path, skeleton: Skeleton) -> None:
    found = rows(written_person(tmp_path / "o", skeleton))
    assert list(found)[:3] == ["nose", "neck", "right_shoulder"], "the order of BODY_25"
    for middle, part in (("neck", "shoulder"), ("hip", "hip")):
        ends = [place(skeleton, f"{side}_{part}") for side in ("left", "right")]
        assert found[middle][:2] == np.mean(ends, axis=0).tolist()
        assert found[middle][2] == min(found[f"left_{part}"][2], found[f"right_{part}"][2])
    for name in set(BODY25.keypoints) - {"neck", "hip"}:
        own = name.replace("big_toe", "foot_index") if skeleton is BLAZEPOSE33 else name
        has_it = own in skeleton.keypoints
        assert found[name][:2] == (place(skeleton, own) if has_it else [0, 0])
        assert (found[name][2] > 0) == has_it


def test_the_keys_of_a_person(tmp_path: Path) -> None:
    person = written_person(tmp_path / "o", COCO17)
    assert person["person_id"] == [7]
    assert len(person["pose_keypoints_2d"]) == 75
    others = {key: value for key, value in person.items() if key not in ("person_id", "pose_keypoints_2d")}
    parts = [f"{part}_keypoints" for part in ("pose", "face", "hand_left", "hand_right")]
    assert others == {f"{part}_2d": [] for part in parts[1:]} | {f"{part}_3d": [] for part in parts}


def test_face_and_hands_of_a_whole_body(tmp_path: Path) -> None:
    person = written_person(tmp_path / "o", WHOLEBODY133)
    assert {key: len(person[key]) // 3 for key in PART_SIZES} == PART_SIZES
    face, left = rows(person, "face_keypoints_2d"), rows(person, "hand_left_keypoints_2d")
    assert face["0"][:2] == place(WHOLEBODY133, "face0")
    assert face["67"][:2] == place(WHOLEBODY133, "face67")
    assert face["68"] == face["69"] == [0, 0, 0], "no skeleton has the pupils"
    assert left["0"][:2] == place(WHOLEBODY133, "left_hand_root")
    assert left["20"][:2] == place(WHOLEBODY133, "left_pinky_finger4")
    assert rows(person, "hand_right_keypoints_2d")["4"][:2] == place(WHOLEBODY133, "right_thumb4")


def test_a_keypoint_that_was_not_found_is_zero(tmp_path: Path) -> None:
    known = one_person(COCO17).tracks
    xy, score = known.poses.keypoints.copy(), known.poses.score.copy()
    xy[0, 5], score[0, 12] = np.nan, 0  # left shoulder, right hip
    poses = Poses(xy, score, known.poses.boxes, COCO17)
    sink = open_folder(tmp_path / "o")
    sink.write(scene(Tracks.at_rest(poses, known.ids)))
    sink.close()
    (person,) = json.loads((tmp_path / "o" / "street_000000000000_keypoints.json").read_text("utf-8"))["people"]
    missing = [name for name, row in rows(person).items() if row == [0, 0, 0]]
    feet = [name for name in BODY25.keypoints if "toe" in name or "heel" in name]
    assert missing == ["neck", "left_shoulder", "hip", "right_hip", *feet]


def test_a_skeleton_without_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"generic5 has none of them by name; write \.jsonl"):
        open_folder(tmp_path / "o", generic_skeleton(5))


def test_every_frame_has_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "o"
    sink = open_folder(folder, source="rtsp://camera.example/hall")
    for index, tracks in enumerate([people([[0, 0, 9, 9]]), nobody(), people([[0, 0, 9, 9], [9, 9, 20, 20]])]):
        sink.write(scene(tracks, index=index))
    assert not list(folder.glob("*.part")), "a reader of the folder sees whole files only"
    sink.close()
    sink.close()
    files = sorted(path.name for path in folder.iterdir())
    assert files == [f"hall_00000000000{index}_keypoints.json" for index in range(3)]
    assert [len(json.loads((folder / name).read_text("utf-8"))["people"]) for name in files] == [1, 0, 2]


def test_files_of_an_earlier_run_are_kept_unless_asked(tmp_path: Path) -> None:
    folder = tmp_path / "o"
    first = open_folder(folder)
    for index in range(5):
        first.write(scene(nobody(), index=index))
    first.close()
    (folder / "notes_keypoints.json").write_text("mine", encoding="utf-8")
    (folder / "street_1_keypoints.json").write_text("mine too", encoding="utf-8")
    before = sorted(folder.iterdir())
    with pytest.raises(SinkError, match=r"has files of an earlier run .*--overwrite"):
        open_folder(folder)
    assert sorted(folder.iterdir()) == before
    second = open_folder(folder, replace=True)
    second.write(scene(nobody(), index=1))
    second.close()
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["notes_keypoints.json", "street_000000000001_keypoints.json", "street_1_keypoints.json"]


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    sink = open_folder(tmp_path / "o")
    with pytest.raises(SinkError, match="another run is writing into this folder"):
        open_folder(tmp_path / "o")
    sink.close()
    open_folder(tmp_path / "o").close()


def test_a_run_without_frames_leaves_no_new_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name in ("o", "mine"):
        open_folder(tmp_path / name).close()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_folder_that_is_gone_is_reported_once_and_for_all(tmp_path: Path) -> None:
    folder = tmp_path / "o"
    sink = open_folder(folder)
    sink.write(scene(nobody()))
    folder.rename(tmp_path / "moved")
    for _ in range(2):
        with pytest.raises(
            SinkError, match=r"writing stopped \(No such file or directory\); the files before are kept"
        ):
            sink.write(scene(nobody(), index=1))
    sink.close()
    assert [path.name for path in (tmp_path / "moved").glob("*.json")] == ["street_000000000000_keypoints.json"]


def test_alphapose_results(tmp_path: Path) -> None:
    sink = open_pose_sink(Path(f"alphapose:{tmp_path / 'a.json'}"), RunHeader("street.mp4", COCO17, {}))
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == []
    sink.write(scene(people([[-0.5, -0.5, 9.5, 19.5]], ids=[4]), index=12))
    sink.write(scene(nobody(), index=13))
    (result,) = json.loads((tmp_path / "a.json").read_text("utf-8"))
    sink.close()
    keypoints = np.array(result.pop("keypoints")).reshape(17, 3)
    assert result == {"image_id": "12.jpg", "category_id": 1, "score": 0.9, "box": [0, 0, 10, 20], "idx": 4}
    assert keypoints[8].tolist() == [4.5, 9.5, 0.9], "the middle of the box"
