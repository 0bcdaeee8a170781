"""The inputs and outputs of a graph in OpenVINO. They are kept between starts, because to read a graph takes long."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_pose.models import compile_cache
from realtime_pose.models._openvino import ov
from realtime_pose.models.graph_interface import GraphInput

_TYPES = {"f32": "float32", "f16": "float16", "f64": "float64", "u8": "uint8", "i32": "int32", "i64": "int64"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GraphPorts:
    """The inputs and outputs of a graph, by name.

    Attributes:
        inputs: Shape and type of each input.
        outputs: Shape of each output: integers, and "?" for free axes.
    """

    inputs: Mapping[str, GraphInput]
    outputs: Mapping[str, tuple[object, ...]]


def find_ports(read: Callable[[], ov.Model], digest: str) -> GraphPorts:
    """The inputs and outputs of a graph.

    Args:
        read: Reads the graph, if they were not kept.
        digest: Of its file.
    """
    key = repr((ov.__version__, "ports", digest))
    kept = compile_cache.load(key)
    if kept is not None:
        try:
            return _from_json(kept)
        except ValueError as error:
            _log.info("what is kept of a graph cannot be used (%s): it is read again", error)
    graph = read()
    ports = GraphPorts(
        {_name(port): GraphInput(_shape(port), _type_name(port)) for port in graph.inputs},
        {name: _shape(port) for port in graph.outputs for name in port.names},
    )
    if compile_cache.keeps_new():
        compile_cache.store(key, _to_json(ports))
    return ports


def _to_json(ports: GraphPorts) -> bytes:
    inputs = {name: [each.shape, each.type_name] for name, each in ports.inputs.items()}
    return json.dumps([inputs, ports.outputs]).encode()


def _from_json(text: bytes) -> GraphPorts:
    """Raises ValueError if it is no JSON."""
    inputs, outputs = json.loads(text)
    return GraphPorts(
        {name: GraphInput(tuple(shape), type_name) for name, (shape, type_name) in inputs.items()},
        {name: tuple(shape) for name, shape in outputs.items()},
    )


def _name(port: Any) -> str:
    return str(port.get_any_name())


def _shape(port: Any) -> tuple[object, ...]:
    """Integers, and "?" for free axes."""
    rank = port.partial_shape.rank
    if rank.is_dynamic:
        return ("?",)
    return tuple(axis.get_length() if axis.is_static else "?" for axis in port.partial_shape)


def _type_name(port: Any) -> str:
    """The type as in NumPy."""
    name = f"{port.element_type.get_type_name()}"
    return _TYPES.get(name, name)
