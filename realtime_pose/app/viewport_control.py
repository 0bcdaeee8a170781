"""How wheel, drag and keys change the part of the picture that is shown. Pure: a viewport in, the next one out."""

from dataclasses import replace

from realtime_pose.config import Viewport
from realtime_pose.render.viewport import visible_region

ZOOM_STEP = 1.25  # of a step of the wheel, or a key
MAX_ZOOM = 32.0
_Point = tuple[float, float]


def zoom_by(
    viewport: Viewport, factor: float, *, at: _Point, frame_wh: tuple[int, int], room_wh: tuple[int, int]
) -> Viewport:
    """Enlarge by this factor so that one point stays where it is; below the size at which all fits, show all.

    Args:
        viewport: What is shown now.
        factor: Below 1 to show more.
        at: The point in frame pixels.
        frame_wh: Width and height of the frame.
        room_wh: Width and height of the space for the picture, in device pixels.
    """
    zoom = min(viewport.zoom * factor, MAX_ZOOM)
    if zoom <= 1.0 + 1e-6:
        return replace(viewport, zoom=1.0, centre=(0.5, 0.5))
    left, top, width, height = visible_region(frame_wh, room_wh, viewport)
    old = (left + width / 2, top + height / 2)
    # The point stays if its distance from the centre shrinks as the region does.
    share = viewport.zoom / zoom
    centre = [(point + (middle - point) * share) / side for point, middle, side in zip(at, old, frame_wh, strict=True)]
    return replace(viewport, zoom=zoom, centre=(centre[0], centre[1]))


def pan_by(viewport: Viewport, moved: _Point, *, frame_wh: tuple[int, int], room_wh: tuple[int, int]) -> Viewport:
    """Show what lies so many frame pixels to the left and above: the picture follows the mouse.

    Args:
        viewport: What is shown now.
        moved: How far the picture moves to the right and down, in frame pixels.
        frame_wh: Width and height of the frame.
        room_wh: Width and height of the space for the picture, in device pixels.
    """
    left, top, width, height = visible_region(frame_wh, room_wh, viewport)
    centre = (left + width / 2 - moved[0]) / frame_wh[0], (top + height / 2 - moved[1]) / frame_wh[1]
    return replace(viewport, centre=(min(max(centre[0], 0.0), 1.0), min(max(centre[1], 0.0), 1.0)))


def full_size(viewport: Viewport, *, frame_wh: tuple[int, int], room_wh: tuple[int, int]) -> Viewport:
    """One pixel of the frame on one pixel of the screen."""
    fit = min(room / frame for room, frame in zip(room_wh, frame_wh, strict=True))
    return replace(viewport, zoom=min(1 / fit, MAX_ZOOM))


def fitted(viewport: Viewport) -> Viewport:
    """All of the picture, as large as possible."""
    return replace(viewport, zoom=1.0, centre=(0.5, 0.5))
