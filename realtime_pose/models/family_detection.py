"""The family of an ONNX graph from its inputs and outputs, and a manifest entry.

A graph does not contain the order of the colours or their normalisation. The entry gets the usual values of the family.
`NORMALISATIONS` has the alternatives, and the user checks which is right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_pose.errors import ModelError
from realtime_pose.skeletons import SKELETONS

Shape = tuple[object, ...]  # integers, and names of free axes

# Mean and std of ImageNet in [0, 1], times 255.
_IMAGENET: dict[str, Any] = {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)}
_TO_UNIT: dict[str, Any] = {"std": (255.0, 255.0, 255.0)}
Normalisation = Mapping[str, tuple[float, float, float]]
NORMALISATIONS: tuple[Normalisation, ...] = (
    {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)},
    {"mean": (0.0, 0.0, 0.0), **_TO_UNIT},
    _IMAGENET,
)
"""Mean and std of red, green and blue in common use: none, scaled to [0, 1], and ImageNet's."""
_LETTERBOX: dict[str, Any] = {"fit": "letterbox", "pad": 114}  # the grey of the YOLO family
_CROP: dict[str, Any] = {"fit": "crop", "padding": 1.25}  # as in SimpleBaseline, arXiv:1804.06208
_PREPROCESSING: Mapping[str, dict[str, Any]] = {
    "nanodet": {
        "colour": "BGR", "mean": [103.53, 116.28, 123.675], "std": [57.375, 57.12, 58.395], "fit": "letterbox",
        "pad": 0,
    },
    "dets": {"colour": "BGR", **_LETTERBOX},
    "yolox": {"colour": "BGR", **_LETTERBOX},
    "yolo": {"colour": "RGB", **_TO_UNIT, **_LETTERBOX, "fit": "letterbox-centred"},
    "yolo-pose": {"colour": "RGB", **_TO_UNIT, **_LETTERBOX, "fit": "letterbox-centred"},
    "picodet": {"colour": "RGB", **_IMAGENET, "fit": "stretch", "interpolation": "cubic"},
    "detr": {"colour": "RGB", **_TO_UNIT, "fit": "stretch"},
    "ssd": {"colour": "RGB", "fit": "stretch"},
    "movenet-multipose": {"colour": "RGB", "fit": "letterbox-centred", "pad": 0},
    "movenet": {"colour": "RGB", **_CROP},
    "heatmap": {"colour": "RGB", **_IMAGENET, **_CROP},
    "simcc": {"colour": "RGB", **_IMAGENET, **_CROP},
    "blazepose": {"colour": "RGB", **_TO_UNIT, **_CROP},
}  # fmt: skip
_BLAZEPOSE_VALUES = 195  # 39 keypoints of 5 values
_DEFAULT_WH = (640, 640)  # for a graph that accepts any size
_SEEN_SCORE = {"heatmap": 0.2, "simcc": 0.2}  # peaks of absent keypoints stay below this


@dataclass(frozen=True, slots=True)
class OnnxGraph:
    """Inputs and outputs of a graph.

    Attributes:
        inputs: Shape by name.
        outputs: Shape by name.
        takes_bytes: The image enters as integers, so there is no normalisation.
    """

    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    takes_bytes: bool = False


@dataclass(frozen=True, slots=True)
class _Match:
    """A family, the graph's outputs in its order, and more values for the entry."""

    family: str
    outputs: tuple[str, ...]
    skeleton: str = ""
    task: str = "detector"


_InputWh = tuple[int, int] | None  # width and height of the input; None: any size
_Rule = Callable[[OnnxGraph, _InputWh], _Match | None]


def propose_entry(graph: OnnxGraph) -> dict[str, Any]:
    """A manifest entry for this graph, as a TOML table.

    Raises:
        ModelError: It is of no known family; the message lists its inputs and outputs and those of all families.
    """
    images = [name for name, shape in graph.inputs.items() if len(shape) == 4 and 3 in (shape[1], shape[3])]
    if len(images) == 1:
        wh = _image_wh(graph.inputs[images[0]])
        for rule in _RULES:
            match = rule(graph, wh)
            if match is not None:
                return _entry(graph, images[0], match)
    raise ModelError(
        f"no known family has inputs {_format_shapes(graph.inputs)} and outputs {_format_shapes(graph.outputs)}; "
        "expected one image (N, 3, H, W) or (N, H, W, 3), and outputs of one of: "
        f"{'; '.join(FAMILY_SIGNATURES.values())}"
    )


