"""The parameters that a training starts with: random ones, or those of a checkpoint; and which of them stay fixed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from realtime_pose.errors import ConfigError, ModelError
from realtime_pose.nets.networks import NETWORKS
from realtime_pose.nets.sstn import SPPE
from realtime_pose.train import checkpoint

_LAST_STD = 0.001  # of the last layer: all maps begin near 0
_MIN_SHARE = 0.5  # of a network's tensors that its checkpoint must have
_BATCH_NORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


def make_network(name: str, num_keypoints: int, *, seed: int) -> nn.Module:
    """The network of this name with random parameters.

    Raises:
        ConfigError: There is no such network.
    """
    if name not in NETWORKS:
        raise ConfigError(f"net: expected one of {', '.join(NETWORKS)}, got {name!r}")
    torch.manual_seed(seed)
    network = NETWORKS[name].make(num_keypoints)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for name_, parameter in network.named_parameters():
        if "conv2_offset" in name_:  # deformable convolutions begin as plain ones
            nn.init.zeros_(parameter)
    last = network.get_submodule(NETWORKS[name].last_layer)
    if isinstance(last, nn.Conv2d):
        nn.init.normal_(last.weight, std=_LAST_STD)
    return network


def load_parameters(network: nn.Module, path: Path, name: str) -> list[str]:
    """Take the parameters of a checkpoint; the names of the tensors that stay random.

    The last layer may have another number of keypoints: it stays random then. A ResNet alone, as torchvision publishes
    it, is the backbone. Of a network with an SSTN the SPPE is taken.

    Raises:
        ModelError: The file is no checkpoint, or of another network.
    """
    state = checkpoint.load(path)
    if isinstance(state.get("network"), dict):  # a checkpoint of a whole training
        state = state["network"]
    tensors = {key.removeprefix("module."): value for key, value in state.items() if isinstance(value, Tensor)}
    if any(key.startswith(f"{SPPE}.") for key in tensors):
        tensors = {key.removeprefix(f"{SPPE}."): value for key, value in tensors.items()}
    own = network.state_dict()
    if not tensors.keys() & own.keys():
        tensors = {f"preact.{key}": value for key, value in tensors.items()}
    last = NETWORKS[name].last_layer
    wrong = [key for key in tensors.keys() & own.keys() if tensors[key].shape != own[key].shape]
    usable = {key: value for key, value in tensors.items() if key in own and key not in wrong}
    foreign = [key for key in wrong if not key.startswith(last)]
    if foreign or len(usable) < _MIN_SHARE * len(own):
        raise ModelError(
            f"{path}: expected a checkpoint of {name}, but {len(usable)} of its {len(own)} tensors are there with the "
            f"right shape{_list_names('; wrong shape: ', foreign)}; give the network of this file with --net"
        )
    network.load_state_dict(usable, strict=False)
    return sorted(own.keys() - usable.keys())


def freeze(network: nn.Module, prefixes: Sequence[str], *, statistics: bool) -> None:
    """Keep the parameters whose names begin so, and the statistics of their batch norm, or of all batch norm.

    Call it again after `nn.Module.train`, which lets all statistics change.

    Raises:
        ConfigError: A prefix is that of no parameter.
    """
    names = [name for name, _ in network.named_parameters()]
    for prefix in prefixes:
        if not any(_begins(name, prefix) for name in names):
            known = ", ".join(dict.fromkeys(name.split(".")[0] for name in names))
            raise ConfigError(f"freeze: expected the beginning of a parameter's name ({known}, ...), got {prefix!r}")
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not any(_begins(name, prefix) for prefix in prefixes))
    for name, module in network.named_modules():
        if isinstance(module, _BATCH_NORM) and (statistics or any(_begins(name, prefix) for prefix in prefixes)):
            module.eval()


def _begins(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix.rstrip('.')}.")


def _list_names(title: str, names: Sequence[str]) -> str:
    return f"{title}{', '.join(sorted(names)[:3])}" if names else ""


def to_cpu(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors, on the CPU."""
    return {key: value.detach().cpu() for key, value in state.items()}
