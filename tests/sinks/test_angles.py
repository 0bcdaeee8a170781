"""The table of joint angles."""

import csv
from pathlib import Path

import pytest

from realtime_pose.angles import joint_angles
from realtime_pose.config import Config
from realtime_pose.errors import SinkError
from realtime_pose.pipeline.outputs import check_run, output_paths
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import COCO17
from tests.support.people.stills import nobody, people, scene
from tests.support.recorders import open_pose_sink


def test_a_row_per_person_and_a_column_per_angle(tmp_path: Path) -> None:
    path, tracks = tmp_path / "angles.csv", people([(10, 5, 30, 40), (32, 4, 60, 44)], ids=[3, 8])
    sink = open_pose_sink(Path(f"angles:{path}"), RunHeader("door", COCO17, {}))
    sink.write(scene(tracks, index=2, time_s=0.5))
    sink.write(scene(nobody(), index=3))
    sink.close()
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["frame"], row["time_s"], row["track_id"]) for row in rows] == [("2", "0.5", "3"), ("2", "0.5", "8")]
    angles = joint_angles(tracks.poses)
    column = angles.names.index("left_knee")
    assert float(rows[1]["left_knee_deg"]) == pytest.approx(float(angles.degrees[1, column]), abs=0.01)
    assert float(rows[1]["left_knee_score"]) == pytest.approx(0.9, abs=1e-3)
    assert list(rows[0])[-2:] == ["trunk_lean_deg", "trunk_lean_score"]


def test_an_unknown_angle_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "angles.csv"
    sink = open_pose_sink(Path(f"angles:{path}"), RunHeader("door", COCO17, {}))
    sink.write(scene(people([(10, 10, 10, 10)])))  # all keypoints lie at one place
    sink.close()
    with path.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["left_knee_deg"] == ""


def test_it_is_checked_like_other_outputs(tmp_path: Path) -> None:
    path = tmp_path / "angles.csv"
    config = Config(save_angles=(path,))
    assert output_paths(config) == [path]
    path.write_text("old")
    with pytest.raises(SinkError, match="--overwrite"):
        check_run(config)
    assert path.read_text() == "old"
