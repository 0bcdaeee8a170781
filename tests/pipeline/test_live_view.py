"""A live source in the window: at the rate of the camera with the newest people, or each frame with its own."""

import threading
from dataclasses import replace

import pytest

from realtime_pose.pipeline.live_view import FrameFork, LiveView
from realtime_pose.scene import Frame, Scene
from tests.support.fakes.parts import FakeDetector, FakeSource, frame
from tests.support.fakes.pipelines import endless_frames, make_pipeline
from tests.support.people.stills import people

DEADLINE_S = 20.0


def scene_at(index: int) -> Scene:
    return Scene.from_tracks(frame(index), people([[4, 4, 20, 40]], ids=[index + 1]))


class Shown:
    """What a view has shown: number of the frame, and of the frame in which its people were found."""

    def __init__(self) -> None:
        self.pairs: list[tuple[int, int]] = []
        self.view = LiveView(self._keep)

    def come(self, *indices: int) -> None:
        for index in indices:
            self.view.receive(frame(index), None)

    def analyse(self, index: int) -> None:
        self.view.update(scene_at(index))

    def _keep(self, scene: Scene) -> None:
        self.pairs.append((scene.frame.index, int(scene.tracks.ids[0]) - 1))


@pytest.fixture
def slow() -> Shown:
    """The analysis takes every third frame, and is two frames behind."""
    shown = Shown()
    for index in range(0, 30, 3):
        shown.come(index, index + 1, index + 2)
        shown.analyse(index)
    shown.pairs.clear()
    return shown


def test_an_analysis_that_keeps_up_shows_each_frame_with_its_own_people() -> None:
    shown = Shown()
    for index in range(12):
        shown.come(index)
        shown.analyse(index)
    assert shown.pairs == [(index, index) for index in range(12)]
    assert shown.view.people_age_s is None


def test_with_a_slow_analysis_every_frame_is_shown_at_once_with_the_newest_people(slow: Shown) -> None:
    slow.come(30, 31, 32)
    slow.analyse(30)
    slow.come(33)
    assert slow.pairs == [(30, 27), (31, 27), (32, 27), (32, 30), (33, 30)]  # the picture never goes back
    assert slow.view.people_age_s == pytest.approx(3 / 30)


def test_when_the_analysis_keeps_up_again_people_and_picture_belong_together(slow: Shown) -> None:
    for index in range(30, 60):
        slow.come(index)
        slow.analyse(index)
    assert slow.pairs[-3:] == [(57, 57), (58, 58), (59, 59)]
    assert slow.view.people_age_s is None


def test_a_rate_at_the_limit_does_not_change_to_and_fro(slow: Shown) -> None:
    index = 30
    for step in (1, 2, 1, 1, 2) * 6:  # 1.4 frames: faster than the limit to fall behind, slower than that to keep up
        slow.come(*range(index, index + step))
        slow.analyse(index)
        index += step
    assert slow.view.people_age_s is not None


def test_a_single_frame_that_was_left_out_changes_nothing() -> None:
    shown = Shown()
    for index in [*range(12), *range(13, 20)]:
        shown.come(index)
        shown.analyse(index)
    assert shown.view.people_age_s is None


def test_a_fork_hands_each_frame_to_all() -> None:
    first, second = Shown(), Shown()
    fork = FrameFork(first.view, second.view)
    for each in (first, second):
        each.view.update(scene_at(0))
    fork.receive(frame(5), None)
    assert first.view._frame is second.view._frame is not None


def test_in_a_pipeline_the_window_gets_the_frames_of_the_camera_while_the_detector_is_slow() -> None:
    tick = threading.Event()

    def be_slow(value: Frame) -> None:
        tick.wait(0.05)  # the camera has a frame every 3 ms

    running = make_pipeline(FakeSource(endless_frames(), is_live=True), detector=FakeDetector(be_slow))
    running.settings = replace(running.settings, display_wh=(64, 48))
    running.start()
    shown, analysed = set(), set()
    for _ in range(int(DEADLINE_S * 100)):
        try:
            drawn = running.shown.get(timeout_s=0.01)
        except TimeoutError:
            continue
        shown.add(drawn.scene.frame.index)
        analysed.add(running.report().num_frames)
        if running.report().people_age_s is not None and len(shown) > 2 * len(analysed) > 20:
            break
    age_s = running.report().people_age_s
    running.stop()
    assert age_s is not None
    assert len(shown) > 2 * len(analysed)
