"""Deformable convolution, version 1, one group: each tap of a 3 x 3 kernel looks where offsets send it.

N crops, C channels, 9 taps row by row. The offsets (N, 18, H', W') are (dy, dx) of each tap, in pixels of the input.
Source: Dai et al., Deformable Convolutional Networks, arXiv:1703.06211, equations (2) and (3).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

_SIDE = 3
_TAPS = _SIDE * _SIDE


class DeformableConv(nn.Module):
    """A 3 x 3 convolution without bias, padding 1, that is told where each tap looks."""

    def __init__(self, inside: int, out: int, *, stride: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out, inside, _SIDE, _SIDE))
        self.stride = stride
        nn.init.kaiming_normal_(self.weight)

    def forward(self, x: Tensor, offsets: Tensor) -> Tensor:
        """(N, C, H, W) and offsets (N, 18, H', W') to (N, out, H', W')."""
        count, channels, height, width = x.shape
        rows, columns = offsets.shape[2:]
        shift = offsets.view(count, _TAPS, 2, rows, columns)
        y, x_ = (place + shift[:, :, axis] for axis, place in enumerate(self._places(rows, columns, x)))
        grid = torch.stack((_unit(x_, width), _unit(y, height)), dim=-1)  # (N, 9, H', W', 2)
        grid = grid.view(count, _TAPS * rows, columns, 2)
        taps = functional.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=True)
        taps = taps.view(count, channels, _TAPS, rows, columns)
        return torch.einsum("nctyx,oct->noyx", taps, self.weight.flatten(2))

    def _places(self, rows: int, columns: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Rows and columns (9, H', W') of the input at which the taps look without offsets."""
        tap = torch.arange(_TAPS, device=like.device)
        y = torch.arange(rows, device=like.device) * self.stride
        x = torch.arange(columns, device=like.device) * self.stride
        down = (y[None, :, None] + (tap // _SIDE - 1)[:, None, None]).expand(_TAPS, rows, columns)
        across = (x[None, None, :] + (tap % _SIDE - 1)[:, None, None]).expand(_TAPS, rows, columns)
        return down.to(like.dtype), across.to(like.dtype)


def _unit(place: Tensor, side: int) -> Tensor:
    """Pixels as grid_sample counts them with aligned corners: -1 is the first pixel's centre, 1 the last one's."""
    return place * (2 / max(side - 1, 1)) - 1
