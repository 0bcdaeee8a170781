"""The outputs of each family of models: names and shapes.

A backend checks a graph against them when it loads it, so that a wrong file gives an error with both shapes instead of
wrong boxes. N is the batch, P the candidates, K the keypoints, H and W the input's sides; None is any length.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError, ModelError
from realtime_pose.models.manifest import ModelSpec

Shape = tuple[int | None, ...]

THETA = "theta"  # (N, 2, 3) of a spatial transformer: from what the SPPE sees to the crop, normalised


def _nanodet(_: ModelSpec) -> dict[str, Shape]:
    # The distances are decoded from their distribution in the graph, hence 4 and not 4 x bins.
    return {"scores": (None, None), "distances": (None, None, 4)}


def _candidates(_: ModelSpec) -> dict[str, Shape]:
    """One output (N, P, 5 + classes) of YOLOX, or (N, 4 + classes, P) of YOLO."""
    return {"candidates": (None, None, None)}


def _dets(spec: ModelSpec) -> dict[str, Shape]:
    """Boxes with scores after NMS in the graph; labels if there is a second output."""
    labels: dict[str, Shape] = {"labels": (None, None)} if len(spec.outputs) > 1 else {}
    return {"dets": (None, None, None), **labels}


def _picodet(_: ModelSpec) -> dict[str, Shape]:
    return {"boxes": (None, None, 4), "scores": (None, None, None)}


def _labelled_boxes(_: ModelSpec) -> dict[str, Shape]:
    return {"labels": (None, None), "boxes": (None, None, 4), "scores": (None, None)}


def _yolo_pose(spec: ModelSpec) -> dict[str, Shape]:
    count = num_keypoints(spec)
    num_others = 4 + spec.classes  # the box and the scores
    return {"candidates": (None, None if count is None else num_others + spec.keypoint_values * count, None)}


def _multipose(spec: ModelSpec) -> dict[str, Shape]:
    count = num_keypoints(spec)
    return {"persons": (None, None, None if count is None else 5 + 3 * count)}


def _rtmo(spec: ModelSpec) -> dict[str, Shape]:
    return {"dets": (None, None, 5), "keypoints": (None, None, num_keypoints(spec), 3)}


def _movenet(spec: ModelSpec) -> dict[str, Shape]:
    count = len(spec.pose_skeleton)
    width, height = (side // 4 for side in spec.input.wh)  # the maps have stride 4
    channels = {"heatmap": count, "center": 1, "regress": 2 * count, "offset": 2 * count}
    return {name: (None, num_channels, height, width) for name, num_channels in channels.items()}


def _heatmap(spec: ModelSpec) -> dict[str, Shape]:
    return {"heatmap": (None, num_keypoints(spec), None, None)}


def _simcc(spec: ModelSpec) -> dict[str, Shape]:
    count = num_keypoints(spec)
    return {"simcc_x": (None, count, None), "simcc_y": (None, count, None)}


def _blazepose(_: ModelSpec) -> dict[str, Shape]:
    return {"keypoints": (None, None)}


def _embedding(_: ModelSpec) -> dict[str, Shape]:
    return {"embedding": (None, None)}


def _theta(_: ModelSpec) -> dict[str, Shape]:
    return {THETA: (None, 2, 3)}


_FAMILIES: Mapping[str, Callable[[ModelSpec], dict[str, Shape]]] = {
    "nanodet": _nanodet,
    "yolox": _candidates,
    "dets": _dets,
    "yolo": _candidates,
    "picodet": _picodet,
    "detr": _labelled_boxes,
    "ssd": _labelled_boxes,
    "yolo-pose": _yolo_pose,
    "movenet-multipose": _multipose,
    "rtmo": _rtmo,
    "movenet": _movenet,
    "heatmap": _heatmap,
    "simcc": _simcc,
    "blazepose": _blazepose,
    "embedding": _embedding,
    "theta": _theta,
}


class _KeypointAxis(NamedTuple):
    """Where shapes show K: an axis has num_others + K * per_keypoint values."""

    output: str
    axis: int
    num_others: int
    per_keypoint: int


_KEYPOINT_AXES: Mapping[str, _KeypointAxis] = {
    "movenet": _KeypointAxis("heatmap", 1, 0, 1),
    "heatmap": _KeypointAxis("heatmap", 1, 0, 1),
    "simcc": _KeypointAxis("simcc_x", 1, 0, 1),
    "blazepose": _KeypointAxis("keypoints", 1, 0, 5),  # x, y, z, visibility, presence
    "rtmo": _KeypointAxis("keypoints", 2, 0, 1),
    "movenet-multipose": _KeypointAxis("persons", 2, 5, 3),
}


def check_keypoints(spec: ModelSpec, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Compare the keypoints that an entry uses with those that the network gives.

    Args:
        spec: The entry.
        shapes: Of the outputs, by the family's names.

    Raises:
        ModelError: The network does not have these keypoints.
    """
    if spec.family == "yolo-pose":  # a box and scores; then x, y and maybe a score
        place = _KeypointAxis("candidates", 1, 4 + spec.classes, spec.keypoint_values)
    elif spec.family in _KEYPOINT_AXES:
        place = _KEYPOINT_AXES[spec.family]
    else:
        return
    output, axis, num_others, per_keypoint = place
    count, remainder = divmod(shapes[output][axis] - num_others, per_keypoint)
    has_all = count > max(spec.keypoints) if spec.keypoints else count == len(spec.pose_skeleton)
    if remainder or not has_all:
        wanted = (
            f"at least {max(spec.keypoints) + 1}"
            if spec.keypoints
            else f"the {len(spec.pose_skeleton)} of {spec.skeleton}"
        )
        raise ModelError(
            f"model {spec.name}, output {output} {shapes[output]}: expected "
            f"{counted(per_keypoint, 'number')} per keypoint and {wanted}, "
            f"got {counted(count, 'keypoint')}; correct skeleton or keypoints of its entry"
        )


