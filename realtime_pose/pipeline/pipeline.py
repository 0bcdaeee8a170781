"""The running application without its window: threads from source to output."""

import logging
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from realtime_pose.channels import Channel, Inlet, Mailbox, Queue
from realtime_pose.config import LiveSettings
from realtime_pose.errors import ChannelClosedError, RealtimePoseError
from realtime_pose.pipeline.capture import capture
from realtime_pose.pipeline.images import DrawnScene, repeat_latest
from realtime_pose.pipeline.kept_scenes import KeptScenes
from realtime_pose.pipeline.live_view import LiveView
from realtime_pose.pipeline.parts import PipelineParts
from realtime_pose.pipeline.perception import CapturedFrame
from realtime_pose.pipeline.perception_stages import Ends, perception_stages
from realtime_pose.pipeline.reopener import Reopener
from realtime_pose.pipeline.replay import Replay
from realtime_pose.pipeline.run_control import RunControl
from realtime_pose.pipeline.sink_stages import sink_stages
from realtime_pose.pipeline.stage import DropCounter, Stage
from realtime_pose.pipeline.stats import Report
from realtime_pose.pipeline.stream_perception import StreamPerception
from realtime_pose.scene import Scene
from realtime_pose.sources import SourceState

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
        reopener: How the source is read once more, for a window; None if it cannot be.
    """

    def __init__(self, parts: PipelineParts, settings: LiveSettings, *, max_frames: int = 0) -> None:
        self.source = parts.source
        self.networks = parts.networks
        self.recording = parts.writer
        self.shown: Mailbox[DrawnScene] = Mailbox()
        self.reopener: Reopener | None = None
        self._parts = parts
        self._statistics = parts.images.statistics
        self._settings = settings
        self._max_frames = max_frames
        self._failure: RealtimePoseError | None = None
        self._is_started = False
        self._lock = threading.Lock()  # protects _failure
        self._control = RunControl()
        self._latest: Scene | None = None  # shown in the window
        self._replay: Replay | None = None
        self._perception = StreamPerception(parts, settings)
        self._drops = DropCounter(freshness_s=parts.freshness_s if parts.source.info.is_live else None)
        self._to_display: Mailbox[Scene] = Mailbox()  # a slow window drops scenes and never slows tracking
        self._live_view = LiveView(self._show_live)
        self._channels: dict[str, Inlet[Any]] = {}
        self._track_outlets: list[Inlet[Scene]] = []  # the track stage holds this list too: scenes() may add to it
        self._stages = self._build_stages()
        to_draw = repeat_latest(self._to_display, is_wanted=self._needs_repeat)
        self._display = Stage("display", self._draw_for_window, inlet=to_draw, outlets=[self.shown])

    @property
    def settings(self) -> LiveSettings:
        """Settings that may change in the run; a new value redraws the latest scene."""
        return self._settings

    @settings.setter
    def settings(self, settings: LiveSettings) -> None:
        self._settings = self._perception.settings = settings  # one reference, so the other threads need no lock
        if self._latest is not None:
            self._show(self._latest)

    def start(self) -> None:
        """Start all threads; call once."""
        self._is_started = True
        for stage in (*self._stages, self._display):
            stage.start(on_failure=self._fail, on_not_finite=self._drops.record_not_finite)

    def open_replay(self) -> Replay | None:
        """Keep what is analysed of a file, and show the file at any place; call it once, before ``start``.

        The replay ends with ``stop``. While it shows the file, set ``display_wh`` of the settings to None.

        Returns:
            The replay, which is running; None for a source that cannot be read once more.
        """
        if self.reopener is None:
            return None
        kept = KeptScenes(self.networks.skeleton)
        self._track_outlets.append(kept)
        images, writer = self._parts.images, self._parts.writer
        self._replay = Replay(self.reopener, kept, draw=images.for_window, writer=writer.for_clips())
        self._replay.start()
        return self._replay

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of all work; returns whether it came within timeout_s.

        Raises:
            RealtimePoseError: The first failure of a stage; only one call raises it. A StageError has the exception of
                another library as its cause.
        """
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        has_ended = all(
            stage.join(None if deadline_s is None else max(0.0, deadline_s - time.monotonic()))
            for stage in self._stages
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
        self._to_display.cancel()
        deadline_s = time.monotonic() + STOP_DEADLINE_S
        # Join the sinks first: a source that hangs must not use up the time in which they finish their files.
        for stage in (*reversed(self._stages), self._display):
            if stage.join(max(0.0, deadline_s - time.monotonic())):
                stage.release()
            else:
                _log.warning("the thread %s hangs in a call that does not return; it is abandoned", stage.name)
        for thread in (self._parts.governor, self._replay):
            if thread is not None:
                thread.close(max(0.0, deadline_s - time.monotonic()))
        if not self._is_started:
            for writer in self._parts.writers:  # no thread closes their files
                writer.close()
        self.shown.close()
        self._latest = None
        self._live_view.close()
        self._perception.clear()

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
        statistics, writers, source = self._statistics, self._parts.writers, self.source.status
        errors = tuple(error for writer in writers for error in writer.failures.messages)
        clips = self._replay.clips if self._replay is not None else None
        recorder = clips.recorder if clips is not None and clips.recorder.is_started else self.recording.recorder
        age_p50_s, age_p95_s = statistics.age_percentiles_s()
        dropped_between = {name: channel.dropped for name, channel in self._channels.items()}
        return Report(
            source=source,
            devices=self._parts.images.devices,
            warning=self._parts.warning,
            rate_hz=statistics.rate_hz,
            age_s=statistics.age_s,
            num_frames=statistics.num_frames,
            stages=statistics.stages(),
            dropped={"the source": source.dropped} | dropped_between | self._drops.counts,
            sink_errors=errors if clips is None else (*errors, *clips.errors),
            written=tuple(name for writer in writers for name in writer.written),
            are_outputs_lost=bool(errors) and not any(writer.has_output for writer in writers),
            is_reader_gone=any(writer.failures.is_reader_gone for writer in writers),
            is_ended=all(stage.join(0) for stage in self._stages),
            recorder=recorder,
            age_p50_s=age_p50_s,
            age_p95_s=age_p95_s,
            crowd=statistics.crowd,
            people_age_s=self._live_view.people_age_s,
            engines=self._parts.networks.info.engines,
            governor=self._parts.governor.report if self._parts.governor is not None else None,
        )

    def _build_stages(self) -> list[Stage[Any, Any]]:
        """The stages and their channels: newest-only if live, lossless for a file."""
        capture_stages, captured = self._build_capture()
        ends = Ends(captured, self._publish, self._track_outlets)
        channels, stages = perception_stages(self._parts, self._perception, ends, drops=self._drops)
        self._channels |= channels
        return [*capture_stages, *stages, *self._build_sinks()]

    def _build_sinks(self) -> Iterator[Stage[Any, Any]]:
        """The stages that write the scenes; the track stage puts into their channels."""
        for name, channel, stage in sink_stages(
            self._parts,
            add_time=self._statistics.add_time,
            on_unrecorded=self._drops.record_unrecorded,
            view=self._live_view,
        ):
            self._channels[name] = channel
            self._track_outlets.append(channel)
            yield stage

    def _build_capture(self) -> tuple[list[Stage[Any, Any]], Iterable[CapturedFrame]]:
        """The capture stage, if one is needed, and the captured frames."""
        info = self.source.info
        frames = capture(
            self.source,
            max_frames=self._max_frames,
            unpaused=self._control.unpaused,
            add_time=self._statistics.add_time,
        )
        if info.keeps_newest:  # a second slot behind that of the source would only make frames older
            return [], map(CapturedFrame, frames)
        captured: Channel[CapturedFrame] = Mailbox() if info.is_live else Queue(_QUEUE_CAPACITY)
        self._channels["captured"] = captured
        return [Stage("capture", CapturedFrame, inlet=frames, outlets=[captured])], captured

    def _publish(self, scene: Scene) -> Scene:
        """Count the scene and show it."""
        self._perception.observe(scene)
        self._statistics.add_tracked(scene.frame, now_s=time.monotonic(), unposed=len(scene.unposed))
        if self.source.info.is_live:
            self._live_view.update(scene)
        else:
            self._show(scene)
        return scene

    def _show_live(self, scene: Scene) -> None:
        """Show a scene of a live source, unless the display is frozen by a pause."""
        if self._control.unpaused.is_set():
            self._show(scene)

    def _needs_repeat(self) -> bool:
        """Whether the latest scene is drawn again while no scene arrives."""
        has_ended = self.source.status.state is SourceState.ENDED
        return self.source.info.is_live and self._control.unpaused.is_set() and not has_ended

    def _show(self, scene: Scene) -> None:
        """Send the scene to the display, if there is one."""
        self._latest = scene
        if self._settings.display_wh is not None:
            try:
                self._to_display.put(scene)
            except ChannelClosedError:  # stop() cancels the mailbox while the track thread still runs
                _log.debug("the display has stopped")

    def _draw_for_window(self, scene: Scene) -> DrawnScene:
        return self._parts.images.for_window(scene, self._settings)  # one read: another thread may replace them

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
