"""A network in float32 to an int8 graph: NNCF calibrates it on inputs of the network (post-training quantization).

The int8 graph is ONNX with QuantizeLinear and DequantizeLinear. Weights are symmetric per channel, and activations have
one scale and one zero point each, because ONNX Runtime refuses several in depthwise convolutions.
"""

import contextlib
import io
import logging
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from realtime_pose.errors import MissingPackageError, ModelError
from realtime_pose.files import atomic
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.onnx_backend import find_interface, save_folded

INSTALL = "pip install 'realtime-pose[quantize]'"
FLOAT_LEVELS = (
    "none",
    "the first layers and the additions",
    "the first and the last layers and the additions",
    "the first and the last layers, the additions and the depthwise convolutions",
)
"""What stays in float, the fastest first.

Errors of the first layers go through the whole network. Additions carry the values of residual blocks past many layers.
The last layers have few channels and make the numbers that are read. In a depthwise convolution the channels differ
most, and share one scale.
"""
_NUM_FIRST = 3  # as many layers from the input: in most networks the stem and its first block
_NUM_LAST = 9  # as many layers to the outputs: in most networks for poses the decoder and the heads
_LOWEST = -1e30  # numbers below stand for minus infinity
_LAYERS = ("Conv", "ConvTranspose", "Gemm", "MatMul")  # layers with weights


def quantize(path: Path, spec: ModelSpec, inputs: Sequence[NDArray[Any]], target: Path, *, level: int) -> None:
    """Write the int8 graph of a network.

    Args:
        path: Its ONNX file in float32.
        spec: Its entry.
        inputs: Batches of the network, on which the ranges of its values are measured.
        target: The file to write.
        level: How much stays in float, an index of FLOAT_LEVELS.

    Raises:
        MissingPackageError: The packages of the extra ``quantize`` are not installed.
        ModelError: The graph cannot be quantized.
        SinkError: The file cannot be written.
    """
    nncf, onnx = _import_nncf()
    interface = find_interface(path, spec)
    with tempfile.TemporaryDirectory() as folder:
        folded = Path(folder) / "folded.onnx"
        save_folded(path, folded)
        graph = onnx.load(str(folded))
    merge_padding(graph, onnx)
    for number, node in enumerate(graph.graph.node):
        node.name = node.name or f"node_{number}"  # layers that stay in float are given by name
    names = float_layers(graph, level)
    dataset = nncf.Dataset([interface.feed(batch) for batch in inputs])
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # NNCF draws progress bars among our results
            made = nncf.quantize(
                graph,
                dataset,
                preset=nncf.QuantizationPreset.MIXED,
                subset_size=len(inputs),
                ignored_scope=nncf.IgnoredScope(names=names) if names else None,
                advanced_parameters=_parameters(),
            )
    except (RuntimeError, ValueError, KeyError, TypeError, nncf.ValidationError) as error:
        raise ModelError(f"model {spec.name}: NNCF cannot quantize {path}: {error}") from error
    use_unsigned_activations(made, onnx)
    atomic.write(target, made.SerializeToString())


def merge_padding(graph: Any, onnx: Any) -> None:
    """Turn paddings with minus infinity before a maximum into paddings of the maximum, which mean the same.

    In int8 there is no infinity: NNCF would measure a range without end, and OpenVINO then computes garbage without an
    error.
    """
    arrays = {value.name: onnx.numpy_helper.to_array(value) for value in graph.graph.initializer}
    for pad in [node for node in graph.graph.node if node.op_type == "Pad" and len(node.input) > 2]:
        users = [node for node in graph.graph.node if pad.output[0] in node.input]
        value, pads = arrays.get(pad.input[2]), arrays.get(pad.input[1])
        is_infinite = value is not None and pads is not None and float(value.min()) < _LOWEST
        if pads is None or not is_infinite or any(node.op_type != "MaxPool" for node in users):
            continue
        half = len(pads) // 2
        sides = [*pads[2:half], *pads[half + 2 :]]  # of height and width: the begins, then the ends
        for node in users:
            present = next((list(item.ints) for item in node.attribute if item.name == "pads"), [0] * len(sides))
            kept = [item for item in node.attribute if item.name not in ("pads", "auto_pad")]
            merged = [int(a + b) for a, b in zip(present, sides, strict=True)]
            del node.attribute[:]
            node.attribute.extend([*kept, onnx.helper.make_attribute("pads", merged)])
            node.input[0] = pad.input[0]
        graph.graph.node.remove(pad)


