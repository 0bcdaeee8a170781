"""The pipeline's threads: nothing lost, nothing late, every failure raised once, every stop in time."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from realtime_pose.config import Config, LiveSettings, RecordConfig, SmoothConfig
from realtime_pose.errors import SinkError
from realtime_pose.pipeline.overlay import Overlay
from realtime_pose.pipeline.perception import PerceptionStages
from realtime_pose.pipeline.pipeline import Pipeline, PipelineParts
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.pipeline.writer import Writer
from realtime_pose.pose.estimator import PoseEstimator
from realtime_pose.scene import Frame, Scene
from realtime_pose.skeletons import COCO17
from realtime_pose.sources import SourceState
from realtime_pose.tracking import Tracker
from realtime_pose.tracking.recovery import TrackRecovery
from realtime_pose.tracking.smooth import Smoother
from realtime_pose.tracking.tracker import PoseTracker
from tests.support.fakes import FakeDetector, FakeEstimator, FakeSink, FakeSource, frame

DEADLINE_S = 2.0


def pipeline(
    source: FakeSource,
    *sinks: FakeSink,
    detector: FakeDetector | None = None,
    max_frames: int = 0,
    freshness_s: float | None = None,
    estimator: PoseEstimator | None = None,
    tracker: Tracker | None = None,
) -> Pipeline:
    """A pipeline of fakes around the real tracker, threads and channels."""
    config = Config()
    overlay = Overlay(Statistics(), {"detect": "CPU"}, source.info.is_live)
    writer = Writer(draw=lambda scene: overlay.draw(scene, config.render), config=RecordConfig(), rate_hz=30.0)
    for sink in sinks:
        writer.add(sink)
    work = PerceptionStages(
        detector or FakeDetector(),
        estimator or FakeEstimator(),
        tracker or PoseTracker(config.track, COCO17),
        Smoother(config.smooth),
        TrackRecovery(config.track),
        config,
    )
    settings = LiveSettings(detector_threshold=0.3, shown=config.render)
    return Pipeline(
        PipelineParts(source, work, writer, overlay, freshness_s=freshness_s), settings, max_frames=max_frames
    )


def frames(count: int) -> list[Frame]:
    return [frame(index) for index in range(count)]


def endless(gate: threading.Event | None = None) -> Iterator[Frame]:
    """A camera: a frame a few milliseconds, for ever."""
    waiting = gate or threading.Event()
    index = 0
    while True:
        waiting.wait(0.003)
        yield replace(frame(index), captured_s=time.monotonic())
        index += 1


def ended_in_time(running: Pipeline) -> bool:
    started = time.monotonic()
    running.stop()
    return time.monotonic() - started < DEADLINE_S and running.report().is_ended


def no_threads_left(before: set[threading.Thread]) -> bool:
    return not [thread for thread in threading.enumerate() if thread not in before and thread.name in STAGES]


STAGES = {"capture", "detect", "pose", "track", "sinks", "display"}


@pytest.fixture(autouse=True)
def threads_are_joined() -> Iterator[None]:
    """Every test leaves no stage behind."""
    before = set(threading.enumerate())
    yield
    assert no_threads_left(before)


def test_of_a_file_every_frame_reaches_the_sink_in_order() -> None:
    sink = FakeSink()
    source = FakeSource(frames(40))
    running = pipeline(source, sink)
    running.start()
    assert running.wait(DEADLINE_S)
    running.stop()
    assert [scene.frame.index for scene in sink.scenes] == list(range(40))
    assert all(scene.tracks is not None and scene.poses is not None for scene in sink.scenes)
    assert sink.num_closed == 1
    assert source.released_in == "capture"
    assert running.report().num_frames == 40
    assert set(running.report().dropped.values()) == {0}


def test_timings_of_every_stage_are_known() -> None:
    sink = FakeSink()
    running = pipeline(FakeSource(frames(5)), sink)
    running.start()
    running.wait(DEADLINE_S)
    running.stop()
    assert set(running.report().stages) == {"capture", "detect", "pose", "track", "sinks"}
    assert set(sink.scenes[0].timings) == {"detect", "pose", "track"}
    assert all(stage.count == 5 and 0 < stage.p50_s <= stage.p95_s for stage in running.report().stages.values())


def test_a_source_without_frames_ends_at_once() -> None:
    sink = FakeSink()
    running = pipeline(FakeSource([]), sink)
    running.start()
    assert running.wait(DEADLINE_S)
    running.stop()
    assert sink.scenes == []
    assert sink.num_closed == 1


def test_max_frames_ends_an_endless_source() -> None:
    sink = FakeSink()
    source = FakeSource(endless())
    running = pipeline(source, sink, max_frames=7)
    running.start()
    assert running.wait(DEADLINE_S)
    running.stop()
    assert len(sink.scenes) == 7
    assert source.closed.is_set()


def test_a_live_source_drops_the_old_and_counts_them() -> None:
    """The detector is ten times slower than the camera; what it gets is fresh."""
    ages = []
    slow = threading.Event()

    def wait(frame: Frame) -> None:
        ages.append(time.monotonic() - frame.captured_s)
        slow.wait(0.03)

    running = pipeline(FakeSource(endless(), is_live=True), FakeSink(), detector=FakeDetector(wait), max_frames=100)
    running.start()
    assert running.wait(10)
    running.stop()
    assert running.report().dropped["captured"] > 50
    assert np.percentile(ages, 90) < 0.05
    assert running.report().age_s is not None


def test_frames_that_waited_too_long_are_dropped_at_the_door_and_counted() -> None:
    """Five frames were captured a second ago; only those that are fresh are worked on."""
    live = [replace(frame(index), captured_s=time.monotonic() - (1.0 if index < 5 else 0.0)) for index in range(10)]
    sink = FakeSink()

    def second_after_first(index: int) -> None:
        for _ in range(100 if index == 1 else 1):
            paced(index)
            if "late at detect" in running._drops.counts:
                return

    running = pipeline(FakeSource(live, is_live=True, gate=second_after_first), sink, freshness_s=0.25)
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


def paced(index: int) -> None:
    """A camera's pause before each frame."""
    threading.Event().wait(0.01)


