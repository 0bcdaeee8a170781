"""Deformable convolution, version 1: each tap of the kernel has an offset.

N crops, C channels, 9 taps row by row. The offsets (N, 18, H', W') are (dy, dx) of each tap, in pixels of the input.
Source: Dai et al., Deformable Convolutional Networks, arXiv:1703.06211, equations (2) and (3).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

_SIDE = 3
_TAPS = _SIDE * _SIDE


class DeformableConv(nn.Module):
    """A 3 x 3 convolution without bias, padding 1, with an offset for each tap."""

    def __init__(self, in_channels: int, out_channels: int, *, stride: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, _SIDE, _SIDE))
        self.stride = stride
        nn.init.kaiming_normal_(self.weight)

    def forward(self, x: Tensor, offsets: Tensor) -> Tensor:
        """(N, C, H, W) and offsets (N, 18, H', W') to (N, out_channels, H', W')."""
        count, channels, height, width = x.shape
        rows, columns = offsets.shape[2:]
        offsets = offsets.view(count, _TAPS, 2, rows, columns)
        tap_y, tap_x = self._tap_positions(rows, columns, like=x)  # (9, H', W') each
        tap_y, tap_x = tap_y + offsets[:, :, 0], tap_x + offsets[:, :, 1]  # (N, 9, H', W') each
        grid = torch.stack((_normalise(tap_x, width), _normalise(tap_y, height)), dim=-1)  # (N, 9, H', W', 2)
        grid = grid.view(count, _TAPS * rows, columns, 2)  # all taps in one call
        taps = functional.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=True)
        taps = taps.view(count, channels, _TAPS, rows, columns)
        # Equation (2): the sum over the taps t and the channels c, o is the output channel.
        return torch.einsum("nctyx,oct->noyx", taps, self.weight.flatten(2))

    def _tap_positions(self, rows: int, columns: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Positions y and x (9, H', W') of the taps without offsets, in input pixels."""
        tap = torch.arange(_TAPS, device=like.device)
        y = torch.arange(rows, device=like.device) * self.stride
        x = torch.arange(columns, device=like.device) * self.stride
        tap_y = (y[None, :, None] + (tap // _SIDE - 1)[:, None, None]).expand(_TAPS, rows, columns)
        tap_x = (x[None, None, :] + (tap % _SIDE - 1)[:, None, None]).expand(_TAPS, rows, columns)
        return tap_y.to(like.dtype), tap_x.to(like.dtype)


def _normalise(position: Tensor, side: int) -> Tensor:
    """Pixels to grid_sample's coordinates: centres of first and last at -1 and 1."""
    return position * (2 / max(side - 1, 1)) - 1
