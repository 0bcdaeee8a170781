"""Families detected from graphs, proposed entries, and graphs of no known family."""

import tomllib
from pathlib import Path

import pytest

from benchmarks.support import zoo
from realtime_pose.errors import ModelError
from realtime_pose.models.entry_proposal import propose_entry
from realtime_pose.models.export_metadata import parse_metadata
from realtime_pose.models.family_detection import OnnxGraph, Shape
from realtime_pose.models.family_signatures import FAMILY_SIGNATURES
from realtime_pose.models.manifest import load_manifest, weights_folder
from realtime_pose.models.onnx_backend import inspect
from realtime_pose.models.signatures import output_shapes

IMAGE: dict[str, Shape] = {"images": ("N", 3, 640, 640)}
CROP: dict[str, Shape] = {"input": ("N", 3, 256, 192)}


@pytest.mark.parametrize(
    ("inputs", "outputs", "family", "skeleton"),
    [
        pytest.param(IMAGE, {"output0": (1, 84, 8400)}, "yolo", None, id="yolov8"),
        pytest.param(IMAGE, {"output0": (1, 5, 8400)}, "yolo", None, id="yolov8, one class"),
        pytest.param(IMAGE, {"output0": (1, 56, 8400)}, "yolo-pose", "coco17", id="yolov8-pose"),
        pytest.param(IMAGE, {"output0": (1, 300, 6)}, "dets", None, id="yolo with NMS"),
        pytest.param(IMAGE, {"dets": ("N", "n", "d"), "labels": ("N", "n")}, "dets", None, id="NMS inside"),
        pytest.param(IMAGE, {"output": (1, 8400, 85)}, "yolox", None, id="yolox"),
        pytest.param(IMAGE, {"output": (1, 8400, 6)}, "yolox", None, id="yolox of persons only"),
        pytest.param(
            {**IMAGE, "orig_target_sizes": ("N", 2)},
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
        pytest.param({"x": ("N", 3, 256, 128)}, {"y": ("N", 512)}, "embedding", None, id="osnet"),
        pytest.param({"x": (1, 384, 128, 3)}, {"y": (1, 2048)}, "embedding", None, id="reid, channels last"),
        pytest.param(
            CROP, {"b": ("N", 26, 512), "a": ("N", 26, 384)}, "simcc", "halpe26", id="halpe, other names and order"
        ),
        pytest.param({"images": (1, 416, 416, 3)}, {"output": (1, 3549, 6)}, "yolox", None, id="yolox, channels last"),
        pytest.param(
            {"images": (1, 384, 640, 3)}, {"output": (1, 5040, 85)}, "yolox", None, id="yolox, channels last, 16:9"
        ),
        pytest.param(
            {"images": ("N", 3, "h", "w")}, {"output": ("N", 300, 6)}, "dets", None, id="NMS inside, any size"
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
        pytest.param(CROP, {"maps": ("N", 21, 64, 48)}, "heatmap", "generic21", id="a hand"),
        pytest.param(CROP, {"maps": ("N", 1, 128, 96)}, "heatmap", "generic1", id="a ball"),
        pytest.param(CROP, {"y": ("N", 5, 512), "x": ("N", 5, 384)}, "simcc", "generic5", id="simcc of 5 keypoints"),
        pytest.param(
            CROP,
            {"heatmap": (1, 4, 64, 48), "center": (1, 1, 64, 48), "regress": (1, 8, 64, 48), "offset": (1, 8, 64, 48)},
            "movenet",
            "generic4",
            id="movenet of 4 keypoints",
        ),
        pytest.param(
            {"input": (1, "h", "w", 3)}, {"output_0": (1, 6, 56)}, "movenet-multipose", "coco17", id="multipose"
        ),
    ],
)
def test_families_are_detected_from_shapes(
    inputs: dict[str, Shape], outputs: dict[str, Shape], family: str, skeleton: str | None
) -> None:
    entry = propose_entry(OnnxGraph(inputs, outputs))
    assert (entry["family"], entry.get("skeleton")) == (family, skeleton)
    if family == "simcc":
        assert outputs[entry["outputs"][0]][2] == 384


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        pytest.param({"text": ("N", 77)}, {"embedding": ("N", 512)}, id="no image"),
        pytest.param(CROP, {"logits": ("N", 1000)}, id="classes"),
        pytest.param(CROP, {"maps": ("N", 21, 256, 192)}, id="maps as large as the image"),
        pytest.param(CROP, {"maps": ("N", 21, 64, 64)}, id="maps of another aspect"),
        pytest.param(CROP, {"maps": ("N", "k", 64, 48)}, id="maps of a free number"),
        pytest.param(IMAGE, {"a": (1, 7, 8400), "b": (1, 8, 8400), "c": (1, 9, 8400)}, id="three outputs"),
        pytest.param({}, {}, id="nothing"),
    ],
)
def test_the_error_lists_the_graph_and_all_families(inputs: dict[str, Shape], outputs: dict[str, Shape]) -> None:
    with pytest.raises(ModelError, match="no known family has inputs") as caught:
        propose_entry(OnnxGraph(inputs, outputs))
    for name in (*inputs, *outputs, *FAMILY_SIGNATURES):
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "metadata", "expected"),
    [
        ((1, 14, 84), {"kpt_shape": "[3, 3]"}, {"skeleton": "generic3"}),
        ((1, 404, 84), {"kpt_shape": "[133, 3]"}, {"skeleton": "wholebody133"}),  # more rows than candidates
        ((1, 56, 8400), {"kpt_shape": "(17, 3)", "task": "pose"}, {"skeleton": "coco17"}),
        ((1, 13, 8400), {"kpt_shape": "[4, 2]"}, {"skeleton": "generic4", "keypoint_values": 2}),
        (
            (1, 12, 8400),
            {"kpt_shape": "[2, 3]", "names": "{0: 'dog', 1: 'person'}"},
            {"skeleton": "generic2", "classes": 2, "person_class": 1},
        ),
        (
            (1, 11, 8400),
            {"kpt_shape": "[2, 3]", "kpt_names": "{0: ['tip', 'end']}"},
            {"skeleton": "named", "topology": {"keypoints": ["tip", "end"]}},
        ),
        ((1, 11, 8400), {"kpt_shape": "[2, 3]", "kpt_names": "{0: ['tip']}"}, {"skeleton": "generic2"}),
        ((1, 56, 8400), {"kpt_shape": "[90, 3]"}, {"skeleton": "coco17"}),  # not of this graph
        ((1, 56, 8400), {"kpt_shape": "__import__('os')"}, {"skeleton": "coco17"}),
        ((1, 56, 8400), {"kpt_shape": "[0, 3]"}, {"skeleton": "coco17"}),
        ((1, 56, 8400), {"kpt_shape": "[17, 9]"}, {"skeleton": "coco17"}),
    ],
)
def test_the_metadata_of_the_exporter_say_how_many_keypoints_there_are(
    shape: Shape, metadata: dict[str, str], expected: dict[str, object]
) -> None:
    entry = propose_entry(OnnxGraph(IMAGE, {"output0": shape}, metadata=parse_metadata(metadata)))
    assert (entry["task"], entry["family"]) == ("pose-detector", "yolo-pose")
    keys = ("skeleton", "topology", "classes", "person_class", "keypoint_values")
    assert {key: entry[key] for key in keys if key in entry} == expected


