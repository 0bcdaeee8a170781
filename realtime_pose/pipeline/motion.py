"""Motion outside the tracks: images and the boxes of the tracks in; whether something moves that no track explains.

An image is compared as a grid of cells, each the mean of its pixels, with the image that the detector saw last.
"""

import numpy as np
from numpy.typing import NDArray

from realtime_pose.scene import Float, Image

_COLUMNS = 64  # cells across the image, at least; up to twice as many, since pixels are left out in whole steps
_SAMPLES = 4  # rows and columns of pixels that are read for each cell
_MIN_CHANGE = 12.0  # grey levels by which the mean of a cell has to change
_MIN_CELLS = 3  # a person who enters changes more; noise, and leaves in the wind, change fewer at once
_MARGIN = 0.3  # of a box's width and height on each side: shadows, arms, and the error of the prediction
# What has moved without being a person (a tree, a flag, a screen) is ignored for this time, with the cells around it.
_QUIET_S = 1.0


def cell_means(image: Image) -> Float:
    """(rows, columns) mean brightness of each cell of an image (H, W, 3); a small image has fewer than _COLUMNS."""
    step = max(1, image.shape[1] // (_COLUMNS * _SAMPLES))
    green = image[::step, ::step, 1]  # close to the brightness, and three times fewer bytes
    rows, columns = green.shape[0] // _SAMPLES, green.shape[1] // _SAMPLES
    if not rows or not columns:
        return np.zeros((0, 0), np.float32)
    blocks = green[: rows * _SAMPLES, : columns * _SAMPLES].reshape(rows, _SAMPLES, columns, _SAMPLES)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32))


class MotionWatch:
    """Whether motion began outside the tracks since the detector looked last. For one thread."""

    def __init__(self) -> None:
        self._reference: Float | None = None  # the cells when the detector looked
        self._explained: NDArray[np.bool_] = np.zeros((0, 0), bool)  # cells where a track was since then
        self._quiet_until_s: NDArray[np.float64] = np.zeros((0, 0))

    def set_reference(self, image: Image) -> None:
        """The detector looks at this image, so all that is in it now is known."""
        cells = cell_means(image)
        if self._reference is None or cells.shape != self._reference.shape:
            self._quiet_until_s = np.full(cells.shape, -np.inf)
        self._reference = cells
        self._explained = np.zeros(cells.shape, bool)

    def forget(self) -> None:
        """The detector looks at each frame for now, so nothing is compared."""
        self._reference = None

    def is_unexplained(self, image: Image, xyxy: Float, *, time_s: float) -> bool:
        """Whether enough cells have changed outside these boxes (N, 4).

        The cells that have changed then count again only after a second: once the detector has looked, it knows them.

        Args:
            image: The next image.
            xyxy: Boxes of all tracks, as expected in this image.
            time_s: Media time.
        """
        cells = cell_means(image)
        if self._reference is None or cells.shape != self._reference.shape:
            return True
        change = cells - self._reference
        change -= np.median(change) if change.size else 0  # a cloud, or the exposure of the camera
        is_new = (np.abs(change) >= _MIN_CHANGE) & (time_s >= self._quiet_until_s)
        self._explained |= _cells_inside(xyxy, cells.shape, image.shape)  # people also leave the place where they were
        is_new &= ~self._explained
        if is_new.sum() < _MIN_CELLS:
            return False
        self._quiet_until_s[_with_neighbours(is_new)] = time_s + _QUIET_S
        return True


def _with_neighbours(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The cells of a mask (rows, columns) and those around each of them."""
    padded = np.pad(mask, 1)
    rows, columns = mask.shape
    shifted = [padded[row : row + rows, column : column + columns] for row in range(3) for column in range(3)]
    return np.asarray(np.any(shifted, axis=0))


def _cells_inside(xyxy: Float, shape: tuple[int, ...], image_shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(rows, columns) cells that touch one of the boxes (N, 4) with its margin."""
    mask = np.zeros(shape, bool)
    scale = np.tile(np.array([shape[1] / image_shape[1], shape[0] / image_shape[0]]), 2)  # (4,) pixels to cells
    margin = _MARGIN * np.tile(xyxy[:, 2:] - xyxy[:, :2], 2) * np.array([-1, -1, 1, 1])
    edges = (xyxy + margin) * scale  # (N, 4)
    low, high = np.floor(edges[:, :2]), np.ceil(edges[:, 2:])
    corners = np.clip(np.concatenate((low, high), axis=1), 0, max(shape)).astype(int)
    for left, top, right, bottom in corners.tolist():
        mask[top:bottom, left:right] = True
    return mask
