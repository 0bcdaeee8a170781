"""The recorder in the running pipeline: armed, triggered, paused, and stopped in every state."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest

from realtime_pose.config import Config, LiveSettings, RecordConfig
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.stats import Report
from realtime_pose.pipeline.writer import Writer
from realtime_pose.recording.context import RecordingContext, SystemClock
from realtime_pose.scene import Frame
from tests.pipeline.test_pipeline import pipeline as pipeline_of_fakes
from tests.support.fakes import FakeSink, FakeSource, frame
from tests.support.sink_readers import video_times

DEADLINE_S = 2.0
MB = 1_000_000


def camera() -> Iterator[Frame]:
    """A frame every few milliseconds, which is a tenth of a second of media time."""
    pause = threading.Event()
    index = 0
    while True:
        pause.wait(0.003)
        yield replace(frame(index, time_s=index / 10), captured_s=time.monotonic())
        index += 1


def pipeline(
    config: RecordConfig, *, system_clock: SystemClock | None = None, sink: FakeSink | None = None
) -> Pipeline:
    """A camera through fake networks into a real writer, which does what the configuration says."""
    settings = Config()
    source = FakeSource(camera(), is_live=True)
    parts = pipeline_of_fakes(source)._parts
    writer = Writer(
        draw=lambda scene: parts.overlay.draw(scene, settings.render),
        config=config,
        rate_hz=None,
        context=RecordingContext(is_live=True),
        system_clock=system_clock,
    )
    writer.arm()
    if sink is not None:
        writer.add(sink)
    live = LiveSettings(detector_threshold=0.3, shown=settings.render)
    return Pipeline(replace(parts, writer=writer), live)


def comes(running: Pipeline, is_so: Callable[[Report], bool]) -> bool:
    """Whether the report says so within a few seconds."""
    pause, deadline_s = threading.Event(), time.monotonic() + 10
    while time.monotonic() < deadline_s:
        if is_so(running.report()):
            return True
        pause.wait(0.005)
    return False


def all_play(folder: Path) -> int:
    """How many frames all videos hold, every one of which is finished and playable."""
    total = 0
    for path in folder.rglob("*.mp4"):
        with av.open(str(path)) as container:
            total += len(list(container.decode(video=0)))
            assert container.streams.video[0].frames > 0, "an ordinary MP4"
    return total


class TestStop:
    """In each state: within two seconds, and what was recorded plays."""

    @pytest.mark.parametrize("state", ["idle", "armed", "recording", "ending", "paused"])
    def test_in_state(self, tmp_path: Path, state: str) -> None:
        room = {"free": 10_000 * MB}
        system_clock = replace(SystemClock(), free_bytes=lambda folder: room["free"])
        waits = {"preroll": "2s", "postroll": "9min"} if state in {"armed", "ending"} else {"segment": "1s"}
        config = RecordConfig() if state == "idle" else RecordConfig(path=tmp_path / "rec", **waits)  # type: ignore[arg-type]
        running = pipeline(config, system_clock=system_clock)
        running.start()
        assert comes(running, lambda report: report.num_frames > 30)
        if state == "ending":
            running.trigger()
        if state == "paused":
            room["free"] = 0
        assert comes(running, lambda report: report.recorder == state)
        started = time.monotonic()
        running.stop()
        assert time.monotonic() - started < DEADLINE_S
        assert running.report().is_ended
        assert running.report().recording == ""
        assert (all_play(tmp_path) > 0) == (state in {"recording", "ending", "paused"})


def test_the_key_of_the_window_begins_with_the_preroll_at_the_armed_place(tmp_path: Path) -> None:
    running = pipeline(RecordConfig(path=tmp_path / "rec" / "door.mp4", preroll="2s"))
    running.start()
    assert comes(running, lambda report: "sinks" in report.stages and report.stages["sinks"].count > 60)
    assert running.report().recorder == "armed"
    assert running.report().recording == ""
    running.start_recording(tmp_path / "from the window.mp4")
    assert comes(running, lambda report: report.recorder == "recording")
    assert Path(running.report().recording).name.startswith("door_")
    running.stop_recording()
    assert comes(running, lambda report: report.recorder == "armed")
    running.stop()
    (path,) = (tmp_path / "rec").glob("*.mp4")
    assert video_times(path)[-1] >= 1.9
    assert not (tmp_path / "from the window.mp4").exists()


def test_a_trigger_needs_a_recorder_that_stands_by(tmp_path: Path) -> None:
    running = pipeline(RecordConfig())
    with pytest.raises(SinkError, match="add --record FOLDER and --preroll"):
        running.trigger()
    running.stop()


@pytest.mark.parametrize("setting", [{"segment": "1s"}, {"preroll": "1s"}, {"keep": "1GB"}, {"keep_days": 1.0}])
def test_a_series_needs_a_place(setting: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="add --record FOLDER"):
        pipeline(RecordConfig(**setting))  # type: ignore[arg-type]


def test_a_full_disk_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    sink, room = FakeSink(), {"free": 0}
    system_clock = replace(SystemClock(), free_bytes=lambda folder: room["free"])
    running = pipeline(RecordConfig(path=tmp_path, segment="1s"), system_clock=system_clock, sink=sink)
    running.start()
    assert comes(running, lambda report: report.recorder == "paused" and "disk nearly full" in report.recorder_note)
    assert comes(running, lambda report: report.num_frames > 30)
    room["free"] = 10_000 * MB
    assert comes(running, lambda report: report.recorder == "recording" and not report.recorder_note)
    running.stop()
    assert running.report().sink_errors == ()
    assert len(sink.scenes) > 10


def test_an_encoder_that_is_too_slow_costs_the_recording_frames_and_the_poses_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reading = iter(range(10**9))
    system_clock = replace(SystemClock(), timer=lambda: next(reading) * 0.5)  # half a second a frame, of a tenth
    sink = FakeSink()
    running = pipeline(RecordConfig(path=tmp_path, segment="10min"), system_clock=system_clock, sink=sink)
    running.start()
    assert comes(running, lambda report: report.recorder_dropped > 20)
    assert "the preset is ultrafast" in caplog.text
    assert "encoding is too slow" in running.report().recorder_note
    running.stop()
    dropped = running.report().recorder_dropped
    assert dropped > 20, "also after the end"
    assert all_play(tmp_path) + dropped == len(sink.scenes)
