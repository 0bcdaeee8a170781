"""The running application without its window: threads from a source to tracked, written, drawn scenes."""

import logging
import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from realtime_pose.channels import Channel, DroppingQueue, Mailbox, Queue
from realtime_pose.config import LiveSettings
from realtime_pose.errors import ChannelClosedError
from realtime_pose.pipeline.drop_counter import DropCounter
from realtime_pose.pipeline.overlay import Overlay, repeat_latest
from realtime_pose.pipeline.paced_queue import PacedQueue
from realtime_pose.pipeline.perception import PerceptionStages
from realtime_pose.pipeline.stage import Stage, TwoWorkerStage
from realtime_pose.pipeline.stats import Report
from realtime_pose.pipeline.status_updates import with_status_updates
from realtime_pose.pipeline.writer import Writer
from realtime_pose.scene import Frame, Scene
from realtime_pose.sources import Source, SourceState, SourceStatus

STOP_DEADLINE_S = 1.8
_BETWEEN_STAGES = 2  # frames of a file
_SHARE_BETWEEN_STAGES = 0.25  # of the freshness budget: the rest is for a stage that takes longer than expected
_BEFORE_SINKS = 16  # frames that a live recording may fall behind before it drops some

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PipelineParts:
    """What a pipeline is made of; build.py chooses them.

    Attributes:
        source: Where frames come from, opened.
        stages: The models.
        writer: Where scenes go.
        overlay: Draws for the window; holds the statistics that all stages share.
        warning: What the user must know, in words; "" for nothing.
        freshness_s: Frames of a live source that have waited longer are dropped at the door of a stage; None: never.
    """

    source: Source
    stages: PerceptionStages
    writer: Writer
    overlay: Overlay
    warning: str = ""
    freshness_s: float | None = None


