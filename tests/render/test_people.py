"""Single people in the image: hidden, in front of a faded rest, followed, and enlarged for a corner."""

from dataclasses import replace

import numpy as np
import pytest

from realtime_pose import render
from realtime_pose.config import LiveSettings, PeopleView, RenderConfig, Viewport
from realtime_pose.pipeline.images import OutletImages
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.render import FollowedPlace, Privacy, draw_inset, draw_people, view_affine
from realtime_pose.render.draw import draw
from realtime_pose.scene import Image, Scene
from tests.support.people.stills import people
from tests.support.people.stills import scene as still_scene

STYLE = RenderConfig(hud=False)
FIRST, SECOND = [10, 10, 40, 60], [120, 40, 150, 90]


@pytest.fixture
def still() -> Scene:
    """Two people, 1 and 2, in a grey frame of 200 x 100 pixels."""
    scene = still_scene(people([FIRST, SECOND]))
    return replace(scene, frame=replace(scene.frame, image=np.full((100, 200, 3), 100, np.uint8)))


def test_nobody_locked_and_nobody_hidden_is_the_usual_image(still: Scene) -> None:
    assert (draw_people(still, STYLE, PeopleView()) == draw(still, STYLE)).all()
    assert (draw_people(still, STYLE, PeopleView(locked=9)) == draw(still, STYLE)).all()


def test_hidden_people_are_not_drawn(still: Scene) -> None:
    image = draw_people(still, STYLE, PeopleView(hidden=frozenset({1})))
    assert (image[:, :60] == 100).all()
    assert (image[40:90, 115:155] != 100).any()


def test_all_but_the_locked_person_is_darker_also_the_other_skeleton(still: Scene) -> None:
    image = draw_people(still, STYLE, PeopleView(locked=2))
    assert (image[90:, :90] == 40).all()
    assert image[5:65, 5:45].max() < 0.5 * draw(still, STYLE)[5:65, 5:45].max()
    plain = draw(replace(still, tracks=still.tracks.take(np.array([1]))), STYLE)
    assert (image[55:75, 130:140] == plain[55:75, 130:140]).all()


def test_a_followed_place_waits_where_the_person_was_and_starts_again_with_another(still: Scene) -> None:
    place = FollowedPlace()
    place.update(still, 1)
    assert place.centre is not None
    assert place.centre.tolist() == [25, 35]
    nobody = replace(still, tracks=still.tracks.take(np.zeros(0, np.int64)))
    place.update(nobody, 1)
    assert place.centre.tolist() == [25, 35]
    place.update(nobody, 2)
    assert place.centre is None


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_the_inset_shows_the_person_and_lies_in_the_other_corner(still: Scene, *, is_mirrored: bool) -> None:
    frame = still.frame.image.copy()
    frame[55:75, 130:140] = (0, 0, 255)
    scene = replace(still, frame=replace(still.frame, image=frame))
    room_wh, viewport = (800, 400), Viewport(is_mirrored=is_mirrored)
    settings = LiveSettings(detector_threshold=0.3, shown=replace(STYLE, skeletons=False, ids=False), viewport=viewport)
    place = FollowedPlace()
    place.update(scene, 2)
    to_image = view_affine(scene.frame.wh, room_wh, viewport)
    inset = draw_inset(scene, settings, place, room_wh=room_wh, to_image=to_image)
    assert inset is not None
    assert inset.image.shape[0] <= 168
    assert (inset.image[inset.image.shape[0] // 2, inset.image.shape[1] // 2] == (0, 0, 255)).all()
    assert inset.is_left is not is_mirrored  # the person is in the lower half, at the right unless mirrored
    assert draw_inset(scene, settings, place, room_wh=(100, 60), to_image=to_image) is None


def test_hidden_people_stay_anonymous(still: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def blacken(scene: Scene, privacy: Privacy) -> Image:
        image = scene.frame.image.copy()
        for left, top, right, bottom in scene.tracks.seen.poses.boxes.xyxy.astype(int):
            image[top:bottom, left:right] = 0
        return image

    monkeypatch.setattr(render, "anonymize", blacken)
    outlet = OutletImages(Statistics(), {}, is_live=False, recorded=STYLE)
    settings = LiveSettings(detector_threshold=0.3, shown=STYLE, people=PeopleView(hidden=frozenset({1})))
    drawn = outlet.for_window(still, settings)
    assert (drawn.image[10:60, 10:40] == 0).all()
    assert (drawn.draw_snapshot()[10:60, 10:40] == 0).all()


def test_the_picture_follows_unless_the_person_has_an_inset(still: Scene) -> None:
    outlet = OutletImages(Statistics(), {}, is_live=False, recorded=STYLE)
    settings = LiveSettings(
        detector_threshold=0.3,
        shown=STYLE,
        display_wh=(200, 100),
        viewport=Viewport(zoom=4),
        people=PeopleView(locked=2),
    )
    drawn = outlet.for_window(still, settings)
    middle = drawn.to_image @ np.array([135, 65, 1], np.float32)
    assert middle == pytest.approx([100, 50], abs=4)  # whole pixels of the frame, four times as large
    inset = replace(settings, people=PeopleView(locked=2, has_inset=True), viewport=Viewport())
    assert outlet.for_window(still, inset).to_image[:, 2] == pytest.approx([0, 0], abs=1)


def test_names_of_this_moment_are_on_the_drawn_scene(still: Scene) -> None:
    outlet = OutletImages(Statistics(), {}, is_live=False, recorded=STYLE)
    settings = LiveSettings(detector_threshold=0.3, shown=STYLE, people=PeopleView(names={2: "Anna"}))
    assert outlet.for_window(still, settings).scene.names == {2: "Anna"}
