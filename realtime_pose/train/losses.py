"""Losses: maps of a network and the truth in, one number out.

N crops, K keypoints, maps of h x w cells. Weights of 0 leave a keypoint out. The divisor is the number of all
keypoints, labelled or not: so the mean over equal parts of a batch is that of the whole batch, as the mean of several
processes requires. Sources: squared error: Xiao et al., arXiv:1804.06208; symmetric integral regression (SIKR): Fang et
al., AlphaPose, arXiv:2211.03375, section 3.2.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from realtime_pose.nets.theta import identity, maps_in_crop, sample
from realtime_pose.train.dataset import Sample

_PULL = 0.01  # weight of the squared distance of theta from the identity
_TINY = 1e-6  # smallest divisor


def heatmap_loss(maps: Tensor, target: Tensor, cells: Tensor, weight: Tensor) -> Tensor:  # noqa: ARG001 # one signature for all
    """Mean squared error of the maps (N, K, h, w), times h w / 100, a scale that suits rates near 0.001."""
    error = (maps.float() - target).square().sum(dim=(2, 3)) / 100  # (N, K)
    return (error * weight).mean()


def integral_loss(maps: Tensor, target: Tensor, cells: Tensor, weight: Tensor) -> Tensor:  # noqa: ARG001 # one signature for all
    """Mean distance |x| + |y|, in shares of the sides, of the mean position of each map (N, K, h, w) of logits."""
    position = mean_position(maps.float())  # (N, K, 2)
    sides = torch.tensor([maps.shape[3], maps.shape[2]], device=maps.device)
    error = ((position - cells) / sides).abs().sum(dim=-1)  # (N, K)
    return (error * weight).mean()


def sstn_loss(maps: Tensor, theta: Tensor, crops: Sample, *, parallel: nn.Module | None) -> Tensor:
    """Mean squared error of both branches of an SSTN, with equal weights, and a small pull of theta to the identity.

    The SDTN brings the maps (N, K, h, w) back into the frame of the crop. The parallel SPPE has none: its targets are
    drawn in the frame of the true box, so its error is large where the spatial transformer has not centred the person.

    Args:
        maps: (N, K, h, w) of the SSTN for these crops, in the frame of what its SPPE sees.
        theta: (N, 2, 3) of the SSTN.
        crops: N crops, with the targets of both branches.
        parallel: The frozen SPPE; None to leave its branch out.
    """
    back = maps_in_crop(maps.float(), theta)
    loss = heatmap_loss(back, crops.maps, crops.cells, crops.weight)
    if parallel is not None:
        found = parallel(sample(crops.crop, theta))
        loss = loss + heatmap_loss(found, crops.centred_maps, crops.cells, crops.centred_weight)
    return loss + _PULL * (theta - identity(theta)).square().mean()


LOSSES: Mapping[str, Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]] = {
    "heatmap": heatmap_loss,
    "integral": integral_loss,
}


def mean_position(logits: Tensor) -> Tensor:
    """(N, K, 2) mean x and y in cells of the maps, read as distributions, with the symmetric gradient."""
    q = torch.sigmoid(logits)
    p = q / q.sum(dim=(2, 3), keepdim=True).clamp_min(_TINY)
    return torch.stack([_symmetric_mean(p.sum(dim=axis)) for axis in (2, 3)], dim=-1)


def _symmetric_mean(p: Tensor) -> Tensor:
    """(N, K) the mean cell of distributions (N, K, cells)."""
    mean: Tensor = _SymmetricMean.apply(p)  # type: ignore[no-untyped-call] # torch has no type here
    return mean


class _SymmetricMean(torch.autograd.Function):
    """The mean cell of a distribution (N, K, cells) whose gradient is A sgn(x - mean) in place of x.

    The gradient of the plain mean grows with x, so that of cells on the right is larger than that of cells on the left.
    """

    @staticmethod
    def forward(ctx: Any, p: Tensor) -> Tensor:
        """(N, K, cells) to (N, K)."""
        x = torch.arange(p.shape[-1], dtype=p.dtype, device=p.device)
        mean = (p * x).sum(dim=-1)
        ctx.save_for_backward(x, mean)
        return mean

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        """The gradient of p from that of the mean; A is an eighth of the side, as in the paper."""
        x, mean = ctx.saved_tensors
        amplitude = len(x) / 8
        return grads[0][..., None] * amplitude * torch.sign(x - mean[..., None])
