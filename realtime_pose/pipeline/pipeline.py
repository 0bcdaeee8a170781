"""The running application without its window: threads from source to output."""

import logging
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

from realtime_pose.channels import Channel, Inlet, Mailbox, Queue
from realtime_pose.config import LiveSettings
from realtime_pose.errors import RealtimePoseError
from realtime_pose.pipeline.capture import capture_stage
from realtime_pose.pipeline.kept_scenes import KeptScenes
from realtime_pose.pipeline.model_exchange import ModelExchange
from realtime_pose.pipeline.parts import PipelineParts
from realtime_pose.pipeline.perception_stages import Ends, perception_stages
from realtime_pose.pipeline.reopener import NoReplay, Reopener
from realtime_pose.pipeline.replay import Replay
from realtime_pose.pipeline.reporting import make_report
from realtime_pose.pipeline.run_control import RunControl
from realtime_pose.pipeline.sink_stages import publication_stages, sink_stages
from realtime_pose.pipeline.stage import DropCounter, Stage
from realtime_pose.pipeline.stats import Report
from realtime_pose.pipeline.stream_perception import StreamPerception
from realtime_pose.pipeline.window_view import WindowView
from realtime_pose.publishing import Publication
from realtime_pose.scene import Scene

STOP_DEADLINE_S = 1.8
_QUEUE_CAPACITY = 2  # frames between two stages for a file

_log = logging.getLogger(__name__)


