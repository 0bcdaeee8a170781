"""`eval coco --ablation`: which rows there are, what each of them scores, its files, and bad input."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.commands import ablation
from realtime_pose.commands.ablation import EVERYTHING, TRUE_BOXES, WITHOUT_NMS, WITHOUT_PGPG, WITHOUT_SSTN, Ablation
from realtime_pose.config import Config
from realtime_pose.evaluate.coco import CocoScores
from realtime_pose.pipeline.networks import Detections, NetworkInfo
from realtime_pose.pose import simcc
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import COCO17, Skeleton
from tests.support.models.graphs import constant_graph, one_stage_file
from tests.support.people.stick_figure import STANDING

pytestmark = [pytest.mark.slow]

F32 = np.float32
CROP_WH = (48, 64)
PERSON = (10.0, 10.0, 34.0, 42.0)  # left, top, right, bottom in an image of 64 x 64


def write_pose_network(path: Path, xy: NDArray[np.float32]) -> str:
    """A network that finds these keypoints (17, 2) in every crop."""
    x, y = simcc.encode(xy[None], CROP_WH)
    inputs = {"x": ("N", 3, CROP_WH[1], CROP_WH[0])}
    constant_graph(path, inputs, {"simcc_x": x * 0.8, "simcc_y": y * 0.8}, fails_on_black=True)
    path.with_suffix(".toml").write_text(
        'task = "pose"\nfamily = "simcc"\nskeleton = "coco17"\n'
        f'[input]\nname = "x"\nwh = {list(CROP_WH)}\nfit = "crop"\npadding = 1.0\n',
        encoding="utf-8",
    )
    return str(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images of one person whom a detector finds too far right, and a network that is right in the true box."""
    for name in ("1.png", "2.png"):
        cv2.imwrite(str(tmp_path / name), np.full((64, 64, 3), 99, np.uint8))
    crop_xy = (STANDING * 50 + (0, 5)).astype(F32)
    scale = CROP_WH[0] / (PERSON[2] - PERSON[0])
    true_xy = (crop_xy + 0.5) / scale - 0.5 + (PERSON[0] + 0.5, PERSON[1] + 0.5)  # both have the same aspect
    person = {
        "category_id": 1,
        "bbox": [PERSON[0] + 0.5, PERSON[1] + 0.5, PERSON[2] - PERSON[0], PERSON[3] - PERSON[1]],
        "area": 600.0,
        "iscrowd": 0,
        "num_keypoints": 17,
        "keypoints": np.c_[true_xy, np.full(17, 2)].ravel().tolist(),
    }
    truth = {
        "images": [{"id": number, "file_name": f"{number}.png"} for number in (1, 2)],
        "annotations": [{**person, "id": number, "image_id": number} for number in (1, 2)],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO17.keypoints)}],
    }
    (tmp_path / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    found = np.array(PERSON) + 0.5 + (2, 0, 2, 0)
    constant_graph(tmp_path / "d.onnx", {"x": ("N", 3, 64, 64)}, {"dets": np.array([[[*found, 0.9]]], F32)})
    (tmp_path / "d.toml").write_text(
        'task = "detector"\nfamily = "dets"\n[input]\nname = "x"\nwh = [64, 64]\nfit = "stretch"\n', encoding="utf-8"
    )
    write_pose_network(tmp_path / "good.onnx", crop_xy)
    write_pose_network(tmp_path / "bad.onnx", crop_xy[::-1].copy())
    return tmp_path


def run(folder: Path, *more: str) -> int:
    files = ["--annotations", str(folder / "truth.json"), "--images", str(folder), "--out", str(folder / "r.json")]
    networks = ["--detector", str(folder / "d.onnx"), "--pose", str(folder / "good.onnx"), "--device", "cpu"]
    return main(["eval", "coco", *files, *networks, *more])


def table(folder: Path) -> dict[str, Any]:
    content = json.loads((folder / "r_ablation.json").read_text(encoding="utf-8"))
    return {row.pop("name"): row for row in content["rows"]}


def test_each_part_has_a_row(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--ablation", "--without-pgpg", str(folder / "bad.onnx")) == 0
    rows = table(folder)
    assert list(rows) == [EVERYTHING, WITHOUT_PGPG, WITHOUT_NMS, TRUE_BOXES]
    assert rows[TRUE_BOXES]["ap"] == pytest.approx(1)
    assert rows[WITHOUT_PGPG]["ap"] == 0
    assert rows[WITHOUT_NMS]["ap"] == rows[EVERYTHING]["ap"] < 1
    assert rows[EVERYTHING]["ap_large"] is None
    printed = capsys.readouterr().out
    keypoints = re.search(r"^keypoints +([\d.]+)", printed, re.MULTILINE)
    assert keypoints is not None
    assert f"| {EVERYTHING} | {keypoints[1]} |" in printed
    assert re.search(r"\| true boxes \(upper bound\) \| 100\.0 .* \| \+\d+\.\d \|", printed)
    text = (folder / "r_ablation.md").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "d.onnx + good.onnx; 2 images, 2 persons with keypoints"
    assert "\n".join(text.splitlines()[2:]) in printed
    assert len(json.loads((folder / "r.json").read_text(encoding="utf-8"))) == 2


def test_a_network_without_sstn(folder: Path) -> None:
    assert run(folder, "--ablation", "--without-sstn", str(folder / "bad.onnx")) == 0
    assert list(table(folder)) == [EVERYTHING, WITHOUT_SSTN, WITHOUT_NMS, TRUE_BOXES]
    assert table(folder)[WITHOUT_SSTN]["ap"] == 0


def test_a_localisation_network_is_left_out_in_its_row(folder: Path) -> None:
    """One that moves the crops half a person to the right."""
    theta = np.array([[[1, 0, 0.5], [0, 1, 0]]], F32)
    path = constant_graph(folder / "sstn.onnx", {"crops": ("N", 3, 64, 64)}, {"theta": theta})
    path.with_suffix(".toml").write_text(
        'task = "localisation"\nfamily = "theta"\n'
        '[input]\nname = "crops"\nwh = [64, 64]\nfit = "stretch"\npadding = 1.6\n',
        encoding="utf-8",
    )
    assert run(folder, "--ablation", "--sstn", str(path)) == 0
    rows = table(folder)
    assert list(rows) == [EVERYTHING, WITHOUT_SSTN, WITHOUT_NMS, TRUE_BOXES]
    assert rows[WITHOUT_SSTN]["ap"] > rows[EVERYTHING]["ap"]
    assert rows[TRUE_BOXES]["ap"] < 1


def test_without_a_checkpoint_there_is_no_such_row(folder: Path) -> None:
    assert run(folder, "--ablation") == 0
    assert list(table(folder)) == [EVERYTHING, WITHOUT_NMS, TRUE_BOXES]
    assert json.loads((folder / "r_ablation.json").read_text(encoding="utf-8"))["pose_without_pgpg"] is None


def test_a_network_that_finds_boxes_and_poses_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(one_stage_file(folder))
    assert run(folder, "--ablation", "--detector", path) == 0
    assert list(table(folder)) == [EVERYTHING, WITHOUT_NMS]
    assert run(folder, "--ablation", "--detector", path, "--without-pgpg", str(folder / "bad.onnx")) == 2
    assert "expected a pose estimator to compare with, but one finds boxes and poses at once" in capsys.readouterr().err


def test_an_image_without_numbers_is_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(folder / "1.png"), np.zeros((64, 64, 3), np.uint8))
    assert run(folder, "--ablation") == 0
    assert capsys.readouterr().out.count("1 image left out, because a network gave no numbers") == 2
    assert table(folder)[TRUE_BOXES]["ar"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--ablation", "--boxes", "truth"], "ablation: expected detected boxes"),
        (["--without-pgpg", "movenet-thunder"], "without-sstn and without-pgpg: expected --ablation too"),
        (["--ablation", "--without-sstn", "none-such"], "unknown model 'none-such'"),
        (["--ablation", "--without-pgpg", "none-such"], "unknown model 'none-such'"),
    ],
)
def test_bad_input(folder: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str) -> None:
    assert run(folder, *more) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not list(folder.glob("r*.json"))


