"""The threads of the pipeline: no frame lost or late, and each failure raised once."""

import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from realtime_pose.errors import SinkError, StageError
from realtime_pose.scene import Frame, Scene
from realtime_pose.sources import SourceState
from tests.support.fakes.parts import FakeDetector, FakeSink, FakeSource, frame
from tests.support.fakes.pipelines import endless_frames, frames, make_pipeline

DEADLINE_S = 2.0


def test_every_frame_of_a_file_reaches_the_sink_in_order() -> None:
    sink = FakeSink()
    source = FakeSource(frames(40))
    running = make_pipeline(source, sink)
    running.start()
    assert running.wait(DEADLINE_S)
    running.stop()
    assert [scene.frame.index for scene in sink.scenes] == list(range(40))
    assert all(len(scene.tracks) == len(scene.poses) == 1 for scene in sink.scenes)
    assert sink.num_closed == 1
    assert source.released_in == "capture"
    assert running.report().num_frames == 40
    assert set(running.report().dropped.values()) == {0}


def test_every_stage_has_timings() -> None:
    sink = FakeSink()
    running = make_pipeline(FakeSource(frames(5)), sink)
    running.start()
    running.wait(DEADLINE_S)
    running.stop()
    assert set(running.report().stages) == {"capture", "detect", "pose", "track", "sinks"}
    assert set(sink.scenes[0].timings) == {"detect", "pose", "track"}
    assert all(stage.count == 5 and 0 < stage.p50_s <= stage.p95_s for stage in running.report().stages.values())


def test_a_source_without_frames_ends_at_once() -> None:
    sink = FakeSink()
    running = make_pipeline(FakeSource([]), sink)
    running.start()
    assert running.wait(DEADLINE_S)
    running.stop()
    assert sink.scenes == []
    assert sink.num_closed == 1


def test_max_frames_ends_an_endless_source() -> None:
    sink = FakeSink()
    source = FakeSource(endless_frames())
    running = make_pipeline(source, sink, max_frames=7)
    running.start()
    assert running.wait(DEADLINE_S)
    running.stop()
    assert len(sink.scenes) == 7
    assert source.closed.is_set()


def test_a_live_source_drops_old_frames_and_counts_them() -> None:
    """The detector is ten times slower than the camera, but it gets fresh frames."""
    ages = []
    slow = threading.Event()

    def wait(frame: Frame) -> None:
        ages.append(time.monotonic() - frame.captured_s)
        slow.wait(0.03)

    running = make_pipeline(
        FakeSource(endless_frames(), is_live=True), FakeSink(), detector=FakeDetector(wait), max_frames=100
    )
    running.start()
    assert running.wait(10)
    running.stop()
    assert running.report().dropped["captured"] > 50
    assert np.percentile(ages, 90) < 0.05
    assert running.report().age_s is not None


def test_a_source_that_keeps_the_newest_frame_is_read_by_the_detect_stage() -> None:
    """A second slot would make frames older. Frames that the source dropped count as frames of the run."""
    sink = FakeSink()
    every_third = (frame(index) for index in range(0, 1000, 3))
    source = FakeSource(every_third, is_live=True, keeps_newest=True)
    running = make_pipeline(source, sink, max_frames=11)
    running.start()
    assert running.wait(DEADLINE_S)
    running.stop()
    assert [scene.frame.index for scene in sink.scenes] == [0, 3, 6, 9]
    assert source.closed.is_set()
    assert source.released_in == "detect"
    assert "captured" not in running.report().dropped
    assert running.report().stages["capture"].count >= 4


def test_stale_frames_are_dropped_before_a_stage_and_counted() -> None:
    """Five frames were captured a second ago; only the fresh ones after them are processed."""
    live = [replace(frame(index), captured_s=time.monotonic() - (1.0 if index < 5 else 0.0)) for index in range(10)]
    sink = FakeSink()

    def wait_for_the_first_drop(index: int) -> None:
        for _ in range(100 if index == 1 else 1):
            pause(index)
            if "late at detect" in running._drops.counts:
                return

    running = make_pipeline(FakeSource(live, is_live=True, gate=wait_for_the_first_drop), sink, freshness_s=0.25)
    running.start()
    assert running.wait(DEADLINE_S)
    running.stop()
    assert {scene.frame.index for scene in sink.scenes} <= set(range(5, 10))
    report = running.report()
    assert report.dropped["late at detect"] + report.dropped["captured"] >= 5
    assert report.dropped["late at detect"] >= 1
    assert report.age_p50_s is not None
    assert report.age_p95_s is not None
    assert 0 < report.age_p50_s <= report.age_p95_s < 0.25


