"""What all drawing needs: sizes that suit a picture, fixed-point coordinates, and painting with less than full opacity.

Coordinates are pixels of the picture, the centre of a pixel at its integer index; cv2's own drawing agrees.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.scene import Float, Image

SHIFT = 4  # binary digits below the pixel in cv2's drawing
FAR_PX = 1e6  # what lies further out is moved here: cv2 takes int32


def line_px(picture: Image) -> float:
    """Width of a limb that suits the size of a picture."""
    return max(1.0, float(min(picture.shape[:2])) / 220)


def text_px(picture: Image) -> float:
    """Height of a capital letter that suits the size of a picture, and can be read in a small one."""
    shorter_px = float(min(picture.shape[:2]))
    return max(min(10.0, shorter_px / 12), shorter_px / 60, 4.0)


def fixed(xy: Float) -> np.ndarray:
    """Points (..., 2) as cv2 takes them with a shift."""
    return np.rint(np.clip(xy, -FAR_PX, FAR_PX) * (1 << SHIFT)).astype(np.int32)


@contextmanager
def faded(picture: Image, xyxy: Float, alpha: float) -> Iterator[None]:
    """What is painted meanwhile gets this opacity; it must lie inside the box (4,), wherever that is."""
    height, width = picture.shape[:2]
    left, top = np.clip(np.floor(xyxy[:2]), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(xyxy[2:]) + 1, 0, (width, height)).astype(int)
    region = picture[top:bottom, left:right]
    before = region.copy() if alpha < 1 and region.size else None
    yield
    if before is not None:
        cv2.addWeighted(region, alpha, before, 1 - alpha, 0, dst=region)
