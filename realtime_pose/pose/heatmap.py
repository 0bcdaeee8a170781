"""Heatmaps: keypoints to Gaussian maps and back, the peak placed in one of three ways.

N crops, K keypoints, maps of h x w cells, stride = input side / map side. Cell i stands for the input pixel i stride: a
network trained on such maps puts the peak of a keypoint at x into cell x / stride, in the axes whose integers are the
centres of pixels and cells. Sources: quarter step: Newell et al., arXiv:1603.06937; dark: Zhang et al., DARK,
arXiv:1910.06278; integral: Li et al., AlphaPose, arXiv:2211.03375, section 3.2.
"""

import numpy as np

from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.pose.logits import logit, sigmoid

SIGMA_CELLS = 2.0  # of the training targets on 64 x 48, arXiv:1804.06208
_QUARTER = 0.25
_REACH = 5  # of DARK's kernel: 11 cells with sigma 2, as in the paper's code for 64 x 48
_TINY = 1e-10


def encode(xy: Float, input_wh: tuple[int, int], *, map_wh: tuple[int, int]) -> Float:
    """(N, K, h, w) maps with a Gaussian of peak 1 about each keypoint of (N, K, 2), given in input pixels."""
    cells = xy / _stride(input_wh, map_wh)
    across, down = (np.arange(side, dtype=np.float32) for side in map_wh)
    in_x = np.exp(-np.square(across - cells[..., :1]) / (2 * SIGMA_CELLS**2))  # (N, K, w)
    in_y = np.exp(-np.square(down - cells[..., 1:]) / (2 * SIGMA_CELLS**2))  # (N, K, h)
    return np.asarray(in_y[..., :, None] * in_x[..., None, :], dtype=np.float32)


def encode_logits(xy: Float, input_wh: tuple[int, int], *, map_wh: tuple[int, int]) -> Float:
    """The same as logits, whose sigmoid is the Gaussian: what an integral head gives."""
    return logit(encode(xy, input_wh, map_wh=map_wh), least=1e-7)


