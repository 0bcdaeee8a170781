"""Raw grids of cells to boxes: NanoDet and YOLOX, whose graphs end before a cell's place is added.

Cells run over strides 8, 16, 32, row by row. Both families count from the edge of the first pixel; half a pixel is
taken off, since here the centre of a pixel lies at its integer index.
"""

import numpy as np

from realtime_pose.errors import ModelError
from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec

STRIDES_PX = (8, 16, 32)
_MAX_LOG_SIDE = 8.0  # e^8 cells: wider than any picture, and its square is still a number


def decode_nanodet(outputs: Arrays, input_wh: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a NanoDet head.

    Each cell gives its distances to the four edges in units of its stride, from the cell's middle.

    Raises:
        ModelError: The number of candidates is not that of the grids.
    """
    corners, strides = _cells(input_wh)
    scores, distances = outputs["scores"][0], outputs["distances"][0]
    _check_count(spec, len(scores), len(corners), input_wh)
    middle = corners + strides / 2
    reach = distances * strides
    xyxy = np.concatenate((middle - reach[:, :2], middle + reach[:, 2:]), axis=-1) - 0.5
    return xyxy.astype(np.float32), scores.astype(np.float32)


def decode_yolox(outputs: Arrays, input_wh: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a YOLOX head (1, P, 5 + classes): middle, log of the sides, object, classes.

    Both scores have been through the sigmoid; the person's is their product.

    Raises:
        ModelError: The number of candidates is not that of the grids, or there is no such class.
    """
    raw = outputs["candidates"][0]
    corners, strides = _cells(input_wh)
    _check_count(spec, len(raw), len(corners), input_wh)
    if raw.shape[1] <= 5 + spec.person_class:
        raise ModelError(f"model {spec.name}: expected a class {spec.person_class}, got {raw.shape[1] - 5} classes")
    middle = raw[:, :2] * strides + corners
    wh = np.exp(np.minimum(raw[:, 2:4], _MAX_LOG_SIDE)) * strides
    xyxy = np.concatenate((middle - wh / 2, middle + wh / 2), axis=-1) - 0.5
    return xyxy.astype(np.float32), (raw[:, 4] * raw[:, 5 + spec.person_class]).astype(np.float32)


def _check_count(spec: ModelSpec, got: int, wanted: int, input_wh: tuple[int, int]) -> None:
    if got != wanted:
        raise ModelError(f"model {spec.name}: expected {wanted} candidates for an input of {input_wh}, got {got}")


def _cells(input_wh: tuple[int, int]) -> tuple[Float, Float]:
    """Top left corners (P, 2) and strides (P, 1) of the cells of all grids, in pixels from the edge."""
    corners, strides = [], []
    for stride in STRIDES_PX:
        columns, rows = (-(-side // stride) for side in input_wh)
        y, x = np.mgrid[:rows, :columns]
        corners.append(np.stack((x, y), axis=-1).reshape(-1, 2) * stride)
        strides.append(np.full((rows * columns, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)
