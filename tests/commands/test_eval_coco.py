"""The command ``eval coco`` on real images with the real networks, and its messages for bad input."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.support.needs import open_terminal
from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.commands.eval_coco import CocoArguments
from realtime_pose.config import LOW_SCORE, load
from realtime_pose.evaluate.coco import import_scorer
from realtime_pose.pose import simcc
from realtime_pose.skeletons import BLAZEPOSE33, COCO17, HALPE26, MPII16, WHOLEBODY133, Skeleton
from tests.support.forked_program import ForkedProgram
from tests.support.models.graphs import constant_graph, one_stage_file

pytestmark = [pytest.mark.process]

CROP_WH = (48, 64)


@pytest.fixture
def one_image(tmp_path: Path, demo_frame: NDArray[np.uint8]) -> Path:
    """A folder with the first frame of the demo clip, annotated with the box of one person and arbitrary keypoints."""
    cv2.imwrite(str(tmp_path / "1.jpg"), demo_frame)
    person = {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "bbox": [488, 786, 477, 955],
        "area": 300000.0,
        "iscrowd": 0,
        "num_keypoints": 17,
        "keypoints": [700, 1200, 2] * 17,
    }
    table = {
        "images": [{"id": 1, "file_name": "1.jpg", "width": 1088, "height": 1920}],
        "annotations": [person],
        "categories": [{"id": 1, "name": "person", "keypoints": [str(k) for k in range(17)], "skeleton": []}],
    }
    (tmp_path / "truth.json").write_text(json.dumps(table), encoding="utf-8")
    return tmp_path


def evaluate(folder: Path, *more: str) -> int:
    common = ["--annotations", str(folder / "truth.json"), "--images", str(folder), "--out", str(folder / "r.json")]
    return main(["eval", "coco", *common, "--pose", "movenet-lightning", "--max-persons", "10", *more])


def results(folder: Path) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads((folder / "r.json").read_text(encoding="utf-8"))
    return read


def test_scores_and_a_results_file(one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(one_image) == 0
    printed = capsys.readouterr().out
    for word in ("AP50", "APL", "keypoints", "boxes", "1 image, 1 person with", "ms per image"):
        assert word in printed
    people = results(one_image)
    assert len(people) >= 3
    assert {len(person["keypoints"]) for person in people} == {51}
    read = import_scorer("pycocotools.coco").COCO(str(one_image / "truth.json")).loadRes(str(one_image / "r.json"))
    assert len(read.getAnnIds()) == len(people)


def run_in_terminal(folder: Path, *words: str) -> tuple[str, str]:
    """What a command prints to stdout, and to a real terminal as stderr."""
    master, terminal = open_terminal()
    shown = b""
    with ForkedProgram(*words, cwd=folder, stdout=subprocess.PIPE, stderr=terminal) as process:
        os.close(terminal)
        with contextlib.suppress(OSError):  # the end of the terminal: its last writer is gone
            while more := os.read(master, 4096):
                shown += more
        printed = process.communicate(timeout=60)[0]
    os.close(master)
    assert process.returncode == 0
    return printed, shown.decode()


def test_a_progress_bar_in_a_terminal_only(one_image: Path, capfd: pytest.CaptureFixture[str]) -> None:
    flags = ["--annotations", "truth.json", "--images", ".", "--pose", "movenet-lightning", "--max-persons", "10"]
    printed, shown = run_in_terminal(one_image, "eval", "coco", *flags)
    assert "AP50" in printed
    assert "━" in shown
    assert "100%" in shown
    assert evaluate(one_image) == 0
    assert capfd.readouterr().err.splitlines() == [f"written: {one_image / 'r.json'}"]


def test_true_boxes_give_one_pose_each(one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(one_image, "--boxes", "truth") == 0
    assert len(results(one_image)) == 1
    (box_row,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("boxes"))
    assert box_row.split()[1] == "100.0"


def test_plots_and_the_shares_of_errors(one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(one_image, "--boxes", "truth", "--plot", str(one_image / "plots")) == 0
    captured = capsys.readouterr()
    assert "labelled keypoints of" in captured.out
    assert "persons missed" in captured.out
    assert {path.name for path in (one_image / "plots").iterdir()} > {"curves.png", "errors.png", "worst.md"}
    assert "worst.md" in captured.err


def pose_model(folder: Path, skeleton: Skeleton, xy: NDArray[np.float32], *, fails_on_black: bool = False) -> str:
    """The path of a network that finds these keypoints (K, 2) in every crop."""
    x, y = simcc.encode(xy[None], CROP_WH)
    path = folder / f"{skeleton.name}.onnx"
    inputs = {"x": ("N", 3, CROP_WH[1], CROP_WH[0])}
    constant_graph(path, inputs, {"simcc_x": x * 0.8, "simcc_y": y * 0.8}, fails_on_black=fails_on_black)
    path.with_suffix(".toml").write_text(
        f'task = "pose"\nfamily = "simcc"\nskeleton = "{skeleton.name}"\n'
        f'[input]\nname = "x"\nwh = {list(CROP_WH)}\nfit = "crop"\n'
    )
    return str(path)


@pytest.mark.parametrize("skeleton", [HALPE26, BLAZEPOSE33, WHOLEBODY133], ids=lambda skeleton: skeleton.name)
def test_other_skeletons_are_converted_to_the_one_that_coco_scores(one_image: Path, skeleton: Skeleton) -> None:
    rng = np.random.default_rng(len(skeleton))
    xy = rng.uniform(4, 40, (len(skeleton), 2)).round().astype(np.float32)
    found = []
    for model in (skeleton, COCO17):
        path = pose_model(one_image, model, xy[list(skeleton.indices_of(model))] if model is COCO17 else xy)
        assert evaluate(one_image, "--pose", path, "--boxes", "truth") == 0
        found.append(results(one_image)[0]["keypoints"])
    assert found[0] == pytest.approx(found[1])
    assert len(found[0]) == 51


def test_a_skeleton_without_coco_s_keypoints_is_refused(one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = pose_model(one_image, MPII16, np.full((16, 2), 20, np.float32))
    assert evaluate(one_image, "--pose", path) == 2
    assert "skeleton mpii16 cannot be read as coco17: it has no nose, left_eye" in capsys.readouterr().err
    assert not (one_image / "r.json").exists()


def box_model(folder: Path, *, fails_on_black: bool) -> str:
    """The path of a network that finds one person in the middle of every image."""
    path = constant_graph(
        folder / "boxes.onnx",
        {"x": ("N", 3, 64, 64)},
        {"dets": np.array([[[16, 16, 48, 48, 0.9]]], np.float32)},
        fails_on_black=fails_on_black,
    )
    entry = 'task = "detector"\nfamily = "dets"\n[input]\nname = "x"\nwh = [64, 64]\nfit = "stretch"\n'
    path.with_suffix(".toml").write_text(entry)
    return str(path)


class TestImagesWithoutNumbers:
    """One of two networks gives NaN for a black image."""

    @pytest.fixture(params=["detector", "pose"])
    def models(self, request: pytest.FixtureRequest, one_image: Path) -> list[str]:
        """The flags for both networks."""
        middle = np.full((17, 2), 24, np.float32)
        pose = pose_model(one_image, COCO17, middle, fails_on_black=request.param == "pose")
        return ["--detector", box_model(one_image, fails_on_black=request.param == "detector"), "--pose", pose]

    def test_an_image_is_left_out_and_its_persons_count_as_missed(
        self,
        one_image: Path,
        models: list[str],
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """The first of three images is black: only the others have results, and all persons count in the scores."""
        annotate_images(one_image, ["black.jpg", "1.jpg", "1.jpg"])
        assert evaluate(one_image, *models) == 0
        printed = capsys.readouterr().out
        assert "1 image left out, because a network gave no numbers" in printed
        assert "3 images, 3 persons with keypoints" in printed
        (warning,) = (record.getMessage() for record in caplog.records)
        assert "now black.jpg: model" in warning
        assert "expected numbers, got" in warning
        assert [person["image_id"] for person in results(one_image)] == [2, 3]

    def test_the_scores_count_missed_persons(self, one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """All true boxes are right, but one of three persons is in the image that was left out; the plots show it."""
        pose = pose_model(one_image, COCO17, np.full((17, 2), 24, np.float32), fails_on_black=True)
        annotate_images(one_image, ["1.jpg", "black.jpg", "1.jpg"])
        plots = one_image / "plots"
        assert evaluate(one_image, "--pose", pose, "--boxes", "truth", "--plot", str(plots)) == 0
        printed = capsys.readouterr().out
        (row,) = (line for line in printed.splitlines() if line.startswith("boxes"))
        assert row.split()[-1] == "66.7"
        assert "1 person missed" in printed
        assert "black.jpg" in (plots / "worst.md").read_text(encoding="utf-8")

    def test_without_any_image_left_there_is_no_result(
        self, one_image: Path, models: list[str], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        annotate_images(one_image, ["black.jpg"] * 12)
        assert evaluate(one_image, *models) == 1
        assert "got none for any image (12 images)" in capsys.readouterr().err
        assert len(caplog.records) == 10
        assert caplog.records[-1].getMessage().endswith("further ones are only counted")
        assert not (one_image / "r.json").exists()


def annotate_images(folder: Path, names: list[str]) -> None:
    """Replace the one image in the annotation file by these, with the same person in each."""
    cv2.imwrite(str(folder / "black.jpg"), np.zeros((1920, 1088, 3), np.uint8))
    path = folder / "truth.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    numbered = list(enumerate(names, start=1))
    table["images"] = [{**table["images"][0], "id": number, "file_name": name} for number, name in numbered]
    table["annotations"] = [{**table["annotations"][0], "id": number, "image_id": number} for number, _ in numbered]
    path.write_text(json.dumps(table), encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        pytest.param(["--boxes", "guessed"], 2, "expected detected, truth, got", id="boxes"),
        pytest.param(["--annotations", "nowhere.json"], 1, "nowhere.json: cannot be read", id="annotations"),
        pytest.param(["--images", "nowhere"], 1, "1 of 1 image cannot be found", id="images"),
        pytest.param(["--plot", __file__], 2, "expected a folder for the images", id="plots"),
        pytest.param(["--out", "nowhere/r.json"], 1, "cannot be written", id="results"),
    ],
)
def test_bad_input(
    one_image: Path, more: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(one_image, *more) == code
    assert message in capsys.readouterr().err


def test_results_that_cannot_be_written_fail_before_the_models_load(
    one_image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The model file is broken too. An existing results file stays until the end."""
    pose = pose_model(one_image, COCO17, np.full((17, 2), 20, np.float32))
    Path(pose).write_bytes(b"no network")
    assert evaluate(one_image, "--out", "nowhere/r.json", "--pose", pose) == 1
    assert "nowhere/r.json: the results cannot be written" in capsys.readouterr().err
    (one_image / "r.json").write_bytes(b"old")
    (one_image / "1.jpg").write_bytes(b"no picture")
    assert evaluate(one_image) == 1
    assert (one_image / "r.json").read_bytes() == b"old"