@pytest.mark.parametrize(("task", "family"), [("detect", "yolo"), ("pose", "yolo-pose"), ("", "yolo-pose")])
def test_the_task_of_the_exporter_counts_where_shapes_are_ambiguous(task: str, family: str) -> None:
    graph = OnnxGraph(
        IMAGE, {"output0": (1, 56, 8400)}, metadata=parse_metadata({"task": task})
    )  # 52 classes, or 17 keypoints
    assert propose_entry(graph)["family"] == family


@pytest.mark.parametrize("task", ["obb", "segment", "classify"])
def test_networks_for_other_tasks_are_refused(task: str) -> None:
    graph = OnnxGraph(IMAGE, {"output0": (1, 20, 8400)}, metadata=parse_metadata({"task": task}))
    with pytest.raises(ModelError, match="no known family"):
        propose_entry(graph)


def test_an_ambiguous_graph_is_refused() -> None:
    graph = OnnxGraph({"images": ("N", 3, "h", "w")}, {"output": ("N", "p", 6)})
    with pytest.raises(ModelError, match=r"output \['N', 'p', 6\] .* family dets .* or yolox .*: write the entry"):
        propose_entry(graph)


def test_every_family_has_a_signature_text() -> None:
    spec = load_manifest().models["movenet-lightning"]
    with pytest.raises(ValueError, match="expected one of") as caught:
        output_shapes(type(spec)(name="x", task="pose", family="?", file="x", skeleton="coco17", input=spec.input))
    assert set(str(caught.value).rsplit("one of ", 1)[1].split(", ")) == set(FAMILY_SIGNATURES)


@pytest.mark.parametrize("name", [*zoo.FILES, "nanodet-g", "movenet-thunder", "movenet-lightning"])
@pytest.mark.slow
def test_real_files_are_detected(name: str, tmp_path: Path, shared_data: Path) -> None:
    """All values but mean and std: no graph contains them, and RTMDet differs from most graphs with NMS inside."""
    manifest = load_manifest()
    if name in manifest.models:
        spec = manifest.models[name]
        path = Path(str(weights_folder())) / spec.file
    else:
        path = zoo.link_model(name, tmp_path, shared=shared_data)
        table = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
        spec = manifest.find(str(path), task=table["task"])
    entry = propose_entry(inspect(path))
    assert (entry["task"], entry["family"], entry.get("skeleton", "")) == (spec.task, spec.family, spec.skeleton)
    assert (tuple(entry["outputs"]) == spec.outputs) or not spec.outputs
    assert tuple(entry.get("keypoints", ())) == spec.keypoints
    assert entry.get("seen_score", 0.0) == spec.seen_score
    for key in ("name", "layout", "multiple_px", "sizes_name", "fit", "colour"):
        assert entry["input"].get(key, getattr(spec.input, key)) == getattr(spec.input, key)
