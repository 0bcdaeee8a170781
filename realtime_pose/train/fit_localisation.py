"""Persons to a localisation network that finds them in boxes which are not quite right; and how well it does.

The parameters of the result are means over the last steps. Loss: the distance of each edge in shares of the person's
side, and the generalised IoU (Rezatofighi et al., arXiv:1902.09630).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader

from realtime_pose.errors import ModelError
from realtime_pose.geometry import Float
from realtime_pose.models import patches_cpu
from realtime_pose.models.manifest import InputSpec
from realtime_pose.nets.localisation import LocalisationNetwork
from realtime_pose.train.dataset import EpochBatches
from realtime_pose.train.localisation_crops import LocalisationCrops, make_crop, moved_box
from realtime_pose.train.persons import TrainPerson
from realtime_pose.train.schedule import rate_factor

BATCH = 48
_RATE, _BACKBONE_RATE = 1.5e-3, 4e-4  # the backbone has learned already
_FROZEN = ("stem", "stage1")  # of the backbone: edges and colours are the same everywhere
_WEIGHT_DECAY = 1e-3
_WARMUP = 100  # steps
_MAX_NORM = 2.0  # of the gradient
_AVERAGED = 0.998  # share of the earlier parameters in the mean
_OVERLAP_WEIGHT = 0.3
ERRORS = (0.0, 0.1, 0.2)  # of the edges of the boxes of the report
_ROUNDS = 2  # boxes of each person in the report


@dataclass(frozen=True, slots=True)
class Overlap:
    """How well boxes lie on the persons, as the mean IoU.

    Attributes:
        error: Standard deviation of the edges of the boxes, in shares of their sides.
        before: As they are.
        after: Corrected.
    """

    error: float
    before: float
    after: float


def fit(
    network: LocalisationNetwork,
    crops: LocalisationCrops,
    *,
    num_steps: int,
    seed: int,
    on_step: Callable[[int, float], None],
) -> LocalisationNetwork:
    """The trained network, with the mean parameters.

    Raises:
        ModelError: The loss is no number.
    """
    for name in _FROZEN:
        network.backbone[name].requires_grad_(requires_grad=False)
    groups = [
        {"params": network.backbone.parameters(), "lr": _BACKBONE_RATE},
        {"params": network.head_parameters(), "lr": _RATE},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: rate_factor(step, num_steps=num_steps, warmup=_WARMUP, schedule="cosine")
    )
    averaged = AveragedModel(network, avg_fn=_average)
    network.train()
    for step, (x, edges) in zip(range(1, num_steps + 1), _batches(crops, seed), strict=False):
        loss = edge_loss(network.edges(x.contiguous(memory_format=torch.channels_last)), edges)
        if not torch.isfinite(loss):
            raise ModelError(f"step {step}: the loss is {loss.item()}; check the boxes of the annotations")
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        clip_grad_norm_(network.parameters(), _MAX_NORM)
        optimizer.step()
        schedule.step()
        averaged.update_parameters(network)
        on_step(step, loss.item())
    network.load_state_dict(averaged.module.state_dict())
    return network.eval()


def _average(mean: Tensor, value: Tensor, num_averaged: Tensor | int) -> Tensor:
    """The mean with one more value; it forgets the first values, also in a short training."""
    count = int(num_averaged)
    return mean.lerp(value, 1 - min(_AVERAGED, (1 + count) / (10 + count)))


def edge_loss(found: Tensor, true: Tensor) -> Tensor:
    """() from edges (N, 4), in shares of the true sides."""
    side = (true[:, 2:] - true[:, :2]).repeat(1, 2)
    distance = ((found - true) / side).abs().clamp(max=1)  # a person who is not there to be found counts once
    return distance.mean() + _OVERLAP_WEIGHT * (1 - generalised_iou(found, true)).mean()


def generalised_iou(first: Tensor, second: Tensor) -> Tensor:
    """(N,) in [-1, 1], of boxes (N, 4) with each other."""
    tiny = 1e-3
    hull = _area(torch.minimum(first[:, :2], second[:, :2]), torch.maximum(first[:, 2:], second[:, 2:])) + tiny
    union = _area(first[:, :2], first[:, 2:]) + _area(second[:, :2], second[:, 2:]) - _overlap(first, second) + tiny
    return _overlap(first, second) / union - (hull - union) / hull


def _overlap(first: Tensor, second: Tensor) -> Tensor:
    return _area(torch.maximum(first[:, :2], second[:, :2]), torch.minimum(first[:, 2:], second[:, 2:]))


def _area(low: Tensor, high: Tensor) -> Tensor:
    wh = (high - low).clamp(min=0)
    return wh[:, 0] * wh[:, 1]


def measure(network: LocalisationNetwork, persons: Sequence[TrainPerson], spec: InputSpec) -> list[Overlap]:
    """How well the network corrects boxes of these persons, for each of `ERRORS`; always with the same boxes."""
    found = []
    for error in ERRORS:
        rng = np.random.default_rng(0)
        boxes = [(person, moved_box(person.xyxy, rng, edge_error=error)) for _ in range(_ROUNDS) for person in persons]
        patches, true = zip(*(make_crop(person, xyxy, spec) for person, xyxy in boxes), strict=True)
        edges = _run(network, patches_cpu.normalised(np.stack(patches), spec))
        target = torch.from_numpy(np.stack(true))
        start = network.start.expand_as(target)
        found.append(Overlap(error, *(_mean_iou(each, target) for each in (start, edges))))
    return found


def _mean_iou(edges: Tensor, true: Tensor) -> float:
    overlap = _overlap(edges, true)
    union = _area(edges[:, :2], edges[:, 2:]) + _area(true[:, :2], true[:, 2:]) - overlap
    return float((overlap / union).mean())


def _run(network: LocalisationNetwork, crops: Float) -> Tensor:
    network.eval()
    with torch.inference_mode():
        parts = (torch.from_numpy(crops[at : at + BATCH]) for at in range(0, len(crops), BATCH))
        return torch.cat([network.edges(part) for part in parts])


def _batches(crops: LocalisationCrops, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches without end."""
    order = EpochBatches(len(crops), BATCH, seed=seed)
    loader = DataLoader(crops, batch_sampler=order)
    while True:
        yield from loader
        crops.epoch += 1
        order.epoch += 1
