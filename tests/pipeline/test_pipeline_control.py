"""Control of a running pipeline: stop, pause, settings, the window and recordings."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import av
import pytest

from realtime_pose.config import Config, SmoothConfig
from realtime_pose.errors import SinkError
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.stream_state import StreamState
from realtime_pose.recording.status import RecorderState, RecorderStatus
from realtime_pose.scene import Scene
from tests.support.fakes.parts import FakeDetector, FakeSink, FakeSource
from tests.support.fakes.pipelines import endless_frames, frames, make_pipeline

pytestmark = [pytest.mark.slow]  # waits of seconds

DEADLINE_S = 2.0


def stops_in_time(running: Pipeline) -> bool:
    started = time.monotonic()
    running.stop()
    return time.monotonic() - started < DEADLINE_S and running.report().is_ended


class TestStop:
    """A stop takes less than two seconds in any state and closes the sinks."""

    def test_before_the_start(self) -> None:
        assert stops_in_time(make_pipeline(FakeSource(frames(3)), FakeSink()))

    def test_while_full(self) -> None:
        """The sink blocks: all queues fill, and every stage waits in a put."""
        release = threading.Event()
        first = threading.Event()

        def block(scene: Scene) -> None:
            first.set()
            release.wait(1.0)

        sink = FakeSink(before=block)
        running = make_pipeline(FakeSource(endless_frames()), sink)
        running.start()
        assert first.wait(DEADLINE_S)
        assert stops_in_time(running)
        assert sink.num_closed == 1

    def test_while_empty(self) -> None:
        """The source gives nothing until it is closed: every stage waits in a get."""
        source = FakeSource(endless_frames())
        source._gate = lambda index: source.closed.wait(10)
        running = make_pipeline(source, FakeSink())
        running.start()
        assert stops_in_time(running)

    def test_while_paused(self) -> None:
        running = make_pipeline(FakeSource(endless_frames()), FakeSink())
        running.set_paused(is_paused=True)
        running.start()
        assert stops_in_time(running)

    def test_while_the_source_hangs(self) -> None:
        """A thread whose read does not return is abandoned; it ends later."""
        hang = threading.Event()
        running = make_pipeline(FakeSource(endless_frames(), gate=lambda index: hang.wait(10)), FakeSink())
        running.start()
        started = time.monotonic()
        running.stop()
        assert time.monotonic() - started < DEADLINE_S
        hang.set()
        assert running.wait(DEADLINE_S)

    def test_twice_and_from_two_threads(self) -> None:
        running = make_pipeline(FakeSource(endless_frames()), FakeSink())
        running.start()
        other = threading.Thread(target=running.stop)
        other.start()
        assert stops_in_time(running)
        other.join(DEADLINE_S)
        assert stops_in_time(running)


def test_a_pause_of_a_file_loses_no_frame() -> None:
    sink = FakeSink()
    running = make_pipeline(FakeSource(frames(20)), sink)
    running.set_paused(is_paused=True)
    running.start()
    assert not running.wait(0.05)
    assert sink.scenes == []
    running.set_paused(is_paused=False)
    assert running.wait(DEADLINE_S)
    running.stop()
    assert len(sink.scenes) == 20


def test_a_new_threshold_applies_from_the_next_frame() -> None:
    detector = FakeDetector()
    running = make_pipeline(FakeSource(endless_frames()), detector=detector, max_frames=60)
    running.start()
    running.settings = replace(running.settings, detector_threshold=0.7)
    assert running.wait(DEADLINE_S)
    running.stop()
    assert detector.thresholds[-1] == 0.7


def test_the_window_gets_drawn_scenes_at_its_size() -> None:
    running = make_pipeline(FakeSource(frames(10)))
    running.settings = replace(running.settings, display_wh=(32, 100))
    running.start()
    assert running.wait(DEADLINE_S)
    assert running.shown.get(timeout_s=DEADLINE_S).image.shape == (24, 32, 3)
    running.stop()


def test_new_settings_redraw_the_last_scene_after_the_end() -> None:
    running = make_pipeline(FakeSource(frames(2)))
    running.settings = replace(running.settings, display_wh=(64, 48))
    running.start()
    assert running.wait(DEADLINE_S)
    drain(running)
    running.settings = replace(running.settings, display_wh=(32, 24))
    assert running.shown.get(timeout_s=DEADLINE_S).image.shape == (24, 32, 3)
    running.stop()


def drain(running: Pipeline) -> None:
    """Take scenes until the one of the last frame has come."""
    while running.shown.get(timeout_s=DEADLINE_S).scene.frame.index < running.report().num_frames - 1:
        pass


class TestRecording:
    """Recordings that start and stop during a run, with real files."""

    def test_start_during_the_run(self, tmp_path: Path) -> None:
        path = tmp_path / "out.mp4"
        seen = threading.Event()
        running = make_pipeline(FakeSource(endless_frames()), FakeSink(before=lambda scene: seen.set()))
        running.start()
        assert seen.wait(DEADLINE_S)
        running.recording.start(path)
        recorder = running.report().recorder
        assert (recorder.state, recorder.path) == (RecorderState.RECORDING, path)
        seen.clear()
        assert seen.wait(DEADLINE_S)
        assert seen.wait(DEADLINE_S)
        running.recording.stop()
        assert running.report().recorder == RecorderStatus()
        running.stop()
        with av.open(str(path)) as container:
            decoded = next(container.decode(video=0))
            assert (decoded.width, decoded.height) == (64, 48)

    def test_the_end_of_the_pipeline_finishes_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "out.mp4"
        running = make_pipeline(FakeSource(frames(12)))
        running.recording.start(path)
        running.start()
        assert running.wait(DEADLINE_S)
        running.stop()
        with av.open(str(path)) as container:
            assert len(list(container.decode(video=0))) == 12

    def test_a_missing_folder_is_reported_at_once(self, tmp_path: Path) -> None:
        running = make_pipeline(FakeSource(frames(1)))
        with pytest.raises(SinkError, match="missing"):
            running.recording.start(tmp_path / "missing" / "out.mp4")
        running.stop()

    def test_a_recording_after_the_end_is_refused(self, tmp_path: Path) -> None:
        running = make_pipeline(FakeSource(frames(1)))
        running.start()
        assert running.wait(DEADLINE_S)
        with pytest.raises(SinkError, match="has ended"):
            running.recording.start(tmp_path / "out.mp4")
        running.stop()


def test_new_smoothing_settings_apply_from_the_next_frame() -> None:
    running = make_pipeline(FakeSource(frames(3)))
    smooth = SmoothConfig(min_cutoff_hz=4.0)
    running.settings = replace(running.settings, smooth=smooth)
    assert len(list(running.scenes())) == 3
    assert isinstance(running._parts.state, StreamState)
    assert running._parts.state._smoother.config is smooth


def test_smoothing_is_as_configured_without_a_change() -> None:
    running = make_pipeline(FakeSource(frames(3)))
    assert len(list(running.scenes())) == 3
    assert isinstance(running._parts.state, StreamState)
    assert running._parts.state._smoother.config == Config().smooth