def use_unsigned_activations(graph: Any, onnx: Any) -> None:
    """Turn signed activations of an int8 graph into unsigned ones, which mean the same.

    OpenVINO 2026.4 computes a convolution with LeakyRelu and signed activations wrongly on processors with VNNI, and
    gives no error: the default detector found nobody.
    """
    values = {value.name: value for value in graph.graph.initializer}
    # Weights have no QuantizeLinear: they are stored as int8 and stay so.
    names = {node.input[2] for node in graph.graph.node if node.op_type == "QuantizeLinear"}
    for name in names:
        zero_point = onnx.numpy_helper.to_array(values[name])
        if zero_point.dtype == "int8":
            unsigned = (zero_point.astype("int16") + 128).astype("uint8")
            values[name].CopyFrom(onnx.numpy_helper.from_array(unsigned, name))
    del graph.graph.value_info[:]  # it names the former types


def float_layers(graph: Any, level: int) -> list[str]:
    """The names of the operations that stay in float at this level."""
    nodes = list(graph.graph.node)
    shapes = {value.name: tuple(value.dims) for value in graph.graph.initializer}
    # One input channel per group; a grouped convolution has several.
    depthwise = [node for node in nodes if _is_grouped(node) and shapes.get(node.input[1], (0, 0))[1] == 1]
    additions = [node for node in nodes if node.op_type == "Add" and not set(node.input) & set(shapes)]
    forward = [(node, node.input, node.output) for node in nodes]
    backward = [(node, node.output, node.input) for node in reversed(nodes)]
    first, last = _layers_within(forward, _NUM_FIRST), _layers_within(backward, _NUM_LAST)
    stages: tuple[Iterable[Any], ...] = ([], [*first, *additions], last, depthwise)
    return list(dict.fromkeys(node.name for stage in stages[: level + 1] for node in stage))


def _is_grouped(node: Any) -> bool:
    return node.op_type == "Conv" and any(item.name == "group" and item.i > 1 for item in node.attribute)


def _layers_within(steps: Iterable[tuple[Any, Iterable[str], Iterable[str]]], limit: int) -> Iterator[Any]:
    """The layers with at most so many layers, themselves included, on the longest way from the begin.

    Args:
        steps: The operations, each with the values before it and the values behind it on the way; each comes after
            all that lead to it.
        limit: The number of layers.
    """
    depths: dict[str, int] = {}
    for node, before, behind in steps:
        depth = max((depths.get(name, 0) for name in before), default=0) + (node.op_type in _LAYERS)
        for name in behind:
            depths[name] = max(depth, depths.get(name, 0))
        if node.op_type in _LAYERS and depth <= limit:
            yield node


def _parameters() -> Any:
    """NNCF's settings for graphs that ONNX Runtime takes too."""
    from nncf.quantization import advanced_parameters as advanced

    return advanced.AdvancedQuantizationParameters(
        activations_quantization_params=advanced.QuantizationParameters(per_channel=False),
        weights_quantization_params=advanced.QuantizationParameters(mode=advanced.QuantizationMode.SYMMETRIC),
    )


@contextlib.contextmanager
def _without_telemetry() -> Iterator[None]:
    """Imports in the block do not find the package that NNCF sends telemetry with (docs/development/decisions/0012).

    NNCF works without this package. With it, it makes an identity in the home folder when it is imported.
    """
    name = "openvino_telemetry"
    before = {key: sys.modules[key] for key in [name] if key in sys.modules}
    sys.modules[name] = None  # type: ignore[assignment] # None: an import fails
    try:
        yield
    finally:
        del sys.modules[name]
        sys.modules.update(before)


def _import_nncf() -> tuple[Any, Any]:
    """NNCF and onnx."""
    try:
        with _without_telemetry():
            import nncf
        import onnx
    except ImportError as error:
        raise MissingPackageError(
            f"weights quantize: expected the packages nncf and onnx, but {error}; run: {INSTALL}"
        ) from error
    logging.getLogger("nncf").setLevel(logging.ERROR)  # it reports each of its steps
    return nncf, onnx