def decode(outputs: Arrays, input_wh: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(N, K, 2) keypoints in input pixels and (N, K) scores in [0, 1], from maps (N, K, h, w)."""
    maps = outputs["heatmap"]
    if spec.peak == "integral":
        maps = sigmoid(maps)
    count, num_keypoints, height, width = maps.shape
    flat = maps.reshape(count, num_keypoints, height * width)
    row, column = np.divmod(flat.argmax(-1), width)
    cells = np.stack((column, row), axis=-1).astype(np.float32)  # (N, K, 2)
    if spec.peak == "integral":
        cells = _mean_cell(maps)
    elif spec.peak == "dark":
        cells = _taylor(maps, cells)
    else:
        cells += _quarter_step(maps, row, column)
    score = np.clip(flat.max(-1), 0, 1)
    return (cells * _stride(input_wh, (width, height))).astype(np.float32), score.astype(np.float32)


def _stride(input_wh: tuple[int, int], map_wh: tuple[int, int]) -> Float:
    """(2,) input pixels a cell, in x and y."""
    return np.array([input_wh[0] / map_wh[0], input_wh[1] / map_wh[1]], np.float32)


def _quarter_step(maps: Float, row: np.ndarray, column: np.ndarray) -> Float:
    """(N, K, 2) a quarter of a cell towards the higher neighbour; none at the border."""
    height, width = maps.shape[2:]
    person, keypoint = np.arange(maps.shape[0])[:, None], np.arange(maps.shape[1])[None]
    step = np.zeros((*row.shape, 2), np.float32)
    left, right = np.clip(column - 1, 0, width - 1), np.clip(column + 1, 0, width - 1)
    above, below = np.clip(row - 1, 0, height - 1), np.clip(row + 1, 0, height - 1)
    step[..., 0] = np.sign(maps[person, keypoint, row, right] - maps[person, keypoint, row, left])
    step[..., 1] = np.sign(maps[person, keypoint, below, column] - maps[person, keypoint, above, column])
    is_inside = np.stack(((column > 0) & (column < width - 1), (row > 0) & (row < height - 1)), axis=-1)
    return np.asarray(_QUARTER * step * is_inside, dtype=np.float32)


def _mean_cell(maps: Float) -> Float:
    """(N, K, 2) the mean place of each map, taken as a distribution."""
    total = np.maximum(maps.sum((2, 3)), _TINY)
    across, down = (np.arange(side, dtype=np.float32) for side in (maps.shape[3], maps.shape[2]))
    x = (maps.sum(2) * across).sum(-1) / total
    y = (maps.sum(3) * down).sum(-1) / total
    return np.stack((x, y), axis=-1).astype(np.float32)


def _taylor(maps: Float, cells: Float) -> Float:
    """The peaks moved to where the second-order expansion of the log of the smoothed map has its maximum.

    Only the 5 x 5 smoothed cells about each peak are needed, so only these are computed. A step longer than a cell says
    that the map is no Gaussian there, and is not taken; neither is one across a border that the peak lies on.
    """
    height, width = maps.shape[2:]
    peaks = cells.astype(np.int64)
    near = np.minimum(peaks, np.array([width - 1, height - 1]) - peaks)  # (N, K, 2) cells to the border
    patch = np.log(np.maximum(_smoothed_about(maps, peaks, near), _TINY))  # (N, K, 5, 5)
    d_x, d_y = (patch[..., 2, 3] - patch[..., 2, 1]) / 2, (patch[..., 3, 2] - patch[..., 1, 2]) / 2
    d_xx, d_yy = _curvature(patch[..., 2, :], near[..., 0]), _curvature(patch[..., 2], near[..., 1])
    d_xy = (patch[..., 3, 3] - patch[..., 1, 3] - patch[..., 3, 1] + patch[..., 1, 1]) / 4
    d_xy = np.where((near > 0).all(-1), d_xy, 0)
    determinant = d_xx * d_yy - d_xy**2
    is_peak = (determinant > _TINY) & (d_xx < 0)
    divisor = np.where(is_peak, determinant, 1)
    step = np.stack(((d_xy * d_y - d_yy * d_x) / divisor, (d_xy * d_x - d_xx * d_y) / divisor), axis=-1)
    is_near = is_peak & (np.abs(step) <= 1).all(-1)
    return np.asarray(cells + np.where(is_near[..., None] & (near > 0), step, 0), dtype=np.float32)


def _curvature(line: Float, near: np.ndarray) -> Float:
    """(N, K) second derivative in the middle of five cells (N, K, 5), as in the paper's code over two cells each way.

    Where the border is nearer, over one.
    """
    wide = (line[..., 4] - 2 * line[..., 2] + line[..., 0]) / 4
    return np.where(near > 1, wide, line[..., 3] - 2 * line[..., 2] + line[..., 1])


def _smoothed_about(maps: Float, cells: np.ndarray, near: np.ndarray) -> Float:
    """(N, K, 5, 5) the Gaussian-smoothed maps about these cells (N, K, 2), which are so many cells from the border.

    The kernel is cut, on both sides alike, where it would reach over the border: cells repeated beyond it would move a
    peak at two cells from it by half a cell.
    """
    around = np.arange(-_REACH - 2, _REACH + 3)
    columns = np.clip(cells[..., :1] + around, 0, maps.shape[3] - 1)  # (N, K, 15)
    rows = np.clip(cells[..., 1:] + around, 0, maps.shape[2] - 1)
    person, keypoint = np.ogrid[: maps.shape[0], : maps.shape[1]]
    window = maps[person[..., None, None], keypoint[..., None, None], rows[..., :, None], columns[..., None, :]]
    across, down = np.moveaxis(_KERNELS[np.clip(near - 2, 0, _REACH)], 2, 0)  # (N, K, 5, 15) each
    return np.asarray(down @ np.maximum(window, 0) @ np.swapaxes(across, -1, -2), dtype=np.float32)


def _kernels() -> Float:
    """(R + 1, 5, 15) for each reach up to R: the weights of 15 cells in each of the 5 smoothed ones in their middle."""
    taps = np.arange(-_REACH, _REACH + 1)
    gaussian = np.exp(-np.square(taps) / (2 * SIGMA_CELLS**2))
    kernels = np.zeros((_REACH + 1, 5, 2 * _REACH + 5), np.float32)
    for reach in range(_REACH + 1):
        kernel = np.where(np.abs(taps) <= reach, gaussian, 0)
        for place in range(5):
            kernels[reach, place, place : place + len(taps)] = kernel / kernel.sum()
    return kernels


_KERNELS = _kernels()
