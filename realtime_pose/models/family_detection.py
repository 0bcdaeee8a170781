"""Which family an ONNX graph is of, from the names and shapes of its inputs and outputs, and an entry to begin with.

A graph does not say in which order it wants the colours, nor how they are normalised: the entry has what its family is
usually trained with, `NORMALISATIONS` has what else there is, and whoever adds a model checks that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_pose.errors import ModelError
from realtime_pose.skeletons import SKELETONS

Shape = tuple[object, ...]  # whole numbers, and names of free axes

_IMAGENET: dict[str, Any] = {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)}
_UNIT: dict[str, Any] = {"std": (255.0, 255.0, 255.0)}
Normalisation = Mapping[str, tuple[float, float, float]]
NORMALISATIONS: tuple[Normalisation, ...] = (
    {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)},
    {"mean": (0.0, 0.0, 0.0), **_UNIT},
    _IMAGENET,
)
"""Mean and std of red, green and blue that networks are trained with: none, to one, and ImageNet's."""
_LETTERBOX: dict[str, Any] = {"fit": "letterbox", "pad": 114}
_CROP: dict[str, Any] = {"fit": "crop", "padding": 1.25}
_INPUTS: Mapping[str, dict[str, Any]] = {
    "nanodet": {
        "colour": "BGR", "mean": [103.53, 116.28, 123.675], "std": [57.375, 57.12, 58.395], "fit": "letterbox",
        "pad": 0,
    },
    "dets": {"colour": "BGR", **_LETTERBOX},
    "yolox": {"colour": "BGR", **_LETTERBOX},
    "yolo": {"colour": "RGB", **_UNIT, **_LETTERBOX, "fit": "letterbox-centred"},
    "yolo-pose": {"colour": "RGB", **_UNIT, **_LETTERBOX, "fit": "letterbox-centred"},
    "picodet": {"colour": "RGB", **_IMAGENET, "fit": "stretch", "interpolation": "cubic"},
    "detr": {"colour": "RGB", **_UNIT, "fit": "stretch"},
    "ssd": {"colour": "RGB", "fit": "stretch"},
    "movenet-multipose": {"colour": "RGB", "fit": "letterbox-centred", "pad": 0},
    "movenet": {"colour": "RGB", **_CROP},
    "heatmap": {"colour": "RGB", **_IMAGENET, **_CROP},
    "simcc": {"colour": "RGB", **_IMAGENET, **_CROP},
    "blazepose": {"colour": "RGB", **_UNIT, **_CROP},
}  # fmt: skip
_BLAZEPOSE_NUMBERS = 195  # 39 keypoints of 5 numbers
_FREE_WH = (640, 640)
_SEEN_SCORE = {"heatmap": 0.2, "simcc": 0.2}  # peaks of keypoints that are not there stay below it


@dataclass(frozen=True, slots=True)
class OnnxGraph:
    """What can be seen of a graph from outside.

    Attributes:
        inputs: Shape by name.
        outputs: Likewise.
        takes_bytes: The picture enters in whole numbers, so that nothing is left to normalise.
    """

    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    takes_bytes: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """A family, the graph's outputs in its order, and what else the entry needs."""

    family: str
    outputs: tuple[str, ...]
    skeleton: str = ""
    task: str = "detector"


_Sides = tuple[int, int] | None  # width and height of the input; None: free
_Rule = Callable[[OnnxGraph, _Sides], _Found | None]


def guess(graph: OnnxGraph) -> dict[str, Any]:
    """A manifest entry for this graph, as a TOML table.

    Raises:
        ModelError: It is of no known family; its inputs and outputs are listed, and what the families have.
    """
    picture = [name for name, shape in graph.inputs.items() if len(shape) == 4 and 3 in (shape[1], shape[3])]
    if len(picture) == 1:
        sides = _sides(graph.inputs[picture[0]])
        for rule in _RULES:
            found = rule(graph, sides)
            if found is not None:
                return _entry(graph, picture[0], found)
    raise ModelError(
        f"no known family has inputs {_listed(graph.inputs)} and outputs {_listed(graph.outputs)}; expected one "
        f"picture (N, 3, H, W) or (N, H, W, 3), and outputs of one of: {'; '.join(EXPECTED.values())}"
    )


