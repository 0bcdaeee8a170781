"""The recorder in a running pipeline: armed, triggered, paused, and stopped in every state."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest

from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.config import RecordConfig
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.stats import Report
from realtime_pose.pipeline.writer import Writer
from realtime_pose.recording.context import RecordingContext, SystemClock
from realtime_pose.recording.status import RecorderNote, RecorderState, RecorderStatus
from realtime_pose.scene import Frame
from tests.support.fakes.parts import FakeDetector, FakeSink, FakeSource
from tests.support.fakes.pipelines import endless_frames, make_parts, make_settings

pytestmark = [pytest.mark.slow]  # encoders

DEADLINE_S = 2.0
MB = 1_000_000


def recording_pipeline(
    config: RecordConfig,
    *,
    system_clock: SystemClock | None = None,
    sink: FakeSink | None = None,
    frames: Iterator[Frame] | None = None,
) -> Pipeline:
    """A camera, fake networks and a real writer that starts as configured; its frames are 0.1 s of media time apart."""
    source = FakeSource(frames or endless_frames(media_rate_hz=10.0), is_live=True)
    parts = make_parts(source)
    writer = Writer(
        config,
        context=RecordingContext(is_live=True),
        make_image=parts.images.for_recording,
        system_clock=system_clock,
    )
    writer.start_as_configured()
    if sink is not None:
        writer.add(sink)
    return Pipeline(replace(parts, writer=writer), make_settings())


def await_report(running: Pipeline, condition: Callable[[Report], bool]) -> bool:
    """Whether a report meets the condition within ten seconds."""
    pause, deadline_s = threading.Event(), time.monotonic() + 10
    while time.monotonic() < deadline_s:
        if condition(running.report()):
            return True
        pause.wait(0.02)
    return False


def counted(sent: list[Frame]) -> Iterator[Frame]:
    """A camera whose frames are also added to this list."""
    for frame in endless_frames(media_rate_hz=10.0):
        sent.append(frame)
        yield frame


def count_frames(folder: Path) -> int:
    """Number of frames in all videos of the folder; each video must be finished and playable."""
    total = 0
    for path in folder.rglob("*.mp4"):
        with av.open(str(path)) as container:
            total += len(list(container.decode(video=0)))
            assert container.streams.video[0].frames > 0, "an ordinary MP4"
    return total


class TestStop:
    """A stop takes less than two seconds in each state, and the recordings are playable."""

    @pytest.mark.parametrize("state", list(RecorderState))
    def test_in_state(self, tmp_path: Path, state: RecorderState) -> None:
        disk = {"free": 10_000 * MB}
        system_clock = replace(SystemClock(), free_bytes=lambda folder: disk["free"])
        waits = (
            {"preroll": "2s", "postroll": "9min"}
            if state in {RecorderState.ARMED, RecorderState.ENDING}
            else {"segment": "1s"}
        )
        config = RecordConfig(path=tmp_path / "rec", **waits)  # type: ignore[arg-type]
        if state is RecorderState.IDLE:
            config = RecordConfig()
        running = recording_pipeline(config, system_clock=system_clock)
        running.start()
        assert await_report(running, lambda report: report.num_frames > 30)
        if state is RecorderState.ENDING:
            running.trigger()
        if state is RecorderState.PAUSED:
            disk["free"] = 0
        assert await_report(running, lambda report: report.recorder.state is state)
        started = time.monotonic()
        running.stop()
        assert time.monotonic() - started < DEADLINE_S
        assert running.report().is_ended
        assert running.report().recorder.path is None
        assert (count_frames(tmp_path) > 0) == RecorderStatus(state).is_started


def test_a_start_from_the_window_uses_the_armed_recorder_and_its_preroll(tmp_path: Path) -> None:
    running = recording_pipeline(RecordConfig(path=tmp_path / "rec" / "door.mp4", preroll="2s"))
    running.start()
    assert await_report(running, lambda report: "sinks" in report.stages and report.stages["sinks"].count > 60)
    assert running.report().recorder == RecorderStatus(RecorderState.ARMED)
    running.recording.start(tmp_path / "from the window.mp4")
    assert await_report(running, lambda report: report.recorder.state is RecorderState.RECORDING)
    path = running.report().recorder.path
    assert path is not None
    assert path.name.startswith("door_")
    running.recording.stop()
    assert await_report(running, lambda report: report.recorder.state is RecorderState.ARMED)
    running.stop()
    (path,) = (tmp_path / "rec").glob("*.mp4")
    assert video_times(path)[-1] >= 1.9
    assert not (tmp_path / "from the window.mp4").exists()


def test_a_pipeline_that_never_started_leaves_no_file(tmp_path: Path) -> None:
    """As in the window, when another source is opened before this one is ready."""
    running = recording_pipeline(RecordConfig(path=tmp_path / "out.mp4"))
    assert (tmp_path / "out.mp4").exists()
    running.stop()
    assert not list(tmp_path.iterdir())


def test_a_trigger_needs_an_armed_recorder(tmp_path: Path) -> None:
    running = recording_pipeline(RecordConfig())
    with pytest.raises(SinkError, match="add --record FOLDER and --preroll"):
        running.trigger()
    running.stop()


@pytest.mark.parametrize("setting", [{"segment": "1s"}, {"preroll": "1s"}, {"keep": "1GB"}, {"keep_days": 1.0}])
def test_settings_of_a_series_need_a_path(setting: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="add --record FOLDER"):
        recording_pipeline(RecordConfig(**setting))  # type: ignore[arg-type]


def test_a_full_disk_is_reported_and_the_other_sinks_continue(tmp_path: Path) -> None:
    sink, disk = FakeSink(), {"free": 0}
    system_clock = replace(SystemClock(), free_bytes=lambda folder: disk["free"])
    running = recording_pipeline(RecordConfig(path=tmp_path, segment="1s"), system_clock=system_clock, sink=sink)
    running.start()
    assert await_report(running, lambda report: report.recorder.state is RecorderState.PAUSED)
    assert running.report().recorder.note.code is RecorderNote.DISK_NEARLY_FULL
    assert await_report(running, lambda report: report.num_frames > 30)
    disk["free"] = 10_000 * MB
    assert await_report(running, lambda report: report.recorder.state is RecorderState.RECORDING)
    assert not running.report().recorder.note
    running.stop()
    assert running.report().sink_errors == ()
    assert len(sink.scenes) > 10


def test_a_slow_encoder_drops_frames_of_the_recording_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ticks = iter(range(10**9))
    system_clock = replace(SystemClock(), timer=lambda: next(ticks) * 0.5)  # 0.5 s per frame of 0.1 s
    sink, sent = FakeSink(), list[Frame]()
    config = RecordConfig(path=tmp_path, segment="10min")
    running = recording_pipeline(config, system_clock=system_clock, sink=sink, frames=counted(sent))
    running.start()
    assert await_report(running, lambda report: report.recorder.num_dropped > 20)
    assert "the preset is ultrafast" in caplog.text
    assert running.report().recorder.note.code in {RecorderNote.PRESET_CHANGED, RecorderNote.FRAMES_DROPPED}
    running.stop()
    num_missing = running.report().recorder.num_dropped
    assert num_missing > 20, "also after the stop"
    # The last frame may have come after the stop.
    assert len(sent) - 1 <= count_frames(tmp_path) + num_missing <= len(sent)
    assert [scene.frame.index for scene in sink.scenes] == sorted({scene.frame.index for scene in sink.scenes})


def test_a_slow_analysis_costs_the_recording_no_frame(tmp_path: Path) -> None:
    """Frames that were not analysed have the poses of the last analysed one."""
    pause, sink, sent = threading.Event(), FakeSink(), list[Frame]()

    def wait(_: Frame) -> None:
        pause.wait(0.05)

    parts = make_parts(FakeSource(counted(sent), is_live=True), detector=FakeDetector(wait))
    writer = Writer(
        RecordConfig(path=tmp_path / "o.mp4"),
        context=RecordingContext(is_live=True),
        make_image=parts.images.for_recording,
    )
    writer.start_as_configured()
    writer.add(sink)
    running = Pipeline(replace(parts, writer=writer), make_settings())
    running.start()
    assert await_report(running, lambda report: report.num_frames > 8)
    running.stop()
    assert len(sink.scenes) < len(sent) / 4, "most frames were not analysed"
    assert len(sent) - 1 <= count_frames(tmp_path) <= len(sent)