@pytest.mark.parametrize("link", [False, True])
def test_the_annotations_are_never_overwritten(
    one_image: Path, capsys: pytest.CaptureFixture[str], *, link: bool
) -> None:
    truth, out = one_image / "truth.json", one_image / ("link.json" if link else "truth.json")
    before = truth.read_bytes()
    if link:
        out.symlink_to(truth)
    assert evaluate(one_image, "--out", str(out)) == 1
    assert "which is read; choose another name" in capsys.readouterr().err
    assert truth.read_bytes() == before


def test_true_boxes_need_a_pose_estimator(one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = str(one_stage_file(one_image))
    assert evaluate(one_image, "--detector", network) == 0
    assert evaluate(one_image, "--detector", network, "--boxes", "truth") == 2
    assert "but one finds boxes and poses at once; use --boxes detected" in capsys.readouterr().err


def test_a_missing_scorer_fails_before_the_models_load(
    one_image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pose = pose_model(one_image, COCO17, np.full((17, 2), 20, np.float32))
    Path(pose).write_bytes(b"no network")
    monkeypatch.setitem(sys.modules, "pycocotools.cocoeval", None)
    assert evaluate(one_image, "--pose", pose) == 1
    assert "pip install 'realtime-pose[eval]'" in capsys.readouterr().err


def test_an_image_that_cannot_be_decoded_is_named(one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (one_image / "1.jpg").write_bytes(b"no picture")
    assert evaluate(one_image) == 1
    assert "1.jpg: expected an image" in capsys.readouterr().err


def test_both_paths_are_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "coco"]) == 2
    assert "--annotations" in capsys.readouterr().err


def test_low_scores_count_unless_the_file_has_another_threshold(tmp_path: Path) -> None:
    """A file from `fit nms` has only limits of pose NMS; the live threshold would drop nine tenths of the boxes."""
    path = tmp_path / "pose_nms.toml"
    path.write_text("[pose_nms]\neta = 0.8\n", encoding="utf-8")
    assert CocoArguments.from_config(load(path), path).detect.threshold == LOW_SCORE
    path.write_text("[detect]\nthreshold = 0.5\n", encoding="utf-8")
    assert CocoArguments.from_config(load(path), path).detect.threshold == 0.5