class Pipeline:
    """The threads capture, detect, pose, track, sinks, pipes (if there are any) and display.

    Each thread ends when its inlet ends. Of a live source, new frames replace old ones; of a file no frame is lost,
    because each stage waits for the next. The first failure stops all threads and is raised by ``wait``.

    Args:
        parts: Source, models, writer and images.
        settings: Settings that may change during the run.
        max_frames: Stop after this number of frames; 0: never.

    Attributes:
        source: The source of the frames.
        networks: Detector and pose estimator; may be shared with other pipelines.
        recording: Starts and stops recordings, and triggers one.
        shown: The latest scenes, drawn at the size ``settings.display_wh`` if this is set. One consumer.
        reopener: How the source is read once more, for a window; why a file on a server cannot be; None for others.
        models: Exchanges detector and pose estimator during the run; None if that is not possible.
    """

    def __init__(self, parts: PipelineParts, settings: LiveSettings, *, max_frames: int = 0) -> None:
        self.source = parts.source
        self.networks = parts.networks
        self.recording = parts.writer
        self.reopener: Reopener | NoReplay | None = None
        self.models: ModelExchange | None = None
        self._parts = parts
        self._statistics = parts.images.statistics
        self._max_frames = max_frames
        self._failure: RealtimePoseError | None = None
        self._is_started = self._is_replayed = False
        self._lock = threading.Lock()  # protects _failure
        self._control = RunControl()
        self._perception = StreamPerception(parts, settings)
        self._drops = DropCounter(freshness_s=parts.freshness_s if parts.source.info.is_live else None)
        self._view = WindowView(parts, settings, unpaused=self._control.unpaused)
        self.shown = self._view.shown
        self._channels: dict[str, Inlet[Any]] = {}
        self._track_outlets: list[Inlet[Scene]] = []  # the track stage holds this list too: scenes() may add to it
        self._stages = self._build_stages()
        self._publications = dict(self._build_publications())

    @property
    def settings(self) -> LiveSettings:
        """Settings that may change in the run; a new value redraws the latest scene."""
        return self._view.settings

    @settings.setter
    def settings(self, settings: LiveSettings) -> None:
        self._perception.settings = settings  # one reference, so the other threads need no lock
        self._view.apply(settings)

    def start(self) -> None:
        """Start all threads; call once."""
        self._is_started = True
        for stage in (*self._stages, *self._publications.values(), self._view.stage):
            stage.start(on_failure=self._fail, on_not_finite=self._drops.record_not_finite)

    def open_replay(self) -> Replay | None:
        """Keep what is analysed of a file, and show the file at any place; call it once, before ``start``.

        What is shown is also what is published.

        The replay ends with ``stop``. While it shows the file, set ``display_wh`` of the settings to None.

        Returns:
            The replay, which is running; None for a source that cannot be read once more.
        """
        if not isinstance(self.reopener, Reopener):
            return None
        self._track_outlets.append(kept := KeptScenes(self.networks.skeleton))
        channels = [self._channels[name] for name in self._publications]
        for channel in channels:
            self._track_outlets.remove(channel)
        self._is_replayed = True
        return self._view.open_replay(self.reopener, kept, channels)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of all work; returns whether it came within timeout_s.

        Raises:
            RealtimePoseError: The first failure of a stage; only one call raises it. A StageError has the exception of
                another library as its cause.
        """
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        has_ended = all(
            stage.join(None if deadline_s is None else max(0.0, deadline_s - time.monotonic()))
            for stage in self._working
        )
        # While threads still run, keep the failure for a later call.
        with self._lock:
            failure, self._failure = (self._failure, None) if has_ended else (None, self._failure)
        if failure is None:
            return has_ended
        try:
            raise failure
        finally:
            del failure  # its traceback holds this frame

    def stop(self) -> None:
        """End all threads and finish all files within two seconds, from any thread."""
        self._request_stop()
        self._view.interrupt()
        deadline_s = time.monotonic() + STOP_DEADLINE_S
        # Join the sinks first: a source that hangs must not use up the time in which they finish their files.
        for stage in (*self._publications.values(), *reversed(self._stages), self._view.stage):
            if stage.join(max(0.0, deadline_s - time.monotonic())):
                stage.release()
            else:
                _log.warning("the thread %s hangs in a call that does not return; it is abandoned", stage.name)
        if self._parts.governor is not None:
            self._parts.governor.close(max(0.0, deadline_s - time.monotonic()))
        self._view.close(max(0.0, deadline_s - time.monotonic()))
        if not self._is_started:
            for writer in self._parts.writers:  # no thread closes their files
                writer.close()
        self._perception.clear()

    @property
    def publications(self) -> tuple[Publication, ...]:
        """What sends the pictures out of the program; it may be switched on and off."""
        return self._parts.publications

    def set_paused(self, *, is_paused: bool) -> None:
        """Pause or resume: a file is not read meanwhile; a live display is frozen."""
        self._control.pause(is_paused=is_paused)

    def trigger(self) -> None:
        """Record the pre-roll and the post-roll around this moment.

        Raises:
            SinkError: No recorder is on standby, or its file cannot be created.
        """
        self.recording.trigger()

    def scenes(self) -> Generator[Scene, None, None]:
        """Start, yield the tracked scenes until the end, then stop.

        Of a live source, scenes that the caller is too slow for are dropped.

        Raises:
            RealtimePoseError: The first failure of a stage.
        """
        subscription: Channel[Scene] = Mailbox() if self.source.info.is_live else Queue(_QUEUE_CAPACITY)
        self._channels["subscriber"] = subscription
        self._track_outlets.append(subscription)
        self.start()
        try:
            yield from subscription
            self.wait()
        finally:
            self.stop()

    def report(self) -> Report:
        """The present state with all statistics."""
        is_ended = all(stage.join(0) for stage in self._working)
        dropped = {name: channel.dropped for name, channel in self._channels.items()} | self._drops.counts
        view = self._view
        report = make_report(
            self._parts, dropped=dropped, is_ended=is_ended, clips=view.clips, people_age_s=view.people_age_s
        )
        return replace(report, no_replay=self.reopener if isinstance(self.reopener, NoReplay) else None)

    def _build_stages(self) -> list[Stage[Any, Any]]:
        """The stages and their channels: newest-only if live, lossless for a file."""
        channel, capture_stages, captured = capture_stage(
            self.source,
            max_frames=self._max_frames,
            unpaused=self._control.unpaused,
            add_time=self._statistics.add_time,
        )
        ends = Ends(captured, self._publish, self._track_outlets)
        channels, stages = perception_stages(self._parts, self._perception, ends, drops=self._drops)
        self._channels |= channel | channels
        return [*capture_stages, *stages, *self._build_sinks()]

    def _build_sinks(self) -> Iterator[Stage[Any, Any]]:
        """The stages that write the scenes; the track stage puts into their channels."""
        for name, channel, stage in sink_stages(
            self._parts,
            add_time=self._statistics.add_time,
            on_unrecorded=self._drops.record_unrecorded,
            view=self._view.listener,
        ):
            self._channels[name] = channel
            self._track_outlets.append(channel)
            yield stage

    def _build_publications(self) -> Iterator[tuple[str, Stage[Any, Any]]]:
        """The stages that publish, by the names of their channels."""
        for name, channel, stage in publication_stages(self._parts):
            self._channels[name] = channel
            self._track_outlets.append(channel)
            yield name, stage

    @property
    def _working(self) -> tuple[Stage[Any, Any], ...]:
        """The stages whose end is that of the run; what is shown of a file is published beyond its analysis."""
        return (*self._stages, *(() if self._is_replayed else self._publications.values()))

    def _publish(self, scene: Scene) -> Scene:
        """Count the scene and show it."""
        self._perception.observe(scene)
        self._statistics.add_tracked(scene.frame, now_s=time.monotonic(), unposed=len(scene.unposed))
        self._view.update(scene)
        return scene

    def _fail(self, error: RealtimePoseError) -> None:
        """Keep the first failure and stop all threads; runs in the thread that failed."""
        with self._lock:
            if self._failure is None:
                self._failure = error
        self._request_stop()

    def _request_stop(self) -> None:
        """Make every wait of a thread return: in the source, in a pause and in a channel."""
        self.source.close()
        self._control.stop()
        for channel in self._channels.values():
            channel.cancel()
        for writer in self._parts.writers:
            writer.interrupt()
        for publication in self._parts.publications:
            publication.interrupt()