def test_the_age_counts_what_the_way_to_us_took_and_the_budget_does_not() -> None:
    late = (replace(value, lag_s=3.0) for value in endless())
    running = pipeline(FakeSource(late, is_live=True), max_frames=20, freshness_s=0.25)
    assert len(list(running.scenes())) > 0
    age_s = running.report().age_s
    assert age_s is not None
    assert 3.0 <= age_s < 4.0
    assert not any(name.startswith("late at") for name in running.report().dropped)


def test_work_that_takes_longer_than_the_budget_is_no_waiting() -> None:
    """Networks of 0.1 s with a budget of 0.05 s: every frame that is begun comes out."""
    slow = threading.Event()

    def work(_: Frame) -> None:
        slow.wait(0.1)

    detector = FakeDetector(work)
    sink = FakeSink()
    running = pipeline(FakeSource(endless(), is_live=True), sink, detector=detector, max_frames=120, freshness_s=0.05)
    running.start()
    assert running.wait(10)
    running.stop()
    assert len(sink.scenes) >= 3
    report = running.report()
    assert report.age_p95_s is not None
    assert report.age_p95_s < 0.05 + 0.1 + 0.05


def test_of_a_file_nothing_is_too_old() -> None:
    sink = FakeSink()
    running = pipeline(FakeSource(frames(10)), sink, freshness_s=0.001)
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
    running = pipeline(source, sink, detector=FakeDetector(fail if where == "detect" else lambda frame: None))
    running.start()
    with pytest.raises(ZeroDivisionError, match=f"broken {where}") as raised:
        assert running.wait(DEADLINE_S)
    assert raised.traceback[-1].name == "fail", "with the traceback of the stage"
    assert running.wait(DEADLINE_S), "raised once"
    assert source.closed.is_set()
    assert sink.num_closed == 1
    running.stop()


