"""Zoom and pan: the point under the mouse stays, and the picture follows the mouse."""

import numpy as np
import pytest

from realtime_pose.app.viewport_control import MAX_ZOOM, fitted, full_size, pan_by, zoom_by
from realtime_pose.config import Viewport
from realtime_pose.geometry import apply_affine
from realtime_pose.render.viewport import view_affine, visible_region

FRAME_WH, ROOM_WH = (1920, 1080), (960, 540)


def place_of(point: tuple[float, float], viewport: Viewport) -> np.ndarray:
    """Where a point of the frame lies in the image."""
    affine = view_affine(FRAME_WH, ROOM_WH, viewport)
    return np.asarray(apply_affine(affine, np.array([point], np.float32))[0])


@pytest.mark.parametrize("point", [(960.0, 540.0), (300.0, 200.0), (1800.0, 1000.0), (0.0, 0.0)])
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_the_point_under_the_mouse_stays(point: tuple[float, float], *, is_mirrored: bool) -> None:
    viewport = Viewport(is_mirrored=is_mirrored)
    for factor in (1.25, 2.0, 1.25, 0.8):
        before = place_of(point, viewport)
        viewport = zoom_by(viewport, factor, at=point, frame_wh=FRAME_WH, room_wh=ROOM_WH)
        np.testing.assert_allclose(place_of(point, viewport), before, atol=2 * viewport.zoom)
    assert viewport.zoom == pytest.approx(2.5)


def test_the_wheel_ends_at_all_of_the_picture_and_at_the_largest_zoom() -> None:
    viewport = zoom_by(Viewport(zoom=1.2, centre=(0.2, 0.2)), 0.5, at=(0, 0), frame_wh=FRAME_WH, room_wh=ROOM_WH)
    assert viewport == Viewport()
    assert zoom_by(viewport, 1e6, at=(9, 9), frame_wh=FRAME_WH, room_wh=ROOM_WH).zoom == MAX_ZOOM


def test_a_drag_moves_the_picture_with_the_mouse_up_to_its_edge() -> None:
    viewport = Viewport(zoom=4.0)
    moved = pan_by(viewport, (100.0, -50.0), frame_wh=FRAME_WH, room_wh=ROOM_WH)
    before, after = (visible_region(FRAME_WH, ROOM_WH, each) for each in (viewport, moved))
    assert (after[0] - before[0], after[1] - before[1]) == (-100, 50)
    far = pan_by(moved, (9000.0, 9000.0), frame_wh=FRAME_WH, room_wh=ROOM_WH)
    assert visible_region(FRAME_WH, ROOM_WH, far)[:2] == (0, 0)
    back = pan_by(far, (-10.0, 0.0), frame_wh=FRAME_WH, room_wh=ROOM_WH)
    assert visible_region(FRAME_WH, ROOM_WH, back)[0] == 10  # at once, and not after the way that led nowhere


@pytest.mark.parametrize(("frame_wh", "zoom"), [((1920, 1080), 2.0), ((480, 270), 0.5)])
def test_full_size_is_one_pixel_on_one_pixel(frame_wh: tuple[int, int], zoom: float) -> None:
    viewport = full_size(Viewport(), frame_wh=frame_wh, room_wh=ROOM_WH)
    assert viewport.zoom == zoom
    affine = view_affine(frame_wh, ROOM_WH, viewport)
    assert (affine[0, 0], affine[1, 1]) == (1.0, 1.0)


def test_fit_keeps_the_mirror() -> None:
    assert fitted(Viewport(zoom=3.0, centre=(0.1, 0.9), is_mirrored=True)) == Viewport(is_mirrored=True)
