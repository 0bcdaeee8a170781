"""An entry of the manifest to a loaded network: engine, precision and file are chosen here.

A .pth file runs in torch. An ONNX file runs in ONNX Runtime on CUDA, else in OpenVINO if it is installed, else in ONNX
Runtime. If an engine refuses a graph, the next one takes it.
"""

import importlib
import importlib.util
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from realtime_pose.config import DeviceConfig
from realtime_pose.errors import EngineError, MissingPackageError, WeightsError
from realtime_pose.models import weights
from realtime_pose.models.backend import Backend
from realtime_pose.models.engine import ENGINE_TITLES, Precisions, choose_precision
from realtime_pose.models.int8_files import find_int8, int8_spec
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.manifest_tables import Int8File
from realtime_pose.models.network import Network
from realtime_pose.models.network_cache import LOADED
from realtime_pose.models.processor import has_int8_instructions
from realtime_pose.system import has_cuda_driver

_INSTALL_OPENVINO = "pip install openvino"

_log = logging.getLogger(__name__)

T = TypeVar("T")


def load_network(spec: ModelSpec, config: DeviceConfig, *, is_live: bool = True) -> Network:
    """The network of this entry, verified, loaded and warmed up; one that this process uses already is shared.

    Its spec has the SHA-256 of the file in use.

    Args:
        spec: The entry.
        config: Device, engine, precision and threads.
        is_live: Whether one frame has to be quick, or many frames in total.

    Raises:
        WeightsError: The file is missing or wrong.
        ModelError: The file does not match its entry.
        ConfigError: The network cannot run in this precision on this device.
        MissingPackageError: The engine is not installed.
    """
    path = weights.find(spec)

    def load_in(engine: str) -> Network:
        precision, used = _choose_file(engine, config, spec, path)
        settings = replace(config, precision=precision)

        def load() -> Network:
            backend = _make_backend(engine, weights.find(used), used, settings, is_live=is_live)
            _log.info("%s runs on %s, %s", spec.name, backend.device, backend.engine.title)
            return Network(backend, used)

        # The checksum in the entry is a part of the key, so a changed file is loaded again.
        return LOADED.get((engine, used, settings, is_live), load)

    return _first_that_loads(_engines(path, config), load_in, spec.name)


def load_backend(path: Path, spec: ModelSpec, config: DeviceConfig | None = None) -> Backend:
    """Any file in float32, loaded and warmed up, for many images in little time in total.

    Args:
        path: The file, already verified.
        spec: Its manifest entry.
        config: Device, engine and threads; None: the defaults.

    Raises:
        ModelError: The file does not match its entry.
        MissingPackageError: The engine is not installed.
    """
    config = replace(config or DeviceConfig(), precision="f32")

    def load_in(engine: str) -> Backend:
        return _make_backend(engine, path, spec, config, is_live=False)  # one compilation, not two

    return _first_that_loads(_engines(path, config), load_in, spec.name)


def _engines(path: Path, config: DeviceConfig) -> tuple[str, ...]:
    """The engines to try for a file, best first."""
    if path.suffix == ".pth":
        return ("torch",)
    if config.engine != "auto":
        return (config.engine,)
    if config.device.startswith("intel"):
        return ("openvino",)
    if config.device != "cpu" and has_cuda_driver():
        return ("onnxruntime",)
    return ("openvino", "onnxruntime") if importlib.util.find_spec("openvino") else ("onnxruntime",)


def _first_that_loads(engines: Sequence[str], load_in: Callable[[str], T], name: str) -> T:
    """What the first engine loads that takes the graph; the failure of the last one is raised."""
    for engine, following in itertools.pairwise(engines):
        try:
            return load_in(engine)
        except (EngineError, MissingPackageError) as error:
            _log.warning(
                "%s: %s does not take this network, so %s runs it (%s)",
                name,
                ENGINE_TITLES[engine],
                ENGINE_TITLES[following],
                error,
            )
    return load_in(engines[-1])


def _choose_file(engine: str, config: DeviceConfig, spec: ModelSpec, path: Path) -> tuple[str, ModelSpec]:
    """The precision, and the entry of the file for it with the SHA-256 that was found."""
    int8 = find_int8(spec, path)
    where = f"{spec.name} on {config.device} in {ENGINE_TITLES[engine]}"
    precision = choose_precision(config.precision, _precisions(engine, config, spec, int8), where=where)
    if precision == "int8" and int8 is not None:
        try:
            return precision, _verified(int8_spec(spec, int8))
        except WeightsError as error:
            if config.precision == "int8":
                raise
            without = _precisions(engine, config, spec, None)
            precision = choose_precision(config.precision, without, where=where)
            _log.warning("%s runs in %s, because its int8 file cannot be used: %s", spec.name, precision, error)
    return precision, _verified(spec)


def _verified(spec: ModelSpec) -> ModelSpec:
    """The entry with the SHA-256 of the file, which was compared with it."""
    # The header of a results file names the exact weights, so every entry needs the hash, also without a published one.
    return replace(spec, sha256=weights.verify(weights.find(spec), spec))


def _precisions(engine: str, config: DeviceConfig, spec: ModelSpec, int8: Int8File | None) -> Precisions:
    """The precisions of a network with this int8 file, or without one."""
    supported: tuple[str, ...] = ("f32", "int8")
    has_quick_int8 = False  # ONNX Runtime takes int8 graphs, but is slower with them
    if engine == "torch":
        supported = ("f32",)
    elif engine == "openvino":
        core = _import_openvino("openvino_core")
        supported = core.find_precisions(config.device)
        # The loss of an int8 file was measured on the CPU.
        is_measured = int8 is not None and int8.ap_loss is not None
        has_quick_int8 = is_measured and core.find_device(config.device) == "CPU" and has_int8_instructions()
    if int8 is None:
        supported = tuple(name for name in supported if name != "int8")
    if spec.sstn:  # the places where its sampler reads the crop would be rounded
        supported = tuple(name for name in supported if name not in ("bf16", "f16"))
    return Precisions(supported, [name for name in supported if name != "int8" or has_quick_int8])


def _make_backend(engine: str, path: Path, spec: ModelSpec, config: DeviceConfig, *, is_live: bool) -> Backend:
    """The backend of one engine; the precision is one that it has."""
    # Torch and ONNX Runtime are slow to import: only the one that is needed is loaded.
    if engine == "torch":
        from realtime_pose.models.torch_backend import TorchBackend

        return TorchBackend(path, spec, device=config.device, threads=config.threads)
    if engine == "openvino":
        module = _import_openvino("openvino_backend")
        options = module.OpenVinoOptions(
            device=config.device, precision=config.precision, threads=config.threads, is_live=is_live
        )
        backend: Backend = module.OpenVinoBackend(path, spec, options)
        return backend
    from realtime_pose.models.onnx_backend import OnnxBackend

    return OnnxBackend(path, spec, device=config.device, threads=config.threads, precision=config.precision)


def _import_openvino(module: str) -> ModuleType:
    """A module of ours that needs OpenVINO; raises MissingPackageError."""
    try:
        return importlib.import_module(f"realtime_pose.models.{module}")
    except ImportError as error:
        raise MissingPackageError(
            f"engine openvino: expected the package openvino, but it cannot be imported ({error}); "
            f"run: {_INSTALL_OPENVINO}; or use --engine auto, which takes ONNX Runtime instead"
        ) from error