def test_a_sink_that_fails_is_closed_and_the_others_go_on() -> None:
    bad, good = FakeSink(fails_at=2), FakeSink()
    running = pipeline(FakeSource(frames(10)), bad, good)
    running.start()
    assert running.wait(DEADLINE_S)
    running.stop()
    assert len(bad.scenes) == 2
    assert bad.num_closed == 1
    assert len(good.scenes) == 10
    assert running.report().sink_errors == ("fake sink: no space left",)


class TestStop:
    """Within two seconds from any state, with the sinks closed."""

    def test_before_the_start(self) -> None:
        assert ended_in_time(pipeline(FakeSource(frames(3)), FakeSink()))

    def test_while_full(self) -> None:
        """A sink that stands still: all queues fill, every stage waits in a put."""
        release = threading.Event()
        first = threading.Event()

        def block(scene: Scene) -> None:
            first.set()
            release.wait(1.0)

        sink = FakeSink(before=block)
        running = pipeline(FakeSource(endless()), sink)
        running.start()
        assert first.wait(DEADLINE_S)
        assert ended_in_time(running)
        assert sink.num_closed == 1

    def test_while_empty(self) -> None:
        """A source that gives nothing until it is closed: every stage waits in a get."""
        source = FakeSource(endless())
        source._gate = lambda index: source.closed.wait(10)
        running = pipeline(source, FakeSink())
        running.start()
        assert ended_in_time(running)

    def test_while_paused(self) -> None:
        running = pipeline(FakeSource(endless()), FakeSink())
        running.set_paused(is_paused=True)
        running.start()
        assert ended_in_time(running)

    def test_with_a_source_that_hangs(self) -> None:
        """A read that does not return is left behind; it ends by itself later."""
        hang = threading.Event()
        running = pipeline(FakeSource(endless(), gate=lambda index: hang.wait(10)), FakeSink())
        running.start()
        started = time.monotonic()
        running.stop()
        assert time.monotonic() - started < DEADLINE_S
        hang.set()
        assert running.wait(DEADLINE_S)

    def test_twice_and_from_two_threads(self) -> None:
        running = pipeline(FakeSource(endless()), FakeSink())
        running.start()
        other = threading.Thread(target=running.stop)
        other.start()
        assert ended_in_time(running)
        other.join(DEADLINE_S)
        assert ended_in_time(running)


def test_pausing_a_file_loses_nothing() -> None:
    sink = FakeSink()
    running = pipeline(FakeSource(frames(20)), sink)
    running.set_paused(is_paused=True)
    running.start()
    assert not running.wait(0.05)
    assert sink.scenes == []
    running.set_paused(is_paused=False)
    assert running.wait(DEADLINE_S)
    running.stop()
    assert len(sink.scenes) == 20


def test_the_threshold_acts_on_the_next_frame() -> None:
    detector = FakeDetector()
    running = pipeline(FakeSource(endless()), detector=detector, max_frames=60)
    running.start()
    running.settings = replace(running.settings, detector_threshold=0.7)
    assert running.wait(DEADLINE_S)
    running.stop()
    assert detector.thresholds[-1] == 0.7


def test_the_window_gets_drawn_scenes_at_its_size_and_the_sinks_do_not() -> None:
    sink = FakeSink()
    running = pipeline(FakeSource(frames(10)), sink)
    running.settings = replace(running.settings, display_wh=(32, 100))
    running.start()
    assert running.wait(DEADLINE_S)
    shown = running.shown.get(timeout_s=DEADLINE_S)
    assert shown.drawn is not None
    assert shown.drawn.shape == (24, 32, 3)
    assert sink.scenes[0].drawn is None
    running.stop()