class Pipeline:
    """Threads capture, detect, pose, track, sinks, display; each ends by itself when its source does.

    A live source's old frames give way to new ones; of a file nothing is lost, every stage waits for the next. The
    first failure stops everything and is raised by ``wait``.

    Args:
        parts: What it is made of.
        settings: What may change while it runs.
        max_frames: Stop after so many frames; 0: never.

    Attributes:
        source: Where frames come from.
        shown: Newest scenes, drawn at the window's size while ``settings.display_wh`` is set. One consumer.
    """

    def __init__(self, parts: PipelineParts, settings: LiveSettings, *, max_frames: int = 0) -> None:
        self.source = parts.source
        self.shown: Mailbox[Scene] = Mailbox()
        self._parts = parts
        self._statistics = parts.overlay.statistics
        self._settings = settings
        self._max_frames = max_frames
        self._failure: Exception | None = None
        self._lock = threading.Lock()
        self._may_run = threading.Event()
        self._may_run.set()
        self._newest: Scene | None = None
        self._drops = DropCounter(freshness_s=parts.freshness_s if parts.source.info.is_live else None)
        self._to_display: Mailbox[Scene] = Mailbox()
        self._channels: dict[str, Channel[Scene]] = {}
        self._onlookers: list[Channel[Scene]] = []  # outlets of the track stage, shared with it
        self._stages = self._assembled()
        to_draw = repeat_latest(self._to_display, is_wanted=self._is_waiting)
        self._display = Stage("display", self._drawn_for_window, inlet=to_draw, outlets=[self.shown])

    @property
    def settings(self) -> LiveSettings:
        """What may change while it runs; setting it swaps the reference, and draws the newest scene again."""
        return self._settings

    @settings.setter
    def settings(self, settings: LiveSettings) -> None:
        self._settings = settings
        if self._newest is not None:
            self._show(self._newest)

    def start(self) -> None:
        """Start all threads; once."""
        for stage in (*self._stages, self._display):
            stage.start(on_failure=self._fail, on_not_finite=self._drops.note_not_finite)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether all work has ended within timeout_s; None waits for ever.

        Raises:
            Exception: The first failure of a stage, as it was raised there; once.
        """
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        has_ended = all(
            stage.join(None if deadline_s is None else max(0.0, deadline_s - time.monotonic()))
            for stage in self._stages
        )
        with self._lock:
            failure, self._failure = (self._failure, None) if has_ended else (None, self._failure)
        if failure is not None:
            raise failure
        return has_ended

    def stop(self) -> None:
        """End all threads, finish what is written, and return within two seconds, from any state and thread."""
        self._request_stop()
        self._to_display.cancel()
        deadline_s = time.monotonic() + STOP_DEADLINE_S
        for stage in (*reversed(self._stages), self._display):
            if not stage.join(max(0.0, deadline_s - time.monotonic())):
                _log.warning("%s hangs in a call that does not return; it is left behind", stage.name)
        self.shown.close()

    def set_paused(self, *, is_paused: bool) -> None:
        """Hold or go on: a file is not read meanwhile, a live source is, but its picture stands still."""
        if is_paused:
            self._may_run.clear()
        else:
            self._may_run.set()

    def start_recording(self, path: Path) -> None:
        """Record from the next scene on.

        Raises:
            SinkError: The file cannot be made.
        """
        self._parts.writer.start_recording(path)

    def stop_recording(self) -> None:
        """Finish the running recording, if there is one; after its post-roll, or at once where asked again."""
        self._parts.writer.stop_recording()

    def trigger(self) -> None:
        """Record what lies around this moment: the pre-roll and the post-roll.

        Raises:
            SinkError: No recorder stands by, or its file cannot be made.
        """
        self._parts.writer.trigger()

    def scenes(self) -> Iterator[Scene]:
        """Start, and give every tracked scene (of a live source the newest) until the end; then stop.

        Raises:
            Exception: The first failure of a stage.
        """
        subscription: Channel[Scene] = Mailbox() if self.source.info.is_live else Queue(_BETWEEN_STAGES)
        self._channels["subscriber"] = subscription
        self._onlookers.append(subscription)
        self.start()
        try:
            yield from subscription
            self.wait()
        finally:
            self.stop()

    def report(self) -> Report:
        """How it is doing now."""
        statistics, writer, source = self._statistics, self._parts.writer, self.source.status
        age_p50_s, age_p95_s = statistics.age_percentiles_s()
        return Report(
            source=source,
            devices=self._parts.overlay.devices,
            warning=self._parts.warning,
            rate_hz=statistics.rate_hz,
            age_s=statistics.age_s,
            num_frames=statistics.num_frames,
            stages=statistics.stages(),
            dropped=self._dropped(source),
            recording=writer.recording,
            sink_errors=writer.errors,
            is_ended=all(stage.join(0) for stage in self._stages),
            recorder=writer.recorder_state,
            recorder_note=writer.recorder_note,
            recorder_dropped=writer.recorder_dropped,
            age_p50_s=age_p50_s,
            age_p95_s=age_p95_s,
        )

    def _dropped(self, source: SourceStatus) -> dict[str, int]:
        """Frames that were given up, by where and why."""
        channels = {name: channel.dropped for name, channel in self._channels.items()}
        return {"the source": source.dropped} | channels | self._drops.counts

    def _assembled(self) -> list[Stage[Scene, Scene]]:
        """The stages and the channels between them; newest-only or lossless as the source asks."""
        live, timed, work = self.source.info.is_live, self._statistics.timed, self._parts.stages
        captured: Channel[Scene] = Mailbox() if live else Queue(_BETWEEN_STAGES)
        budget_s = self._parts.freshness_s or math.inf
        paced_queue: PacedQueue[Scene] = PacedQueue(longest_wait_s=budget_s * _SHARE_BETWEEN_STAGES)
        detected: Channel[Scene] = paced_queue if live else Queue(_BETWEEN_STAGES)
        posed: Channel[Scene] = Queue(1)
        tracked: Channel[Scene] = DroppingQueue(_BEFORE_SINKS) if live else Queue(_BETWEEN_STAGES)
        self._channels |= {"captured": captured, "detected": detected, "posed": posed, "tracked": tracked}
        self._onlookers.append(tracked)
        detect = timed("detect", lambda scene: work.detect(scene, settings=lambda: self._settings))
        pose = timed("pose", work.pose)
        track = timed("track", lambda scene: work.track(scene, smooth=self._settings.smooth))
        write = timed("sinks", self._parts.writer.write)
        due = paced_queue.paced(captured) if live else captured
        posing: type[Stage[Scene, Scene]] = Stage if live else TwoWorkerStage
        written = with_status_updates(tracked, self.source, self._parts.writer.note_state) if live else tracked

        def publish(scene: Scene) -> Scene:
            return self._published(track(scene))

        def pose_and_tell(scene: Scene) -> Scene:
            result = pose(scene)
            paced_queue.add_consumer_time(result.timings["pose"])
            return result

        return [
            Stage("capture", lambda scene: scene, inlet=self._captured(), outlets=[captured]),
            Stage("detect", detect, inlet=self._drops.drop_stale(due, door="detect"), outlets=[detected]),
            posing("pose", pose_and_tell, inlet=self._drops.drop_stale(detected, door="pose"), outlets=[posed]),
            Stage("track", publish, inlet=posed, outlets=self._onlookers, finish=self._statistics.end),
            Stage("sinks", write, inlet=written, finish=self._parts.writer.close),
        ]

    def _captured(self) -> Iterator[Scene]:
        """Frames of the source as scenes, up to max_frames; held while a file is paused."""
        frames: Iterator[Frame] = self._statistics.timed_values("capture", self.source)
        for count, frame in enumerate(frames, start=1):
            if not self.source.info.is_live:
                self._may_run.wait()
            yield Scene(frame)
            if count == self._max_frames:
                self.source.close()
                return

    def _published(self, scene: Scene) -> Scene:
        """The scene, noted, and shown unless the picture is to stand still."""
        self._statistics.add_tracked(scene.frame, now_s=time.monotonic())
        if self._may_run.is_set() or not self.source.info.is_live:
            self._show(scene)
        return scene

    def _is_waiting(self) -> bool:
        """Whether the picture stands still because nothing comes."""
        return self.source.info.is_live and self._may_run.is_set() and self.source.status.state is not SourceState.ENDED

    def _show(self, scene: Scene) -> None:
        """Have the display draw it, if there is one."""
        self._newest = scene
        if self._settings.display_wh is not None:
            try:
                self._to_display.put(scene)
            except ChannelClosedError:
                _log.debug("the display has stopped")

    def _drawn_for_window(self, scene: Scene) -> Scene:
        settings = self._settings
        return self._parts.overlay.draw(scene, settings.shown, wh=settings.display_wh)

    def _fail(self, error: Exception) -> None:
        """Keep the first failure and stop the rest; called in the failing thread."""
        with self._lock:
            if self._failure is None:
                self._failure = error
        self._request_stop()

    def _request_stop(self) -> None:
        self.source.close()
        self._may_run.set()
        for channel in self._channels.values():
            channel.cancel()
