"""Networks through torch: a checkpoint of one of our networks and its manifest entry to a `Backend`.

Also what torch says of itself and of CUDA.
"""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from realtime_pose.errors import ConfigError, ModelError
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.signatures import check_keypoints, num_keypoints, output_names
from realtime_pose.nets.fastpose import LAST_BIAS, NETWORKS
from realtime_pose.skeletons import COCO17

_SHOWN = 4  # keys of a wrong checkpoint that a message names


class TorchBackend:
    """One of our networks with the parameters of a checkpoint.

    Args:
        path: A .pth file with a state_dict, already verified; nothing in it is executed.
        spec: Its manifest entry; `network` says which of our networks it belongs to.
        device: auto, cpu, cuda or cuda:N; auto and cuda fall back to the CPU, and `device` then says CPU.
        threads: Of the CPU; 0: as torch has it, at first one a physical core. Torch has one number for all its networks
            in a process.

    Raises:
        ConfigError: The network is unknown, or there is no such device.
        ModelError: The file is no checkpoint, or not of this network.
    """

    def __init__(self, path: Path, spec: ModelSpec, *, device: str = "auto", threads: int = 0) -> None:
        if spec.network not in NETWORKS:
            raise ConfigError(
                f"model {spec.name}: network: expected one of {', '.join(NETWORKS)} for a .pth file, "
                f"got {spec.network!r}"
            )
        self._spec = spec
        (self._output,) = output_names(spec)
        self._device = _device(device)
        state = _state(path, spec)
        with torch.device("meta"):  # no numbers yet: those of the checkpoint take their places
            self._network = NETWORKS[spec.network](num_keypoints(spec) or _num_maps(state))
        _check(state, self._network, path, spec)
        self._network.load_state_dict(state, assign=True)
        if threads:
            torch.set_num_threads(threads)
        self._network.eval().to(self._device)
        width, height = spec.input.wh
        outputs = self.run(np.zeros((1, 3, height, width), np.float32))
        check_keypoints(spec, {name: value.shape for name, value in outputs.items()})

    @property
    def device(self) -> str:
        """CPU, CUDA:0 and so on."""
        return str(self._device).upper()

    def run(self, batch: NDArray[Any]) -> Arrays:
        """Outputs by name for a batch (N, 3, H, W), N >= 1.

        Raises:
            ModelError: The network failed.
        """
        try:
            with torch.inference_mode():
                maps = self._network(torch.from_numpy(np.ascontiguousarray(batch, np.float32)).to(self._device))
        except RuntimeError as error:
            raise ModelError(f"model {self._spec.name}: failed on a batch {batch.shape}: {error}") from error
        return {self._output: maps.cpu().numpy()}


def _state(path: Path, spec: ModelSpec) -> Mapping[str, torch.Tensor]:
    """The parameters in a checkpoint."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ModelError(
            f"model {spec.name}: {path} cannot be read as a checkpoint of parameters only: "
            f"{str(error).splitlines()[0] if str(error) else type(error).__name__}; save it as network.state_dict()"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ModelError(f"model {spec.name}: {path}: expected a state_dict of tensors, got {type(state).__name__}")
    return state


def _num_maps(state: Mapping[str, torch.Tensor]) -> int:
    """How many maps the last layer of a checkpoint makes; COCO's where it has no such layer."""
    bias = state.get(LAST_BIAS)
    return len(COCO17) if bias is None else len(bias)


def _check(state: Mapping[str, torch.Tensor], network: torch.nn.Module, path: Path, spec: ModelSpec) -> None:
    """Compare names and shapes of the parameters with the network's."""
    wanted = network.state_dict()
    unknown, missing = sorted(state.keys() - wanted.keys()), sorted(wanted.keys() - state.keys())
    if unknown or missing:
        raise ModelError(
            f"model {spec.name}: {path} is no checkpoint of {spec.network}: expected {len(wanted)} keys, "
            f"got {len(state)}; unknown: {_some(unknown)}; missing: {_some(missing)}{_hint(unknown)}"
        )
    for key, value in wanted.items():
        if state[key].shape != value.shape:
            raise ModelError(
                f"model {spec.name}: {path}, {key}: expected shape {tuple(value.shape)}, "
                f"got {tuple(state[key].shape)}; does the entry name the right skeleton and network?"
            )


def _some(keys: list[str]) -> str:
    """A few of the keys, for a message."""
    rest = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return (", ".join(keys[:_SHOWN]) + rest) or "none"


def _hint(unknown: list[str]) -> str:
    """What unknown keys tell of the checkpoint."""
    if any("conv2_offset" in key for key in unknown):
        return '; it is of the variant with deformable convolutions: network = "fastpose-r50-dcn"'
    if any(key.startswith("module.") for key in unknown):
        return "; it was saved from a DataParallel: save network.module.state_dict()"
    return ""


def _device(asked: str) -> torch.device:
    """Where to run: CUDA where it is asked for or left open, and there is one."""
    if asked == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    number, count = int(asked.partition(":")[2] or 0), torch.cuda.device_count()
    if number >= count:
        raise ConfigError(f"device {asked}: expected cuda:0 to cuda:{count - 1}, as many as there are here")
    return torch.device("cuda", number)


@dataclass(frozen=True, slots=True)
class TorchProbe:
    """What torch was built with, and what it finds here.

    Attributes:
        version: Of torch.
        cuda_version: CUDA that torch was built for; "" for a build without.
        cudnn_version: Of the cuDNN that torch brings, such as 9.10.2; "" where there is none.
        gpus: Names of the GPUs that torch can use, in its order.
    """

    version: str
    cuda_version: str
    cudnn_version: str
    gpus: tuple[str, ...]


def probe() -> TorchProbe:
    """What torch says of itself here."""
    number = torch.backends.cudnn.version()  # type: ignore[no-untyped-call] # torch leaves it untyped
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return TorchProbe(
        version=str(torch.__version__),
        cuda_version=torch.version.cuda or "",
        cudnn_version=_dotted(number) if number else "",
        gpus=tuple(torch.cuda.get_device_name(index) for index in range(count)),
    )


def _dotted(cudnn: int) -> str:
    """The number that cuDNN gives, as people write it; since 9.0 it is 10000 major + 100 minor + patch.

    >>> _dotted(91002), _dotted(8907)
    ('9.10.2', '8.9.7')
    """
    unit = 10000 if cudnn >= 90000 else 1000
    return f"{cudnn // unit}.{cudnn % unit // 100}.{cudnn % 100}"