EXPECTED: Mapping[str, str] = {
    "nanodet": "nanodet: scores (N, P), distances (N, P, 4)",
    "dets": "dets: (N, P, 5 or 6), maybe labels (N, P)",
    "yolox": "yolox: (N, P, 5 + classes), P cells of strides 8, 16, 32",
    "yolo": "yolo: (N, 4 + classes, P)",
    "yolo-pose": "yolo-pose: (N, 5 + 3 K, P)",
    "picodet": "picodet: boxes (N, P, 4), scores (N, classes, P)",
    "detr": "detr: labels (N, P), boxes (N, P, 4), scores (N, P), and a second input (N, 2)",
    "ssd": "ssd: the same without the second input",
    "movenet-multipose": "movenet-multipose: (N, P, 56)",
    "movenet": "movenet: heatmap, center, regress, offset",
    "heatmap": "heatmap: (N, K, h, w)",
    "simcc": "simcc: (N, K, 2 W) and (N, K, 2 H)",
    "blazepose": "blazepose: (N, 195)",
}


def _entry(graph: OnnxGraph, picture: str, found: _Found) -> dict[str, Any]:
    wh = _sides(graph.inputs[picture])
    entry: dict[str, Any] = {"task": found.task, "family": found.family, "outputs": list(found.outputs)}
    if found.skeleton:
        entry["skeleton"] = found.skeleton
    if found.family in _SEEN_SCORE:
        entry["seen_score"] = _SEEN_SCORE[found.family]
    if found.family == "blazepose":
        entry["keypoints"] = list(SKELETONS["blazepose33"].indices_of(SKELETONS["coco17"]))
    others = [name for name in graph.inputs if name != picture]
    entry["input"] = {
        "name": picture,
        "wh": list(wh or _FREE_WH),
        "layout": "NCHW" if graph.inputs[picture][1] == 3 else "NHWC",
        **({} if wh else {"multiple_px": 32}),
        **({"sizes_name": others[0]} if others else {}),
        **_INPUTS[found.family],
    }
    if graph.takes_bytes:
        entry["input"] = {key: value for key, value in entry["input"].items() if key not in ("mean", "std")}
    return entry


def _by_name(family: str, *names: str, task: str = "detector", skeleton: str = "") -> _Rule:
    """A rule for a family whose graphs use its own names."""

    def rule(graph: OnnxGraph, _: _Sides) -> _Found | None:
        has_all = set(names) <= set(graph.outputs)
        return _Found(family, names, skeleton, task) if has_all and len(graph.inputs) == 1 else None

    return rule


def _labelled(graph: OnnxGraph, _: _Sides) -> _Found | None:
    """DETR, or SSD, which asks for no sizes."""
    if {"labels", "boxes", "scores"} <= set(graph.outputs) and len(graph.inputs) <= 2:
        return _Found("detr" if len(graph.inputs) == 2 else "ssd", ("labels", "boxes", "scores"))
    return None


def _dets(graph: OnnxGraph, wh: _Sides) -> _Found | None:
    """Boxes with scores after NMS; as many as the picture has cells are a YOLOX of one class, before it.

    Raises:
        ModelError: Six columns can be either, and nothing is said of the rows or the picture's size.
    """
    cells = _num_cells(wh)
    tables = [
        name
        for name, shape in graph.outputs.items()
        if len(shape) == 3 and (name == "dets" or (shape[2] in (5, 6) and shape[1] != cells))
    ]
    if len(tables) != 1 or len(graph.inputs) != 1:
        return None
    _, rows, columns = graph.outputs[tables[0]]
    if tables[0] != "dets" and columns == 6 and wh is None and not isinstance(rows, int):
        raise ModelError(
            f"output {tables[0]} {list(graph.outputs[tables[0]])} of a picture of free size can be of family dets "
            "(boxes after NMS) or yolox (one class, before it): write the entry by hand (docs/models.md), or export "
            "the graph with a fixed size"
        )
    return _Found("dets", (tables[0],))


