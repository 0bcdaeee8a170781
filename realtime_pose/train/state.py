"""All that a training consists of between two steps, to a checkpoint and back: it goes on to the same numbers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from realtime_pose.config import TrainConfig
from realtime_pose.counts import counted
from realtime_pose.errors import ModelError
from realtime_pose.nets.sstn import Sstn
from realtime_pose.skeletons import Skeleton
from realtime_pose.train import checkpoint
from realtime_pose.train.curves import EpochRow
from realtime_pose.train.initial import to_cpu
from realtime_pose.train.schedule import rate_factor

_WEIGHT_DECAY = 1e-4


@dataclass(slots=True)
class Progress:
    """How far a training is.

    Attributes:
        epoch: Epochs that are done.
        batch: Batches of the next epoch that are done.
        step: Steps that are done in total.
        loss_sum: Of these batches.
        best: AP and PCK of the best validation; AP decides, then PCK.
        unreadable: Images that could not be read.
        rows: The numbers of the epochs that are done.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    best: tuple[float, float] = (-1.0, -1.0)
    unreadable: list[str] = field(default_factory=list)
    rows: list[EpochRow] = field(default_factory=list)


class TrainState:
    """Network, moving average, optimizer, schedule, scaler and progress.

    Args:
        network: The network on its device, with its frozen parameters set.
        config: How it is trained.
        skeleton: Its keypoints.
        rate: Learning rate of the SPPE after the warm-up; the STN, which is new, has the rate of the config.
        num_steps: Steps with this network.

    Attributes:
        network, optimizer, schedule, scaler, progress: See the class.
        average: The moving average of the parameters; None for none.
        parallel: The frozen parallel SPPE of an SSTN; None for none.
    """

    def __init__(
        self, network: nn.Module, config: TrainConfig, skeleton: Skeleton, *, rate: float, num_steps: int
    ) -> None:
        self._config, self._skeleton = config, skeleton
        device = next(network.parameters()).device
        self.network = network
        self.average = AveragedModel(network, avg_fn=_average(config.ema), use_buffers=True) if config.ema else None
        parts = [(network.sppe, rate), (network.stn, config.rate)] if isinstance(network, Sstn) else [(network, rate)]
        groups: list[dict[str, Any]] = [
            {"params": [each for each in part.parameters() if each.requires_grad], "lr": part_rate}
            for part, part_rate in parts
        ]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=_WEIGHT_DECAY)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer,
            lambda step: rate_factor(step, num_steps=num_steps, warmup=config.warmup, schedule=config.schedule),
        )
        self.scaler = torch.amp.GradScaler(device.type, enabled=config.amp and device.type == "cuda")
        self.progress = Progress()
        self.parallel: nn.Module | None = None

    @property
    def result(self) -> nn.Module:
        """The network that is validated and exported: the average, if there is one."""
        return self.network if self.average is None else self.average.module

    @property
    def is_finite(self) -> bool:
        """Whether all parameters are numbers."""
        return all(bool(torch.isfinite(value).all()) for value in self.network.parameters())

    def save(self, path: Path, *, phase: int) -> None:
        """Write all of it, in this phase of the training; raises SinkError."""
        content = {
            "keypoints": list(self._skeleton.keypoints),
            "net": self._config.net,
            "phase": phase,
            "network": to_cpu(self.network.state_dict()),
            "average": None if self.average is None else to_cpu(self.average.state_dict()),
            "parallel": None if self.parallel is None else to_cpu(self.parallel.state_dict()),
            "optimizer": self.optimizer.state_dict(),
            "schedule": {key: value for key, value in self.schedule.state_dict().items() if key != "lr_lambdas"},
            "scaler": self.scaler.state_dict(),
            "progress": asdict(self.progress),
            "rng": torch.get_rng_state(),
        }
        checkpoint.save(path, content)

    def load(self, content: dict[str, Any], path: Path) -> None:
        """Go on where a checkpoint was written.

        Args:
            content: Of the checkpoint, from `read_last`.
            path: Of the checkpoint, for messages.

        Raises:
            ModelError: It is of another network or skeleton.
        """
        if content["net"] != self._config.net or content["keypoints"] != list(self._skeleton.keypoints):
            own, found = (counted(len(each), "keypoint") for each in (self._skeleton, content["keypoints"]))
            raise ModelError(
                f"{path}: expected a checkpoint of {self._config.net} with {own} of {self._skeleton.name}, got "
                f"{content['net']} with {found}; to begin again with its parameters, use --init"
            )
        try:
            self._load_parts(content)
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"{path}: the checkpoint does not fit these settings: {reason}") from error

    def _load_parts(self, content: Mapping[str, Any]) -> None:
        self.network.load_state_dict(content["network"])
        if self.average is not None:
            self.average.load_state_dict(content["average"])
        if self.parallel is not None:
            self.parallel.load_state_dict(content["parallel"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.schedule.load_state_dict(content["schedule"] | {"lr_lambdas": [None]})
        self.scaler.load_state_dict(content["scaler"])
        rows = [EpochRow(**row) for row in content["progress"].pop("rows")]
        self.progress = Progress(**content["progress"], rows=rows)
        torch.set_rng_state(content["rng"])


def read_last(path: Path) -> dict[str, Any]:
    """The content of the checkpoint of a whole training.

    Raises:
        ModelError: It is no checkpoint of a training.
    """
    content = checkpoint.load(path)
    missing = {"keypoints", "net", "network", "optimizer", "schedule", "scaler", "progress"} - content.keys()
    if missing:
        raise ModelError(f"{path}: expected the checkpoint of a training, last.pth; it has no {min(missing)}")
    return content


def _average(decay: float) -> Any:
    """The moving average; at its start, it has less weight of the past, so that a short training has one too."""

    def average(old: Tensor, new: Tensor, num_averaged: Tensor | int) -> Tensor:
        if not old.is_floating_point():  # a count of batches
            return new
        weight = min(decay, float((1 + num_averaged) / (10 + num_averaged)))
        return old + (new - old) * (1 - weight)

    return average
