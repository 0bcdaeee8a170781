"""The signature of each family of models: which outputs its graphs have, and of which shapes.

A backend checks a graph against it when it loads, so that a wrong file fails with both shapes in the message, and not
as boxes in odd places. N is the batch, K the keypoints, H and W the input's sides; None is any length.
"""

from collections.abc import Callable, Mapping

from realtime_pose.errors import ConfigError, ModelError
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.skeletons import skeleton_named

Shape = tuple[int | None, ...]


def _nanodet(_: ModelSpec) -> dict[str, Shape]:
    return {"scores": (None, None), "distances": (None, None, 4)}


def _candidates(_: ModelSpec) -> dict[str, Shape]:
    """One output (N, P, 5 + classes), or (N, 4 + classes, P)."""
    return {"candidates": (None, None, None)}


def _dets(spec: ModelSpec) -> dict[str, Shape]:
    """Boxes with their score after NMS inside the graph; labels where the entry names a second output."""
    labels: dict[str, Shape] = {"labels": (None, None)} if len(spec.outputs) > 1 else {}
    return {"dets": (None, None, None), **labels}


def _picodet(_: ModelSpec) -> dict[str, Shape]:
    return {"boxes": (None, None, 4), "scores": (None, None, None)}


def _labelled(_: ModelSpec) -> dict[str, Shape]:
    return {"labels": (None, None), "boxes": (None, None, 4), "scores": (None, None)}


def _yolo_pose(spec: ModelSpec) -> dict[str, Shape]:
    count = num_keypoints(spec)
    return {"candidates": (None, None if count is None else 5 + 3 * count, None)}


def _multipose(spec: ModelSpec) -> dict[str, Shape]:
    count = num_keypoints(spec)
    return {"persons": (None, None, None if count is None else 5 + 3 * count)}


def _movenet(spec: ModelSpec) -> dict[str, Shape]:
    num_keypoints = len(skeleton_named(spec.skeleton))
    width, height = (side // 4 for side in spec.input.wh)
    channels = {"heatmap": num_keypoints, "center": 1, "regress": 2 * num_keypoints, "offset": 2 * num_keypoints}
    return {name: (None, count, height, width) for name, count in channels.items()}


def _heatmap(spec: ModelSpec) -> dict[str, Shape]:
    return {"heatmap": (None, num_keypoints(spec), None, None)}


def _simcc(spec: ModelSpec) -> dict[str, Shape]:
    count = num_keypoints(spec)
    return {"simcc_x": (None, count, None), "simcc_y": (None, count, None)}


def _blazepose(_: ModelSpec) -> dict[str, Shape]:
    return {"keypoints": (None, None)}


_FAMILIES: Mapping[str, Callable[[ModelSpec], dict[str, Shape]]] = {
    "nanodet": _nanodet,
    "yolox": _candidates,
    "dets": _dets,
    "yolo": _candidates,
    "picodet": _picodet,
    "detr": _labelled,
    "ssd": _labelled,
    "yolo-pose": _yolo_pose,
    "movenet-multipose": _multipose,
    "movenet": _movenet,
    "heatmap": _heatmap,
    "simcc": _simcc,
    "blazepose": _blazepose,
}


# Where the outputs of a family of poses tell K: the output and its axis, how many numbers stand there beside the
# keypoints, and how many each keypoint has.
_KEYPOINT_AXES: Mapping[str, tuple[str, int, int, int]] = {
    "movenet": ("heatmap", 1, 0, 1),
    "heatmap": ("heatmap", 1, 0, 1),
    "simcc": ("simcc_x", 1, 0, 1),
    "blazepose": ("keypoints", 1, 0, 5),
    "yolo-pose": ("candidates", 1, 5, 3),
    "movenet-multipose": ("persons", 2, 5, 3),
}


def check_keypoints(spec: ModelSpec, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Compare the keypoints that an entry takes with those that the network really gives.

    Args:
        spec: The entry.
        shapes: Of outputs, by the family's names.

    Raises:
        ModelError: The network has not these keypoints.
    """
    if spec.family not in _KEYPOINT_AXES:
        return
    output, axis, beside, each = _KEYPOINT_AXES[spec.family]
    count, rest = divmod(shapes[output][axis] - beside, each)
    has_all = count > max(spec.keypoints) if spec.keypoints else count == len(skeleton_named(spec.skeleton))
    if rest or not has_all:
        wanted = f"those up to number {max(spec.keypoints)}" if spec.keypoints else f"the ones of {spec.skeleton}"
        raise ModelError(
            f"model {spec.name}, output {output} {shapes[output]}: expected {each} number(s) for each keypoint and "
            f"{wanted}, got {count} keypoints; correct skeleton or keypoints of its entry"
        )


def num_keypoints(spec: ModelSpec) -> int | None:
    """K of the network's own output; None where the entry only says which of them the skeleton takes."""
    return None if spec.keypoints else len(skeleton_named(spec.skeleton))


def output_shapes(spec: ModelSpec) -> dict[str, Shape]:
    """The outputs that a graph of this model must have, by the family's names.

    Raises:
        ConfigError: The family is unknown.
    """
    if spec.family not in _FAMILIES:
        raise ConfigError(f"model {spec.name}: unknown family {spec.family!r}, expected one of {', '.join(_FAMILIES)}")
    return _FAMILIES[spec.family](spec)


def output_names(spec: ModelSpec) -> dict[str, str]:
    """The graph's name of each output, by the family's.

    Raises:
        ConfigError: The family is unknown, or the entry names another number of outputs.
    """
    own = list(output_shapes(spec))
    if spec.outputs and len(spec.outputs) != len(own):
        raise ConfigError(
            f"model {spec.name}: outputs: expected the graph's names of {', '.join(own)} in this order, "
            f"got {', '.join(spec.outputs)}"
        )
    return dict(zip(own, spec.outputs or own, strict=True))


def input_shape(spec: ModelSpec) -> Shape:
    """The shape of a batch for this model, (N, C, H, W) or (N, H, W, C)."""
    width, height = (None, None) if spec.input.multiple_px else spec.input.wh
    return (None, height, width, 3) if spec.input.layout == "NHWC" else (None, 3, height, width)


def shapes_agree(wanted: Shape, got: tuple[object, ...]) -> bool:
    """Whether a graph's shape (numbers, or names of free axes) can be the wanted one.

    >>> shapes_agree((None, 3, 416, 416), ("N", 3, "H", 416)), shapes_agree((None, 3), (1, 4))
    (True, False)
    """
    return len(wanted) == len(got) and all(
        axis is None or not isinstance(length, int) or axis == length for axis, length in zip(wanted, got, strict=True)
    )
