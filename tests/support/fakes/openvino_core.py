"""An OpenVINO core that lists devices which this machine does not have, and compiles for the CPU in their place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openvino as ov

_CPU_ONLY = ("NUM_STREAMS", "INFERENCE_NUM_THREADS", "ENABLE_CPU_PINNING")


@dataclass
class FakeCore:
    """OpenVINO's core with other devices.

    Attributes:
        available_devices: The devices that it lists.
        capabilities: Precisions of the devices other than the CPU, and of the CPU if ``CPU`` is a key.
        compiled: Device, shapes of the inputs, and settings of each compilation.
        refuses: Whether every compilation fails.
    """

    available_devices: Sequence[str] = ("CPU", "GPU", "NPU")
    capabilities: Mapping[str, Sequence[str]] = field(default_factory=dict)
    compiled: list[tuple[str, list[list[int]], dict[str, Any]]] = field(default_factory=list)
    refuses: bool = False

    def __post_init__(self) -> None:
        self._core = ov.Core()

    def get_property(self, device: str, name: str) -> Any:
        assert device in self.available_devices
        if name == "FULL_DEVICE_NAME":
            return f"Fake {device}"
        assert name == "OPTIMIZATION_CAPABILITIES"
        return list(self.capabilities.get(device.partition(".")[0], ("FP32", "FP16", "INT8")))

    def read_model(self, path: Path) -> ov.Model:
        return self._core.read_model(path)

    def compile_model(self, model: ov.Model, device: str, config: Mapping[str, Any]) -> ov.CompiledModel:
        shapes = [
            [-1 if axis.is_dynamic else axis.get_length() for axis in port.partial_shape] for port in model.inputs
        ]
        self.compiled.append((device, shapes, dict(config)))
        if self.refuses:
            raise RuntimeError("Exception from src/plugin.cpp:1:\nan operation is not supported\n")
        # A device that is not the CPU gets no settings of the CPU.
        assert device == "CPU" or not set(_CPU_ONLY) & set(config)
        return self._core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
