"""The torch backend: a checkpoint of one of our networks to a `Backend`.

`probe` reports the versions of torch and CUDA, and the GPUs.
"""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from realtime_pose.errors import ConfigError, ModelError
from realtime_pose.models.backend import Arrays, Batch
from realtime_pose.models.engine import Engine
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.signatures import check_keypoints, num_keypoints, output_names
from realtime_pose.nets.networks import NETWORKS
from realtime_pose.nets.sstn import SPPE, Sstn
from realtime_pose.nets.stn import LOCALISATION_NETWORKS
from realtime_pose.skeletons import COCO17

_MAX_KEYS_SHOWN = 4  # of a wrong checkpoint, in a message


class TorchBackend:
    """One of our networks with the parameters of a checkpoint.

    Args:
        path: A .pth file with a state_dict, already verified; no code in it is executed.
        spec: Its manifest entry; `network` names the network that it belongs to.
        device: auto, cpu, cuda or cuda:N; auto and cuda fall back to the CPU, and the attribute `device` is then CPU.
        threads: CPU threads; 0: torch's own setting, one per physical core by default. All networks of a process share
            this setting.

    Raises:
        ConfigError: The network or the device does not exist.
        ModelError: The file is no checkpoint, or of another network.
    """

    def __init__(self, path: Path, spec: ModelSpec, *, device: str = "auto", threads: int = 0) -> None:
        self._spec = spec
        self._outputs = tuple(output_names(spec))
        self._device = _select_device(device)
        self._network = load_module(path, spec)
        if threads:
            torch.set_num_threads(threads)
        self._network.eval().to(self._device)
        width, height = spec.input.wh
        outputs = self.run(np.zeros((1, 3, height, width), np.float32))  # the warm-up
        check_keypoints(spec, {name: value.shape for name, value in outputs.items()})

    @property
    def device(self) -> str:
        """CPU, CUDA:0 and so on."""
        return str(self._device).upper()

    @property
    def engine(self) -> Engine:
        """PyTorch, in float32."""
        return Engine("torch")

    def run(self, batch: Batch) -> Arrays:
        """Outputs by name for a batch (N, 3, H, W), N >= 1; from any number of threads.

        Raises:
            ModelError: The network failed.
        """
        try:
            with torch.inference_mode():
                found = self._network(torch.from_numpy(np.ascontiguousarray(batch[:], np.float32)).to(self._device))
        except RuntimeError as error:
            raise ModelError(f"model {self._spec.name}: failed on a batch {batch.shape}: {error}") from error
        return to_arrays(found, self._outputs)


def to_arrays(found: torch.Tensor | tuple[torch.Tensor, ...], names: Sequence[str]) -> Arrays:
    """The outputs of one of our networks by name: maps (N, K, H / 4, W / 4), and theta (N, 2, 3) of an SSTN."""
    tensors = found if isinstance(found, tuple) else (found,)
    return {name: tensor.float().cpu().numpy() for name, tensor in zip(names, tensors, strict=True)}


def load_module(path: Path, spec: ModelSpec) -> torch.nn.Module:
    """The network of an entry with the parameters of its checkpoint, on the CPU.

    Raises:
        ConfigError: There is no such network.
        ModelError: The file is no checkpoint, or of another network.
    """
    if spec.network not in NETWORKS:
        raise ConfigError(
            f"model {spec.name}: network: expected one of {', '.join(NETWORKS)} for a .pth file, got {spec.network!r}"
        )
    if spec.sstn and spec.sstn not in LOCALISATION_NETWORKS:
        known = ", ".join(LOCALISATION_NETWORKS)
        raise ConfigError(f"model {spec.name}: sstn: expected one of {known} for a .pth file, got {spec.sstn!r}")
    state = _load_state(path, spec)
    with torch.device("meta"):  # no memory for parameters: those of the checkpoint are assigned below
        network = NETWORKS[spec.network].make(num_keypoints(spec) or _num_maps(state, spec))
        network = Sstn(spec.sstn, network) if spec.sstn else network
    _check_state(state, network, path, spec)
    network.load_state_dict(state, assign=True)  # uses the tensors of the checkpoint, without a copy
    return network


