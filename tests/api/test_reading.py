"""Files of poses are read back as they were written."""

import math
from pathlib import Path

import numpy as np
import pytest

import realtime_pose as rp
from realtime_pose.api.people import People
from realtime_pose.errors import ConfigError, DatasetError
from realtime_pose.scene import Scene, TrackState
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import BODY25, COCO17
from tests.support.people.stills import nobody, people, scene
from tests.support.recorders import open_pose_sink

BOXES = [(10, 5, 30, 40), (32, 4, 60, 44)]
RUN = RunHeader("door", COCO17, {})


def scenes() -> list[Scene]:
    """A frame with two people, one with nobody, and one with one person."""
    return [
        scene(people(BOXES, ids=[3, 8]), index=0, time_s=0.0),
        scene(nobody(), index=1, time_s=0.1),
        scene(people(BOXES[1:], ids=[8]), index=5, time_s=0.5),
    ]


def written(folder: Path, suffix: str, given: list[Scene]) -> Path:
    """The file with this ending, or of this format."""
    is_format = suffix.endswith(":")
    path = folder / ("poses.json" if suffix == "alphapose:" else "poses" if is_format else f"poses{suffix}")
    sink = open_pose_sink(Path(f"{suffix}{path}") if is_format else path, RUN)
    for each in given:
        sink.write(each)
    sink.close()
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".txt", "alphapose:", "openpose:"])
def test_ids_and_frames_come_back(tmp_path: Path, suffix: str) -> None:
    read = rp.read_poses(written(tmp_path, suffix, scenes()))
    found = {frame.index: frame.ids.tolist() for frame in read}
    assert found == ({0: [3, 8], 5: [8]} | ({1: []} if suffix in (".jsonl", "openpose:") else {}))
    assert all(frame.is_tracked for frame in read if len(frame))
    assert not any(frame.has_image for frame in read)


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", "alphapose:"])
def test_keypoints_come_back(tmp_path: Path, suffix: str) -> None:
    expected, read = scenes()[0].tracks.poses, rp.read_poses(str(written(tmp_path, suffix, scenes())))[0]
    assert read.skeleton is COCO17
    assert np.allclose(read.keypoints, expected.keypoints, atol=0.006)
    assert np.allclose(read.keypoint_scores, expected.score, atol=1e-4)


def test_keypoints_of_openpose_come_back(tmp_path: Path) -> None:
    expected, read = scenes()[0].tracks.poses, rp.read_poses(written(tmp_path, "openpose:", scenes()))[0]
    assert read.skeleton is BODY25
    for name in set(COCO17.keypoints) & set(BODY25.keypoints):
        index = COCO17.keypoints.index(name)
        assert np.allclose(read[name][:, :2], expected.keypoints[:, index], atol=0.006)
    nose, ankle = expected.keypoints[:, 0], expected.keypoints[:, 16]
    assert np.allclose(read.boxes, np.hstack((nose - 0.5, ankle + 0.5)), atol=0.006), "missing keypoints do not count"


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".txt", "alphapose:"])
def test_boxes_and_scores_come_back(tmp_path: Path, suffix: str) -> None:
    expected, read = scenes()[0].tracks.poses.boxes, rp.read_poses(written(tmp_path, suffix, scenes()))[0]
    assert np.allclose(read.boxes, expected.xyxy, atol=0.006), "half a pixel or a whole one would be 0.5 or 1"
    assert np.allclose(read.scores, expected.score, atol=1e-4)


def test_a_csv_has_boxes_around_the_keypoints(tmp_path: Path) -> None:
    read = rp.read_poses(written(tmp_path, ".csv", scenes()))[0]
    left, top, right, bottom = read.boxes[0]
    assert (left, top) == pytest.approx(read.keypoints[0].min(axis=0) - 0.5)
    assert (right, bottom) == pytest.approx(read.keypoints[0].max(axis=0) + 0.5)


def test_times(tmp_path: Path) -> None:
    for suffix in (".jsonl", ".csv"):
        assert [frame.time_s for frame in rp.read_poses(written(tmp_path, suffix, scenes()))][-1] == 0.5
    for suffix in (".json", ".txt"):
        assert all(math.isnan(frame.time_s) for frame in rp.read_poses(written(tmp_path, suffix, scenes())))


def test_states_of_json_lines_come_back(tmp_path: Path) -> None:
    states = [TrackState.CONFIRMED, TrackState.TENTATIVE]
    path = written(tmp_path, ".jsonl", [scene(people(BOXES, states=states))])
    assert rp.read_poses(path)[0].tracks.state.tolist() == states


def test_status_lines_and_new_headers_are_no_frames(tmp_path: Path) -> None:
    path = written(tmp_path, ".jsonl", [*scenes(), scene(people(BOXES), index=6, wh=(128, 96))])
    path.write_text(path.read_text() + '{"state":"ended","time_s":1.0}\n')
    assert [frame.frame.wh for frame in rp.read_poses(path)] == [(64, 48)] * 3 + [(128, 96)]


def test_results_of_other_programs(tmp_path: Path) -> None:
    """COCO results without boxes and ids, with a number of keypoints that no known skeleton has."""
    path = tmp_path / "results.json"
    path.write_text('[{"image_id": 7, "category_id": 1, "score": 0.5, "keypoints": [1, 2, 0.5, 11, 22, 0.6]}]')
    (read,) = rp.read_poses(path)
    assert (len(read.skeleton), read.ids.tolist(), read.is_tracked) == (2, [1], False)
    assert read.boxes.tolist() == [[0.5, 1.5, 11.5, 22.5]]


def test_people_from_a_file_can_be_drawn_on_their_image(tmp_path: Path) -> None:
    read = rp.read_poses(written(tmp_path, ".jsonl", scenes()))[0]
    with pytest.raises(ConfigError, match=r"give the image: people.draw\(image=...\)"):
        read.draw()
    assert read._repr_png_() is None
    drawn = read.draw(image=scenes()[0].frame.image)
    assert np.array_equal(drawn.image, People(scenes()[0].frame, scenes()[0].tracks, is_tracked=True).draw().image)
    without_size = rp.read_poses(written(tmp_path, ".csv", scenes()))[0]
    assert (without_size.draw(image=np.zeros((48, 64, 3), np.uint8)).image > 0).any()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "no json\n", "a.jsonl, line 1: expected a line of poses"),
        ("a.jsonl", '{"frame":0,"time_s":0,"people":[]}\n', "a.jsonl, line 1.*no 'skeleton'"),
        ("a.json", "{", "a.json: expected COCO keypoint results"),
        ("a.json", '{"a": 1}', "a.json: expected COCO keypoint results"),
        ("a.json", '[{"image_id": 1}]', "no 'keypoints'"),
        ("a.txt", "1,2,3\n", "a.txt"),
        ("a.txt", "1,2,x\n", "a.txt, line 1: expected frame, id, left"),
        ("a.csv", "", "a.csv, line 1: expected the columns frame"),
        ("a.csv", "a,b\n1,2\n", "expected the columns frame"),
        ("a.csv", "frame,time_s,track_id,keypoint,x,y,score\n0,0,1,nose,1,2,x\n", "a.csv, line 2"),
        ("a.mp4", "", "expected a file of poses, which ends with .jsonl"),
        ("a.jsonl", "\udcff", "expected text in UTF-8"),
    ],
)
def test_what_is_no_file_of_poses_is_an_error(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(DatasetError, match=message):
        rp.read_poses(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        rp.read_poses(tmp_path / "a.jsonl")