def test_a_change_of_what_is_shown_redraws_the_last_picture_after_the_end() -> None:
    running = pipeline(FakeSource(frames(2)))
    running.settings = replace(running.settings, display_wh=(64, 48))
    running.start()
    assert running.wait(DEADLINE_S)
    drain(running)
    running.settings = replace(running.settings, display_wh=(32, 24))
    drawn = running.shown.get(timeout_s=DEADLINE_S).drawn
    assert drawn is not None
    assert drawn.shape == (24, 32, 3)
    running.stop()


def drain(running: Pipeline) -> None:
    """Take pictures until the one of the last frame has come."""
    while running.shown.get(timeout_s=DEADLINE_S).frame.index < running.report().num_frames - 1:
        pass


def test_iterating_gives_every_scene_and_stops_at_the_end() -> None:
    running = pipeline(FakeSource(frames(15)))
    assert [scene.frame.index for scene in running.scenes()] == list(range(15))
    assert running.report().is_ended


def test_leaving_the_iteration_early_stops_everything() -> None:
    source = FakeSource(endless())
    running = pipeline(source)
    for scene in running.scenes():
        if scene.frame.index == 3:
            break
    del scene
    running.stop()
    assert running.report().is_ended
    assert source.closed.is_set()


def test_a_failure_is_raised_to_who_iterates() -> None:
    def fail(frame: Frame) -> None:
        raise SinkError("as an example")

    with pytest.raises(SinkError, match="as an example"):
        list(pipeline(FakeSource(frames(5)), detector=FakeDetector(fail)).scenes())


def test_the_report_tells_the_state_of_the_source() -> None:
    running = pipeline(FakeSource(frames(1)))
    running.start()
    running.wait(DEADLINE_S)
    running.stop()
    assert running.report().source.state is SourceState.ENDED


class TestRecording:
    """Starts and stops while the pipeline runs; real files."""

    def test_from_the_middle_on(self, tmp_path: Path) -> None:
        path = tmp_path / "out.mp4"
        seen = threading.Event()
        running = pipeline(FakeSource(endless()), FakeSink(before=lambda scene: seen.set()))
        running.start()
        assert seen.wait(DEADLINE_S)
        running.start_recording(path)
        assert running.report().recording == str(path)
        seen.clear()
        assert seen.wait(DEADLINE_S)
        assert seen.wait(DEADLINE_S)
        running.stop_recording()
        assert running.report().recording == ""
        running.stop()
        with av.open(str(path)) as container:
            picture = next(container.decode(video=0))
            assert (picture.width, picture.height) == (64, 48)

    def test_stopping_finishes_it(self, tmp_path: Path) -> None:
        path = tmp_path / "out.mp4"
        running = pipeline(FakeSource(frames(12)))
        running.start_recording(path)
        running.start()
        assert running.wait(DEADLINE_S)
        running.stop()
        with av.open(str(path)) as container:
            assert len(list(container.decode(video=0))) == 12

    def test_a_folder_that_is_not_there_is_said_at_once(self, tmp_path: Path) -> None:
        running = pipeline(FakeSource(frames(1)))
        with pytest.raises(SinkError, match="missing"):
            running.start_recording(tmp_path / "missing" / "out.mp4")
        running.stop()

    def test_after_the_end_there_is_nothing_to_record(self, tmp_path: Path) -> None:
        running = pipeline(FakeSource(frames(1)))
        running.start()
        assert running.wait(DEADLINE_S)
        with pytest.raises(SinkError, match="has ended"):
            running.start_recording(tmp_path / "out.mp4")
        running.stop()


def test_smoothing_is_changed_from_the_next_frame_on() -> None:
    running = pipeline(FakeSource(frames(3)))
    smooth = SmoothConfig(min_cutoff_hz=4.0)
    running.settings = replace(running.settings, smooth=smooth)
    assert len(list(running.scenes())) == 3
    assert running._parts.stages.smoother.config is smooth


def test_without_a_change_smoothing_is_as_configured() -> None:
    running = pipeline(FakeSource(frames(3)))
    assert len(list(running.scenes())) == 3
    assert running._parts.stages.smoother.config == Config().smooth