def _load_state(path: Path, spec: ModelSpec) -> Mapping[str, torch.Tensor]:
    """The parameters in a checkpoint."""
    try:
        # weights_only: unpickling a checkpoint could otherwise execute code in it.
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        # Messages of torch have many lines.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"model {spec.name}: {path} cannot be read as a checkpoint of parameters only: "
            f"{reason}; save it as network.state_dict()"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ModelError(f"model {spec.name}: {path}: expected a state_dict of tensors, got {type(state).__name__}")
    return state


def _num_maps(state: Mapping[str, torch.Tensor], spec: ModelSpec) -> int:
    """Number of heatmaps of a checkpoint; that of COCO if the last layer is missing."""
    inside = f"{SPPE}." if spec.sstn else ""
    bias = state.get(f"{inside}{NETWORKS[spec.network].last_layer}.bias")
    return len(COCO17) if bias is None else len(bias)


def _check_state(state: Mapping[str, torch.Tensor], network: torch.nn.Module, path: Path, spec: ModelSpec) -> None:
    """Compare the names and shapes of the parameters with those of the network."""
    expected = network.state_dict()
    unknown, missing = sorted(state.keys() - expected.keys()), sorted(expected.keys() - state.keys())
    if unknown or missing:
        raise ModelError(
            f"model {spec.name}: {path} is no checkpoint of {spec.network}: expected {len(expected)} keys, "
            f"got {len(state)}; unknown: {_abbreviate(unknown)}; missing: {_abbreviate(missing)}{_hint(unknown)}"
        )
    for key, value in expected.items():
        if state[key].shape != value.shape:
            raise ModelError(
                f"model {spec.name}: {path}, {key}: expected shape {tuple(value.shape)}, "
                f"got {tuple(state[key].shape)}; does the entry name the right skeleton and network?"
            )


def _abbreviate(keys: list[str]) -> str:
    """The first keys and the number of the others, for a message."""
    rest = f" and {len(keys) - _MAX_KEYS_SHOWN} more" if len(keys) > _MAX_KEYS_SHOWN else ""
    return (", ".join(keys[:_MAX_KEYS_SHOWN]) + rest) or "none"


def _hint(unknown: list[str]) -> str:
    """Advice for checkpoints that are often used by mistake."""
    if any("conv2_offset" in key for key in unknown):
        return '; it is the variant with deformable convolutions: network = "fastpose-r50-dcn"'
    if any(key.startswith("module.") for key in unknown):
        return "; it was saved from a DataParallel: save network.module.state_dict()"
    if any(key.startswith("stn.") for key in unknown):
        return '; it has an SSTN: sstn = "tiny" or "stn18"'
    return ""


def _select_device(asked: str) -> torch.device:
    """The CPU, or CUDA if it is available and not excluded."""
    if not asked.startswith(("auto", "cuda")) or not torch.cuda.is_available():
        return torch.device("cpu")
    number, count = int(asked.partition(":")[2] or 0), torch.cuda.device_count()
    if number >= count:
        raise ConfigError(f"device {asked}: expected cuda:0 to cuda:{count - 1}, the GPUs of this computer")
    return torch.device("cuda", number)


@dataclass(frozen=True, slots=True)
class TorchProbe:
    """Properties of torch on this computer.

    Attributes:
        version: Of torch.
        cuda_version: CUDA version that torch was built for; "" for a build without CUDA.
        cudnn_version: Of the cuDNN in torch, such as 9.10.2; "" if there is none.
        gpus: Names of the GPUs that torch can use, in its order.
    """

    version: str
    cuda_version: str
    cudnn_version: str
    gpus: tuple[str, ...]


def probe() -> TorchProbe:
    """Versions of torch, CUDA and cuDNN, and the GPUs of this computer."""
    number = torch.backends.cudnn.version()  # type: ignore[no-untyped-call] # torch has no type here
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return TorchProbe(
        version=str(torch.__version__),
        cuda_version=torch.version.cuda or "",
        cudnn_version=_format_cudnn_version(number) if number else "",
        gpus=tuple(torch.cuda.get_device_name(index) for index in range(count)),
    )


def _format_cudnn_version(cudnn: int) -> str:
    """The version of cuDNN as text.

    Its number is 10000 major + 100 minor + patch, with 1000 major before 9.0.
    """
    unit = 10000 if cudnn >= 90000 else 1000
    return f"{cudnn // unit}.{cudnn % unit // 100}.{cudnn % 100}"
