"""Raw outputs of a detector to boxes: one pure function a family.

P candidates, in input pixels with the centre of a pixel at its integer index; no threshold, no NMS yet.
"""

from collections.abc import Callable, Mapping

import numpy as np

from realtime_pose.errors import ModelError
from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec

Decoder = Callable[[Arrays, tuple[int, int], ModelSpec], tuple[Float, Float]]

NANODET_STRIDES_PX = (8, 16, 32)


def decode_nanodet(outputs: Arrays, input_wh: tuple[int, int], _: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a NanoDet head.

    Each cell of three grids (strides 8, 16, 32; row by row) gives its distances to the four edges in units of its
    stride, from the cell's middle, (i + 0.5) stride. NanoDet counts from the edge of the first pixel, hence the 0.5.

    Raises:
        ModelError: The number of candidates is not that of the grids.
    """
    centres, strides = _cells(input_wh)
    scores, distances = outputs["scores"][0], outputs["distances"][0]
    if len(scores) != len(centres):
        raise ModelError(f"nanodet: expected {len(centres)} candidates for an input of {input_wh}, got {len(scores)}")
    reach = distances * strides[:, None]
    xyxy = np.concatenate((centres - reach[:, :2], centres + reach[:, 2:]), axis=-1) - 0.5
    return xyxy.astype(np.float32), scores.astype(np.float32)


def _cells(input_wh: tuple[int, int]) -> tuple[Float, Float]:
    """Middles (P, 2) and strides (P,) of the cells of all grids, in pixels from the edge."""
    centres, strides = [], []
    for stride in NANODET_STRIDES_PX:
        columns, rows = (-(-side // stride) for side in input_wh)
        y, x = np.mgrid[:rows, :columns]
        centres.append((np.stack((x, y), axis=-1).reshape(-1, 2) + 0.5) * stride)
        strides.append(np.full(rows * columns, stride))
    return np.concatenate(centres).astype(np.float32), np.concatenate(strides).astype(np.float32)


def decode_dets(outputs: Arrays, _: tuple[int, int], spec: ModelSpec) -> tuple[Float, Float]:
    """(P, 4) boxes and (P,) scores of a graph that has done NMS: left, top, right, bottom, score, maybe labels.

    Such graphs count from the edge of the first pixel, hence the 0.5.
    """
    dets = outputs["dets"][0]
    if "labels" in outputs:
        dets = dets[outputs["labels"][0] == spec.person_class]
    return (dets[:, :4] - 0.5).astype(np.float32), dets[:, 4].astype(np.float32)


DECODERS: Mapping[str, Decoder] = {"nanodet": decode_nanodet, "dets": decode_dets}
