"""OpenVINO itself: its devices by our names, and graphs that are read and compiled."""

import functools
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from realtime_pose.errors import EngineError
from realtime_pose.models import compile_cache
from realtime_pose.models._openvino import ov

_KINDS = {"intel-gpu": "GPU", "intel-npu": "NPU"}  # our names of devices; all others are the CPU
_CAPABILITIES = {"FP32": "f32", "BF16": "bf16", "FP16": "f16", "INT8": "int8"}

_log = logging.getLogger(__name__)


@functools.cache
def make_core() -> ov.Core:
    """OpenVINO with its plugins; one for the whole process."""
    return ov.Core()


def our_name(device: str) -> str:
    """Our name of a device of OpenVINO.

    >>> our_name("CPU"), our_name("GPU"), our_name("GPU.1"), our_name("NPU")
    ('cpu', 'intel-gpu:0', 'intel-gpu:1', 'intel-npu')
    """
    kind, _, number = device.partition(".")
    name = next((ours for ours, theirs in _KINDS.items() if theirs == kind), kind.lower())
    return f"{name}:{number or 0}" if kind == "GPU" else name


def list_devices() -> dict[str, str]:
    """The devices that OpenVINO can use: full names by our names."""
    core = make_core()
    return {our_name(name): str(core.get_property(name, "FULL_DEVICE_NAME")) for name in core.available_devices}


def find_device(asked: str) -> str:
    """OpenVINO's name of a device; the CPU if it is not there."""
    kind, _, number = asked.partition(":")
    if kind not in _KINDS:
        return "CPU"
    # A single graphics processor is listed without a number.
    names = (f"{_KINDS[kind]}.{number or 0}", *((_KINDS[kind],) if number in ("", "0") else ()))
    available = make_core().available_devices
    return next((name for name in names if name in available), "CPU")


def find_precisions(asked_device: str) -> tuple[str, ...]:
    """The precisions in which this device computes; int8 needs an int8 graph."""
    capabilities = make_core().get_property(find_device(asked_device), "OPTIMIZATION_CAPABILITIES")
    return tuple(ours for theirs, ours in _CAPABILITIES.items() if theirs in capabilities)


def version() -> str:
    """The version of OpenVINO."""
    return f"{ov.__version__}".partition("-")[0]


def read_graph(path: Path, name: str) -> ov.Model:
    """The graph of an ONNX file; raises EngineError. The name is that of the model, for the message."""
    try:
        return make_core().read_model(path)
    except RuntimeError as error:
        raise EngineError(f"model {name}: {path} cannot be loaded as an ONNX graph: {brief(error)}") from error


def compile_graph(
    read: Callable[[], ov.Model],
    shapes: Mapping[str, tuple[int, ...]],
    device: str,
    config: dict[str, Any],
    digest: str,
) -> ov.CompiledModel:
    """The graph compiled for these shapes, from the cache if it is there; raises RuntimeError.

    Args:
        read: Reads the graph. To read it again is slower than to copy it, but does not hold Python's global lock.
        shapes: Of the inputs, by their names.
        device: OpenVINO's name of the device.
        config: Its settings.
        digest: Of the file.
    """
    core = make_core()
    machine = core.get_property(device, "FULL_DEVICE_NAME")
    key = repr((ov.__version__, device, machine, digest, sorted(shapes.items()), sorted(config.items())))
    blob = compile_cache.load(key)
    if blob is not None:
        try:
            return core.import_model(blob, device, config)  # from a stream it would hold Python's global lock
        except RuntimeError as error:
            _log.info("a compiled network of the cache cannot be used (%s): it is compiled again", brief(error))
    graph = read()
    graph.reshape({name: list(shape) for name, shape in shapes.items()})
    compiled = core.compile_model(graph, device, config)
    if compile_cache.keeps_new() and "EXPORT_IMPORT" in core.get_property(device, "OPTIMIZATION_CAPABILITIES"):
        compile_cache.store(key, compiled.export_model().getvalue())
    return compiled


def brief(error: RuntimeError) -> str:
    """The reason in an error of OpenVINO, without the lines on its own source files."""
    lines = [line.strip() for line in str(error).splitlines()]
    reasons = [line for line in lines if line and not line.startswith(("Exception from", "Check '"))]
    return (reasons or [line for line in lines if line] or [type(error).__name__])[-1].removeprefix("-- ")
