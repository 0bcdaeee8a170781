"""Rate and age as a user sees them: in a steady run, in an outage, after it, and after the end."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from realtime_pose.channels import Mailbox
from realtime_pose.config import RenderConfig
from realtime_pose.pipeline.images import OutletImages, repeat_latest
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.scene import Frame, Scene
from tests.support.fakes.parts import FakeSource, frame
from tests.support.fakes.pipelines import make_pipeline
from tests.support.people.stills import scene

pytestmark = [pytest.mark.slow]  # waits of seconds

AGE_S = 0.1
DEADLINE_S = 5.0


class FakeRun:
    """Statistics of a run with a clock that the test sets.

    Attributes:
        now_s: Time of the clock.
        statistics: The statistics under test.
    """

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.statistics = Statistics(lambda: self.now_s)

    def track(self, count: int, rate_hz: float) -> None:
        """Add frames that are AGE_S old when they are tracked; the clock then shows the time of the last one."""
        for index in range(count):
            self.now_s += 1 / rate_hz
            self.statistics.add_tracked(replace(frame(index), captured_s=self.now_s - AGE_S), now_s=self.now_s)


@pytest.mark.parametrize("rate_hz", [0.6, 5.0, 15.8, 30.0, 200.0])
def test_rate_and_age_are_steady_between_frames(rate_hz: float) -> None:
    run = FakeRun()
    run.track(400, rate_hz)
    for _ in range(10):
        assert run.statistics.rate_hz == pytest.approx(rate_hz)
        assert run.statistics.age_s == pytest.approx(AGE_S)
        run.now_s += 0.099 / rate_hz


def test_in_an_outage_the_rate_falls_to_zero_and_the_age_grows() -> None:
    run = FakeRun()
    run.track(100, 20.0)
    figures = []
    for _ in range(5):
        figures.append((run.statistics.rate_hz, run.statistics.age_s))
        run.now_s += 0.55
    rates_hz, ages_s = zip(*figures, strict=True)
    assert rates_hz == pytest.approx((20.0, 15.0, 9.5, 4.0, 0.0), abs=0.1)
    assert ages_s == pytest.approx([AGE_S + waited_s for waited_s in (0.0, 0.5, 1.05, 1.6, 2.15)])


def test_rate_and_age_start_anew_after_an_outage() -> None:
    run = FakeRun()
    run.track(100, 20.0)
    run.now_s += 60.0
    run.track(1, 20.0)
    assert run.statistics.rate_hz == 0.0
    assert run.statistics.age_s == pytest.approx(AGE_S)
    run.track(3, 20.0)
    assert run.statistics.rate_hz == pytest.approx(20.0)


def test_rate_and_age_are_frozen_after_the_end() -> None:
    run = FakeRun()
    run.track(100, 20.0)
    run.statistics.end()
    run.now_s += 60.0
    assert run.statistics.rate_hz == pytest.approx(20.0)
    assert run.statistics.age_s == pytest.approx(AGE_S)


def test_there_are_no_figures_before_the_first_frame() -> None:
    statistics = Statistics()
    assert (statistics.rate_hz, statistics.age_s, statistics.age_percentiles_s()) == (0.0, None, (None, None))
    statistics.end()
    assert (statistics.rate_hz, statistics.age_s) == (0.0, None)


def test_percentiles_ignore_the_outage() -> None:
    run = FakeRun()
    run.track(100, 20.0)
    run.now_s += 60.0
    assert run.statistics.age_percentiles_s() == pytest.approx((AGE_S, AGE_S))


def test_the_rate_of_a_file_is_frozen_at_its_end() -> None:
    running = make_pipeline(FakeSource([frame(index) for index in range(50)]))
    running.start()
    assert running.wait(DEADLINE_S)
    at_once_hz = running.report().rate_hz
    assert at_once_hz > 10
    assert not threading.Event().wait(0.3)
    assert running.report().rate_hz == at_once_hz
    running.stop()


def test_the_latest_scene_is_redrawn_while_a_camera_is_silent() -> None:
    silent = threading.Event()

    def frames() -> Iterator[Frame]:
        for index in range(3):
            yield replace(frame(index), captured_s=time.monotonic())
        silent.wait(DEADLINE_S)

    running = make_pipeline(FakeSource(frames(), is_live=True))
    running.settings = replace(running.settings, display_wh=(320, 240))
    running.start()
    first = running.shown.get(timeout_s=DEADLINE_S)
    drawn = [running.shown.get(timeout_s=DEADLINE_S) for _ in range(3)]
    assert drawn[-1].scene is drawn[-2].scene
    assert (drawn[-1].image != drawn[-2].image).any(), "the age in the overlay has changed"
    assert first.scene.frame.index <= drawn[0].scene.frame.index
    silent.set()
    assert running.wait(DEADLINE_S)
    running.stop()


def test_a_scene_is_repeated_only_while_wanted() -> None:
    scenes: Mailbox[Scene] = Mailbox()
    asked: list[bool] = []

    def is_wanted() -> bool:
        asked.append(len(asked) == 1)
        if len(asked) == 3:
            scenes.close()
        return asked[-1]

    still = scene()
    scenes.put(still)
    repeated = list(repeat_latest(scenes, is_wanted=is_wanted))
    assert repeated == [still, still]
    assert asked == [False, True, False]


@pytest.mark.parametrize(("is_live", "count"), [(True, 4), (False, 3)])
def test_the_overlay_shows_the_age_of_live_frames_only(*, is_live: bool, count: int) -> None:
    run = FakeRun()
    run.track(2, 30.0)
    images = OutletImages(run.statistics, {"detect": "CPU"}, is_live, RenderConfig())
    assert len(images._hud_lines(scene(), RenderConfig())) == count
    assert (images.for_recording(scene(), "overlay") != scene().frame.image).any()
