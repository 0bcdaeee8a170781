"""One of several processes of a training, as torchrun starts them; alone, all of this does nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from realtime_pose.errors import ConfigError


@contextmanager
def process_group(device: torch.device) -> Iterator[tuple[int, int]]:
    """The number of this process and the number of all, as (rank, world size), while the processes are connected.

    Raises:
        ConfigError: The processes cannot connect.
    """
    if os.environ.get("WORLD_SIZE", "1") == "1":
        yield 0, 1
        return
    try:
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    except (ValueError, RuntimeError) as error:
        raise ConfigError(
            "WORLD_SIZE is set, so several processes train together, but they cannot connect "
            f"({str(error).splitlines()[0]}); start them with torchrun, or unset WORLD_SIZE"
        ) from error
    try:
        yield distributed.get_rank(), distributed.get_world_size()
    finally:
        distributed.destroy_process_group()


def select_device(asked: str) -> torch.device:
    """The device of this process: of several processes on CUDA, each has the GPU of its number.

    Raises:
        ConfigError: There is no such device.
    """
    if asked == "cpu" or (asked == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if asked not in ("auto", "cuda") and not asked.startswith("cuda:"):
        raise ConfigError(f"device: expected auto, cpu, cuda or cuda:N, got {asked!r}")
    if not torch.cuda.is_available():
        raise ConfigError(f"device: torch finds no GPU here, got {asked!r}; use --device cpu")
    number = asked.partition(":")[2] or os.environ.get("LOCAL_RANK", "0")
    count = torch.cuda.device_count()
    if not number.isdecimal() or int(number) >= count:
        raise ConfigError(f"device {asked}: expected cuda:0 to cuda:{count - 1}, the GPUs of this computer")
    return torch.device("cuda", int(number))


def set_threads(threads: int) -> None:
    """Use so many CPU threads; 0: as many as torch chooses."""
    if threads:
        torch.set_num_threads(threads)


def wrap(network: nn.Module, device: torch.device) -> nn.Module:
    """The network, whose gradients are the mean over all processes."""
    if not distributed.is_initialized():
        return network
    if device.type == "cuda":
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call] # torch has no type here
        return DistributedDataParallel(network, device_ids=[device.index])
    return DistributedDataParallel(network)


def mean_of_all(value: torch.Tensor) -> torch.Tensor:
    """The mean over all processes."""
    if distributed.is_initialized():
        distributed.all_reduce(value)
        value = value / distributed.get_world_size()
    return value


def wait_for_all() -> None:
    """Return when all processes are here."""
    if distributed.is_initialized():
        distributed.barrier()