def _simcc(graph: OnnxGraph, wh: _Sides) -> _Found | None:
    """Two outputs of as many rows as a skeleton, twice as long as the sides."""
    rows = {name: shape for name, shape in graph.outputs.items() if len(shape) == 3}
    ends = {shape[2]: name for name, shape in rows.items()}
    skeletons = {_skeleton(shape[1]) for shape in rows.values()}
    if wh is None or wh[0] == wh[1] or len(rows) != 2 or len(skeletons) > 1:
        return None
    width, height = (2 * side for side in wh)
    return _pose("simcc", (ends[width], ends[height]), skeletons.pop()) if {width, height} <= set(ends) else None


def _two_tables(graph: OnnxGraph, _: _Sides) -> _Found | None:
    """PicoDet: boxes (N, P, 4) and scores (N, classes, P)."""
    boxes = [name for name, shape in graph.outputs.items() if len(shape) == 3 and shape[2] == 4]
    scores = [name for name, shape in graph.outputs.items() if len(shape) == 3 and shape[2] != 4]
    if len(boxes) == len(scores) == 1 and graph.outputs[boxes[0]][1] == graph.outputs[scores[0]][2]:
        return _Found("picodet", (boxes[0], scores[0]))
    return None


def _one_table(graph: OnnxGraph, wh: _Sides) -> _Found | None:
    """YOLOX, YOLO, its pose form, or MoveNet MultiPose: one output (N, rows, columns)."""
    tables = [(name, shape) for name, shape in graph.outputs.items() if len(shape) == 3]
    if len(tables) != 1 or len(graph.outputs) != 1:
        return None
    name, (_, rows, columns) = tables[0]
    if columns == 56 and rows == 6:
        return _pose("movenet-multipose", (name,), "coco17", task="pose-detector")
    if isinstance(columns, int) and columns > 5 and rows == _num_cells(wh):
        return _Found("yolox", (name,))
    if not isinstance(rows, int) or rows < 5 or (isinstance(columns, int) and columns < rows):
        return None
    skeleton = _skeleton((rows - 5) / 3)
    return _pose("yolo-pose", (name,), skeleton, task="pose-detector") if skeleton else _Found("yolo", (name,))


def _maps(graph: OnnxGraph, _: _Sides) -> _Found | None:
    maps = [name for name, shape in graph.outputs.items() if len(shape) == 4]
    if len(maps) == len(graph.outputs) == 1:
        return _pose("heatmap", (maps[0],), _skeleton(graph.outputs[maps[0]][1]))
    return None


def _blazepose(graph: OnnxGraph, _: _Sides) -> _Found | None:
    flat = [name for name, shape in graph.outputs.items() if len(shape) == 2 and shape[1] == _BLAZEPOSE_NUMBERS]
    return _pose("blazepose", (flat[0],), "coco17") if len(flat) == 1 else None


_RULES: tuple[_Rule, ...] = (
    _by_name("nanodet", "scores", "distances"),
    _by_name("movenet", "heatmap", "center", "regress", "offset", task="pose", skeleton="coco17"),
    _labelled,
    _dets,
    _simcc,
    _two_tables,
    _one_table,
    _maps,
    _blazepose,
)


def _pose(family: str, outputs: tuple[str, ...], skeleton: str, *, task: str = "pose") -> _Found | None:
    """A family of poses, if there is a skeleton of that many keypoints."""
    return _Found(family, outputs, skeleton, task) if skeleton else None


def _skeleton(num_keypoints: object) -> str:
    """The skeleton of so many keypoints; "" for none."""
    return next((name for name, skeleton in SKELETONS.items() if len(skeleton) == num_keypoints), "")


def _sides(picture: Shape) -> _Sides:
    """Width and height of a graph's picture; None where they are free."""
    height, width = picture[2:] if picture[1] == 3 else picture[1:3]
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _num_cells(wh: _Sides) -> int:
    """Cells of the strides 8, 16 and 32; 0 where the size is free."""
    return sum((wh[0] // stride) * (wh[1] // stride) for stride in (8, 16, 32)) if wh else 0


def _listed(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) or "none"