def test_the_annotations_are_never_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "r_ablation.json").hardlink_to(folder / "truth.json")
    assert run(folder, "--ablation") == 1
    assert "which is read; choose another name" in capsys.readouterr().err


class TwoDetections:
    """Networks that find one person twice."""

    skeleton: Skeleton = COCO17
    info = NetworkInfo()
    reid = None
    can_estimate_boxes = True

    def detect(self, frame: Frame, *, threshold: float) -> Detections:
        boxes = np.array([PERSON, PERSON], F32) + np.array([[0], [0.2]], F32)
        return Detections(Boxes(boxes, np.array([0.9, 0.8], F32)), Poses.empty(COCO17))

    def pose(self, frame: Frame, detections: Detections) -> Poses:
        return self.estimate(frame, detections.boxes)

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        xy = (STANDING * 30 + boxes.xyxy[:, None, :2]).astype(F32)
        return Poses(xy, np.full(xy.shape[:2], 0.9, F32), boxes, COCO17)


def test_pose_nms_is_left_out_in_its_row_only() -> None:
    compared = Ablation(Config(), TwoDetections(), {WITHOUT_PGPG: TwoDetections()})
    frame = Frame(np.zeros((64, 64, 3), np.uint8), 0, 0.0, 0.0, "")
    found = compared.poses(frame, Boxes(np.array([PERSON], F32), np.ones(1, F32)))
    assert {name: len(poses) for name, poses in found.items()} == {WITHOUT_PGPG: 1, WITHOUT_NMS: 2, TRUE_BOXES: 1}


def test_the_table() -> None:
    scores = {
        EVERYTHING: CocoScores(0.5, 0.8, 0.6, -1, 0.7, 0.9),
        WITHOUT_NMS: CocoScores(0.451, 0.8, 0.6, -1, 0.7, 0.9),
    }
    text = ablation.format_markdown(scores, caption="keypoints")
    assert text.splitlines() == [
        "| keypoints | AP | AP50 | AP75 | APM | APL | AR | change of AP |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        "| all | 50.0 | 80.0 | 60.0 | - | 70.0 | 90.0 |  |",
        "| without pose NMS | 45.1 | 80.0 | 60.0 | - | 70.0 | 90.0 | -4.9 |",
    ]
