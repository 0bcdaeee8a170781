"""Small ONNX graphs for tests, made on the spot: outputs that are constant, or as bright as the picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

TYPES = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "float64": TensorProto.DOUBLE,
    "uint8": TensorProto.UINT8,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
}
Axis = int | str
_ONE_STAGE = """
task = "pose-detector"
family = "yolo-pose"
skeleton = "coco17"
outputs = ["output0"]
[input]
name = "images"
wh = [64, 64]
colour = "RGB"
std = [255, 255, 255]
fit = "letterbox-centred"
pad = 114
"""


def constant_graph(
    path: Path,
    inputs: Mapping[str, Sequence[Axis]],
    outputs: Mapping[str, NDArray[Any]],
    *,
    dtype: str = "float32",
    fails_on_black: bool = False,
) -> Path:
    """A graph that answers every batch with these outputs (1, ...), repeated for each item of the first input.

    Args:
        path: Where to write it.
        inputs: Shapes by name, names for free axes; the first is the picture's, a second is int64.
        outputs: What one item gives.
        dtype: Of the first input and of the outputs that are no whole numbers.
        fails_on_black: A batch that is all 0 gives NaN in these.
    """
    first = next(iter(inputs))
    is_free = isinstance(inputs[first][0], str)
    nodes = [
        helper.make_node("Shape", [first], ["batch_shape"]),
        helper.make_node("Slice", ["batch_shape", "zero", "one"], ["batch"]),
    ]
    initializers = [
        numpy_helper.from_array(np.array([value], np.int64), name) for name, value in (("zero", 0), ("one", 1))
    ]
    if fails_on_black:
        nodes += [
            helper.make_node("ReduceMax", [first], ["brightest"], keepdims=0),
            helper.make_node("Div", ["brightest", "brightest"], ["once"]),  # 0 / 0 is NaN
        ]
    results = []
    for name, value in outputs.items():
        kind = str(value.dtype) if value.dtype.kind == "i" else dtype
        is_spoilt = fails_on_black and value.dtype.kind != "i"
        initializers += [
            numpy_helper.from_array(value.astype(kind), f"{name}_value"),
            numpy_helper.from_array(np.ones(value.ndim - 1, np.int64), f"{name}_ones"),
        ]
        nodes += [
            helper.make_node("Concat", ["batch", f"{name}_ones"], [f"{name}_times"], axis=0),
            helper.make_node("Tile", [f"{name}_value", f"{name}_times"], [f"{name}_finite"]),
            helper.make_node("Mul" if is_spoilt else "Identity", [f"{name}_finite", *["once"] * is_spoilt], [name]),
        ]
        results.append(helper.make_tensor_value_info(name, TYPES[kind], ["N" if is_free else 1, *value.shape[1:]]))
    values = [
        helper.make_tensor_value_info(name, TYPES[dtype] if name == first else TensorProto.INT64, list(shape))
        for name, shape in inputs.items()
    ]
    graph = helper.make_graph(nodes, "constant", values, results, initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def dimmed_graph(path: Path, shape: Sequence[int], maps: NDArray[Any], *, dtype: str = "float32") -> Path:
    """A graph with one fixed input "x" (N, 3, H, W) and output "heatmap": for each item these maps times its mean.

    Args:
        path: Where to write it.
        shape: Of the input.
        maps: (1, K, h, w), what an item of ones gives.
        dtype: Of the input.
    """
    nodes = [
        helper.make_node("Cast", ["x"], ["picture"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["mean", "maps"], ["heatmap"]),
    ]
    values = [
        helper.make_tensor_value_info(name, TYPES[kind], list(axes))
        for name, kind, axes in (("x", dtype, shape), ("heatmap", "float32", (shape[0], *maps.shape[1:])))
    ]
    initializers = [numpy_helper.from_array(maps, "maps")]
    graph = helper.make_graph(nodes, "dimmed", values[:1], values[1:], initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def one_stage_file(folder: Path) -> Path:
    """A YOLO-pose of one person, upright in the middle, whatever the picture; its entry stands beside it."""
    head: NDArray[np.float32] = np.zeros((1, 56, 84), np.float32)
    keypoints = np.column_stack((np.full(17, 32), np.linspace(12, 52, 17), np.full(17, 0.9)))
    head[0, :, 7] = [32, 32, 16, 44, 0.9, *keypoints.ravel()]
    path = constant_graph(folder / "one.onnx", {"images": [1, 3, 64, 64]}, {"output0": head})
    path.with_suffix(".toml").write_text(_ONE_STAGE, encoding="utf-8")
    return path
