"""A user's own keypoints: names, limbs and pairs from a TOML file, into the entry, and to the end of a run."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.support import clips
from realtime_pose.cli import main
from realtime_pose.errors import ConfigError
from realtime_pose.models.manifest import load_manifest
from realtime_pose.models.topology import load_topology
from realtime_pose.skeletons import generic_skeleton, skeleton_named
from tests.support.models.graphs import constant_graph

pytestmark = [pytest.mark.slow]

DOG = """
name = "dog"
keypoints = ["nose", "left_ear", "right_ear"]
limbs = [["nose", "left_ear"], ["right_ear", "nose"]]
pairs = [["left_ear", "right_ear"]]
"""
XY = np.array([[10, 20], [30, 40], [50, 60]], np.float32)  # in pixels of a network's input of 64 x 64
SCORES = np.array([0.5, 0.6, 0.7], np.float32)


def one_stage(path: Path, *, classes: int = 1, has_scores: bool = True, metadata: dict[str, str] | None = None) -> Path:
    """A YOLO-pose graph that finds one person, of the last class, with three keypoints."""
    points = np.column_stack((XY, SCORES)) if has_scores else XY
    head: NDArray[np.float32] = np.zeros((1, 4 + classes + points.size, 84), np.float32)
    head[0, :, 5] = [32, 32, 40, 50, *[0.1] * (classes - 1), 0.9, *points.ravel()]
    return constant_graph(path, {"images": [1, 3, 64, 64]}, {"output0": head}, metadata=metadata)


def first_person(file: Path, flag: str, folder: Path) -> tuple[dict[str, object], list[list[float]]]:
    """The skeleton of the results, and the keypoints of the first person, of a run on a picture of 64 x 64."""
    video, poses = clips.video(folder / "v.mp4", count=2, wh=(64, 64)), folder / "p.jsonl"
    flags = ["--headless", "--track.confirm-hits", "1", "--save-poses", str(poses), "--record", str(folder / "o.mp4")]
    assert main(["live", str(video), flag, str(file), *flags]) == 0
    header, line, *_ = map(json.loads, poses.read_text(encoding="utf-8").splitlines())
    return header["skeleton"], line["people"][0]["keypoints"]


@pytest.mark.parametrize(
    ("classes", "has_scores", "metadata"),
    [
        pytest.param(1, True, {"kpt_shape": "[3, 3]"}, id="usual"),
        pytest.param(1, False, {"kpt_shape": "[3, 2]"}, id="without scores"),
        pytest.param(3, True, {"kpt_shape": "[3, 3]", "names": "{0: 'cat', 1: 'dog', 2: 'person'}"}, id="classes"),
    ],
)
def test_a_one_stage_network_of_three_keypoints(
    classes: int,
    metadata: dict[str, str],
    *,
    has_scores: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = one_stage(tmp_path / "three.onnx", classes=classes, has_scores=has_scores, metadata=metadata)
    assert main(["weights", "add", str(file)]) == 0
    assert "pose-detector, family yolo-pose, input (64, 64), 3 keypoints (generic3)" in capsys.readouterr().out
    skeleton, keypoints = first_person(file, "--detector", tmp_path)
    assert skeleton == {"name": "generic3", "keypoints": ["kp0", "kp1", "kp2"], "limbs": []}
    assert np.allclose(keypoints, np.column_stack((XY - 0.5, SCORES if has_scores else [0.9] * 3)), atol=0.02)


def test_the_user_names_the_keypoints(tmp_path: Path) -> None:
    """Also where nothing but their number tells that a graph has keypoints: 14 rows could be 10 classes."""
    file, skeleton_file = one_stage(tmp_path / "three.onnx"), tmp_path / "dog.toml"
    skeleton_file.write_text(DOG, encoding="utf-8-sig")  # some editors write a byte order mark
    assert main(["weights", "add", str(file), "--skeleton", str(skeleton_file)]) == 0
    skeleton_file.unlink()  # the entry holds it
    found = load_manifest().find(str(file), task="detector").pose_skeleton
    assert (found.limbs, found.pairs, found.sigmas) == (((0, 1), (2, 0)), ((1, 2),), generic_skeleton(3).sigmas)
    skeleton, keypoints = first_person(file, "--detector", tmp_path)
    assert skeleton == {"name": "dog", "keypoints": ["nose", "left_ear", "right_ear"], "limbs": [[0, 1], [2, 0]]}
    assert np.allclose(keypoints, np.column_stack((XY - 0.5, SCORES)), atol=0.02)


def test_heatmaps_of_a_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maps = np.zeros((1, 21, 16, 12), np.float32)
    maps[0, np.arange(21), 4, 6] = 0.8
    file = constant_graph(
        tmp_path / "hand.onnx", {"x": [1, 3, 64, 48]}, {"maps": maps}, metadata={"kpt_shape": "[5, 3]", "task": "pose"}
    )
    assert main(["weights", "add", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "pose, family heatmap, input (48, 64), 21 keypoints (generic21)" in printed
    assert "so they were not compared" in printed
    assert main(["live", "demo", "--headless", "--max-frames", "2", "--pose", str(file)]) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("keypoints = [", "expected TOML"),
        ("keypoints = []", "expected keypoints with different names"),
        ('keypoints = ["a", "a"]', "expected keypoints with different names"),
        ('keypoints = ["a", "b"]\nlimbs = [["a", "c"]]', "limbs: expected names of keypoints, got 'c'"),
        ('keypoints = ["a", "b"]\nlimbs = [["a"]]', "expected 2 values"),
        ('keypoints = ["a", "b"]\nlimbs = [[0, 1]]', "expected str, got 0"),
        ('keypoints = ["a", "b"]\nlimb = []', "did you mean 'limbs'?"),
        ('keypoints = ["a", "b"]\nsigmas = [0.1]', "expected 2 sigmas"),
        ('keypoints = ["a", "b"]\nsigmas = [0.1, nan]', "expected 2 sigmas"),
        ('name = "coco17"\nkeypoints = ["a"]', "there is a skeleton coco17 already"),
        ('name = 3\nkeypoints = ["a"]', "name: expected text, got 3"),
        ("", "keypoints"),
    ],
)
def test_wrong_files_are_refused_with_their_name(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"s\.toml") as raised:
        load_topology(file)
    assert message in str(raised.value)


def test_a_skeleton_that_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    skeleton_file = tmp_path / "dog.toml"
    skeleton_file.write_text(DOG, encoding="utf-8")
    detector = constant_graph(tmp_path / "d.onnx", {"x": [1, 3, 64, 64]}, {"y": np.zeros((1, 84, 6), np.float32)})
    four = constant_graph(tmp_path / "f.onnx", {"x": [1, 3, 64, 48]}, {"y": np.zeros((1, 4, 16, 12), np.float32)})
    for file, message in (
        (detector, "its task is detector"),
        (four, "of the network, 4, got 3"),
        (tmp_path / "no.onnx", "none"),
    ):
        assert main(["weights", "add", str(file), "--skeleton", str(skeleton_file)]) != 0
        assert message in capsys.readouterr().err
        assert not file.with_suffix(".toml").exists()
    assert main(["weights", "add", str(detector), "--skeleton", str(tmp_path / "missing.toml")]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["generic", "generic0", "generic-1", "generic99999999", "generic²"])
def test_names_that_are_no_generic_skeleton(name: str) -> None:
    with pytest.raises(ConfigError, match="unknown skeleton"):
        skeleton_named(name)
    assert len(skeleton_named("generic21")) == 21
