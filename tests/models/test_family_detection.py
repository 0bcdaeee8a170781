"""Families guessed from graphs, entries that run, and graphs of no known family."""

import tomllib
from pathlib import Path

import pytest

from realtime_pose.errors import ModelError
from realtime_pose.models.family_detection import EXPECTED, OnnxGraph, Shape, guess
from realtime_pose.models.manifest import load_manifest, weights_folder
from realtime_pose.models.onnx_backend import inspect
from realtime_pose.models.signatures import output_shapes
from tests.support import zoo

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
        pytest.param({"images": (1, 416, 416, 3)}, {"output": (1, 3549, 6)}, "yolox", None, id="yolox, channels last"),
        pytest.param(
            {"images": (1, 384, 640, 3)}, {"output": (1, 5040, 85)}, "yolox", None, id="yolox, channels last, 16:9"
        ),
        pytest.param(
            {"images": ("N", 3, "h", "w")}, {"output": ("N", 300, 6)}, "dets", None, id="NMS inside, free in size"
        ),
        pytest.param({"images": ("N", 3, "h", "w")}, {"dets": ("N", "n", 6)}, "dets", None, id="named dets"),
        pytest.param(
            {"input": ("N", 256, 192, 3)},
            {"simcc_x": ("N", 17, 384), "simcc_y": ("N", 17, 512)},
            "simcc",
            "coco17",
            id="simcc, channels last",
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
    entry = guess(OnnxGraph(inputs, outputs))
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
        guess(OnnxGraph(inputs, outputs))
    for name in (*inputs, *outputs, *EXPECTED):
        assert name in str(caught.value)


def test_what_can_be_of_two_families_is_not_guessed() -> None:
    graph = OnnxGraph({"images": ("N", 3, "h", "w")}, {"output": ("N", "p", 6)})
    with pytest.raises(ModelError, match=r"output \['N', 'p', 6\] .* family dets .* or yolox .*: write the entry"):
        guess(graph)


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
