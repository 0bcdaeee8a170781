"""The command ``weights quantize``: files, record, measured loss, and wrong arguments."""

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.support import clips
from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.config import DeviceConfig
from realtime_pose.models import load as load_module
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import load_manifest
from tests.support.models.graphs import convolution_graph

pytestmark = [pytest.mark.slow]

ENTRY = """
task = "pose"
family = "heatmap"
skeleton = "coco17"
[input]
name = "x"
wh = [64, 64]
std = [255, 255, 255]
fit = "crop"
"""


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A user's pose network with its entry."""
    path = convolution_graph(tmp_path / "m.onnx")
    path.with_suffix(".toml").write_text(ENTRY, encoding="utf-8")
    return path


@pytest.fixture
def clip(tmp_path: Path, demo_clip: Path) -> Path:
    return clips.shorten(demo_clip, tmp_path / "clip.mp4", count=6)


def load_precision(network: Path, precision: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The precision in which the network then runs."""
    monkeypatch.setattr(load_module, "has_int8_instructions", lambda: True)
    monkeypatch.setattr(load_module, "has_cuda_driver", lambda: False)
    spec = load_manifest().find(str(network), task="pose")
    config = DeviceConfig(engine="openvino", precision=precision)
    return load_network(spec, config).engine.precision


def annotate(folder: Path, image: np.ndarray[Any, np.dtype[np.uint8]]) -> tuple[Path, Path]:
    """One image with one annotated person: the annotation file and the folder of the image."""
    (folder / "images").mkdir()
    cv2.imwrite(str(folder / "images" / "1.png"), image)
    person = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": [100, 100, 400, 900], "area": 360000}
    keypoints = [value for number in range(17) for value in (200 + 9 * number, 200 + 40 * number, 2)]
    truth = {
        "images": [{"id": 1, "file_name": "1.png", "width": image.shape[1], "height": image.shape[0]}],
        "annotations": [person | {"keypoints": keypoints, "num_keypoints": 17}],
        "categories": [{"id": 1, "name": "person"}],
    }
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    return folder / "truth.json", folder / "images"


def test_without_annotations_the_file_runs_only_if_int8_is_asked_for(
    network: Path, clip: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["weights", "quantize", str(network), "--video", str(clip)]) == 0
    printed = capsys.readouterr().out
    assert "agreement with float32" in printed
    assert "AP was not measured" in printed
    assert "━" not in printed
    record = tomllib.loads(network.with_suffix(".int8.toml").read_text(encoding="utf-8"))
    assert (record["file"], "ap_loss" in record) == ("m_int8.onnx", False)
    assert load_precision(network, "int8", monkeypatch) == "int8"
    assert load_precision(network, "int8,f32", monkeypatch) == "f32"


def test_with_annotations_the_loss_is_measured(
    network: Path,
    clip: Path,
    tmp_path: Path,
    demo_frame: np.ndarray[Any, np.dtype[np.uint8]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    truth, images = annotate(tmp_path, demo_frame)
    flags = ["--annotations", str(truth), "--annotated-images", str(images)]
    assert main(["weights", "quantize", str(network), "--video", str(clip), *flags]) == 0
    record = tomllib.loads(network.with_suffix(".int8.toml").read_text(encoding="utf-8"))
    assert (record["ap_loss"], record["measured_on"]) == (0.0, "truth.json")  # both find nothing: random weights
    assert load_precision(network, "int8,f32", monkeypatch) == "int8"


def test_a_detector_by_its_file(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The default detector, as a user's own file: most of its layers can be int8, and it still finds the people."""
    spec = load_manifest().models["nanodet-g"]
    own = tmp_path / "own.onnx"
    own.write_bytes((Path(__file__).resolve().parents[2] / "weights" / spec.file).read_bytes())
    entry = 'task = "detector"\nfamily = "nanodet"\n[input]\nname = "image"\nwh = [416, 416]\nmultiple_px = 32\n'
    normalised = 'colour = "BGR"\nmean = [103.53, 116.28, 123.675]\nstd = [57.375, 57.12, 58.395]\n'
    own.with_suffix(".toml").write_text(entry + normalised, encoding="utf-8")
    assert main(["weights", "quantize", str(own), "--video", str(clip)]) == 0
    printed = capsys.readouterr().out
    agreement = float(printed.partition("held out: ")[2].partition(" of 1")[0])
    assert 0.7 < agreement <= 1.05, printed
    assert (tmp_path / "own_int8.onnx").stat().st_size < 0.6 * own.stat().st_size


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        pytest.param([], "expected either --images DIR or --video FILE", id="no source"),
        pytest.param(["--images", ".", "--video", "a.mp4"], "expected either --images DIR or --video FILE", id="two"),
        pytest.param(["--video", "nowhere.mp4"], "nowhere.mp4", id="no such video"),
        pytest.param(
            ["--video", "a.mp4", "--annotations", "t.json"], "expected --annotated-images DIR", id="no folder"
        ),
    ],
)
def test_wrong_arguments(network: Path, capsys: pytest.CaptureFixture[str], flags: list[str], message: str) -> None:
    assert main(["weights", "quantize", str(network), *flags]) in (1, 2)
    assert message in capsys.readouterr().err
    assert not network.with_suffix(".int8.toml").exists()


def test_images_without_people_cannot_calibrate_a_pose_estimator(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "grey").mkdir()
    cv2.imwrite(str(tmp_path / "grey" / "1.png"), np.full((64, 64, 3), 128, np.uint8))
    assert main(["weights", "quantize", str(network), "--images", str(tmp_path / "grey")]) == 2
    assert "expected people for the calibration of a pose estimator, found none" in capsys.readouterr().err


def test_an_unknown_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "quantize", "nanodet", "--images", "."]) == 2
    assert "did you mean nanodet-g" in capsys.readouterr().err
