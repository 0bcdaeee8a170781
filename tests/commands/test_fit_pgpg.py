"""The command ``fit pgpg``: from images and a detector to a generator and its report; bad input loses nothing."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.skeletons import COCO17
from realtime_pose.train import pgpg
from tests.support.models.graphs import constant_graph
from tests.support.people.stick_figure import STANDING

pytestmark = [pytest.mark.slow]

F32 = np.float32
FOUND = (20.0, 10.0, 60.0, 140.0)  # left, top, right, bottom of what the detector finds in every image


def annotate(number: int, *, num_images: int) -> dict[str, Any]:
    """A person whose true box is a little off the one that is found."""
    rng = np.random.default_rng(number)
    left, top, right, bottom = np.array(FOUND) + rng.normal(0, (2, 4, 2, 4))
    xy = (left, top) + STANDING * (right - left, bottom - top)
    return {
        "id": number,
        "image_id": 1 + number % num_images,
        "category_id": 1,
        "bbox": [left, top, right - left, bottom - top],
        "area": (right - left) * (bottom - top),
        "iscrowd": 0,
        "num_keypoints": 17,
        "keypoints": np.c_[xy, np.full(17, 2)].ravel().tolist(),
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 40 grey images of one person each, their annotations, and a detector."""
    folder = tmp_path_factory.mktemp("people")
    for number in range(1, 41):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((160, 80, 3), 99, np.uint8))
    truth = {
        "images": [{"id": number, "file_name": f"{number}.png"} for number in range(1, 41)],
        "annotations": [annotate(number, num_images=40) for number in range(1, 41)],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO17.keypoints)}],
    }
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    box = np.array(FOUND) * (64 / 80, 64 / 160, 64 / 80, 64 / 160)
    detector = constant_graph(
        folder / "d.onnx", {"x": ("N", 3, 64, 64)}, {"dets": np.array([[[*box, 0.9]]], F32)}, fails_on_black=True
    )
    detector.with_suffix(".toml").write_text(
        'task = "detector"\nfamily = "dets"\n[input]\nname = "x"\nwh = [64, 64]\nfit = "stretch"\n', encoding="utf-8"
    )
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "people")


def run(folder: Path, *more: str) -> int:
    files = ["--annotations", str(folder / "truth.json"), "--images", str(folder), "--out", str(folder / "pgpg.json")]
    return main(["fit", "pgpg", *files, "--detector", str(folder / "d.onnx"), "--device", "cpu", *more])


def change(folder: Path, how: Any) -> None:
    table = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    how(table)
    (folder / "truth.json").write_text(json.dumps(table), encoding="utf-8")


def test_a_generator_a_report_and_a_chart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--plot", str(folder / "boxes.png")) == 0
    captured = capsys.readouterr()
    assert "40 images, 40 persons with keypoints, 40 of them found by the detector" in captured.err
    assert "40 detections of held-out images" in captured.out
    for name in ("by atomic pose", "one for all poses", "as first released"):
        (row,) = re.findall(
            rf"{name} +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) +(-?[\d.]+)", captured.out
        )
        assert all(0 <= float(value) <= 1 for value in row[:-1])
    assert "boxes by atomic pose are nearer to the detector's than those of the release: 0." in captured.out
    generator = pgpg.read(folder / "pgpg.json")
    assert np.sqrt(np.diagonal(generator.parent.covariance[0])) == pytest.approx((0.05, 0.03, 0.05, 0.03), abs=0.02)
    origin = json.loads((folder / "pgpg.json").read_text(encoding="utf-8"))["origin"]
    assert origin.startswith("realtime-pose fit pgpg --annotations")
    assert "--detector-threshold 0.3" in origin
    image = cv2.imread(str(folder / "boxes.png"))
    assert image is not None
    assert image.shape[1] > 1000


