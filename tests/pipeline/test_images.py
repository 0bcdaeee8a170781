"""The image of each outlet: window and recordings get theirs from one place, by their own modes."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose import render
from realtime_pose.config import LiveSettings, RenderConfig
from realtime_pose.pipeline.images import OutletImages
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.render import Privacy
from realtime_pose.scene import Scene
from tests.support.people.stills import people, scene

NOTHING = RenderConfig(skeletons=False, ids=False, hud=False)
SHOWN = LiveSettings(detector_threshold=0.3, shown=NOTHING, display_wh=(32, 24))


@pytest.fixture
def images() -> OutletImages:
    return OutletImages(Statistics(), {"detect": "CPU"}, is_live=False, recorded=RenderConfig(hud=False))


@pytest.fixture
def still() -> Scene:
    return scene(people([[10, 5, 30, 40]]))


def test_a_clean_recording_gets_the_image_of_the_frame_itself(images: OutletImages, still: Scene) -> None:
    assert images.for_recording(still, "clean") is still.frame.image


def test_a_recording_with_overlay_shows_what_is_configured(images: OutletImages, still: Scene) -> None:
    expected = render.draw(still, images.recorded)
    assert np.array_equal(images.for_recording(still, "overlay"), expected)
    assert (expected != still.frame.image).any()


def test_the_window_shows_what_its_settings_say_at_their_size(images: OutletImages, still: Scene) -> None:
    shown = images.for_window(still, SHOWN)
    assert shown.scene is still
    assert np.array_equal(shown.image, render.draw(still, NOTHING, wh=(32, 24)))
    larger = images.for_window(still, replace(SHOWN, display_wh=(128, 96)))
    assert larger.image.shape == (96, 128, 3)


def test_texts_in_the_window_are_larger_on_a_screen_of_high_resolution(images: OutletImages, still: Scene) -> None:
    large, ids = replace(SHOWN, display_wh=(1280, 960)), RenderConfig(hud=False, skeletons=False)
    without = images.for_window(still, large).image

    def num_drawn(pixel_ratio: float) -> int:
        shown = images.for_window(still, replace(large, shown=ids, pixel_ratio=pixel_ratio))
        return int((shown.image != without).any(axis=2).sum())

    assert num_drawn(1.0) > 0
    assert num_drawn(2.0) > 1.3 * num_drawn(1.0)


def test_a_snapshot_has_the_size_of_the_frame_and_what_the_window_showed(images: OutletImages, still: Scene) -> None:
    shown = images.for_window(still, replace(SHOWN, shown=RenderConfig(hud=False, boxes=True)))
    expected = render.draw(still, RenderConfig(hud=False, boxes=True))
    assert np.array_equal(shown.draw_snapshot(), expected)
    assert expected.shape == still.frame.image.shape != shown.image.shape


def test_every_outlet_asks_for_its_image_in_one_place(
    images: OutletImages, still: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a mode that blackens everything, no outlet shows a pixel of the frame."""
    black: NDArray[np.uint8] = np.zeros_like(still.frame.image)
    for module in (render, sys.modules[render.draw.__module__]):
        monkeypatch.setattr(module, "anonymize", lambda scene, privacy: black)
    images = replace(images, recorded=NOTHING, window_privacy=Privacy.NONE)
    shown = images.for_window(still, SHOWN)
    assert not shown.image.any()
    assert not shown.draw_snapshot().any()
    assert not images.for_recording(still, "overlay").any()
    assert not images.for_recording(still, "clean").any()
