"""Networks through ONNX Runtime, on the CPU or on CUDA: an ONNX file and its manifest entry to a `Backend`.

ONNX Runtime falls back to the CPU without a word, so the truth is asked of the session, never of the package.
"""

import ctypes
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Published builds send telemetry unless this is said before they are loaded (docs/decisions/0012).
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as native

from realtime_pose.errors import ModelError
from realtime_pose.models.backend import Arrays
from realtime_pose.models.family_detection import OnnxGraph
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.signatures import (
    Shape,
    check_keypoints,
    input_shape,
    output_names,
    output_shapes,
    shapes_agree,
)

ort.set_default_logger_severity(4)  # its own lines about a missing CUDA: we say it ourselves, once

# Its exceptions share no base of their own; the Python layer above adds the two built-ins.
_NATIVE = (value for value in vars(native).values() if isinstance(value, type) and issubclass(value, Exception))
_FAILURES: tuple[type[Exception], ...] = (*_NATIVE, RuntimeError, ValueError)

_CUDA_DRIVER = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}
_WARM_UP_RUNS = 2  # the first allocates, and on CUDA picks its algorithms


class OnnxBackend:
    """A graph in an ONNX Runtime session, checked against its manifest entry and warmed up.

    On the CPU a pose network has a second session, of one thread: of a batch that is at least as long as there are
    threads each crop then goes its own way. No core waits for another within a network, which takes a fifth less core
    time than the same batch in one run (docs/benchmarks.md).

    Args:
        path: The ONNX file, already verified.
        spec: Its manifest entry.
        device: auto, cpu, cuda or cuda:N; auto and cuda fall back to the CPU, and `device` then says CPU.
        threads: Of the CPU; 0: one a physical core.

    Raises:
        ModelError: The file is no ONNX graph, or its inputs and outputs are not those of its family.
    """

    def __init__(self, path: Path, spec: ModelSpec, *, device: str = "auto", threads: int = 0) -> None:
        self._spec = spec
        self._outputs = output_shapes(spec)
        self._names = output_names(spec)
        self._threads = threads or num_cores()
        self._session = _session(path, spec.name, providers=_providers(device), threads=self._threads)
        self._check_graph()
        self._dtypes = {value.name: _dtype(value.type, spec.name) for value in self._session.get_inputs()}
        self._check_normalisation()
        self._batch_limit = self._fixed_batch()
        width, height = spec.input.wh
        shape = (height, width, 3) if spec.input.layout == "NHWC" else (3, height, width)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix=spec.name)
        self._one_crop = self._session
        if spec.task == "pose" and self._threads > 1 and self._batch_limit <= 1 and self.device == "CPU":
            self._one_crop = _session(path, spec.name, providers=_providers("cpu"), threads=1)
        for count in {1, self._threads if self._is_split else 1}:
            for _ in range(_WARM_UP_RUNS):
                outputs = self.run(np.zeros((count, *shape), np.float32))
        check_keypoints(spec, {name: value.shape for name, value in outputs.items()})

    @property
    def device(self) -> str:
        """CPU, CUDA:0 and so on: what the session really got."""
        if "CUDAExecutionProvider" not in self._session.get_providers():
            return "CPU"
        number = self._session.get_provider_options()["CUDAExecutionProvider"].get("device_id", "0")
        return f"CUDA:{number}"

    def run(self, batch: NDArray[Any]) -> Arrays:
        """Outputs by name for a batch (N, ...), N >= 1; in slices where the graph's batch is fixed, the last filled up.

        Raises:
            ModelError: The network failed, or the outputs are not those of its family.
        """
        if self._is_split and len(batch) >= self._threads:
            parts = list(self._pool.map(lambda crop: self._run_once(crop, self._one_crop), batch[:, None]))
        else:
            step = self._batch_limit or len(batch)
            parts = [self._run_once(batch[at : at + step], self._session) for at in range(0, len(batch), step)]
        if len(parts) == 1:
            return parts[0]
        return {name: np.concatenate([part[name] for part in parts]) for name in self._outputs}

    @property
    def _is_split(self) -> bool:
        """Whether the crops of a batch may run side by side."""
        return self._one_crop is not self._session

    def _run_once(self, batch: NDArray[Any], session: Any) -> dict[str, NDArray[Any]]:
        whole = _filled(batch, self._batch_limit)
        try:
            values = session.run(list(self._names.values()), self._feeds(whole))
        except _FAILURES as error:
            raise ModelError(f"model {self._spec.name}: failed on a batch {whole.shape}: {error}") from error
        outputs = {name: _as_float32(value) for name, value in zip(self._outputs, values, strict=True)}
        for name, wanted in self._outputs.items():
            self._check(f"output {self._names[name]}", (len(whole), *wanted[1:]), outputs[name].shape)
        return {name: value[: len(batch)] for name, value in outputs.items()}

    def _feeds(self, batch: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The batch as the graph's type, and the sizes where the graph asks for them."""
        spec = self._spec.input
        feeds = {spec.name: batch.astype(self._dtypes[spec.name], copy=False)}
        if spec.sizes_name:
            height, width = batch.shape[1:3] if spec.layout == "NHWC" else batch.shape[2:]
            feeds[spec.sizes_name] = np.tile(np.array([width, height], self._dtypes[spec.sizes_name]), (len(batch), 1))
        return feeds

    def _check_graph(self) -> None:
        """Compare the graph's names and shapes with the manifest entry and the family."""
        inputs = {value.name: tuple(value.shape) for value in self._session.get_inputs()}
        outputs = {value.name: tuple(value.shape) for value in self._session.get_outputs()}
        wanted = [name for name in (self._spec.input.name, self._spec.input.sizes_name) if name]
        if sorted(inputs) != sorted(wanted) or not set(self._names.values()) <= set(outputs):
            raise ModelError(
                f"model {self._spec.name}: family {self._spec.family} expects input {' and '.join(map(repr, wanted))} "
                f"and outputs {list(self._names.values())}, the graph has inputs {inputs} and outputs {outputs}; "
                "is this the right file? The entry's input.name, input.sizes_name and outputs give the graph's names"
            )
        self._check(f"input {self._spec.input.name}", input_shape(self._spec), inputs[self._spec.input.name])
        for output, name in self._names.items():
            self._check(f"output {name}", self._outputs[output], outputs[name])

    def _check_normalisation(self) -> None:
        """A picture in whole numbers is the picture itself: divided, or less a mean, it would be another or none."""
        picture = self._spec.input
        is_plain = not any(picture.mean) and set(picture.std) == {1.0}
        if np.issubdtype(self._dtypes[picture.name], np.integer) and not is_plain:
            raise ModelError(
                f"model {self._spec.name}, input {picture.name}: expected mean 0 and std 1 for a graph that takes "
                f"whole numbers, got {picture.mean} and {picture.std}; correct its manifest entry"
            )

    def _check(self, what: str, wanted: Shape, got: tuple[object, ...]) -> None:
        if not shapes_agree(wanted, got):
            raise ModelError(
                f"model {self._spec.name}, {what}: expected shape {wanted}, got {got}; see its manifest entry"
            )

    def _fixed_batch(self) -> int:
        """The graph's batch size; 0: any."""
        batch = next(i.shape[0] for i in self._session.get_inputs() if i.name == self._spec.input.name)
        return batch if isinstance(batch, int) else 0


def inspect(path: Path) -> OnnxGraph:
    """The inputs and outputs of an ONNX file, whatever they are.

    Raises:
        ModelError: It is no ONNX graph.
    """
    session = _session(path, path.stem, providers=["CPUExecutionProvider"], threads=1)
    inputs, outputs = (
        {value.name: tuple(value.shape) for value in values} for values in (session.get_inputs(), session.get_outputs())
    )
    pictures = {value.type for value in session.get_inputs() if len(value.shape) == 4}
    return OnnxGraph(inputs, outputs, takes_bytes=any("int" in kind for kind in pictures))


@dataclass(frozen=True, slots=True)
class OnnxRuntimeProbe:
    """What ONNX Runtime offers and what a session gets.

    Attributes:
        version: Of the package.
        compiled_in: Providers that the package was built with, which says nothing of the machine.
        has_cuda_driver: Whether the NVIDIA driver's library can be loaded.
    """

    version: str
    compiled_in: tuple[str, ...]
    has_cuda_driver: bool


def probe() -> OnnxRuntimeProbe:
    """What ONNX Runtime says of itself here."""
    return OnnxRuntimeProbe(ort.__version__, tuple(ort.get_available_providers()), has_cuda_driver())


def has_cuda_driver() -> bool:
    """Whether the NVIDIA driver's library can be loaded: without it, asking for CUDA costs seconds for nothing."""
    try:
        ctypes.CDLL(_CUDA_DRIVER.get(sys.platform, "libcuda.so.1"))
    except OSError:
        return False
    return True


def num_cores() -> int:
    """CPU cores that this process may use, two hardware threads of one core counted once."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    cores = set()
    for number in usable:
        siblings = Path(f"/sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list")
        cores.add(siblings.read_text(encoding="ascii") if siblings.is_file() else str(number))
    return max(1, len(cores))


_DTYPES: dict[str, type[Any]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


def _dtype(graph_type: str, name: str) -> type[Any]:
    """The array type of an input of the graph of this model."""
    if graph_type not in _DTYPES:
        raise ModelError(f"model {name}: expected an input of {', '.join(_DTYPES)}, got {graph_type}")
    return _DTYPES[graph_type]


def _filled(batch: NDArray[Any], count: int) -> NDArray[Any]:
    """The batch, its last item repeated until there are so many.

    >>> _filled(np.array([[1], [2]]), 4).tolist()
    [[1], [2], [2], [2]]
    """
    missing = count - len(batch)
    return batch if missing <= 0 else np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)])


def _as_float32(value: NDArray[Any]) -> NDArray[Any]:
    """Numbers of half or double precision as float32: decoders count pixels, and float16 has not all above 2048."""
    return value.astype(np.float32) if value.dtype in (np.float16, np.float64) else value


def _providers(device: str) -> list[Any]:
    """The execution providers to ask for, best first."""
    kind, _, number = device.partition(":")
    cpu = "CPUExecutionProvider"
    if kind == "cpu" or "CUDAExecutionProvider" not in ort.get_available_providers() or not has_cuda_driver():
        return [cpu]
    ort.preload_dlls()  # CUDA and cuDNN out of torch's or NVIDIA's wheels
    # HEURISTIC: the default search tries every algorithm anew for each batch size, which stalls when people come and go
    options = {"device_id": number or "0", "cudnn_conv_algo_search": "HEURISTIC"}
    return [("CUDAExecutionProvider", options), cpu]


def _session(path: Path, name: str, *, providers: list[Any], threads: int) -> Any:
    """A session; errors in our words."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Detector and pose run side by side on the same cores: a thread that spins takes the other's time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(str(path), options, providers=providers)
    except _FAILURES as error:
        raise ModelError(f"model {name}: {path} cannot be loaded as an ONNX graph: {error}") from error