def test_missing_images_are_left_out_and_one_without_numbers_counts_as_one_without_detections(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same command again gives the same file."""
    cv2.imwrite(str(folder / "3.png"), np.zeros((160, 80, 3), np.uint8))
    (folder / "7.png").unlink()
    assert run(folder) == 0
    error = capsys.readouterr().err
    assert "1 image left out, because a network gave no numbers" in error
    assert "left out, images that are missing: 1 (" in error
    assert "39 images, 39 persons with keypoints, 38 of them found by the detector" in error
    first = (folder / "pgpg.json").read_bytes()
    assert run(folder, "--overwrite") == 0
    assert (folder / "pgpg.json").read_bytes() == first


def test_two_files_are_one_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has so high a score: the fit itself is left out."""
    truth, images = str(folder / "truth.json"), str(folder)
    files = ("--annotations", truth, truth, "--images", images, str(folder.parent))
    assert run(folder, *files, "--detector-threshold", "0.95") == 1
    assert "40 images, 40 persons" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        pytest.param(["--annotations"], 2, "expected --annotations FILE", id="no file"),
        pytest.param(["--images", "a", "b"], 2, "got 1 file and 2 folders", id="folders"),
        pytest.param(["--images", "/nowhere"], 1, "expected the folder of the images of truth.json", id="no folder"),
        pytest.param(
            ["--out", "/nowhere/x.json"], 1, "the folder /nowhere does not exist", id="no folder for the file"
        ),
        pytest.param(["--plot", "/nowhere/x.png"], 1, "the folder /nowhere does not exist", id="none for the chart"),
        pytest.param(["--detector", "none-such"], 2, "unknown model 'none-such'", id="no detector"),
        pytest.param(["--detector-threshold", "0.95"], 1, "expected at least 30 persons .* got 0", id="nobody found"),
        pytest.param(["--pose", "movenet-thunder"], 2, "misplaced options: --pose", id="no pose estimator"),
    ],
)
def test_bad_input(folder: Path, capsys: pytest.CaptureFixture[str], more: list[str], code: int, message: str) -> None:
    assert run(folder, *more) == code
    assert re.search(message, " ".join(capsys.readouterr().err.split()))
    assert not (folder / "pgpg.json").exists()


def keep_few(table: dict[str, Any]) -> None:
    del table["annotations"][20:]


def keep_one_image(table: dict[str, Any]) -> None:
    for each in table["annotations"]:
        each["image_id"] = 1


def without_torsos(table: dict[str, Any]) -> None:
    for each in table["annotations"]:
        each["keypoints"][3 * 11 + 2] = 0


def of_something_else(table: dict[str, Any]) -> None:
    table["categories"][0]["keypoints"] = ["left_paw", "right_paw", "tail"]
    for each in table["annotations"]:
        each.update(keypoints=each["keypoints"][:9], num_keypoints=3)


def without_keypoints(table: dict[str, Any]) -> None:
    for each in table["annotations"]:
        each.update(keypoints=[0] * 51, num_keypoints=0)


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        (keep_few, 1, "expected at least 30 persons whom the detector finds .* got 20; take more images"),
        (keep_one_image, 1, "expected at least 30 persons .* got 1;"),
        (without_torsos, 1, "labelled shoulders and hips"),
        (of_something_else, 2, "expected shoulders and hips, by which poses are aligned"),
        (without_keypoints, 1, "expected persons with keypoints and boxes"),
        (lambda table: table.pop("images"), 1, "a list of images"),
    ],
)
def test_annotations_that_cannot_be_fitted(
    folder: Path, capsys: pytest.CaptureFixture[str], how: Any, code: int, message: str
) -> None:
    change(folder, how)
    assert run(folder) == code
    assert re.search(message, " ".join(capsys.readouterr().err.split()))
    assert not (folder / "pgpg.json").exists()


def test_nothing_is_overwritten_unasked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pgpg.json").write_text("mine", encoding="utf-8")
    assert run(folder) == 1
    assert "this file exists; choose another name, or replace it with --overwrite" in capsys.readouterr().err
    assert (folder / "pgpg.json").read_text(encoding="utf-8") == "mine"
    before = (folder / "truth.json").read_bytes()
    assert run(folder, "--out", str(folder / "truth.json"), "--overwrite") == 1
    assert "which is read; choose another name" in capsys.readouterr().err
    assert (folder / "truth.json").read_bytes() == before
    assert run(folder, "--plot", str(folder / "pgpg.json"), "--overwrite") == 1
    assert "are the same file" in capsys.readouterr().err


def test_a_picture_that_cannot_be_decoded_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "5.png").write_bytes(b"no picture")
    assert run(folder) == 1
    assert "5.png" in capsys.readouterr().err
    assert not (folder / "pgpg.json").exists()


def test_boxes_by_pose_are_nearer_on_real_images(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shipped detector on the first 40 photographs, on those that the fit has not seen."""
    data = shared_data / "data" / "coco_train_extra"
    truth = json.loads((data / "person_keypoints_train2017_subset.json").read_text(encoding="utf-8"))
    images = truth["images"][:40]
    image_ids = {image["id"] for image in images}
    people = [person for person in truth["annotations"] if person["image_id"] in image_ids]
    (tmp_path / "truth.json").write_text(json.dumps({**truth, "images": images, "annotations": people}))
    files = ["--annotations", str(tmp_path / "truth.json"), "--images", str(data / "images")]
    assert main(["fit", "pgpg", *files, "--device", "cpu", "--out", str(tmp_path / "pgpg.json")]) == 0
    assert "boxes by atomic pose are nearer to the detector's" in capsys.readouterr().out
