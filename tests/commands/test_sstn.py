"""``--sstn``: a user's localisation network is added, checked, and corrects boxes in every command and in Python."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import realtime_pose
from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.config import load
from tests.support.models.graphs import constant_graph, one_stage_file
from tests.support.people.coco_tables import person, table, write_annotations

pytestmark = [pytest.mark.process]

F32 = np.float32
IDENTITY = [[1, 0, 0], [0, 1, 0]]
SHIFTED = [[0.6, 0, 0.4], [0, 0.8, -0.3]]  # most of the person is outside of the corrected box
NETWORKS = ("--pose", "movenet-lightning", "--device", "cpu", "--precision", "f32")


def theta_file(folder: Path, theta: object = IDENTITY, name: str = "mine.onnx") -> Path:
    """A network that gives this theta for all crops, without an entry."""
    value = np.array([theta], F32)
    return constant_graph(folder / name, {"crops": ("N", 3, 64, 64)}, {"theta": value})


def added(folder: Path, theta: object = IDENTITY, name: str = "mine.onnx") -> Path:
    path = theta_file(folder, theta, name)
    path.with_suffix(".toml").write_text(
        'task = "localisation"\nfamily = "theta"\n'
        '[input]\nname = "crops"\nwh = [64, 64]\nfit = "stretch"\npadding = 1.6\n'
    )
    return path


@pytest.fixture
def one_image(tmp_path: Path, demo_frame: NDArray[np.uint8]) -> Path:
    """A folder with the first frame of the demo clip, with the box of one person."""
    cv2.imwrite(str(tmp_path / "1.jpg"), demo_frame)
    content = table()
    content["images"] = content["images"][:1]
    content["annotations"] = [{**person(1, 1, 700), "bbox": [488, 786, 477, 955]}]
    write_annotations(tmp_path, content)
    return tmp_path


def keypoints(folder: Path, *more: str) -> NDArray[np.float64]:
    """Of the person in the true box, by ``eval coco``."""
    command = ["eval", "coco", "--annotations", str(folder / "truth.json"), "--images", str(folder), "--boxes", "truth"]
    assert main([*command, "--out", str(folder / "r.json"), *NETWORKS, *more]) == 0
    (found,) = json.loads((folder / "r.json").read_text(encoding="utf-8"))
    return np.array(found["keypoints"]).reshape(-1, 3)


class TestEveryCommand:
    def test_the_identity_changes_nothing(self, one_image: Path) -> None:
        assert np.allclose(keypoints(one_image), keypoints(one_image, "--sstn", str(added(one_image))), atol=0.1)

    def test_another_theta_changes_what_the_pose_estimator_sees(self, one_image: Path) -> None:
        plain = keypoints(one_image)
        moved = keypoints(one_image, "--sstn", str(added(one_image, SHIFTED)), "--pose-passes", "3")
        assert np.abs(moved[:, :2] - plain[:, :2]).max() > 50
        assert moved[:, 2].mean() < plain[:, 2].mean()

    def test_none_switches_it_off(self, one_image: Path) -> None:
        file = one_image / "c.toml"
        file.write_text(f'[pose]\nsstn = "{added(one_image, SHIFTED).as_posix()}"\n')
        assert load(file).pose.has_sstn
        plain, switched_off = keypoints(one_image), keypoints(one_image, "--config", str(file), "--sstn", "none")
        assert np.array_equal(plain, switched_off)
        assert not np.array_equal(plain, keypoints(one_image, "--config", str(file)))

    def test_a_file_of_poses_names_the_network(self, one_image: Path) -> None:
        lines = processed(one_image, "--sstn", str(added(one_image)))
        header = lines[0]
        assert {"nanodet-g", "movenet-lightning", "mine"} <= set(header["models"])
        assert header["engines"]["mine"]["device"] == "CPU"

    def test_a_one_stage_network_needs_none(self, one_image: Path) -> None:
        """It finds the poses itself; --sstn is not used then, as --pose is not."""
        lines = processed(one_image, "--sstn", str(added(one_image)), "--detector", str(one_stage_file(one_image)))
        assert set(lines[0]["models"]) == {"one"}

    def test_in_python(self, one_image: Path, demo_frame: NDArray[np.uint8]) -> None:
        plain, moved = (
            realtime_pose.Pose(pose="movenet-lightning", device="cpu", sstn=sstn)(demo_frame)
            for sstn in ("none", str(added(one_image, SHIFTED)))
        )
        assert len(plain) >= 3
        assert len(moved)
        assert not np.array_equal(plain.keypoints, moved.keypoints)


def processed(folder: Path, *more: str) -> list[dict[str, Any]]:
    """The lines of poses that ``live`` writes for the picture."""
    out = folder / "p.jsonl"
    command = ["live", str(folder / "1.jpg"), "--headless", "--save-poses", str(out), "--overwrite"]
    assert main([*command, *NETWORKS, *more]) == 0
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


class TestAdd:
    def test_an_entry_is_proposed_and_tried(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = theta_file(tmp_path)
        assert main(["weights", "add", str(file)]) == 0
        printed = capsys.readouterr().out
        assert "localisation, family theta, input (64, 64)" in printed
        assert "agreement with the default models 0.9" in printed or "agreement with the default models 1.0" in printed
        assert f"live --sstn {file}" in printed
        assert main(["weights", "verify", str(file)]) == 0

    def test_a_network_that_moves_good_boxes_agrees_less(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["weights", "add", str(theta_file(tmp_path, SHIFTED))]) == 0
        (agreement,) = [line for line in capsys.readouterr().out.splitlines() if "agreement" in line]
        assert float(agreement.split("models ")[-1].split()[0]) < 0.6

    def test_a_skeleton_is_refused(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        skeleton = tmp_path / "s.toml"
        skeleton.write_text('name = "dog"\nkeypoints = ["nose", "tail"]\n')
        assert main(["weights", "add", str(theta_file(tmp_path)), "--skeleton", str(skeleton)]) != 0
        assert "expected a pose network for this skeleton" in capsys.readouterr().err


class TestBadInput:
    @pytest.mark.parametrize(
        ("sstn", "message"),
        [
            ("movenet-thunder", "model movenet-thunder: expected one for task localisation, but its entry says pose"),
            ("nonsense", "unknown model 'nonsense'"),
            ("nowhere.onnx", "nowhere.onnx: expected a file of weights, found none"),
            ("", "sstn: expected the name or the file of a localisation network, or none"),
        ],
    )
    def test_no_localisation_network(
        self, sstn: str, message: str, one_image: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(one_image, "--sstn", sstn) != 0
        assert message in capsys.readouterr().err

    def test_it_is_no_pose_estimator(self, one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(one_image, "--pose", str(added(one_image))) != 0
        assert "expected one for task pose, but its entry says localisation" in capsys.readouterr().err

    def test_no_entry(self, one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(one_image, "--sstn", str(theta_file(one_image))) != 0
        assert "run: realtime-pose weights add" in capsys.readouterr().err

    def test_other_outputs(self, one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = added(one_image)
        constant_graph(path, {"crops": ("N", 3, 64, 64)}, {"theta": np.zeros((1, 6), F32)})
        assert run(one_image, "--sstn", str(path)) != 0
        assert "mine" in (message := capsys.readouterr().err)
        assert "theta" in message

    def test_another_size_of_the_input(self, one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = added(one_image)
        constant_graph(path, {"crops": ("N", 3, 32, 32)}, {"theta": np.array([IDENTITY], F32)})
        assert run(one_image, "--sstn", str(path)) != 0
        assert "input crops: expected shape (None, 3, 64, 64), got " in capsys.readouterr().err

    def test_a_map_beyond_the_limits_ends_the_run(self, one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(one_image, "--sstn", str(added(one_image, [[9, 0, 0], [0, 1, 0]]))) == 1
        assert "with scales from 0.5 to 1.5 and shifts up to 0.5, got [[9.0" in capsys.readouterr().err


def run(folder: Path, *more: str) -> int:
    out = ("--save-poses", str(folder / "p.jsonl"))
    return main(["live", str(folder / "1.jpg"), "--headless", *out, *NETWORKS, *more])
