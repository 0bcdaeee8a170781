"""Drawing basics: line and text sizes for an image, fixed-point coordinates, and drawing with opacity.

Coordinates are pixels of the image, the centre of a pixel at its integer index, as in cv2's drawing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.scene import Float, Image

SHIFT = 4  # fractional bits of the coordinates in cv2's drawing
_pixel_ratio: ContextVar[float] = ContextVar("pixel_ratio", default=1.0)
MAX_PX = 1e6  # larger coordinates are clipped to this: cv2 takes int32


def line_px(image: Image) -> float:
    """Width of a limb in pixels, by the size of the image."""
    return max(1.0, float(min(image.shape[:2])) / 220)


def text_px(image: Image) -> float:
    """Height of a capital letter in pixels, by the size of the image; legible also in a small one."""
    shorter_px, usual_px = float(min(image.shape[:2])), 10.0 * _pixel_ratio.get()
    return max(min(usual_px, shorter_px / 12), shorter_px / 60, 4.0)


@contextmanager
def on_screen(pixel_ratio: float) -> Iterator[None]:
    """Texts that are drawn in the block are for a screen with so many of its pixels to one of the window's."""
    token = _pixel_ratio.set(pixel_ratio)
    try:
        yield
    finally:
        _pixel_ratio.reset(token)


def fixed_point(xy: Float) -> np.ndarray:
    """(..., 2) int32 points for cv2's drawing functions with SHIFT."""
    return np.rint(np.clip(xy, -MAX_PX, MAX_PX) * (1 << SHIFT)).astype(np.int32)


@contextmanager
def opacity(image: Image, xyxy: Float, alpha: float) -> Iterator[None]:
    """Give all that is drawn in the block this opacity; it must lie inside the box (4,), which may leave the image."""
    height, width = image.shape[:2]
    left, top = np.clip(np.floor(xyxy[:2]), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(xyxy[2:]) + 1, 0, (width, height)).astype(int)
    region = image[top:bottom, left:right]  # a view, so that blending writes into the image
    # cv2 cannot draw with opacity: draw opaque, then blend with a copy of the region. Small boxes keep this cheap.
    before = region.copy() if alpha < 1 and region.size else None
    yield
    if before is not None:
        cv2.addWeighted(region, alpha, before, 1 - alpha, 0, dst=region)
