"""The OpenVINO backend: an ONNX file to a network on the CPU, on Intel graphics or on an Intel NPU.

Any number of threads may call a backend: each call takes free infer requests, or makes new ones. Graphs are compiled
for batches of fixed sizes, and kept between starts.
"""

import functools
import itertools
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_pose.errors import EngineError
from realtime_pose.models import trust
from realtime_pose.models._openvino import ov
from realtime_pose.models.backend import Arrays, Batch
from realtime_pose.models.engine import Engine
from realtime_pose.models.graph_interface import GraphInterface
from realtime_pose.models.graph_ports import find_ports
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.openvino_core import brief, compile_graph, find_device, our_name, read_graph
from realtime_pose.models.signatures import check_keypoints, shapes_match
from realtime_pose.system import num_physical_cores

# Items per run, largest first. On the CPU crops in separate requests are as fast as a batch, and need one compilation;
# graphics processors are busy only with several. An NPU takes one.
_BUCKETS = {"CPU": (1,), "GPU": (8, 4, 2, 1), "NPU": (1,)}
_FRAMES_SIDE_BY_SIDE = 2  # of a file, in a stage (pipeline/stage.py)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVinoOptions:
    """How a network runs.

    Attributes:
        device: auto, cpu, intel-gpu, intel-gpu:N or intel-npu; a device that is not there becomes the CPU.
        precision: f32, bf16, f16 or int8; the file must be an int8 graph for int8.
        threads: CPU threads; 0: one per physical core.
        is_live: Whether one frame has to be quick, or many in total.
    """

    device: str = "auto"
    precision: str = "f32"
    threads: int = 0
    is_live: bool = True


class OpenVinoBackend:
    """A graph in OpenVINO, compared with its entry and warmed up.

    On the CPU a batch with at least as many crops as threads runs in parallel, one crop per thread. Fewer crops run one
    after the other on all threads, unless many frames are to be done in little time: then each keeps one thread.

    Args:
        path: The ONNX file, already verified.
        spec: Its manifest entry.
        options: How it runs.

    Raises:
        EngineError: OpenVINO cannot load or run the graph.
        ModelError: The graph does not match its entry.
    """

    def __init__(self, path: Path, spec: ModelSpec, options: OpenVinoOptions) -> None:
        self._spec, self._options = spec, options
        self._ov_device = find_device(options.device)
        self._kind = self._ov_device.partition(".")[0]
        self._threads = options.threads or num_physical_cores()
        self._digest = trust.digest(path)
        self._read = functools.partial(read_graph, path, spec.name)
        ports = find_ports(self._read, self._digest)
        self._interface = GraphInterface(spec, ports.inputs, ports.outputs)
        self._inputs = ports.inputs
        self._compiled: dict[tuple[object, ...], _CompiledGraph] = {}
        self._lock = threading.Lock()  # protects _compiled
        first = self._warm_up()
        check_keypoints(spec, {name: value.shape for name, value in first.items()})

    @property
    def device(self) -> str:
        """CPU, INTEL-GPU:0 and so on, or INTEL-NPU."""
        return our_name(self._ov_device).upper()

    @property
    def engine(self) -> Engine:
        """OpenVINO with its precision."""
        return Engine("openvino", self._options.precision)

    def run(self, batch: Batch) -> Arrays:
        """Outputs by name for a batch (N, ...), N >= 1; from any number of threads.

        Raises:
            ModelError: The network failed, or the outputs do not match its family.
        """
        expected = self._inputs[self._spec.input.name].shape
        if not shapes_match((None, *batch.shape[1:]), expected):
            raise EngineError(f"model {self._spec.name}: failed on a batch {batch.shape}: expected {expected}")
        parts = self._split(len(batch))
        counts = [part.stop - part.start for part in parts]
        is_parallel = not self._options.is_live or len(parts) >= self._threads
        outputs = []
        try:
            # Graphics processors get buckets of several sizes; those of one size are neighbours.
            for size in dict.fromkeys(counts):
                # Made one by one: the next input is made while the network runs on the one before.
                feeds = (self._interface.feed(batch[part]) for part in parts if part.stop - part.start == size)
                first = next(feeds)
                compiled = self._find_compiled(first, is_parallel=is_parallel)
                outputs += compiled.run(itertools.chain((first,), feeds))
        except RuntimeError as error:
            raise EngineError(f"model {self._spec.name}: failed on a batch {batch.shape}: {brief(error)}") from error
        padded = self._interface.fixed_batch
        return self._interface.join(
            [
                self._interface.collect(values, count, max(count, padded))
                for values, count in zip(outputs, counts, strict=True)
            ]
        )

    def _split(self, length: int) -> list[slice]:
        """A batch of this length in parts of the sizes that graphs are compiled for, largest first."""
        buckets = (self._interface.fixed_batch,) if self._interface.fixed_batch else _BUCKETS[self._kind]
        parts, at = [], 0
        while at < length:
            size = next((size for size in buckets if size <= length - at), buckets[-1])
            parts.append(slice(at, min(at + size, length)))
            at += size
        return parts

    def _warm_up(self) -> Arrays:
        """Run black images once in every way that a call can run, which compiles and allocates; the last outputs."""
        # A detector gets one frame per call, other networks one crop per person.
        counts = (1, max(self._threads, _BUCKETS[self._kind][0])) if self._spec.takes_crops else (1,)
        for count in counts:
            outputs = self.run(np.zeros((count, *self._interface.image_shape()), np.float32))
        return outputs

    def _find_compiled(self, feed: Mapping[str, NDArray[Any]], *, is_parallel: bool) -> "_CompiledGraph":
        """The graph compiled for these inputs; compiled now if necessary."""
        # Axes that are free in the graph stay free: images of a folder have hundreds of sizes, each a compilation.
        shapes = {
            name: (len(value), *(axis if isinstance(axis, int) else -1 for axis in self._inputs[name].shape[1:]))
            for name, value in feed.items()
        }
        key = (is_parallel, *shapes.items())
        with self._lock:
            if key not in self._compiled:
                config = self._config(is_parallel=is_parallel)
                compiled = compile_graph(self._read, shapes, self._ov_device, config, self._digest)
                limit = self._threads if self._kind == "CPU" else int(compiled.get_property(_NUM_REQUESTS))
                self._compiled[key] = _CompiledGraph(compiled, self._interface.output_names, limit)
            return self._compiled[key]

    def _config(self, *, is_parallel: bool) -> dict[str, Any]:
        """OpenVINO's settings for a graph."""
        # The rest of an int8 graph is computed as the device does best.
        config: dict[str, Any] = {}
        if self._options.precision != "int8":
            config["INFERENCE_PRECISION_HINT"] = self._options.precision
        if self._kind != "CPU":
            return config | {"PERFORMANCE_HINT": "LATENCY" if self._options.is_live else "THROUGHPUT"}
        num_parallel = self._threads if self._spec.takes_crops else min(_FRAMES_SIDE_BY_SIDE, self._threads)
        # Other threads of the program need the cores too, so no thread is bound to one.
        return config | {
            "NUM_STREAMS": num_parallel if is_parallel else 1,
            "INFERENCE_NUM_THREADS": self._threads,
            "ENABLE_CPU_PINNING": False,
        }


