"""The ONNX Runtime backend: an ONNX file to a network on the CPU or on CUDA.

ONNX Runtime falls back to the CPU silently. So the device is read from the session, never from the package.
"""

import ctypes
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

# Published builds send telemetry unless this is set before the import (docs/development/decisions/0012).
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as native

from realtime_pose.errors import ModelError
from realtime_pose.models.backend import Arrays
from realtime_pose.models.export_metadata import parse_metadata
from realtime_pose.models.family_detection import OnnxGraph
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.signatures import (
    Shape,
    check_keypoints,
    input_shape,
    output_names,
    output_shapes,
    shapes_match,
)
from realtime_pose.system import num_physical_cores

ort.set_default_logger_severity(4)  # only fatal: we report a missing CUDA ourselves, once

# The exceptions of ONNX Runtime have no common base class; its Python layer also raises the two built-in ones.
_NATIVE_ERRORS = (value for value in vars(native).values() if isinstance(value, type) and issubclass(value, Exception))
_ORT_ERRORS: tuple[type[Exception], ...] = (*_NATIVE_ERRORS, RuntimeError, ValueError)

_CUDA_DRIVER = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}
_WARM_UP_RUNS = 2  # the first run allocates memory, and on CUDA selects the algorithms


class OnnxBackend:
    """A graph in an ONNX Runtime session, compared with its entry and warmed up.

    On the CPU a pose network has a second session with one thread. A batch with at least as many crops as threads runs
    there, one crop per thread in parallel. The threads do not wait for each other within a network, so the batch takes
    a fifth less core time than in one run (docs/development/benchmarks.md).

    Args:
        path: The ONNX file, already verified.
        spec: Its manifest entry.
        device: auto, cpu, cuda or cuda:N; auto and cuda fall back to the CPU, and the attribute `device` is then CPU.
        threads: CPU threads; 0: one per physical core.

    Raises:
        ModelError: The file is no ONNX graph, or its inputs and outputs do not match its family.
    """

    def __init__(self, path: Path, spec: ModelSpec, *, device: str = "auto", threads: int = 0) -> None:
        self._spec = spec
        self._output_shapes = output_shapes(spec)
        self._output_names = output_names(spec)
        self._threads = threads or num_physical_cores()
        self._session = _create_session(path, spec.name, providers=_providers(device), threads=self._threads)
        self._check_graph()
        self._dtypes = {value.name: _input_dtype(value.type, spec.name) for value in self._session.get_inputs()}
        self._check_normalisation()
        self._fixed_batch = self._fixed_batch_size()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix=spec.name)
        self._single_thread_session = self._session
        # On CUDA one run of the whole batch is faster; a fixed batch size above 1 has no run of one crop.
        if spec.task == "pose" and self._threads > 1 and self._fixed_batch <= 1 and self.device == "CPU":
            self._single_thread_session = _create_session(path, spec.name, providers=_providers("cpu"), threads=1)
        outputs = self._warm_up()
        check_keypoints(spec, {name: value.shape for name, value in outputs.items()})

    @property
    def device(self) -> str:
        """CPU, CUDA:0 and so on: the device that the session really uses."""
        if "CUDAExecutionProvider" not in self._session.get_providers():
            return "CPU"
        number = self._session.get_provider_options()["CUDAExecutionProvider"].get("device_id", "0")
        return f"CUDA:{number}"

    def run(self, batch: NDArray[Any]) -> Arrays:
        """Outputs by name for a batch (N, ...), N >= 1.

        If the graph has a fixed batch size, the batch runs in slices of this size and the last one is padded.

        Raises:
            ModelError: The network failed, or the outputs do not match its family.
        """
        if self._runs_in_parallel and len(batch) >= self._threads:
            run_crop = partial(self._run_once, session=self._single_thread_session)
            parts = list(self._pool.map(run_crop, batch[:, None]))  # N batches of one crop
        else:
            step = self._fixed_batch or len(batch)
            parts = [self._run_once(batch[at : at + step], self._session) for at in range(0, len(batch), step)]
        if len(parts) == 1:
            return parts[0]
        return {name: np.concatenate([part[name] for part in parts]) for name in self._output_shapes}

    @property
    def _runs_in_parallel(self) -> bool:
        """Whether the crops of a batch may run in parallel."""
        return self._single_thread_session is not self._session

    def _warm_up(self) -> Arrays:
        """Run black images through each session; the outputs of the last run."""
        width, height = self._spec.input.wh
        shape = (height, width, 3) if self._spec.input.layout == "NHWC" else (3, height, width)
        # One image uses the session with all threads, a batch of one per thread the other session.
        for count in (1, self._threads) if self._runs_in_parallel else (1,):
            for _ in range(_WARM_UP_RUNS):
                outputs = self.run(np.zeros((count, *shape), np.float32))
        return outputs

    def _run_once(self, batch: NDArray[Any], session: Any) -> dict[str, NDArray[Any]]:
        """Outputs of one run of a session, checked, without the padding."""
        padded = _pad_batch(batch, self._fixed_batch)
        try:
            values = session.run(list(self._output_names.values()), self._input_feed(padded))
        except _ORT_ERRORS as error:
            raise ModelError(f"model {self._spec.name}: failed on a batch {padded.shape}: {error}") from error
        outputs = {name: _as_float32(value) for name, value in zip(self._output_shapes, values, strict=True)}
        for name, expected in self._output_shapes.items():
            self._check_shape(f"output {self._output_names[name]}", (len(padded), *expected[1:]), outputs[name].shape)
        return {name: value[: len(batch)] for name, value in outputs.items()}

    def _input_feed(self, batch: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The batch in the graph's type, and the sizes if the graph has an input for them."""
        spec = self._spec.input
        feed = {spec.name: batch.astype(self._dtypes[spec.name], copy=False)}
        if spec.sizes_name:
            height, width = batch.shape[1:3] if spec.layout == "NHWC" else batch.shape[2:]
            size = np.array([width, height], self._dtypes[spec.sizes_name])
            feed[spec.sizes_name] = np.tile(size, (len(batch), 1))  # (N, 2)
        return feed

    def _check_graph(self) -> None:
        """Compare the graph's names and shapes with the manifest entry and the family."""
        inputs = {value.name: tuple(value.shape) for value in self._session.get_inputs()}
        outputs = {value.name: tuple(value.shape) for value in self._session.get_outputs()}
        expected = [name for name in (self._spec.input.name, self._spec.input.sizes_name) if name]
        if sorted(inputs) != sorted(expected) or not set(self._output_names.values()) <= set(outputs):
            raise ModelError(
                f"model {self._spec.name}: family {self._spec.family} expects input "
                f"{' and '.join(map(repr, expected))} and outputs {list(self._output_names.values())}, "
                f"the graph has inputs {inputs} and outputs {outputs}; is this the right file? input.name, "
                "input.sizes_name and outputs of the entry must be the graph's names"
            )
        self._check_shape(f"input {self._spec.input.name}", input_shape(self._spec), inputs[self._spec.input.name])
        for output, name in self._output_names.items():
            self._check_shape(f"output {name}", self._output_shapes[output], outputs[name])

    def _check_normalisation(self) -> None:
        """Raise if the entry normalises an integer input."""
        spec = self._spec.input
        is_plain = not any(spec.mean) and set(spec.std) == {1.0}
        if np.issubdtype(self._dtypes[spec.name], np.integer) and not is_plain:
            raise ModelError(
                f"model {self._spec.name}, input {spec.name}: expected mean 0 and std 1 for a graph with integer "
                f"input, got {spec.mean} and {spec.std}; correct its manifest entry"
            )

    def _check_shape(self, name: str, expected: Shape, actual: tuple[object, ...]) -> None:
        if not shapes_match(expected, actual):
            raise ModelError(
                f"model {self._spec.name}, {name}: expected shape {expected}, got {actual}; see its manifest entry"
            )

    def _fixed_batch_size(self) -> int:
        """The graph's batch size; 0: any size."""
        batch = next(i.shape[0] for i in self._session.get_inputs() if i.name == self._spec.input.name)
        return batch if isinstance(batch, int) else 0


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


def has_cuda_driver() -> bool:
    """Whether the NVIDIA driver's library can be loaded.

    Without it, a CUDA session takes seconds to fail.
    """
    try:
        ctypes.CDLL(_CUDA_DRIVER.get(sys.platform, "libcuda.so.1"))
    except OSError:
        return False
    return True


_DTYPES: dict[str, type[Any]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


def _input_dtype(graph_type: str, name: str) -> type[Any]:
    """The array type of an input."""
    if graph_type not in _DTYPES:
        raise ModelError(f"model {name}: expected an input of {', '.join(_DTYPES)}, got {graph_type}")
    return _DTYPES[graph_type]


def _pad_batch(batch: NDArray[Any], count: int) -> NDArray[Any]:
    """The batch with at least count items: the last one is repeated.

    >>> _pad_batch(np.array([[1], [2]]), 4).tolist()
    [[1], [2], [2], [2]]
    """
    missing = count - len(batch)
    return batch if missing <= 0 else np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)])


def _as_float32(value: NDArray[Any]) -> NDArray[Any]:
    """Values of type float16 and float64 as float32.

    Decoders count pixels, and float16 does not have every integer above 2048.
    """
    return value.astype(np.float32) if value.dtype in (np.float16, np.float64) else value


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
        raise ModelError(f"model {name}: {path} cannot be loaded as an ONNX graph: {error}") from error
