"""Heatmaps: keypoints to Gaussian maps, and back in three ways.

N crops, K keypoints, maps of h x w cells, stride = input side / map side. A keypoint at input pixel x has its peak at
cell x / stride; the centres of pixels and cells are at integers. Sources: quarter step: Newell et al., Hourglass,
arXiv:1603.06937; dark: Zhang et al., DARK, arXiv:1910.06278; integral: Fang et al., AlphaPose, arXiv:2211.03375,
section 3.2.
"""

import numpy as np

from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.pose.logits import logit, sigmoid

SIGMA_CELLS = 2.0  # of the training targets on 64 x 48 maps: SimpleBaseline, arXiv:1804.06208
_QUARTER = 0.25
_REACH = 5  # of DARK's smoothing kernel: 11 cells with sigma 2, as in the authors' code for 64 x 48
_TINY = 1e-10  # smallest divisor and argument of a logarithm
_EPSILON = np.float32(1e-7)  # values 0 and 1 have infinite logits


def encode(xy: Float, input_wh: tuple[int, int], *, map_wh: tuple[int, int]) -> Float:
    """(N, K, h, w) maps: a Gaussian at each keypoint (N, K, 2) in input pixels.

    Its maximum is 1.
    """
    cells = xy / _stride(input_wh, map_wh)
    columns, rows = (np.arange(side, dtype=np.float32) for side in map_wh)
    along_x = np.exp(-np.square(columns - cells[..., :1]) / (2 * SIGMA_CELLS**2))  # (N, K, w)
    along_y = np.exp(-np.square(rows - cells[..., 1:]) / (2 * SIGMA_CELLS**2))  # (N, K, h)
    return np.asarray(along_y[..., :, None] * along_x[..., None, :], dtype=np.float32)


def encode_logits(xy: Float, input_wh: tuple[int, int], *, map_wh: tuple[int, int]) -> Float:
    """(N, K, h, w) logits of the same maps: the output of an integral head."""
    maps = np.clip(encode(xy, input_wh, map_wh=map_wh), _EPSILON, 1 - _EPSILON)
    return np.asarray(logit(maps), dtype=np.float32)


