"""The part of a scene that is shown: where it lies at each zoom, mirrored, and with its people in place."""

from dataclasses import replace

import numpy as np
import pytest

from realtime_pose.config import Viewport
from realtime_pose.geometry import apply_affine
from realtime_pose.render.viewport import image_room, look_at, view_affine, visible_region
from realtime_pose.scene import Scene
from tests.support.people.stills import people
from tests.support.people.stills import scene as still_scene


@pytest.fixture
def still() -> Scene:
    scene = still_scene(people([[4, 4, 60, 44], [20, 10, 40, 40]]))
    height, width = scene.frame.image.shape[:2]
    columns = np.broadcast_to(np.arange(width, dtype=np.uint8)[None, :, None], (height, width, 3))
    return replace(scene, frame=replace(scene.frame, image=columns.copy()))


@pytest.mark.parametrize(
    ("viewport", "region"),
    [
        (Viewport(), (0, 0, 200, 100)),
        (Viewport(zoom=0.5), (0, 0, 200, 100)),
        (Viewport(zoom=2.0), (50, 0, 100, 100)),  # as high as the room is: nothing is left empty
        (Viewport(zoom=4.0), (75, 25, 50, 50)),
        (Viewport(zoom=4.0, centre=(0.0, 0.0)), (0, 0, 50, 50)),
        (Viewport(zoom=4.0, centre=(1.0, 1.0)), (150, 50, 50, 50)),
        (Viewport(zoom=32.0), (97, 47, 6, 6)),
    ],
)
def test_the_region_at_each_zoom(viewport: Viewport, region: tuple[int, int, int, int]) -> None:
    assert visible_region((200, 100), (100, 100), viewport) == region


def test_below_the_size_at_which_all_fits_the_image_is_smaller_than_its_room() -> None:
    assert image_room((300, 200), Viewport(zoom=0.5)) == (150, 100)
    assert image_room((300, 200), Viewport(zoom=3.0)) == (300, 200)


def test_all_of_a_scene_is_the_scene_itself(still: Scene) -> None:
    assert look_at(still, still.frame.wh, Viewport()) is still
    assert look_at(still, None, Viewport(zoom=4.0)) is still


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_people_lie_on_the_same_pixels_of_the_part(still: Scene, *, is_mirrored: bool) -> None:
    viewport = Viewport(zoom=3.0, centre=(0.4, 0.5), is_mirrored=is_mirrored)
    seen = look_at(still, still.frame.wh, viewport)
    assert len(seen.tracks) == len(still.tracks) == 2
    for before, after in zip(still.tracks.poses.keypoints[0], seen.tracks.poses.keypoints[0], strict=True):
        column = round(float(after[0]))
        if 0 <= column < seen.frame.wh[0]:  # the value of a pixel is its column in the whole image
            assert abs(int(seen.frame.image[0, column, 0]) - float(before[0])) <= 0.51
    boxes = seen.tracks.poses.boxes.xyxy
    assert (boxes[:, 0] < boxes[:, 2]).all()


def test_the_map_to_the_image_is_the_one_of_the_drawn_people(still: Scene) -> None:
    viewport, room_wh = Viewport(zoom=2.5, centre=(0.6, 0.4), is_mirrored=True), (320, 240)
    seen = look_at(still, room_wh, viewport)
    affine = view_affine(still.frame.wh, room_wh, viewport)
    left, top, width, height = visible_region(still.frame.wh, room_wh, viewport)
    corners = np.array([[left + width - 0.5, top - 0.5], [left - 0.5, top + height - 0.5]], np.float32)
    mapped = apply_affine(affine, corners)  # of the edges of what is shown: the edges of the image
    np.testing.assert_allclose(mapped[0], [-0.5, -0.5], atol=1e-3)
    assert mapped[1, 0] == pytest.approx(319.5, abs=1e-3)
    assert mapped[1, 1] == pytest.approx(239.5, abs=2.5 * 5)  # the region has whole pixels
    assert seen.frame.wh == (width, height)


def test_a_mirror_twice_is_nothing(still: Scene) -> None:
    mirror = Viewport(is_mirrored=True)
    twice = look_at(look_at(still, None, mirror), None, mirror)
    np.testing.assert_array_equal(twice.frame.image, still.frame.image)
    np.testing.assert_allclose(twice.tracks.poses.keypoints, still.tracks.poses.keypoints, atol=1e-4)