_NUM_REQUESTS = "OPTIMAL_NUMBER_OF_INFER_REQUESTS"


class _CompiledGraph:
    """A graph compiled for one shape, and its free infer requests.

    Args:
        compiled: OpenVINO's compiled model.
        output_names: Outputs that are read, in this order.
        limit: Most requests of one call that run at the same time.
    """

    def __init__(self, compiled: ov.CompiledModel, output_names: Sequence[str], limit: int) -> None:
        self._compiled = compiled
        self._outputs = [compiled.output(name) for name in output_names]
        self._limit = limit
        self._free: deque[ov.InferRequest] = deque()  # several threads take and return requests

    def run(self, feeds: Iterable[Mapping[str, NDArray[Any]]]) -> list[list[NDArray[Any]]]:
        """The outputs of each of these inputs; raises RuntimeError."""
        running: deque[ov.InferRequest] = deque()  # in the order of the inputs
        results = []
        for feed in feeds:
            if len(running) < self._limit:
                request = self._take()
            else:
                request = running.popleft()
                results.append(self._read(request))
            request.start_async(feed, share_inputs=True)
            running.append(request)
        results += [self._read(request) for request in running]
        self._free.extend(running)  # after a failure they are not used again
        return results

    def _take(self) -> ov.InferRequest:
        """A free request, or a new one."""
        try:
            return self._free.pop()
        except IndexError:
            return self._compiled.create_infer_request()

    def _read(self, request: ov.InferRequest) -> list[NDArray[Any]]:
        """Copies of the outputs, when they are ready: the next run of the request writes into the same memory."""
        request.wait()
        return [np.array(request.get_tensor(output).data) for output in self._outputs]
