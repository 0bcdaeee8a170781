"""Small ONNX graphs for tests: with constant outputs, or with outputs in proportion to the mean of the input."""

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
_REID = """
task = "reid"
family = "embedding"
outputs = ["output"]
[input]
name = "input"
wh = [128, 256]
mean = [123.675, 116.28, 103.53]
std = [58.395, 57.12, 57.375]
fit = "stretch"
"""


def constant_graph(
    path: Path,
    inputs: Mapping[str, Sequence[Axis]],
    outputs: Mapping[str, NDArray[Any]],
    *,
    dtype: str = "float32",
    fails_on_black: bool = False,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write a graph with these outputs (1, ...) for any input, repeated for each item of the first input.

    Args:
        path: Path of the ONNX file.
        inputs: Shapes by name, with names for free axes; the first is that of the image, a second one is int64.
        outputs: Outputs for one item.
        dtype: Type of the first input and of all outputs that are not integers.
        fails_on_black: Whether these outputs are NaN for a batch of zeros.
        metadata: What the exporter says of the network.
    """
    first = next(iter(inputs))
    batch = "N" if isinstance(inputs[first][0], str) else 1
    # "batch" is the first element of the shape of the input; Slice takes its range from two initializers
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
            helper.make_node("Div", ["brightest", "brightest"], ["factor"]),  # 1, or 0 / 0 = NaN
        ]
    results = []
    for name, value in outputs.items():
        is_integer = value.dtype.kind == "i"
        typed = value if is_integer else value.astype(dtype)
        new_nodes, new_initializers = _repeat_output(name, typed, has_factor=fails_on_black and not is_integer)
        nodes += new_nodes
        initializers += new_initializers
        results.append(helper.make_tensor_value_info(name, TYPES[str(typed.dtype)], [batch, *value.shape[1:]]))
    values = [
        helper.make_tensor_value_info(name, TYPES[dtype] if name == first else TensorProto.INT64, list(shape))
        for name, shape in inputs.items()
    ]
    graph = helper.make_graph(nodes, "constant", values, results, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, dict(metadata or {}))
    onnx.save(model, str(path))
    return path


def _repeat_output(
    name: str, value: NDArray[Any], *, has_factor: bool
) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """Nodes and initializers that repeat a value (1, ...) once per item of the batch, times "factor" if wanted."""
    initializers = [
        numpy_helper.from_array(value, f"{name}_value"),
        numpy_helper.from_array(np.ones(value.ndim - 1, np.int64), f"{name}_ones"),
    ]
    last = ("Mul", [f"{name}_repeated", "factor"]) if has_factor else ("Identity", [f"{name}_repeated"])
    nodes = [
        helper.make_node("Concat", ["batch", f"{name}_ones"], [f"{name}_times"], axis=0),  # (N, 1, 1, ...)
        helper.make_node("Tile", [f"{name}_value", f"{name}_times"], [f"{name}_repeated"]),
        helper.make_node(*last, [name]),
    ]
    return nodes, initializers


def dimmed_graph(path: Path, shape: Sequence[Axis], maps: NDArray[Any], *, dtype: str = "float32") -> Path:
    """Write a graph with a fixed input "x" (N, 3, H, W); output "heatmap" is the mean of each item times these maps.

    Args:
        path: Path of the ONNX file.
        shape: Shape of the input.
        maps: (1, K, h, w), the output for an item of ones.
        dtype: Type of the input.
    """
    nodes = [
        helper.make_node("Cast", ["x"], ["image"], to=TensorProto.FLOAT),
        # (N, 1, 1, 1) times (1, K, h, w) gives (N, K, h, w)
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3], keepdims=1),
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
    """Write a YOLO-pose network that always finds one upright person in the centre, with its entry beside it."""
    head: NDArray[np.float32] = np.zeros((1, 56, 84), np.float32)  # 5 + 17 x 3 values for 84 candidates
    keypoints = np.column_stack((np.full(17, 32), np.linspace(12, 52, 17), np.full(17, 0.9)))
    head[0, :, 7] = [32, 32, 16, 44, 0.9, *keypoints.ravel()]
    path = constant_graph(folder / "one.onnx", {"images": [1, 3, 64, 64]}, {"output0": head})
    path.with_suffix(".toml").write_text(_ONE_STAGE, encoding="utf-8")
    return path


def convolution_graph(path: Path, *, seed: int = 0, float16: bool = False) -> Path:
    """Write a pose network "x" (N, 3, 64, 64) to "heatmap" (N, 17, 16, 16): two layers with random weights, no names.

    Args:
        path: Path of the ONNX file.
        seed: Of the weights.
        float16: Store the weights in half precision, each with a Cast to float32 behind it.
    """
    rng = np.random.default_rng(seed)
    weights = {"w1": rng.normal(0, 0.2, (8, 3, 3, 3)), "w2": rng.normal(0, 0.2, (17, 8, 3, 3))}
    stored = np.float16 if float16 else np.float32
    initializers = [numpy_helper.from_array(value.astype(stored), f"{name}_stored") for name, value in weights.items()]
    nodes = [
        *(helper.make_node("Cast", [f"{name}_stored"], [name], to=TensorProto.FLOAT) for name in weights),
        helper.make_node("Conv", ["x", "w1"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w2"], ["c"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Sigmoid", ["c"], ["heatmap"]),
    ]
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])
        for name, shape in (("x", (3, 64, 64)), ("heatmap", (17, 16, 16)))
    ]
    graph = helper.make_graph(nodes, "convolutions", values[:1], values[1:], initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def stripes_graph(path: Path, *, wh: tuple[int, int] = (128, 256), batch: Axis = "N", length: int = 512) -> Path:
    """Write a graph with the inputs and outputs of OSNet: hues of eight stripes, which other light does not change.

    Args:
        path: Path of the ONNX file.
        wh: Width and height of the input (N, 3, H, W).
        batch: Its first axis.
        length: Numbers of the output.
    """
    stripe = (wh[1] // 8, wh[0])
    hues = np.kron(np.array([[1, 0], [-1, -1], [0, 1]]), np.eye(8))  # (24, 16) red and blue against green
    constants = {
        "std": np.array([58.395, 57.12, 57.375], np.float32).reshape(1, 3, 1, 1),
        "mean": np.array([123.675, 116.28, 103.53], np.float32).reshape(1, 3, 1, 1),
        # random directions keep angles, nearly
        "mixture": (hues @ np.random.default_rng(0).normal(size=(16, length))).astype(np.float32),
    }
    nodes = [
        helper.make_node("Mul", ["input", "std"], ["scaled"]),
        helper.make_node("Add", ["scaled", "mean"], ["bytes"]),
        helper.make_node("AveragePool", ["bytes"], ["stripes"], kernel_shape=stripe, strides=stripe),
        helper.make_node("Flatten", ["stripes"], ["colours"]),
        helper.make_node("MatMul", ["colours", "mixture"], ["output"]),
    ]
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape])
        for name, shape in (("input", (3, wh[1], wh[0])), ("output", (length,)))
    ]
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "stripes", values[:1], values[1:], initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def reid_file(folder: Path, **shape: Any) -> Path:
    """Write a `stripes_graph` with its entry beside it."""
    path = stripes_graph(folder / "reid.onnx", **shape)
    path.with_suffix(".toml").write_text(_REID, encoding="utf-8")
    return path
