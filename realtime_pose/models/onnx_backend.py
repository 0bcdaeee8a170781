"""The ONNX Runtime backend: an ONNX file to a network on the CPU or on CUDA.

ONNX Runtime falls back to the CPU silently. So the device is read from the session, never from the package.
"""

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Published builds send telemetry unless this is set before the import (docs/development/decisions/0012).
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as native

from realtime_pose.errors import EngineError
from realtime_pose.models.backend import Arrays, Batch
from realtime_pose.models.engine import Engine
from realtime_pose.models.export_metadata import parse_metadata
from realtime_pose.models.family_detection import OnnxGraph
from realtime_pose.models.graph_interface import GraphInput, GraphInterface
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.signatures import check_keypoints
from realtime_pose.system import has_cuda_driver, num_physical_cores

ort.set_default_logger_severity(4)  # only fatal: we report a missing CUDA ourselves, once

# The exceptions of ONNX Runtime have no common base class; its Python layer also raises the two built-in ones.
_NATIVE_ERRORS = (value for value in vars(native).values() if isinstance(value, type) and issubclass(value, Exception))
_ORT_ERRORS: tuple[type[Exception], ...] = (*_NATIVE_ERRORS, RuntimeError, ValueError)


class OnnxBackend:
    """A graph in an ONNX Runtime session, compared with its entry and warmed up.

    On the CPU a network for crops has a second session with one thread. A batch with at least as many crops as threads
    runs there, one crop per thread in parallel. The threads do not wait for each other within a network, so the batch
    takes a fifth less core time than in one run (docs/development/benchmarks.md).

    Args:
        path: The ONNX file, already verified.
        spec: Its manifest entry.
        device: auto, cpu, cuda or cuda:N; auto and cuda fall back to the CPU, and the attribute `device` is then CPU.
        threads: CPU threads; 0: one per physical core.
        precision: Of the graph in this file, f32 or int8.

    Raises:
        ModelError: The file is no ONNX graph, or its inputs and outputs do not match its family.
    """

    def __init__(
        self, path: Path, spec: ModelSpec, *, device: str = "auto", threads: int = 0, precision: str = "f32"
    ) -> None:
        self._spec = spec
        self._precision = precision
        self._threads = threads or num_physical_cores()
        self._session = _create_session(path, spec.name, providers=_providers(device), threads=self._threads)
        self._interface = _interface(self._session, spec)
        self._fixed_batch = self._interface.fixed_batch
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix=spec.name)
        self._single_thread_session = self._session
        # On CUDA one run of the whole batch is faster; a fixed batch size above 1 has no run of one crop.
        if spec.takes_crops and self._threads > 1 and self._fixed_batch <= 1 and self.device == "CPU":
            self._single_thread_session = _create_session(path, spec.name, providers=_providers("cpu"), threads=1)
        first = self._warm_up()
        check_keypoints(spec, {name: value.shape for name, value in first.items()})

    @property
    def device(self) -> str:
        """CPU, CUDA:0 and so on: the device that the session really uses."""
        if "CUDAExecutionProvider" not in self._session.get_providers():
            return "CPU"
        number = self._session.get_provider_options()["CUDAExecutionProvider"].get("device_id", "0")
        return f"CUDA:{number}"

    @property
    def engine(self) -> Engine:
        """ONNX Runtime; the precision is that of the file."""
        return Engine("onnxruntime", self._precision)

    def run(self, batch: Batch) -> Arrays:
        """Outputs by name for a batch (N, ...), N >= 1; from any number of threads.

        If the graph has a fixed batch size, the batch runs in slices of this size and the last one is padded.

        Raises:
            ModelError: The network failed, or the outputs do not match its family.
        """
        if self._runs_in_parallel and len(batch) >= self._threads:
            # Each thread makes the crop that it runs.
            parts = list(self._pool.map(self._run_crop, itertools.repeat(batch), range(len(batch))))
        else:
            step = self._fixed_batch or len(batch)
            parts = [self._run_once(batch[at : at + step], self._session) for at in range(0, len(batch), step)]
        return self._interface.join(parts)

    def _run_crop(self, batch: Batch, index: int) -> dict[str, NDArray[Any]]:
        """The outputs for one crop of a batch, with one thread."""
        return self._run_once(batch[index : index + 1], self._single_thread_session)

    @property
    def _runs_in_parallel(self) -> bool:
        """Whether the crops of a batch may run in parallel."""
        return self._single_thread_session is not self._session

    def _warm_up(self) -> Arrays:
        """Run black images once through each session: it allocates memory and selects algorithms; the last outputs."""
        # One image uses the session with all threads, a batch of one per thread the other session.
        for count in (1, self._threads) if self._runs_in_parallel else (1,):
            outputs = self.run(np.zeros((count, *self._interface.image_shape()), np.float32))
        return outputs

    def _run_once(self, batch: NDArray[Any], session: Any) -> dict[str, NDArray[Any]]:
        """Outputs of one run of a session, checked, without the padding."""
        feed = self._interface.feed(batch)
        shape = feed[self._spec.input.name].shape
        try:
            values = session.run(list(self._interface.output_names), feed)
        except _ORT_ERRORS as error:
            raise EngineError(f"model {self._spec.name}: failed on a batch {shape}: {error}") from error
        return self._interface.collect(values, len(batch), shape[0])


