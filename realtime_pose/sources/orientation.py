"""The shape in which an image is shown: rotated and mirrored by its display matrix, and with square pixels."""

import struct
from contextlib import suppress
from fractions import Fraction

import numpy as np
from av.sidedata.sidedata import SideData, SideDataContainer
from av.video.frame import VideoFrame

from realtime_pose._cv2 import cv2
from realtime_pose.scene import Image


def apply_orientation(image: Image, matrix: bytes) -> Image:
    """The image as it should be displayed.

    Args:
        image: (H, W, 3) uint8 as decoded.
        matrix: FFmpeg's display matrix, 36 bytes: nine int32 in native byte order, row by row. It maps (x, y, 1) from
            the left, so x' = m[0] x + m[3] y and y' = m[1] x + m[4] y. Angles are rounded to the nearest quarter turn.

    Returns:
        (H, W, 3), or (W, H, 3) after an odd number of quarter turns; the same array if nothing has to change.
    """
    x_from_x, y_from_x, _, x_from_y, y_from_y, *_ = struct.unpack("=9i", matrix)
    is_quarter_turn = abs(y_from_x) + abs(x_from_y) > abs(x_from_x) + abs(y_from_y)
    if is_quarter_turn:  # a quarter turn is a transpose and a flip: (H, W, 3) -> (W, H, 3)
        image = cv2.transpose(image)  # type: ignore[assignment] # uint8 in, uint8 out
    flips_x, flips_y = (x_from_y < 0, y_from_x < 0) if is_quarter_turn else (x_from_x < 0, y_from_y < 0)
    if flips_x or flips_y:
        flip_code = -1 if flips_x and flips_y else int(flips_x)  # OpenCV: -1 both, 1 left-right, 0 upside down
        image = cv2.flip(image, flip_code)  # type: ignore[assignment] # uint8 in, uint8 out
    return image


def display_matrix(frame: VideoFrame) -> bytes:
    """FFmpeg's display matrix of a decoded frame; empty if it has none."""
    # frame.side_data would make frame and container refer to each other: the frame would then live until Python's next
    # garbage collection, hundreds of frames later.
    matrix = _SideDataSoFar(frame).get("DISPLAYMATRIX")
    return bytes(matrix) if isinstance(matrix, SideData) else b""


class _SideDataSoFar(SideDataContainer):
    """Side data of a frame up to the first kind that PyAV does not know.

    PyAV 18.1 raises ValueError there, as for EXIF data. What it listed before stays listed, and FFmpeg puts the display
    matrix before the EXIF data.
    """

    def __init__(self, frame: VideoFrame) -> None:
        with suppress(ValueError):
            super().__init__(frame)  # type: ignore[call-arg]  # PyAV's stub leaves it out


def stretch_to_square_pixels(image: Image, pixel_aspect: Fraction) -> Image:
    """The image with square pixels, one side enlarged and none reduced; the same array if they are square already.

    Args:
        image: (H, W, 3) uint8 as decoded.
        pixel_aspect: Width of one pixel divided by its height.
    """
    height, width = image.shape[:2]
    wh = max(width, round(width * pixel_aspect)), max(height, round(height / pixel_aspect))
    if wh == (width, height):
        return image
    return np.asarray(cv2.resize(image, wh, interpolation=cv2.INTER_LINEAR), np.uint8)
