"""`weights add`: families guessed from graphs, entries that run, and graphs of no known family."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.errors import ModelError
from realtime_pose.models.families import output_shapes
from realtime_pose.models.guess import EXPECTED, Graph, Shape, guess
from realtime_pose.models.manifest import load_manifest, weights_folder
from realtime_pose.models.onnx_backend import inspect
from tests import zoo
from tests.graphs import constant_graph

PICTURE: dict[str, Shape] = {"images": ("N", 3, 640, 640)}
CROP: dict[str, Shape] = {"input": ("N", 3, 256, 192)}


@pytest.mark.parametrize(
    ("inputs", "outputs", "family", "skeleton"),
    [
        pytest.param(PICTURE, {"output0": (1, 84, 8400)}, "yolo", None, id="yolov8"),
        pytest.param(PICTURE, {"output0": (1, 5, 8400)}, "yolo", None, id="yolov8, one class"),
        pytest.param(PICTURE, {"output0": (1, 56, 8400)}, "yolo-pose", "coco17", id="yolov8-pose"),
        pytest.param(PICTURE, {"output0": (1, 300, 6)}, "dets", None, id="yolo with NMS"),
        pytest.param(PICTURE, {"dets": ("N", "n", "d"), "labels": ("N", "n")}, "dets", None, id="NMS inside"),
        pytest.param(PICTURE, {"output": (1, 8400, 85)}, "yolox", None, id="yolox"),
        pytest.param(PICTURE, {"output": (1, 8400, 6)}, "yolox", None, id="yolox of persons only"),
        pytest.param(
            {**PICTURE, "orig_target_sizes": ("N", 2)},
            {"labels": ("N", 300), "boxes": ("N", 300, 4), "scores": ("N", 300)},
            "detr",
            None,
            id="detr",
        ),
        pytest.param(
            {"image": (1, 300, 300, 3)},
            {"labels": (1, "n"), "boxes": (1, "n", 4), "scores": (1, "n")},
            "ssd",
            None,
            id="ssd",
        ),
        pytest.param(CROP, {"simcc_x": ("N", 17, 384), "simcc_y": ("N", 17, 512)}, "simcc", "coco17", id="rtmpose"),
        pytest.param(
            CROP, {"b": ("N", 26, 512), "a": ("N", 26, 384)}, "simcc", "halpe26", id="halpe, other names and order"
        ),
        pytest.param(CROP, {"maps": ("N", 133, 64, 48)}, "heatmap", "wholebody133", id="whole body"),
        pytest.param(
            {"input": (1, "h", "w", 3)}, {"output_0": (1, 6, 56)}, "movenet-multipose", "coco17", id="multipose"
        ),
    ],
)
def test_families_are_told_by_shapes(
    inputs: dict[str, Shape], outputs: dict[str, Shape], family: str, skeleton: str | None
) -> None:
    entry = guess(Graph(inputs, outputs))
    assert (entry["family"], entry.get("skeleton")) == (family, skeleton)
    if family == "simcc":
        assert outputs[entry["outputs"][0]][2] == 384


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        pytest.param({"text": ("N", 77)}, {"embedding": ("N", 512)}, id="no picture"),
        pytest.param(CROP, {"logits": ("N", 1000)}, id="classes"),
        pytest.param(CROP, {"maps": ("N", 21, 64, 48)}, id="maps of no skeleton"),
        pytest.param(PICTURE, {"a": (1, 7, 8400), "b": (1, 8, 8400), "c": (1, 9, 8400)}, id="three tables"),
        pytest.param({}, {}, id="nothing"),
    ],
)
def test_an_unknown_graph_is_shown_with_what_families_expect(
    inputs: dict[str, Shape], outputs: dict[str, Shape]
) -> None:
    with pytest.raises(ModelError, match="no known family has inputs") as caught:
        guess(Graph(inputs, outputs))
    for name in (*inputs, *outputs, *EXPECTED):
        assert name in str(caught.value)


def test_every_known_family_says_what_it_expects() -> None:
    spec = load_manifest().models["movenet-lightning"]
    with pytest.raises(ValueError, match="expected one of") as caught:
        output_shapes(type(spec)(name="x", task="pose", family="?", file="x", skeleton="coco17", input=spec.input))
    assert set(str(caught.value).rsplit("one of ", 1)[1].split(", ")) == set(EXPECTED)


@pytest.mark.parametrize("name", [*zoo.FILES, "nanodet-g", "movenet-thunder", "movenet-lightning"])
def test_real_files_are_taken_for_what_they_are(name: str, tmp_path: Path, shared_data: Path) -> None:
    """All but the preprocessing, which no graph tells; that of RTMDet is another than that of most with NMS inside."""
    manifest = load_manifest()
    if name in manifest.models:
        spec = manifest.models[name]
        path = Path(str(weights_folder())) / spec.file
    else:
        path = zoo.placed(name, tmp_path, shared=shared_data)
        table = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
        spec = manifest.find(str(path), task=table["task"])
    entry = guess(inspect(path))
    assert (entry["task"], entry["family"], entry.get("skeleton", "")) == (spec.task, spec.family, spec.skeleton)
    assert (tuple(entry["outputs"]) == spec.outputs) or not spec.outputs
    assert tuple(entry.get("keypoints", ())) == spec.keypoints
    assert entry.get("seen_score", 0.0) == spec.seen_score
    for key in ("name", "layout", "multiple_px", "sizes_name", "fit", "colour"):
        assert entry["input"].get(key, getattr(spec.input, key)) == getattr(spec.input, key)


def place_of(name: str, folder: Path, shared: Path) -> Path:
    """A link to the file of this name, without an entry beside it."""
    if name in zoo.FILES:
        own = zoo.placed(name, folder, shared=shared)
        own.with_suffix(".toml").unlink()
        return own
    own = folder / f"{name}.onnx"
    own.symlink_to(Path(str(weights_folder())) / load_manifest().models[name].file)
    return own


class TestCommand:
    @pytest.mark.parametrize(
        ("name", "said", "fewest", "most"),
        [
            ("nanodet-g", "detector, family nanodet", 2, 3),
            ("rtmdet-nano", "detector, family dets", 3, 3),  # by its normalisation, which is not its family's usual one
            ("yolox-nano", "detector, family yolox", 3, 3),
            ("deimv2-femto", "detector, family detr", 3, 3),
            ("picodet-s", "detector, family picodet", 3, 3),
            ("movenet-thunder", "pose, family movenet", 3, 3),
            ("movenet-lightning", "pose, family movenet", 3, 3),
            ("tinypose-256", "pose, family heatmap", 3, 3),
            ("tinypose-128", "pose, family heatmap", 3, 3),
            ("blazepose-lite", "pose, family blazepose", 3, 3),
        ],
    )
    def test_every_real_file_is_added_and_finds_people_at_once(
        self,
        name: str,
        said: str,
        fewest: int,
        most: int,
        *,
        tmp_path: Path,
        shared_data: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        own = place_of(name, tmp_path, shared_data)
        assert main(["weights", "add", str(own)]) == 0
        printed = capsys.readouterr().out
        assert said in printed
        count = re.search(r"(\d+) person\(s\)", printed)
        assert count is not None
        assert fewest <= int(count[1]) <= most
        assert printed.splitlines()[1].endswith("; the default detector finds 3")
        task = said.split(",", 1)[0]
        added, known = load_manifest().find(str(own), task=task), load_manifest().models.get(name)
        if known is None:
            own.with_suffix(".toml").write_bytes((zoo.EXAMPLES / f"{name}.toml").read_bytes())
            known = load_manifest().find(str(own), task=task)
        assert (added.task, added.input.colour) == (task, known.input.colour)
        assert added.input.mean == pytest.approx(known.input.mean, abs=0.2)
        assert added.input.std == pytest.approx(known.input.std, abs=0.2)

    def test_a_graph_in_half_precision_is_added_like_any_other(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rows = np.array([[[8, 8, 40, 40, 0.75]]], np.float32)
        own = constant_graph(tmp_path / "half.onnx", {"x": ["N", 3, 64, 64]}, {"dets": rows}, dtype="float16")
        assert main(["weights", "add", str(own)]) == 0
        assert "1 person(s), mean score 0.75" in capsys.readouterr().out

    def test_what_was_added_is_not_overwritten(
        self, tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = place_of("yolox-nano", tmp_path, shared_data)
        assert main(["weights", "add", str(own)]) == 0
        assert "colour, mean, std" in capsys.readouterr().err
        assert main(["weights", "add", str(own)]) == 2
        assert "expected no entry there yet" in capsys.readouterr().err

    def test_a_file_that_failed_its_trial_can_be_added_again_once_it_was_mended(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        rows = np.array([[[8, 8, 40, 40, 0.75]]], np.float32)
        own, picture = tmp_path / "mine.onnx", tmp_path / "black.png"
        cv2.imwrite(str(picture), np.zeros((64, 64, 3), np.uint8))
        command = ["weights", "add", str(own), "--picture", str(picture)]
        constant_graph(own, {"x": ["N", 3, 64, 64]}, {"dets": rows}, fails_on_black=True)
        assert main(command) == 1
        assert "expected numbers" in capsys.readouterr().err
        assert "mine.toml: removed again" in caplog.text
        assert not own.with_suffix(".toml").exists()
        constant_graph(own, {"x": ["N", 3, 64, 64]}, {"dets": rows})
        assert main(command) == 0
        assert own.with_suffix(".toml").is_file()
        assert "1 person(s)" in capsys.readouterr().out

    def test_a_picture_that_does_not_open_leaves_no_entry(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rows = np.array([[[8, 8, 40, 40, 0.75]]], np.float32)
        own = constant_graph(tmp_path / "mine.onnx", {"x": ["N", 3, 64, 64]}, {"dets": rows})
        assert main(["weights", "add", str(own), "--picture", str(tmp_path / "nowhere.png")]) == 1
        assert "nowhere.png" in capsys.readouterr().err
        assert not own.with_suffix(".toml").exists()

    def test_an_unknown_graph_leaves_no_entry(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        classes: NDArray[np.float32] = np.zeros((1, 1000), np.float32)
        own = constant_graph(tmp_path / "net.onnx", {"x": ["N", 3, 224, 224]}, {"logits": classes})
        assert main(["weights", "add", str(own)]) == 1
        assert "logits ['N', 1000]" in capsys.readouterr().err
        assert not own.with_suffix(".toml").exists()

    def test_a_missing_file_is_named(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["weights", "add", str(tmp_path / "no.onnx")]) == 2
        assert "no.onnx: expected an .onnx file" in capsys.readouterr().err