def decode(outputs: Arrays, input_wh: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(N, K, 2) keypoints in input pixels and (N, K) scores in [0, 1]."""
    maps = outputs["heatmap"]
    if spec.peak == "integral":
        maps = sigmoid(maps)
    count, num_keypoints, height, width = maps.shape
    flat = maps.reshape(count, num_keypoints, height * width)
    row, column = np.divmod(flat.argmax(-1), width)  # (N, K) each
    cells = np.stack((column, row), axis=-1).astype(np.float32)  # (N, K, 2)
    if spec.peak == "integral":
        cells = _mean_position(maps)
    elif spec.peak == "dark":
        cells = _refine_dark(maps, cells)
    else:
        cells += _quarter_step(maps, row, column)
    score = np.clip(flat.max(-1), 0, 1)
    return (cells * _stride(input_wh, (width, height))).astype(np.float32), score.astype(np.float32)


def _stride(input_wh: tuple[int, int], map_wh: tuple[int, int]) -> Float:
    """(2,) input pixels per cell, in x and y."""
    return np.array([input_wh[0] / map_wh[0], input_wh[1] / map_wh[1]], np.float32)


def _quarter_step(maps: Float, row: np.ndarray, column: np.ndarray) -> Float:
    """(N, K, 2) a quarter of a cell towards the higher neighbour; 0 at the border."""
    height, width = maps.shape[2:]
    person, keypoint = np.arange(maps.shape[0])[:, None], np.arange(maps.shape[1])[None]
    step = np.zeros((*row.shape, 2), np.float32)
    left, right = np.clip(column - 1, 0, width - 1), np.clip(column + 1, 0, width - 1)
    above, below = np.clip(row - 1, 0, height - 1), np.clip(row + 1, 0, height - 1)
    step[..., 0] = np.sign(maps[person, keypoint, row, right] - maps[person, keypoint, row, left])
    step[..., 1] = np.sign(maps[person, keypoint, below, column] - maps[person, keypoint, above, column])
    is_inside = np.stack(((column > 0) & (column < width - 1), (row > 0) & (row < height - 1)), axis=-1)
    return np.asarray(_QUARTER * step * is_inside, dtype=np.float32)


def _mean_position(maps: Float) -> Float:
    """(N, K, 2) the expected cell of each map, read as a distribution."""
    total = np.maximum(maps.sum((2, 3)), _TINY)  # (N, K)
    columns, rows = (np.arange(side, dtype=np.float32) for side in (maps.shape[3], maps.shape[2]))
    x = (maps.sum(2) * columns).sum(-1) / total
    y = (maps.sum(3) * rows).sum(-1) / total
    return np.stack((x, y), axis=-1).astype(np.float32)


def _refine_dark(maps: Float, cells: Float) -> Float:
    """(N, K, 2) cells: the maximum of the Taylor expansion of the log map.

    The map is smoothed first. The expansion is of second order, so the step from the peak is -H^-1 g, with gradient g
    and Hessian H of the log map at the peak. A step longer than one cell is not used, because the map is then not a
    Gaussian. Only the 5 x 5 smoothed cells around each peak are needed.
    """
    height, width = maps.shape[2:]
    peaks = cells.astype(np.int64)
    margin = np.minimum(peaks, np.array([width - 1, height - 1]) - peaks)  # (N, K, 2) cells between peak and border
    patch = np.log(np.maximum(_smooth_patch(maps, peaks, margin), _TINY))  # (N, K, 5, 5), the peak at [2, 2]
    # Derivatives as central differences, (N, K) each.
    d_x, d_y = (patch[..., 2, 3] - patch[..., 2, 1]) / 2, (patch[..., 3, 2] - patch[..., 1, 2]) / 2
    d_xx = _second_derivative(patch[..., 2, :], margin[..., 0])
    d_yy = _second_derivative(patch[..., 2], margin[..., 1])
    d_xy = (patch[..., 3, 3] - patch[..., 1, 3] - patch[..., 3, 1] + patch[..., 1, 1]) / 4
    d_xy = np.where((margin > 0).all(-1), d_xy, 0)
    determinant = d_xx * d_yy - d_xy**2
    is_maximum = (determinant > _TINY) & (d_xx < 0)  # H is negative definite
    divisor = np.where(is_maximum, determinant, 1)
    step = np.stack(((d_xy * d_y - d_yy * d_x) / divisor, (d_xy * d_x - d_xx * d_y) / divisor), axis=-1)
    is_short = is_maximum & (np.abs(step) <= 1).all(-1)
    # A peak on a border is not moved towards or away from it: half of its Gaussian is missing.
    return np.asarray(cells + np.where(is_short[..., None] & (margin > 0), step, 0), dtype=np.float32)


def _second_derivative(line: Float, margin: np.ndarray) -> Float:
    """(N, K) second derivative in the middle of five cells (N, K, 5).

    It uses the cells two steps away, as the authors' code does; next to the border those one step away.
    """
    wide = (line[..., 4] - 2 * line[..., 2] + line[..., 0]) / 4
    return np.where(margin > 1, wide, line[..., 3] - 2 * line[..., 2] + line[..., 1])


def _smooth_patch(maps: Float, peaks: np.ndarray, margin: np.ndarray) -> Float:
    """(N, K, 5, 5) the Gaussian-smoothed maps around the peaks (N, K, 2).

    The margin (N, K, 2) is the number of cells between peak and border.

    Near the border the kernel is shortened on both sides. With repeated border cells instead, a peak two cells from the
    border would move by half a cell.
    """
    offsets = np.arange(-_REACH - 2, _REACH + 3)  # (15,)
    columns = np.clip(peaks[..., :1] + offsets, 0, maps.shape[3] - 1)  # (N, K, 15)
    rows = np.clip(peaks[..., 1:] + offsets, 0, maps.shape[2] - 1)
    first_cell = np.arange(margin[..., 0].size).reshape(margin.shape[:2])[..., None] * (maps.shape[2] * maps.shape[3])
    line = first_cell + rows * maps.shape[3]  # (N, K, 15)
    window = maps.reshape(-1).take(line[..., :, None] + columns[..., None, :])  # (N, K, 15, 15)
    along_x, along_y = np.moveaxis(_KERNELS[np.clip(margin - 2, 0, _REACH)], 2, 0)  # (N, K, 5, 15) each
    # (5, 15) @ (15, 15) @ (15, 5): the Gaussian is separable.
    return np.asarray(along_y @ np.maximum(window, 0) @ np.swapaxes(along_x, -1, -2), dtype=np.float32)


def _smoothing_kernels() -> Float:
    """(R + 1, 5, 15) weights of 15 cells for 5 smoothed cells, per reach 0 to R."""
    taps = np.arange(-_REACH, _REACH + 1)
    gaussian = np.exp(-np.square(taps) / (2 * SIGMA_CELLS**2))
    kernels = np.zeros((_REACH + 1, 5, 2 * _REACH + 5), np.float32)
    for reach in range(_REACH + 1):
        kernel = np.where(np.abs(taps) <= reach, gaussian, 0)
        for place in range(5):
            kernels[reach, place, place : place + len(taps)] = kernel / kernel.sum()
    return kernels


_KERNELS = _smoothing_kernels()
