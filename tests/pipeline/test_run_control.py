"""How long pictures are shown in a window, and what ends their waits."""

import threading
import time
from dataclasses import replace

import pytest

from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.run_control import SLIDE_S, RunControl
from tests.support.fakes.parts import FakeSource
from tests.support.fakes.pipelines import frames, make_pipeline


def four(*, is_pictures: bool) -> FakeSource:
    """Four frames of a video, or four pictures."""
    source = FakeSource(frames(4))
    source.info = replace(source.info, is_pictures=is_pictures)
    return source


def show_all(running: Pipeline, *, has_window: bool) -> list[float]:
    """The times at which the scenes come, in a window of a size or without one."""
    running.settings = replace(running.settings, display_wh=(64, 48) if has_window else None)
    return [time.monotonic() for _ in running.scenes()]


def test_each_picture_stays_in_a_window_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_pose.pipeline.run_control.SLIDE_S", 0.2)
    times_s = show_all(make_pipeline(four(is_pictures=True)), has_window=True)
    assert times_s[-1] - times_s[0] >= 0.55


@pytest.mark.parametrize("is_pictures", [True, False])
def test_pictures_without_a_window_and_videos_do_not_wait(*, is_pictures: bool) -> None:
    times_s = show_all(make_pipeline(four(is_pictures=is_pictures)), has_window=not is_pictures)
    assert times_s[-1] - times_s[0] < SLIDE_S


def test_a_pause_holds_the_picture_that_is_shown() -> None:
    control, is_next = RunControl(), threading.Event()
    control.wait_for_slide()
    control.pause(is_paused=True)
    control._shown_s -= SLIDE_S  # its time is over

    def show_next() -> None:
        control.wait_for_slide()
        is_next.set()

    waiting = threading.Thread(target=show_next)
    waiting.start()
    assert not is_next.wait(0.1)
    control.pause(is_paused=False)
    assert is_next.wait(SLIDE_S)
    waiting.join()


def test_a_pause_after_the_end_holds_nothing_up() -> None:
    control = RunControl()
    control.stop()
    control.pause(is_paused=True)
    assert control.unpaused.is_set()


def test_the_end_of_the_run_ends_the_wait() -> None:
    control = RunControl()
    control.wait_for_slide()
    control.stop()
    started_s = time.monotonic()
    control.wait_for_slide()
    assert time.monotonic() - started_s < SLIDE_S