FAMILY_SIGNATURES: Mapping[str, str] = {
    "nanodet": "nanodet: scores (N, P), distances (N, P, 4)",
    "dets": "dets: (N, P, 5 or 6), optionally labels (N, P)",
    "yolox": "yolox: (N, P, 5 + classes), P cells of strides 8, 16, 32",
    "yolo": "yolo: (N, 4 + classes, P)",
    "yolo-pose": "yolo-pose: (N, 5 + 3 K, P)",
    "picodet": "picodet: boxes (N, P, 4), scores (N, classes, P)",
    "detr": "detr: labels (N, P), boxes (N, P, 4), scores (N, P), and a second input (N, 2)",
    "ssd": "ssd: the same outputs, without the second input",
    "movenet-multipose": "movenet-multipose: (N, P, 56)",
    "movenet": "movenet: heatmap, center, regress, offset",
    "heatmap": "heatmap: (N, K, h, w)",
    "simcc": "simcc: (N, K, 2 W) and (N, K, 2 H)",
    "blazepose": "blazepose: (N, 195)",
}


def _entry(graph: OnnxGraph, image: str, match: _Match) -> dict[str, Any]:
    """The entry for a match; image is the name of the input for the image."""
    wh = _image_wh(graph.inputs[image])
    entry: dict[str, Any] = {"task": match.task, "family": match.family, "outputs": list(match.outputs)}
    if match.skeleton:
        entry["skeleton"] = match.skeleton
    if match.family in _SEEN_SCORE:
        entry["seen_score"] = _SEEN_SCORE[match.family]
    if match.family == "blazepose":
        entry["keypoints"] = list(SKELETONS["blazepose33"].indices_of(SKELETONS["coco17"]))
    others = [name for name in graph.inputs if name != image]
    entry["input"] = {
        "name": image,
        "wh": list(wh or _DEFAULT_WH),
        "layout": "NCHW" if graph.inputs[image][1] == 3 else "NHWC",
        **({} if wh else {"multiple_px": 32}),
        **({"sizes_name": others[0]} if others else {}),
        **_PREPROCESSING[match.family],
    }
    if graph.takes_bytes:  # integers are not normalised
        entry["input"] = {key: value for key, value in entry["input"].items() if key not in ("mean", "std")}
    return entry


def _names_rule(family: str, *names: str, task: str = "detector", skeleton: str = "") -> _Rule:
    """A rule for a family whose graphs have fixed output names."""

    def match_names(graph: OnnxGraph, _: _InputWh) -> _Match | None:
        has_all = set(names) <= set(graph.outputs)
        return _Match(family, names, skeleton, task) if has_all and len(graph.inputs) == 1 else None

    return match_names


def _match_labelled(graph: OnnxGraph, _: _InputWh) -> _Match | None:
    """DETR, or SSD, which has no second input for sizes."""
    if {"labels", "boxes", "scores"} <= set(graph.outputs) and len(graph.inputs) <= 2:
        return _Match("detr" if len(graph.inputs) == 2 else "ssd", ("labels", "boxes", "scores"))
    return None


def _match_dets(graph: OnnxGraph, wh: _InputWh) -> _Match | None:
    """Boxes with scores after NMS.

    One row per grid cell is a YOLOX of one class instead, before NMS.

    Raises:
        ModelError: The output has six columns and free rows, and the image any size: it could be either.
    """
    cells = _num_cells(wh)
    names = [
        name
        for name, shape in graph.outputs.items()
        if len(shape) == 3 and (name == "dets" or (shape[2] in (5, 6) and shape[1] != cells))
    ]
    if len(names) != 1 or len(graph.inputs) != 1:
        return None
    _, rows, columns = graph.outputs[names[0]]
    if names[0] != "dets" and columns == 6 and wh is None and not isinstance(rows, int):
        raise ModelError(
            f"output {names[0]} {list(graph.outputs[names[0]])} of a graph without a fixed size can be of family "
            "dets (boxes after NMS) or yolox (one class, before NMS): write the entry by hand (docs/guide/models.md), "
            "or export the graph with a fixed size"
        )
    return _Match("dets", (names[0],))