def num_keypoints(spec: ModelSpec) -> int | None:
    """K of the network's output; None if the entry selects keypoints.

    The network may then have more of them.
    """
    return None if spec.keypoints else len(spec.pose_skeleton)


def output_shapes(spec: ModelSpec) -> dict[str, Shape]:
    """The outputs that a graph of this model must have, by the family's names.

    Raises:
        ConfigError: The family is unknown.
    """
    if spec.family not in _FAMILIES:
        raise ConfigError(f"model {spec.name}: unknown family {spec.family!r}, expected one of {', '.join(_FAMILIES)}")
    theta: dict[str, Shape] = {THETA: (None, 2, 3)} if spec.sstn else {}
    return _FAMILIES[spec.family](spec) | theta


def output_names(spec: ModelSpec) -> dict[str, str]:
    """The graph's name of each output, by the family's name.

    Raises:
        ConfigError: The family is unknown, or the entry has the wrong number of outputs.
    """
    family_names = list(output_shapes(spec))
    if spec.outputs and len(spec.outputs) != len(family_names):
        raise ConfigError(
            f"model {spec.name}: outputs: expected the graph's names of {', '.join(family_names)} in this order, "
            f"got {', '.join(spec.outputs)}"
        )
    return dict(zip(family_names, spec.outputs or family_names, strict=True))


def input_shape(spec: ModelSpec) -> Shape:
    """The shape of a batch for this model, (N, 3, H, W) or (N, H, W, 3)."""
    width, height = (None, None) if spec.input.multiple_px else spec.input.wh
    return (None, height, width, 3) if spec.input.layout == "NHWC" else (None, 3, height, width)


def shapes_match(expected: Shape, actual: tuple[object, ...]) -> bool:
    """Whether a graph's shape is compatible with the expected one.

    A free axis of a graph has a name in place of a number.

    >>> shapes_match((None, 3, 416, 416), ("N", 3, "H", 416)), shapes_match((None, 3), (1, 4))
    (True, False)
    """
    return len(expected) == len(actual) and all(
        length is None or not isinstance(found, int) or length == found
        for length, found in zip(expected, actual, strict=True)
    )
