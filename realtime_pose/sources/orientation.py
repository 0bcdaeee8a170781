"""Turns a picture as the display matrix of its video asks: by quarter turns and mirrorings."""

import struct

from realtime_pose._cv2 import cv2
from realtime_pose.scene import Image


def apply_orientation(image: Image, matrix: bytes) -> Image:
    """The picture as it is meant to be seen.

    Args:
        image: (H, W, 3) uint8 as it was coded.
        matrix: 36 bytes of FFmpeg's display matrix: nine int32 in the byte order of the machine, row by row; it maps
            (x, y, 1) from its left, so x' = m[0] x + m[3] y and y' = m[1] x + m[4] y. Other angles than quarter turns
            become the nearest of them.

    Returns:
        (H, W, 3), or (W, H, 3) after an odd number of quarter turns; the picture itself where nothing is to be done.
    """
    x_of_x, y_of_x, _, x_of_y, y_of_y, *_ = struct.unpack("=9i", matrix)
    is_on_its_side = abs(y_of_x) + abs(x_of_y) > abs(x_of_x) + abs(y_of_y)
    if is_on_its_side:
        image = cv2.transpose(image)  # type: ignore[assignment] # uint8 in, uint8 out
    is_mirrored, is_upside_down = (x_of_y < 0, y_of_x < 0) if is_on_its_side else (x_of_x < 0, y_of_y < 0)
    if is_mirrored or is_upside_down:
        around = -1 if is_mirrored and is_upside_down else int(is_mirrored)
        image = cv2.flip(image, around)  # type: ignore[assignment] # uint8 in, uint8 out
    return image