def pause(index: int) -> None:
    """The pause of a camera before each frame."""
    threading.Event().wait(0.01)


def test_transport_lag_adds_to_the_age_but_not_to_the_waiting_time() -> None:
    late = (replace(value, lag_s=3.0) for value in endless_frames())
    running = make_pipeline(FakeSource(late, is_live=True), max_frames=20, freshness_s=0.25)
    assert len(list(running.scenes())) > 0
    age_s = running.report().age_s
    assert age_s is not None
    assert 3.0 <= age_s < 4.0
    assert not any(name.startswith("late at") for name in running.report().dropped)


def test_work_that_takes_longer_than_the_budget_is_not_waiting() -> None:
    """Networks take 0.1 s, the budget is 0.05 s: every frame that enters a stage comes out."""
    slow = threading.Event()

    def work(_: Frame) -> None:
        slow.wait(0.1)

    detector = FakeDetector(work)
    sink = FakeSink()
    running = make_pipeline(
        FakeSource(endless_frames(), is_live=True), sink, detector=detector, max_frames=120, freshness_s=0.05
    )
    running.start()
    assert running.wait(10)
    running.stop()
    assert len(sink.scenes) >= 3
    report = running.report()
    assert report.age_p95_s is not None
    assert report.age_p95_s < 0.05 + 0.1 + 0.05


def test_frames_of_a_file_are_never_stale() -> None:
    sink = FakeSink()
    running = make_pipeline(FakeSource(frames(10)), sink, freshness_s=0.001)
    running.start()
    assert running.wait(DEADLINE_S)
    running.stop()
    assert len(sink.scenes) == 10


@pytest.mark.parametrize("where", ["source", "detect", "sink"])
def test_the_first_failure_stops_everything_and_is_raised_once(where: str) -> None:
    def fail(value: Any) -> None:
        if (value.frame.index if isinstance(value, Scene) else value.index) == 3:
            raise ZeroDivisionError(f"broken {where}")

    def broken_frames() -> Iterator[Frame]:
        for value in frames(50):
            if where == "source":
                fail(value)
            yield value

    sink = FakeSink(before=fail if where == "sink" else lambda scene: None)
    source = FakeSource(broken_frames())
    running = make_pipeline(source, sink, detector=FakeDetector(fail if where == "detect" else lambda frame: None))
    running.start()
    with pytest.raises(StageError, match=f"failed: unexpected ZeroDivisionError: broken {where}; report it") as raised:
        assert running.wait(DEADLINE_S)
    cause = raised.value.__cause__
    assert isinstance(cause, ZeroDivisionError)
    assert traceback.extract_tb(cause.__traceback__)[-1].name == "fail", "with the traceback of the stage"
    assert running.wait(DEADLINE_S), "raised only once"
    assert source.closed.is_set()
    assert sink.num_closed == 1
    running.stop()


def test_a_failed_sink_is_closed_and_the_others_continue() -> None:
    bad, good = FakeSink(fails_at=2), FakeSink()
    running = make_pipeline(FakeSource(frames(10)), bad, good)
    running.start()
    assert running.wait(DEADLINE_S)
    running.stop()
    assert len(bad.scenes) == 2
    assert bad.num_closed == 1
    assert len(good.scenes) == 10
    assert running.report().sink_errors == ("fake sink: no space left",)


def test_iteration_yields_every_scene_and_stops_at_the_end() -> None:
    running = make_pipeline(FakeSource(frames(15)))
    assert [scene.frame.index for scene in running.scenes()] == list(range(15))
    assert running.report().is_ended


def test_a_break_out_of_the_iteration_stops_everything() -> None:
    source = FakeSource(endless_frames())
    running = make_pipeline(source)
    for scene in running.scenes():
        if scene.frame.index == 3:
            break
    del scene
    running.stop()
    assert running.report().is_ended
    assert source.closed.is_set()


def test_a_failure_is_raised_in_the_iteration() -> None:
    def fail(frame: Frame) -> None:
        raise SinkError("as an example")

    with pytest.raises(SinkError, match="as an example"):
        list(make_pipeline(FakeSource(frames(5)), detector=FakeDetector(fail)).scenes())


def test_the_report_holds_the_state_of_the_source() -> None:
    running = make_pipeline(FakeSource(frames(1)))
    running.start()
    running.wait(DEADLINE_S)
    running.stop()
    assert running.report().source.state is SourceState.ENDED
