"""The family of an ONNX graph, from the names and shapes of its inputs and outputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from realtime_pose.errors import ModelError
from realtime_pose.models.export_metadata import ExportMetadata
from realtime_pose.models.family_signatures import FAMILY_SIGNATURES
from realtime_pose.models.topology import Topology, topology_table
from realtime_pose.skeletons import SKELETONS, generic_skeleton

Shape = tuple[object, ...]  # integers, and names of free axes

_BLAZEPOSE_VALUES = 195  # 39 keypoints of 5 values
_UPRIGHT = (1.9, 3.1)  # height to width of a person's crop, mostly 256 to 128; classifiers take squares
_MIN_EMBEDDING = 32
_OTHER_TASKS = ("classify", "segment", "obb")  # of exporters; some have the shapes of a detector with other meanings


@dataclass(frozen=True, slots=True)
class OnnxGraph:
    """Inputs and outputs of a graph.

    Attributes:
        inputs: Shape by name.
        outputs: Shape by name.
        takes_bytes: The image enters as integers, so there is no normalisation.
        metadata: What the exporter says of its keypoints.
    """

    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    takes_bytes: bool = False
    metadata: ExportMetadata = field(default_factory=ExportMetadata)

    @property
    def image_name(self) -> str:
        """Name of the one input for an image, (N, 3, H, W) or (N, H, W, 3); "" if there is none, or are several."""
        names = [name for name, shape in self.inputs.items() if len(shape) == 4 and 3 in (shape[1], shape[3])]
        return names[0] if len(names) == 1 else ""


@dataclass(frozen=True, slots=True)
class FamilyMatch:
    """A family that fits a graph.

    Attributes:
        family: Its name.
        outputs: The graph's outputs in the order of the family.
        skeleton: Name of the skeleton; "" for one without keypoints.
        task: detector, pose, pose-detector, localisation or reid.
        values: More values for the manifest entry.
    """

    family: str
    outputs: tuple[str, ...]
    skeleton: str = ""
    task: str = "detector"
    values: Mapping[str, Any] = field(default_factory=dict)


InputWh = tuple[int, int] | None  # width and height of the input; None: any size
_Rule = Callable[[OnnxGraph, InputWh], FamilyMatch | None]


def detect_family(graph: OnnxGraph) -> FamilyMatch:
    """The family of a graph.

    Raises:
        ModelError: It is of no known family; the message lists its inputs and outputs and those of all families.
    """
    image = graph.image_name
    if image and graph.metadata.task not in _OTHER_TASKS:
        wh = image_wh(graph.inputs[image])
        for rule in _RULES:
            match = rule(graph, wh)
            if match is not None:
                return match
    raise ModelError(
        f"no known family has inputs {_format_shapes(graph.inputs)} and outputs {_format_shapes(graph.outputs)}; "
        "expected one image (N, 3, H, W) or (N, H, W, 3), and outputs of one of: "
        f"{'; '.join(FAMILY_SIGNATURES.values())}"
    )


def _match_nanodet(graph: OnnxGraph, _: InputWh) -> FamilyMatch | None:
    names = ("scores", "distances")
    return FamilyMatch("nanodet", names) if set(names) <= set(graph.outputs) and len(graph.inputs) == 1 else None


def _match_movenet(graph: OnnxGraph, _: InputWh) -> FamilyMatch | None:
    names = ("heatmap", "center", "regress", "offset")
    if not set(names) <= set(graph.outputs) or len(graph.inputs) != 1 or len(graph.outputs["heatmap"]) != 4:
        return None
    count = graph.outputs["heatmap"][1]
    return _pose_match("movenet", names, _skeleton_name(count) or _generic_name(count) or "coco17")


def _match_theta(graph: OnnxGraph, _: InputWh) -> FamilyMatch | None:
    """The localisation network of a spatial transformer: one output (N, 2, 3)."""
    names = [name for name, shape in graph.outputs.items() if shape[1:] == (2, 3)]
    is_alone = len(names) == len(graph.outputs) == len(graph.inputs) == 1
    return FamilyMatch("theta", (names[0],), task="localisation") if is_alone else None


def _match_labelled(graph: OnnxGraph, _: InputWh) -> FamilyMatch | None:
    """DETR, or SSD, which has no second input for sizes."""
    if {"labels", "boxes", "scores"} <= set(graph.outputs) and len(graph.inputs) <= 2:
        return FamilyMatch("detr" if len(graph.inputs) == 2 else "ssd", ("labels", "boxes", "scores"))
    return None


def _match_rtmo(graph: OnnxGraph, _: InputWh) -> FamilyMatch | None:
    """Boxes with scores after NMS, and their keypoints with scores."""
    boxes = [name for name, shape in graph.outputs.items() if len(shape) == 3 and shape[2] == 5]
    points = [name for name, shape in graph.outputs.items() if len(shape) == 4 and shape[3] == 3]
    if not len(boxes) == len(points) == len(graph.outputs) - 1 == len(graph.inputs) == 1:
        return None
    count = graph.outputs[points[0]][2]
    skeleton = _skeleton_name(count) or _generic_name(count)
    return _pose_match("rtmo", (boxes[0], points[0]), skeleton, task="pose-detector")


def _match_dets(graph: OnnxGraph, wh: InputWh) -> FamilyMatch | None:
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
    return FamilyMatch("dets", (names[0],))


def _match_simcc(graph: OnnxGraph, wh: InputWh) -> FamilyMatch | None:
    """Two outputs (N, K, 2 W) and (N, K, 2 H), in any order and with any names."""
    outputs = {name: shape for name, shape in graph.outputs.items() if len(shape) == 3}
    names = {shape[2]: name for name, shape in outputs.items()}  # by number of bins
    skeletons = {_skeleton_name(shape[1]) or _generic_name(shape[1]) for shape in outputs.values()}
    # With a square input the outputs for x and y have the same shape.
    if wh is None or wh[0] == wh[1] or len(outputs) != 2 or len(skeletons) > 1:
        return None
    x_bins, y_bins = (2 * side for side in wh)
    if not {x_bins, y_bins} <= set(names):
        return None
    return _pose_match("simcc", (names[x_bins], names[y_bins]), skeletons.pop())


def _match_picodet(graph: OnnxGraph, _: InputWh) -> FamilyMatch | None:
    """PicoDet: boxes (N, P, 4) and scores (N, classes, P)."""
    boxes = [name for name, shape in graph.outputs.items() if len(shape) == 3 and shape[2] == 4]
    scores = [name for name, shape in graph.outputs.items() if len(shape) == 3 and shape[2] != 4]
    if len(boxes) == len(scores) == 1 and graph.outputs[boxes[0]][1] == graph.outputs[scores[0]][2]:
        return FamilyMatch("picodet", (boxes[0], scores[0]))
    return None


def _match_single_output(graph: OnnxGraph, wh: InputWh) -> FamilyMatch | None:
    """YOLOX, YOLO, YOLO pose, or MoveNet MultiPose: one output (N, rows, columns)."""
    outputs = [(name, shape) for name, shape in graph.outputs.items() if len(shape) == 3]
    if len(outputs) != 1 or len(graph.outputs) != 1:
        return None
    name, (_, rows, columns) = outputs[0]
    if columns == 56 and rows == 6:  # 6 persons, 5 + 3 * 17 values
        return _pose_match("movenet-multipose", (name,), "coco17", task="pose-detector")
    if isinstance(columns, int) and columns > 5 and rows == _num_cells(wh):
        return FamilyMatch("yolox", (name,))
    if not isinstance(rows, int) or rows < 5 or (isinstance(columns, int) and columns < rows):
        return None
    # Here the candidates are the columns. 5 + 3 K rows are a pose model, any other number is 4 + classes.
    skeleton = _skeleton_name((rows - 5) / 3) if graph.metadata.task != "detect" else ""
    return (
        _pose_match("yolo-pose", (name,), skeleton, task="pose-detector") if skeleton else FamilyMatch("yolo", (name,))
    )


def _match_yolo_pose(graph: OnnxGraph, _: InputWh) -> FamilyMatch | None:
    """YOLO pose with the keypoints that the exporter states: one output (N, 4 + classes + values x K, P)."""
    metadata = graph.metadata
    count, per_keypoint = metadata.num_keypoints, metadata.keypoint_values
    outputs = [(name, shape) for name, shape in graph.outputs.items() if len(shape) == 3]
    if not count or len(outputs) != 1 or len(graph.outputs) != 1:
        return None
    name, (_batch, rows, _candidates) = outputs[0]
    if rows != 4 + metadata.num_classes + per_keypoint * count:
        return None
    values = {
        "classes": metadata.num_classes,
        "person_class": metadata.person_class,
        "keypoint_values": per_keypoint,
    }
    usual = {"classes": 1, "person_class": 0, "keypoint_values": 3}
    changed: dict[str, Any] = {key: value for key, value in values.items() if value != usual[key]}
    skeleton = _skeleton_name(count) or _generic_name(count)
    if metadata.keypoint_names and not _skeleton_name(count):
        skeleton = "named"
        changed["topology"] = topology_table(Topology(keypoints=metadata.keypoint_names))
    return FamilyMatch("yolo-pose", (name,), skeleton, "pose-detector", changed)


def _match_heatmap(graph: OnnxGraph, wh: InputWh) -> FamilyMatch | None:
    """One map per keypoint; with keypoints of no known skeleton, the maps must be smaller than the image."""
    maps = [name for name, shape in graph.outputs.items() if len(shape) == 4]
    if not len(maps) == len(graph.outputs) == 1:
        return None
    _, count, *hw = graph.outputs[maps[0]]
    skeleton = _skeleton_name(count)
    if not skeleton and wh is not None and all(isinstance(side, int) for side in hw):
        # Maps of the image's own size are of something else: depth, or classes of pixels.
        strides = [image_side / side for image_side, side in zip(wh[::-1], hw, strict=True) if isinstance(side, int)]
        skeleton = _generic_name(count) if len(set(strides)) == 1 and strides[0] >= 2 else ""
    return _pose_match("heatmap", (maps[0],), skeleton)


def _match_blazepose(graph: OnnxGraph, _: InputWh) -> FamilyMatch | None:
    names = [name for name, shape in graph.outputs.items() if len(shape) == 2 and shape[1] == _BLAZEPOSE_VALUES]
    return _pose_match("blazepose", (names[0],), "coco17") if len(names) == 1 else None


def _match_embedding(graph: OnnxGraph, wh: InputWh) -> FamilyMatch | None:
    """One output (N, D) of an upright crop of a person."""
    if (
        wh is None
        or not _UPRIGHT[0] <= wh[1] / wh[0] <= _UPRIGHT[1]
        or not len(graph.inputs) == len(graph.outputs) == 1
    ):
        return None
    ((name, shape),) = graph.outputs.items()
    is_long = len(shape) == 2 and isinstance(shape[1], int) and shape[1] >= _MIN_EMBEDDING
    return FamilyMatch("embedding", (name,), task="reid") if is_long else None


# The first match counts: rules by name come first, and shapes that fit several families last.
_RULES: tuple[_Rule, ...] = (
    _match_nanodet,
    _match_theta,
    _match_movenet,
    _match_labelled,
    _match_yolo_pose,
    _match_rtmo,
    _match_dets,
    _match_simcc,
    _match_picodet,
    _match_single_output,
    _match_heatmap,
    _match_blazepose,
    _match_embedding,
)


def _pose_match(family: str, outputs: tuple[str, ...], skeleton: str, *, task: str = "pose") -> FamilyMatch | None:
    """A match of a pose family; None if the skeleton is unknown."""
    return FamilyMatch(family, outputs, skeleton, task) if skeleton else None


def _skeleton_name(num_keypoints: object) -> str:
    """Name of the skeleton with this number of keypoints; "" for none."""
    return next((name for name, skeleton in SKELETONS.items() if len(skeleton) == num_keypoints), "")


def _generic_name(num_keypoints: object) -> str:
    """Name of the generic skeleton with this number of keypoints; "" if the number is not fixed."""
    return generic_skeleton(num_keypoints).name if isinstance(num_keypoints, int) and num_keypoints > 0 else ""


def image_wh(shape: Shape) -> InputWh:
    """Width and height of a graph's input; None if it accepts any size."""
    height, width = shape[2:] if shape[1] == 3 else shape[1:3]
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _num_cells(wh: InputWh) -> int:
    """Grid cells of the strides 8, 16 and 32 together; 0 if the size is not fixed."""
    return sum((wh[0] // stride) * (wh[1] // stride) for stride in (8, 16, 32)) if wh else 0


def _format_shapes(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) or "none"
