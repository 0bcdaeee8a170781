"""Decoders for NanoDet and YOLOX, whose outputs are relative to grid cells.

P cells, of the strides 8, 16 and 32 in this order, row by row. Both families count from the edge of the first pixel.
Here the centre of a pixel is at its integer index, so half a pixel is subtracted. Sources: the distances of NanoDet: Li
et al., Generalized Focal Loss, arXiv:2006.04388; Ge et al., YOLOX, arXiv:2107.08430.
"""

import numpy as np

from realtime_pose.detect.box_lists import check_person_class
from realtime_pose.errors import ModelError
from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec

STRIDES_PX = (8, 16, 32)
_MAX_LOG_SIDE = 8.0  # e^8 = 2981 cells: wider than any image, and its square does not overflow


def decode_nanodet(outputs: Arrays, input_wh: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a NanoDet head.

    Each cell gives the distances from its centre to the four edges, in units of its stride.

    Raises:
        ModelError: The number of candidates is not that of the grids.
    """
    corners, strides = _grid_cells(input_wh)  # (P, 2), (P, 1)
    scores, distances = outputs["scores"][0], outputs["distances"][0]  # (P,), (P, 4)
    _check_count(spec, len(scores), len(corners), input_wh)
    centre = corners + strides / 2
    distances_px = distances * strides
    xyxy = np.concatenate((centre - distances_px[:, :2], centre + distances_px[:, 2:]), axis=-1) - 0.5
    return xyxy.astype(np.float32), scores.astype(np.float32)


def decode_yolox(outputs: Arrays, input_wh: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a YOLOX head (1, P, 5 + classes).

    Each row has centre, log of the sides, score of the object, and scores of the classes.

    The graph has already applied the sigmoid. The score is that of the object times that of the class.

    Raises:
        ModelError: The number of candidates is not that of the grids, or there is no such class.
    """
    raw = outputs["candidates"][0]  # (P, 5 + classes)
    corners, strides = _grid_cells(input_wh)
    _check_count(spec, len(raw), len(corners), input_wh)
    check_person_class(spec, raw.shape[1] - 5)
    centre = raw[:, :2] * strides + corners
    wh = np.exp(np.minimum(raw[:, 2:4], _MAX_LOG_SIDE)) * strides
    xyxy = np.concatenate((centre - wh / 2, centre + wh / 2), axis=-1) - 0.5
    return xyxy.astype(np.float32), (raw[:, 4] * raw[:, 5 + spec.person_class]).astype(np.float32)


def _check_count(spec: ModelSpec, actual: int, expected: int, input_wh: tuple[int, int]) -> None:
    if actual != expected:
        raise ModelError(f"model {spec.name}: expected {expected} candidates for an input of {input_wh}, got {actual}")


def _grid_cells(input_wh: tuple[int, int]) -> tuple[Float, Float]:
    """Top left corners (P, 2) and strides (P, 1) of the cells, in pixels."""
    corners, strides = [], []
    for stride in STRIDES_PX:
        columns, rows = (-(-side // stride) for side in input_wh)  # rounded up
        y, x = np.mgrid[:rows, :columns]
        corners.append(np.stack((x, y), axis=-1).reshape(-1, 2) * stride)
        strides.append(np.full((rows * columns, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)
