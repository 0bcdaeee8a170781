"""The part of a picture that is used: rotated first, then cut. Pure: an image in, an image or a map out."""

from dataclasses import replace

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.config import PartConfig
from realtime_pose.errors import ConfigError
from realtime_pose.scene import Float, Image

_CV2_ROTATIONS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
# x and y of a pixel after a rotation: factors of x and y, and of the last column and row of the picture before.
_TURNS = {
    0: ((1, 0), (0, 1), (0, 0), (0, 0)),
    90: ((0, -1), (1, 0), (0, 1), (0, 0)),
    180: ((-1, 0), (0, -1), (1, 0), (0, 1)),
    270: ((0, 1), (-1, 0), (0, 0), (1, 0)),
}


def cut(image: Image, part: PartConfig) -> Image:
    """The part of an image (H, W, 3), with memory of its own unless it is the whole image.

    Raises:
        ConfigError: The region does not lie in the image.
    """
    check_region(part, (image.shape[1], image.shape[0]))
    if part.rotate:
        image = np.asarray(cv2.rotate(image, _CV2_ROTATIONS[part.rotate]), np.uint8)
    if part.region_xywh is None:
        return image
    left, top, width, height = part.region_xywh
    return np.ascontiguousarray(image[top : top + height, left : left + width])


def part_wh(part: PartConfig, wh: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the part of a picture of this size, in which the region may not lie."""
    if part.region_xywh is not None:
        return part.region_xywh[2], part.region_xywh[3]
    return wh[::-1] if part.rotate in (90, 270) else wh


def has_region(part: PartConfig, wh: tuple[int, int]) -> bool:
    """Whether the region lies in a picture of this size."""
    turned = part_wh(replace(part, region=""), wh)
    left, top, width, height = part.region_xywh or (0, 0, *turned)
    return left + width <= turned[0] and top + height <= turned[1]


def check_region(part: PartConfig, wh: tuple[int, int]) -> None:
    """Raise ConfigError unless the region lies in a picture of this size."""
    if has_region(part, wh):
        return
    width, height = part_wh(replace(part, region=""), wh)
    rotated = f" after --rotate {part.rotate}" if part.rotate else ""
    raise ConfigError(
        f"region: expected a part of the picture, which has {width}x{height} pixels{rotated}, got {part.region} "
        "(left, top, width, height)"
    )


def part_affine(part: PartConfig, wh: tuple[int, int]) -> Float:
    """(2, 3) map from the pixels of a picture of this size to those of its part.

    >>> part_affine(PartConfig(rotate=90, region="10,0,5,5"), (64, 48)).tolist()
    [[0.0, -1.0, 37.0], [1.0, 0.0, 0.0]]
    """
    x_factors, y_factors, x_last, y_last = np.array(_TURNS[part.rotate])
    left, top, *_ = part.region_xywh or (0, 0, 0, 0)
    last = np.array(wh) - 1
    rows = [[*x_factors, x_last @ last - left], [*y_factors, y_last @ last - top]]
    return np.array(rows, np.float32)