def inspect(path: Path) -> OnnxGraph:
    """The inputs, outputs and metadata of any ONNX file.

    Raises:
        ModelError: It is no ONNX graph.
    """
    session = _create_session(path, path.stem, providers=["CPUExecutionProvider"], threads=1)
    inputs, outputs = (
        {value.name: tuple(value.shape) for value in values} for values in (session.get_inputs(), session.get_outputs())
    )
    image_types = {value.type for value in session.get_inputs() if len(value.shape) == 4}
    takes_bytes = any("int" in name for name in image_types)
    metadata = parse_metadata(session.get_modelmeta().custom_metadata_map)
    return OnnxGraph(inputs, outputs, takes_bytes=takes_bytes, metadata=metadata)


def find_interface(path: Path, spec: ModelSpec) -> GraphInterface:
    """How the graph of a file is fed and read by its entry; raises ModelError."""
    return _interface(_create_session(path, spec.name, providers=["CPUExecutionProvider"], threads=1), spec)


def save_folded(path: Path, folded: Path) -> None:
    """Save a graph again with its constants folded: weights in float16 with a Cast behind them become float32.

    Raises:
        ModelError: It is no ONNX graph.
    """
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folded)
    try:
        ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _ORT_ERRORS as error:
        raise EngineError(f"{path} cannot be loaded as an ONNX graph: {error}") from error


@dataclass(frozen=True, slots=True)
class OnnxRuntimeProbe:
    """Properties of ONNX Runtime on this computer.

    Attributes:
        version: Of the package.
        compiled_in: Providers that the package was built with; the computer may not support all of them.
        has_cuda_driver: Whether the NVIDIA driver's library can be loaded.
    """

    version: str
    compiled_in: tuple[str, ...]
    has_cuda_driver: bool


def probe() -> OnnxRuntimeProbe:
    """Version and providers of ONNX Runtime on this computer."""
    return OnnxRuntimeProbe(ort.__version__, tuple(ort.get_available_providers()), has_cuda_driver())


def _interface(session: Any, spec: ModelSpec) -> GraphInterface:
    """How the graph of a session is fed and read."""
    inputs = {value.name: _graph_input(value) for value in session.get_inputs()}
    return GraphInterface(spec, inputs, {value.name: tuple(value.shape) for value in session.get_outputs()})


def _graph_input(value: Any) -> GraphInput:
    """Shape and type of an input; ONNX Runtime writes tensor(float) for float32, and double for float64."""
    name = value.type.removeprefix("tensor(").removesuffix(")")
    return GraphInput(tuple(value.shape), {"float": "float32", "double": "float64"}.get(name, name))


def _providers(device: str) -> list[Any]:
    """The execution providers to request, best first."""
    kind, _, number = device.partition(":")
    cpu = "CPUExecutionProvider"
    if kind == "cpu" or "CUDAExecutionProvider" not in ort.get_available_providers() or not has_cuda_driver():
        return [cpu]
    ort.preload_dlls()  # CUDA and cuDNN from the wheels of torch or NVIDIA
    # The default (EXHAUSTIVE) tries all algorithms for each new batch size. This stalls when the number of persons
    # changes.
    options = {"device_id": number or "0", "cudnn_conv_algo_search": "HEURISTIC"}
    return [("CUDAExecutionProvider", options), cpu]


def _create_session(path: Path, name: str, *, providers: list[Any], threads: int) -> Any:
    """A session; raises ModelError for any error of ONNX Runtime."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1  # nodes run one after the other; the threads work within a node
    # Detector and pose estimator share the cores: a thread that spins while it waits would slow the other network.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(str(path), options, providers=providers)
    except _ORT_ERRORS as error:
        raise EngineError(f"model {name}: {path} cannot be loaded as an ONNX graph: {error}") from error
