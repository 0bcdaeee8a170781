"""Pipelines of fake models with the real threads and tracker, and their frames."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from realtime_pose.config import Config, LiveSettings, RecordConfig
from realtime_pose.pipeline.images import OutletImages
from realtime_pose.pipeline.networks import TopDownNetworks
from realtime_pose.pipeline.parts import PipelineParts
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.pipeline.stream_networks import StreamNetworks
from realtime_pose.pipeline.stream_state import StreamState
from realtime_pose.pipeline.writer import Writer
from realtime_pose.pose.estimator import PoseEstimator
from realtime_pose.recording.context import RecordingContext
from realtime_pose.scene import Frame
from realtime_pose.sources import Source
from realtime_pose.tracking import Tracker
from realtime_pose.tracking.tracker import PoseTracker
from tests.support.fakes.parts import FakeDetector, FakeEstimator, FakeSink, FakeSource, frame

STAGE_NAMES = {"capture", "detect", "pose", "track", "sinks", "display"}


def make_parts(
    source: Source,
    *,
    detector: FakeDetector | None = None,
    estimator: PoseEstimator | None = None,
    tracker: Tracker | None = None,
    freshness_s: float | None = None,
) -> PipelineParts:
    """Fake models around the real tracker, and a writer without sinks."""
    config = Config()
    images = OutletImages(Statistics(), {"detect": "CPU"}, source.info.is_live, config.render)
    writer = Writer(RecordConfig(), context=RecordingContext(rate_hz=30.0), make_image=images.for_recording)
    networks = StreamNetworks(TopDownNetworks(detector or FakeDetector(), estimator or FakeEstimator()))
    state = StreamState(config, networks, make_tracker=lambda *args: tracker or PoseTracker(*args))
    return PipelineParts(source, networks, state, writer, images, freshness_s=freshness_s)


def make_settings() -> LiveSettings:
    """Settings of a run without a window."""
    return LiveSettings(detector_threshold=0.3, shown=Config().render)


def make_pipeline(
    source: FakeSource,
    *sinks: FakeSink,
    detector: FakeDetector | None = None,
    max_frames: int = 0,
    freshness_s: float | None = None,
    estimator: PoseEstimator | None = None,
    tracker: Tracker | None = None,
) -> Pipeline:
    """A pipeline of fakes around the real tracker, threads and channels."""
    parts = make_parts(source, detector=detector, estimator=estimator, tracker=tracker, freshness_s=freshness_s)
    for sink in sinks:
        parts.writer.add(sink)
    return Pipeline(parts, make_settings(), max_frames=max_frames)


def frames(count: int) -> list[Frame]:
    """Frames of a file."""
    return [frame(index) for index in range(count)]


def endless_frames(*, media_rate_hz: float = 30.0) -> Iterator[Frame]:
    """A camera with a frame every 3 ms; media_rate_hz sets the times of its frames."""
    pause = threading.Event()
    index = 0
    while True:
        pause.wait(0.003)
        yield replace(frame(index, time_s=index / media_rate_hz), captured_s=time.monotonic())
        index += 1