def _match_simcc(graph: OnnxGraph, wh: _InputWh) -> _Match | None:
    """Two outputs (N, K, 2 W) and (N, K, 2 H), in any order and with any names."""
    outputs = {name: shape for name, shape in graph.outputs.items() if len(shape) == 3}
    names = {shape[2]: name for name, shape in outputs.items()}  # by number of bins
    skeletons = {_skeleton_name(shape[1]) for shape in outputs.values()}
    # With a square input the outputs for x and y have the same shape.
    if wh is None or wh[0] == wh[1] or len(outputs) != 2 or len(skeletons) > 1:
        return None
    x_bins, y_bins = (2 * side for side in wh)
    if not {x_bins, y_bins} <= set(names):
        return None
    return _pose_match("simcc", (names[x_bins], names[y_bins]), skeletons.pop())


def _match_picodet(graph: OnnxGraph, _: _InputWh) -> _Match | None:
    """PicoDet: boxes (N, P, 4) and scores (N, classes, P)."""
    boxes = [name for name, shape in graph.outputs.items() if len(shape) == 3 and shape[2] == 4]
    scores = [name for name, shape in graph.outputs.items() if len(shape) == 3 and shape[2] != 4]
    if len(boxes) == len(scores) == 1 and graph.outputs[boxes[0]][1] == graph.outputs[scores[0]][2]:
        return _Match("picodet", (boxes[0], scores[0]))
    return None


def _match_single_output(graph: OnnxGraph, wh: _InputWh) -> _Match | None:
    """YOLOX, YOLO, YOLO pose, or MoveNet MultiPose: one output (N, rows, columns)."""
    outputs = [(name, shape) for name, shape in graph.outputs.items() if len(shape) == 3]
    if len(outputs) != 1 or len(graph.outputs) != 1:
        return None
    name, (_, rows, columns) = outputs[0]
    if columns == 56 and rows == 6:  # 6 persons, 5 + 3 * 17 values
        return _pose_match("movenet-multipose", (name,), "coco17", task="pose-detector")
    if isinstance(columns, int) and columns > 5 and rows == _num_cells(wh):
        return _Match("yolox", (name,))
    if not isinstance(rows, int) or rows < 5 or (isinstance(columns, int) and columns < rows):
        return None
    # Here the candidates are the columns. 5 + 3 K rows are a pose model, any other number is 4 + classes.
    skeleton = _skeleton_name((rows - 5) / 3)
    return _pose_match("yolo-pose", (name,), skeleton, task="pose-detector") if skeleton else _Match("yolo", (name,))


def _match_heatmap(graph: OnnxGraph, _: _InputWh) -> _Match | None:
    maps = [name for name, shape in graph.outputs.items() if len(shape) == 4]
    if len(maps) == len(graph.outputs) == 1:
        return _pose_match("heatmap", (maps[0],), _skeleton_name(graph.outputs[maps[0]][1]))
    return None


def _match_blazepose(graph: OnnxGraph, _: _InputWh) -> _Match | None:
    names = [name for name, shape in graph.outputs.items() if len(shape) == 2 and shape[1] == _BLAZEPOSE_VALUES]
    return _pose_match("blazepose", (names[0],), "coco17") if len(names) == 1 else None


# The first match counts: rules by name come first, and shapes that fit several families last.
_RULES: tuple[_Rule, ...] = (
    _names_rule("nanodet", "scores", "distances"),
    _names_rule("movenet", "heatmap", "center", "regress", "offset", task="pose", skeleton="coco17"),
    _match_labelled,
    _match_dets,
    _match_simcc,
    _match_picodet,
    _match_single_output,
    _match_heatmap,
    _match_blazepose,
)


def _pose_match(family: str, outputs: tuple[str, ...], skeleton: str, *, task: str = "pose") -> _Match | None:
    """A match of a pose family; None if the skeleton is unknown."""
    return _Match(family, outputs, skeleton, task) if skeleton else None


def _skeleton_name(num_keypoints: object) -> str:
    """Name of the skeleton with this number of keypoints; "" for none."""
    return next((name for name, skeleton in SKELETONS.items() if len(skeleton) == num_keypoints), "")


def _image_wh(shape: Shape) -> _InputWh:
    """Width and height of a graph's input; None if it accepts any size."""
    height, width = shape[2:] if shape[1] == 3 else shape[1:3]
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _num_cells(wh: _InputWh) -> int:
    """Grid cells of the strides 8, 16 and 32 together; 0 if the size is not fixed."""
    return sum((wh[0] // stride) * (wh[1] // stride) for stride in (8, 16, 32)) if wh else 0


def _format_shapes(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) or "none"
