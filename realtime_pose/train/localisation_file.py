"""A localisation network and its files: the parameters that it starts with, and the ONNX file that it becomes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from realtime_pose.config import DeviceConfig
from realtime_pose.errors import MissingPackageError, ModelError, SinkError
from realtime_pose.files import atomic
from realtime_pose.models import trust, weights
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import InputSpec, load_manifest
from realtime_pose.models.preprocessing import PREPROCESSING
from realtime_pose.nets.localisation import LocalisationNetwork
from realtime_pose.scene import Float
from realtime_pose.train.entry import to_spec, write_entry
from realtime_pose.train.onnx_graph import write_graph

CROP_WH = (64, 64)
FIRST = "nanodet-g"  # the detector whose first layers are the backbone
INPUT, OUTPUT = "crops", "theta"
MAX_ERROR = 1e-3  # of theta in the file, whose parameters have 16 bits


def make_entry(origin: str) -> dict[str, Any]:
    """The manifest entry as a TOML table, without what depends on the file."""
    return {
        "task": "localisation",
        "family": "theta",
        "licence": load_manifest().named(FIRST).licence,
        "origin": origin,
        "outputs": [OUTPUT],
        "input": {"name": INPUT, "wh": list(CROP_WH), "layout": "NCHW", **PREPROCESSING["theta"]},
    }


def input_spec() -> InputSpec:
    """How crops become inputs."""
    return to_spec(make_entry(""), Path("sstn.onnx")).input


def make_network(*, seed: int) -> LocalisationNetwork:
    """A network that starts as the identity, with the backbone of the detector `FIRST`.

    Raises:
        WeightsError: The file of the detector is missing or wrong.
        MissingPackageError: The package onnx is not installed.
    """
    spec = load_manifest().named(FIRST)
    path = weights.find(spec)
    weights.verify(path, spec)
    torch.manual_seed(seed)
    network = LocalisationNetwork(CROP_WH)
    ours = [module for module in network.backbone.modules() if isinstance(module, nn.Conv2d)]
    # The graph goes on after the backbone, and names nothing: the order of its convolutions says which they are.
    for convolution, (weight, bias) in zip(ours, _convolutions(path), strict=False):
        if convolution.weight.shape != weight.shape or convolution.bias is None:
            raise ModelError(
                f"{path}: expected a convolution {tuple(convolution.weight.shape)}, got {tuple(weight.shape)}"
            )
        convolution.weight.data.copy_(weight)
        convolution.bias.data.copy_(bias)
    return network


def _convolutions(path: Path) -> Iterator[tuple[Tensor, Tensor]]:
    """Weight and bias of each convolution of a graph, in its order."""
    onnx = import_onnx()
    graph = onnx.load(str(path)).graph
    values = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    casts = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Cast"}
    for node in graph.node:
        if node.op_type == "Conv":
            weight, bias = (values[casts.get(name, name)].astype(np.float32) for name in node.input[1:3])
            yield torch.from_numpy(weight), torch.from_numpy(bias)


def import_onnx() -> Any:
    """The package onnx; raises MissingPackageError if it, or what torch writes ONNX files with, is not installed."""
    try:
        import onnx
        import onnx.numpy_helper
        import onnxscript  # noqa: F401 - torch imports it
    except ImportError as error:
        raise MissingPackageError(
            "fit sstn needs the packages onnx and onnxscript, which are not installed here: "
            "pip install 'realtime-pose[train]'"
        ) from error
    return onnx


def export(network: LocalisationNetwork, target: Path, crops: Float, *, origin: str) -> None:
    """Write the network as an ONNX file, with its entry beside it.

    Args:
        network: On the CPU.
        target: The file. It appears when it is complete and checked.
        crops: (N, 3, H, W), N >= 2, on which the file is compared with the network.
        origin: What the entry says of where the network comes from.

    Raises:
        ModelError: The file would differ too much from the network.
        SinkError: It cannot be written.
    """
    network.eval()
    try:
        with atomic.replacing(target) as part:
            write_graph(network, part, wh=CROP_WH, input_name=INPUT, outputs=[OUTPUT])
            _store_in_16_bits(part)
            entry = {**make_entry(origin), "sha256": trust.digest(part), "bytes": part.stat().st_size}
            _check(network, part, entry, crops)
    except OSError as error:
        raise SinkError(f"{target}: cannot be written ({error.strerror}); choose another --out") from error
    try:
        write_entry(target, entry)
    except SinkError:
        target.unlink()  # without its entry nobody could use it
        raise


def _store_in_16_bits(path: Path) -> None:
    """Store large parameters as float16 with a Cast behind each: half the size, arithmetic in float32 as before."""
    onnx = import_onnx()
    model = onnx.load(str(path))
    casts = []
    for each in model.graph.initializer:
        value = onnx.numpy_helper.to_array(each)
        if value.dtype == np.float32 and value.ndim > 1:
            name = each.name
            each.CopyFrom(onnx.numpy_helper.from_array(value.astype(np.float16), f"{name}_16"))
            casts.append(onnx.helper.make_node("Cast", [f"{name}_16"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(path))


def _check(network: LocalisationNetwork, path: Path, entry: dict[str, Any], crops: Float) -> None:
    """Raise ModelError unless the file gives what the network does, for a batch and for one crop."""
    backend = load_backend(path, to_spec(entry, path), DeviceConfig(device="cpu", engine="onnxruntime"))
    for batch in (crops, crops[:1]):
        with torch.inference_mode():
            expected = network(torch.from_numpy(batch)).numpy()
        error = float(np.abs(backend.run(batch)[OUTPUT] - expected).max())
        if not error <= MAX_ERROR:
            raise ModelError(
                f"the ONNX file was not written: expected theta of torch within {MAX_ERROR:g}, but it differs by "
                f"{error:.2g}; report this"
            )
