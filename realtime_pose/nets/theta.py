"""theta (N, 2, 3) of spatial transformers: its guards and its inverse, points and maps (N, C, H, W) there and back.

source = theta (target, 1): the target is what the SPPE sees, the source is the crop. Both are normalised: -1 and 1 are
the outer edges of the crop, as in grid_sample with align_corners=False. Centres of pixels are at integers, so pixel x
of W is at (2 x + 1) / W - 1; `geometry.theta_affine` is theta in pixels. Sources: Jaderberg et al., Spatial Transformer
Networks, arXiv:1506.02025, section 3; Fang et al., RMPE, arXiv:1612.00137, section 3.1.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from realtime_pose.geometry import MAX_THETA_SHIFT, THETA_SCALES

_INSIDE = 0.9999  # keeps limits from being reached where tanh is rounded to 1
_MAX_TURN = math.pi / 2  # in radians
_FAR = 10.0  # raw numbers beyond are at the limits in any case; their squares would overflow


def identity(like: Tensor) -> Tensor:
    """(2, 3) theta that changes nothing, with the type and device of a tensor."""
    return torch.eye(2, 3, dtype=like.dtype, device=like.device)


def guard(raw: Tensor) -> Tensor:
    """Any numbers (N, 6), read as theta row by row, to theta (N, 2, 3) within the guards. The identity stays as it is.

    [t1 t2] = (1 + u) rotation + [[f, g], [g, -f]] has the singular values 1 + u - r and 1 + u + r, with r = |(f, g)|.
    With |u| < 1/2 and r < 1/4 - u^2 they lie within (u + 1/2)^2 + 1/2 >= 1/2 and 3/2 - (u - 1/2)^2 <= 3/2. So the
    determinant is at least 0.25.
    """
    a, b, x, c, d, y = raw.clamp(-_FAR, _FAR).unbind(dim=1)  # (N,) each
    low, high = THETA_SCALES
    u = _limit((a + d) / 2 - (low + high) / 2, (high - low) / 2)
    turn = _limit((c - b) / 2, _MAX_TURN)
    per_axis = (0.25 - u.square()) / math.sqrt(2)  # so that r stays below 1/4 - u^2
    f, g = _limit((a - d) / 2, per_axis), _limit((b + c) / 2, per_axis)
    cos, sin = (1 + u) * turn.cos(), (1 + u) * turn.sin()
    first = torch.stack((cos + f, g - sin, _limit(x, MAX_THETA_SHIFT)), dim=1)
    second = torch.stack((sin + g, cos - f, _limit(y, MAX_THETA_SHIFT)), dim=1)
    return torch.stack((first, second), dim=1)


def sample(x: Tensor, theta: Tensor) -> Tensor:
    """Crops or maps (N, C, H, W) at the places that theta says, bilinear, 0 outside; the same shape."""
    height, width = x.shape[2:]
    rows, columns = _centres(height, theta)[:, None, None], _centres(width, theta)[:, None]
    t1, t2, t3 = theta[:, None, None].unbind(dim=-1)  # (N, 1, 1, 2) each
    source = columns * t1 + rows * t2 + t3  # (N, H, W, 2); as a matrix product, mixed precision would round it
    return functional.grid_sample(x, source, mode="bilinear", padding_mode="zeros", align_corners=False)


def invert(theta: Tensor) -> Tensor:
    """The SDTN's gamma (N, 2, 3), the inverse of theta: [g1 g2] = [t1 t2]^-1, g3 = -[g1 g2] t3 (RMPE, equation 2)."""
    (a, b, x), (c, d, y) = (row.unbind(dim=1) for row in theta.unbind(dim=1))
    determinant = a * d - b * c
    first = torch.stack((d, -b, b * y - d * x), dim=1)
    second = torch.stack((-c, a, c * x - a * y), dim=1)
    return torch.stack((first, second), dim=1) / determinant[:, None, None]


def map_points(theta: Tensor, xy: Tensor) -> Tensor:
    """Normalised points (N, P, 2), mapped: by theta from the target to the source, by gamma back."""
    return xy @ theta[..., :2].transpose(1, 2) + theta[:, None, :, 2]


def maps_in_crop(maps: Tensor, theta: Tensor) -> Tensor:
    """SDTN: maps (N, K, h, w) of what the SPPE sees, sampled back into the frame of the crop."""
    return sample(maps, invert(theta))


def _limit(value: Tensor, limit: Tensor | float) -> Tensor:
    """The value, smoothly kept below the limit; with slope 1 at 0."""
    return limit * _INSIDE * torch.tanh(value / (limit * _INSIDE))


def _centres(side: int, like: Tensor) -> Tensor:
    """(side,) the centres of the pixels, normalised."""
    return (2 * torch.arange(side, dtype=like.dtype, device=like.device) + 1) / side - 1
