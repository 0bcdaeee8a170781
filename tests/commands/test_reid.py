"""``--reid FILE.onnx`` as a user runs it: added, named by a flag, a file or in Python, and refused if it is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest

import realtime_pose as rp
from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.commands.engine_checks import check_reid
from realtime_pose.config import Config, TrackConfig, load
from realtime_pose.errors import ConfigError
from tests.support.models.graphs import constant_graph, reid_file, stripes_graph

pytestmark = [pytest.mark.slow]


def test_a_network_is_added_and_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own, poses = stripes_graph(tmp_path / "osnet.onnx"), tmp_path / "poses.jsonl"
    assert main(["weights", "add", str(own)]) == 0
    printed = capsys.readouterr().out
    assert "reid, family embedding, input (128, 256)" in printed
    assert "demo: 3 persons; cosine distance of a person from the mirrored one up to 0.0" in printed
    assert f"live --reid {own}" in printed
    flags = ["--reid", str(own), "--save-poses", str(poses)]
    assert main(["live", "demo", "--headless", "--max-frames", "12", *flags]) == 0
    header = json.loads(poses.read_text(encoding="utf-8").splitlines()[0])
    assert header["models"]["osnet"]
    assert header["engines"]["osnet"]["device"] == "CPU"


def test_a_picture_without_two_people_gives_no_distances(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "black.png"
    cv2.imwrite(str(picture), np.zeros((64, 64, 3), np.uint8))
    assert main(["weights", "add", str(stripes_graph(tmp_path / "x.onnx")), "--picture", str(picture)]) == 0
    assert "fewer than two persons, so it was only run; try a --picture with several people" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--reid", "movenet-thunder"), "model movenet-thunder: expected one for task reid, but its entry says pose"),
        (("--reid", "nowhere.onnx"), "nowhere.onnx: expected a file of weights, found none"),
        (("--reid", "osnet"), "unknown model 'osnet'"),
        (("--reid", "x.onnx", "--track.remember-s", "0"), "reid: expected remember_s above 0"),
        (("--track.max-reid-distance", "3"), "max_reid_distance: expected a value from 0 to 2"),
    ],
)
def test_a_wrong_name_or_value_is_an_error(
    words: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["live", "demo", "--headless", *words]) != 0
    assert expected in capsys.readouterr().err


def test_a_file_of_another_task_or_shape_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pose = constant_graph(
        tmp_path / "pose.onnx", {"x": ["N", 3, 64, 48]}, {"heatmap": np.ones((1, 17, 16, 12), np.float32)}
    )
    assert main(["weights", "add", str(pose)]) == 0
    own = reid_file(tmp_path)
    stripes_graph(own, wh=(64, 128))  # not the size of the entry
    capsys.readouterr()
    assert main(["live", "demo", "--headless", "--reid", str(pose)]) == 2
    assert "expected one for task reid, but its entry says pose" in capsys.readouterr().err
    assert main(["live", "demo", "--headless", "--reid", str(own)]) == 1
    assert "model reid, input input: expected shape (None, 3, 256, 128)" in capsys.readouterr().err
    assert main(["live", "demo", "--headless", "--pose", str(own)]) == 2
    assert "expected one for task pose, but its entry says reid" in capsys.readouterr().err


def test_boxes_without_images_have_no_use_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["eval", "tracker", "--gt", str(tmp_path), "--detections", str(tmp_path)]
    assert main([*words, "--reid", "x.onnx"]) == 2
    assert "eval tracker: expected no --reid, because boxes have no images" in capsys.readouterr().err
    file = tmp_path / "settings.toml"
    file.write_text('[track]\nreid = "x.onnx"\n', encoding="utf-8")  # for other commands
    assert main([*words, "--config", str(file)]) != 0
    assert "reid" not in capsys.readouterr().err


def test_a_file_of_settings_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own, file = reid_file(tmp_path), tmp_path / "settings.toml"
    file.write_text(f'[track]\nreid = "{own.as_posix()}"\n', encoding="utf-8")
    assert load(file).track.reid == own.as_posix()
    assert main(["live", "--config", str(file), "--show-config"]) == 0
    assert "reid.onnx" in capsys.readouterr().out


def test_python_takes_it(tmp_path: Path) -> None:
    own = str(reid_file(tmp_path))
    seen = [len(people) for people in rp.track("demo", pose="movenet-lightning", reid=own, end_s=0.3)]
    assert max(seen) >= 2
    with pytest.raises(ConfigError, match="unknown choice reid"):
        rp.Pose(reid=own)  # type: ignore[call-arg] # the mistake that is tested


def test_the_doctor_says_what_runs_it(tmp_path: Path) -> None:
    assert not list(check_reid(Config()))
    (finding,) = check_reid(Config(track=TrackConfig(reid=str(reid_file(tmp_path)))))
    assert finding.text.startswith("reid runs on CPU, ")
