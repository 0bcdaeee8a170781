"""The phases of a training: each has a network, a loss and a state, and takes steps.

Without SSTN there is one phase. With it there are two: the SPPE is trained on proposals; then STN and SDTN are
attached, with a frozen parallel SPPE beside them, and the SPPE is trained on at a tenth of the rate. The STN is new, so
it has the whole rate. Source: Fang et al., RMPE, arXiv:1612.00137, section 3.1.
"""

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from realtime_pose.config import TrainConfig
from realtime_pose.errors import ModelError
from realtime_pose.nets.sstn import Sstn
from realtime_pose.skeletons import Skeleton
from realtime_pose.train import distributed
from realtime_pose.train.dataset import Sample
from realtime_pose.train.initial import freeze
from realtime_pose.train.losses import LOSSES, sstn_loss
from realtime_pose.train.state import TrainState

BEST = "best.pth"
BEST_SPPE = "sppe.pth"  # of the first phase, when a second one follows
SSTN_SHARE = 1 / 3  # of the epochs are those of the second phase
SSTN_RATE = 0.1  # of the SPPE, in shares of its rate in the first phase


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """What a phase is to do.

    Attributes:
        number: From 1.
        last_epoch: Of the training, from 1, with which the phase ends.
        num_epochs: Of the phase.
        rate: Learning rate of the SPPE after the warm-up.
        sstn: Name of the localisation network; "" for the SPPE alone.
        best: Name of the file with its best network.
    """

    number: int
    last_epoch: int
    num_epochs: int
    rate: float
    sstn: str
    best: str


def plan_phases(config: TrainConfig) -> tuple[PhasePlan, ...]:
    """The phases of a training, in order."""
    if not config.has_sstn:
        return (PhasePlan(1, config.epochs, config.epochs, config.rate, "", BEST),)
    second = max(1, round(SSTN_SHARE * config.epochs))
    first = config.epochs - second
    return (
        PhasePlan(1, first, first, config.rate, "", BEST_SPPE),
        PhasePlan(2, config.epochs, second, SSTN_RATE * config.rate, config.sstn, BEST),
    )


class Phase:
    """One phase.

    Args:
        plan: What it is to do.
        sppe: The network to begin with; the phase of an SSTN takes a copy.
        config: How it is trained.
        skeleton: Its keypoints.
        num_batches: Steps of an epoch.

    Attributes:
        plan: See the argument.
        state: Network, optimizer and so on.

    Raises:
        ConfigError: A name to freeze is that of no parameter.
    """

    def __init__(
        self, plan: PhasePlan, sppe: nn.Module, config: TrainConfig, skeleton: Skeleton, *, num_batches: int
    ) -> None:
        self.plan, self._config = plan, config
        device = next(sppe.parameters()).device
        network = attach_sstn(plan.sstn, sppe, seed=config.seed).to(device) if plan.sstn else sppe
        self._freeze(network)
        self._wrapped = distributed.wrap(network, device)
        plain = self._wrapped.module if isinstance(self._wrapped, nn.parallel.DistributedDataParallel) else network
        self.state = TrainState(plain, config, skeleton, rate=plan.rate, num_steps=plan.num_epochs * num_batches)
        self.state.parallel = frozen_copy(sppe) if plan.sstn and config.parallel else None

    def start_epoch(self) -> None:
        """Let the network learn, but not what is frozen."""
        self.state.network.train()
        self._freeze(self.state.network)

    def step(self, sample: Sample) -> float:
        """One step; the loss before it, as the mean of all processes. From one that is no number nothing is learned.

        Raises:
            ModelError: There is not enough memory.
        """
        state = self.state
        try:
            loss = self._loss(sample)
            value = float(distributed.mean_of_all(loss.detach().clone()))
            if not math.isfinite(value):
                return value
            state.optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(state.scaler.scale(loss))
            state.scaler.step(state.optimizer)
        except (RuntimeError, MemoryError) as error:
            if not _is_out_of_memory(error):
                raise
            raise ModelError(
                f"there is not enough memory for --batch {self._config.batch}; try --batch "
                f"{max(1, self._config.batch // 2)}, or a smaller --crop or --net"
            ) from error
        state.scaler.update()
        state.schedule.step()
        if state.average is not None:
            state.average.update_parameters(state.network)
        return value

    def _loss(self, sample: Sample) -> Tensor:
        device = next(self.state.network.parameters()).device
        sample = Sample(*(part.to(device, non_blocking=True) for part in sample))
        with torch.autocast(device.type, dtype=torch.float16, enabled=self.state.scaler.is_enabled()):
            found = self._wrapped(sample.crop)
            if self.plan.sstn:
                maps, theta = found
                return sstn_loss(maps, theta, sample, parallel=self.state.parallel)
            return LOSSES[self._config.loss](found, sample.maps, sample.cells, sample.weight)

    def _freeze(self, network: nn.Module) -> None:
        sppe = network.sppe if isinstance(network, Sstn) else network
        freeze(sppe, self._config.freeze, statistics=self._config.freeze_statistics)


def attach_sstn(kind: str, sppe: nn.Module, *, seed: int) -> Sstn:
    """The SPPE, copied, behind a spatial transformer that is the identity; the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Sstn(kind, copy.deepcopy(sppe))


def frozen_copy(sppe: nn.Module) -> nn.Module:
    """The parallel SPPE: it sends gradients to what it sees, and does not learn."""
    return copy.deepcopy(sppe).eval().requires_grad_(requires_grad=False)


def _is_out_of_memory(error: Exception) -> bool:
    # On the CPU torch has no class of its own for this.
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "allocate memory" in str(error)
