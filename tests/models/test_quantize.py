"""int8 graphs: what both engines take, what stays in float, and no telemetry."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from realtime_pose.errors import MissingPackageError, ModelError
from realtime_pose.models.manifest import InputSpec, ModelSpec
from realtime_pose.models.onnx_backend import OnnxBackend
from realtime_pose.models.openvino_backend import OpenVinoBackend, OpenVinoOptions
from realtime_pose.models.quantize import float_layers, merge_padding, quantize
from tests.support.models.graphs import convolution_graph

pytestmark = [pytest.mark.slow]

F32 = np.float32
SPEC = ModelSpec(
    name="m", task="pose", family="heatmap", file="x", skeleton="coco17", input=InputSpec(name="x", wh=(64, 64))
)
INPUTS = [np.random.default_rng(seed).normal(size=(1, 3, 64, 64)).astype(F32) for seed in range(8)]


@pytest.mark.parametrize("float16", [False, True])
def test_both_engines_run_it_with_nearly_the_same_outputs(tmp_path: Path, *, float16: bool) -> None:
    path = convolution_graph(tmp_path / "m.onnx", float16=float16)
    quantize(path, SPEC, INPUTS, tmp_path / "int8.onnx", level=0)
    expected = OnnxBackend(path, SPEC, device="cpu").run(INPUTS[0])["heatmap"]
    for backend in (
        OnnxBackend(tmp_path / "int8.onnx", SPEC, device="cpu"),
        OpenVinoBackend(tmp_path / "int8.onnx", SPEC, OpenVinoOptions(precision="int8")),
    ):
        outputs = backend.run(INPUTS[0])["heatmap"]
        assert np.abs(outputs - expected).mean() < 0.02
        assert not np.array_equal(outputs, expected)


def test_activations_have_one_zero_point_and_weights_are_symmetric(tmp_path: Path) -> None:
    """ONNX Runtime refuses several zero points of an activation."""
    quantize(convolution_graph(tmp_path / "m.onnx"), SPEC, INPUTS, tmp_path / "int8.onnx", level=0)
    graph = onnx.load(str(tmp_path / "int8.onnx")).graph
    arrays = {value.name: numpy_helper.to_array(value) for value in graph.initializer}
    made = [node for node in graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]
    assert len(made) >= 4
    for node in made:
        zero_point = arrays[node.input[2]]
        assert zero_point.size == 1 or not zero_point.any()
        if node.op_type == "QuantizeLinear":  # signed activations are computed wrongly by OpenVINO on some processors
            assert zero_point.dtype == np.uint8


@pytest.mark.parametrize(
    ("level", "names"),
    [
        (0, []),
        (1, ["add", "depthwise 1", "first", "second"]),
        (2, ["add", "depthwise 1", "first", "last", "last after a sigmoid", "ninth", "second"]),
        (3, ["add", "depthwise 1", "depthwise 2", "first", "last", "last after a sigmoid", "ninth", "second"]),
    ],
)
def test_what_stays_in_float(level: int, names: list[str]) -> None:
    """First and last: on the longest way, past what has no weights. Additions: of two values, not of a bias."""
    nodes = [
        helper.make_node("Conv", ["x", "full"], ["a"], name="first"),
        helper.make_node("Relu", ["a"], ["b"], name="relu"),
        helper.make_node("Conv", ["b", "depthwise"], ["c"], name="depthwise 1", group=8),
        helper.make_node("Conv", ["c", "grouped"], ["d"], name="second", group=2),
        helper.make_node("Add", ["b", "d"], ["e"], name="add"),
        helper.make_node("Add", ["e", "bias"], ["f"], name="bias"),
        helper.make_node("Conv", ["f", "depthwise"], ["g"], name="depthwise 2", group=8),
        helper.make_node("Conv", ["g", "grouped"], ["h0"], name="ninth", group=2),
        *(helper.make_node("Conv", [f"h{i}", "full"], [f"h{i + 1}"], name=f"middle {i}") for i in range(7)),
        helper.make_node("Conv", ["h7", "full"], ["i"], name="last after a sigmoid"),
        helper.make_node("Sigmoid", ["i"], ["y"], name="sigmoid"),
        helper.make_node("Conv", ["h7", "full"], ["z"], name="last"),
    ]
    shapes = {"full": (8, 8, 3, 3), "depthwise": (8, 1, 3, 3), "grouped": (8, 4, 3, 3), "bias": (1, 8, 1, 1)}
    initializers = [numpy_helper.from_array(np.zeros(shape, F32), name) for name, shape in shapes.items()]
    x, y, z = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xyz")
    model = helper.make_model(helper.make_graph(nodes, "layers", [x], [y, z], initializers))
    kept = [name for name in float_layers(model, level) if not name.startswith("middle")]
    assert sorted(kept) == names
    assert sum(name.startswith("middle") for name in float_layers(model, level)) == (0 if level < 2 else 7)


def test_layers_in_float_have_no_int8_weights(tmp_path: Path) -> None:
    quantize(chain(tmp_path / "m.onnx", num_layers=5), SPEC, INPUTS, tmp_path / "int8.onnx", level=1)
    nodes = onnx.load(str(tmp_path / "int8.onnx")).graph.node
    dequantized = {output for node in nodes if node.op_type == "DequantizeLinear" for output in node.output}
    in_int8 = [node.input[1] in dequantized for node in nodes if node.op_type == "Conv"]
    assert in_int8 == [False, False, False, True, True]


def chain(path: Path, *, num_layers: int) -> Path:
    """Write a pose network "x" (N, 3, 64, 64) to "heatmap" (N, 17, 64, 64): layers one behind the other."""
    rng = np.random.default_rng(0)
    channels = [3, *[8] * (num_layers - 1), 17]
    values = ["x", *(f"r{number}" for number in range(num_layers - 1)), "heatmap"]
    nodes, weights = [], []
    for number, (source, result) in enumerate(pairwise(values)):
        shape = (channels[number + 1], channels[number], 3, 3)
        weights.append(numpy_helper.from_array(rng.normal(0, 0.2, shape).astype(F32), f"w{number}"))
        nodes.append(helper.make_node("Conv", [source, f"w{number}"], [f"c{number}"], pads=[1] * 4))
        nodes.append(helper.make_node("Relu", [f"c{number}"], [result]))
    ends = [helper.make_tensor_value_info(values[0], TensorProto.FLOAT, ["N", 3, 64, 64])]
    ends.append(helper.make_tensor_value_info(values[-1], TensorProto.FLOAT, ["N", 17, 64, 64]))
    graph = helper.make_graph(nodes, "chain", ends[:1], ends[1:], weights)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return path


def test_a_file_that_is_no_graph(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_text("text", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be loaded as an ONNX graph"):
        quantize(tmp_path / "m.onnx", SPEC, INPUTS, tmp_path / "int8.onnx", level=0)
    assert not (tmp_path / "int8.onnx").exists()


def test_without_the_packages_the_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)
    path = convolution_graph(tmp_path / "m.onnx")
    with pytest.raises(MissingPackageError, match=r"run: pip install 'realtime-pose\[quantize\]'"):
        quantize(path, SPEC, INPUTS, tmp_path / "int8.onnx", level=0)


RUN = """
import sys
from itertools import pairwise
from pathlib import Path
import numpy as np
from realtime_pose.models.manifest import InputSpec, ModelSpec
from realtime_pose.models.quantize import quantize
spec = ModelSpec(
    name="m", task="pose", family="heatmap", file="x", skeleton="coco17", input=InputSpec(name="x", wh=(64, 64))
)
inputs = [np.ones((1, 3, 64, 64), np.float32)]
quantize(Path(sys.argv[1]), spec, inputs, Path(sys.argv[2]), level=0)
"""


@pytest.mark.process
def test_nncf_keeps_no_telemetry(tmp_path: Path) -> None:
    """By default NNCF stores an identity in the home folder and sends events."""
    home = tmp_path / "home"
    home.mkdir()
    env = {key: value for key, value in os.environ.items() if key != "CI"} | {"HOME": str(home)}
    path = convolution_graph(tmp_path / "m.onnx")
    command = [sys.executable, "-c", RUN, str(path), str(tmp_path / "int8.onnx")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=110, env=env)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "int8.onnx").is_file()
    assert done.stdout == ""
    assert [path for path in home.rglob("*") if "intel" in path.name.lower() or "openvino" in path.name.lower()] == []


@pytest.mark.parametrize("present", [[0, 0, 0, 0], [1, 0, 0, 1]])
def test_infinite_padding_before_a_maximum_is_merged(tmp_path: Path, present: list[int]) -> None:
    """Such a padding made the default detector find nobody in int8."""
    nodes = [
        helper.make_node("Pad", ["x", "pads", "lowest"], ["padded"]),
        helper.make_node("MaxPool", ["padded"], ["y"], kernel_shape=[3, 3], strides=[2, 2], pads=present),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 2, None, None]) for name in ("x", "y")]
    initializers = [
        numpy_helper.from_array(np.array([0, 0, 0, 1, 0, 0, 1, 0], np.int64), "pads"),
        numpy_helper.from_array(np.array(-np.inf, F32), "lowest"),
    ]
    graph = helper.make_graph(nodes, "padded", values[:1], values[1:], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    x = np.random.default_rng(0).normal(size=(1, 2, 9, 8)).astype(F32) - 5
    before = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
    merge_padding(model, onnx)
    assert [node.op_type for node in model.graph.node] == ["MaxPool"]
    after = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
    assert np.array_equal(before, after)
