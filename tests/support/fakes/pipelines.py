"""Pipelines of fake models with the real threads and tracker, and their frames."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from realtime_pose.config import Config, LiveSettings, RecordConfig
from realtime_pose.pipeline.overlay import Overlay
from realtime_pose.pipeline.perception import PerceptionStages
from realtime_pose.pipeline.pipeline import Pipeline, PipelineParts
from realtime_pose.pipeline.stats import Statistics
from realtime_pose.pipeline.writer import Writer
from realtime_pose.pose.estimator import PoseEstimator
from realtime_pose.scene import Frame
from realtime_pose.skeletons import COCO17
from realtime_pose.tracking import Tracker
from realtime_pose.tracking.recovery import TrackRecovery
from realtime_pose.tracking.smooth import Smoother
from realtime_pose.tracking.tracker import PoseTracker
from tests.support.fakes.parts import FakeDetector, FakeEstimator, FakeSink, FakeSource, frame

STAGE_NAMES = {"capture", "detect", "pose", "track", "sinks", "display"}


def make_parts(
    source: FakeSource,
    *,
    detector: FakeDetector | None = None,
    estimator: PoseEstimator | None = None,
    tracker: Tracker | None = None,
    freshness_s: float | None = None,
) -> PipelineParts:
    """Fake models around the real tracker, and a writer without sinks."""
    config = Config()
    overlay = Overlay(Statistics(), {"detect": "CPU"}, source.info.is_live)
    writer = Writer(draw=lambda scene: overlay.draw(scene, config.render), config=RecordConfig(), rate_hz=30.0)
    stages = PerceptionStages(
        detector=detector or FakeDetector(),
        estimator=estimator or FakeEstimator(),
        tracker=tracker or PoseTracker(config.track, COCO17),
        smoother=Smoother(config.smooth),
        recovery=TrackRecovery(config.track),
        config=config,
    )
    return PipelineParts(source, stages, writer, overlay, freshness_s=freshness_s)


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
