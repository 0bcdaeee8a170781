"""The last stage of the pipeline: writes scenes to the recording and pose files.

A sink that fails does not stop the others.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from realtime_pose.config import RECORDED_IMAGES, RecordConfig
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.recording.context import RecordingContext, SystemClock
from realtime_pose.recording.recorded_frame import FrameNeed, LatestGop, RecordedFrame
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.scene_encoder import MakeImage
from realtime_pose.recording.status import RecorderStatus
from realtime_pose.recording.targets import RecordingTarget, SegmentSeries, SingleFile
from realtime_pose.scene import Scene
from realtime_pose.sinks import Sink, StatusSink
from realtime_pose.sources import SourceStatus
from realtime_pose.sources.source import CODES_AS_WORDS, SourceWords

_log = logging.getLogger(__name__)


class Writer:
    """Writes each scene to the recording and to all pose sinks.

    One thread writes scenes; recordings start and stop from any thread.

    If the configuration has segments, a pre-roll or a retention limit, one recorder is on standby during the whole run.
    Otherwise each recording is a file of its own with a new recorder.

    Args:
        config: Settings of the recording.
        context: What is known about the source.
        make_image: Returns the image of a scene for each kind of recorded video.
        words: Puts each status of the source into words, for sinks that accept one.
        system_clock: Clock, disk and timer; None: those of this machine.
    """

    def __init__(
        self,
        config: RecordConfig,
        *,
        context: RecordingContext,
        make_image: MakeImage,
        words: SourceWords = CODES_AS_WORDS,
        system_clock: SystemClock | None = None,
    ) -> None:
        self._lock = threading.Lock()  # protects the recorder and the sinks; held while a scene is written
        self._pose_sinks: list[Sink] = []
        self._config = config
        self._context = context
        self._make_image = make_image
        self._words = words
        self._system_clock = system_clock
        self._recorder: Recorder | None = None
        self._latest_gop = LatestGop()  # filled while there is no recorder
        self._num_dropped = 0  # of earlier recorders
        self._errors: list[str] = []
        self._is_closed = False

    @property
    def recorder(self) -> RecorderStatus:
        """Status of the recorder; its dropped frames are those of all recordings of this run."""
        recorder = self._recorder  # one read: another thread may replace it at any time
        status = RecorderStatus() if recorder is None else recorder.status
        return replace(status, num_dropped=self._num_dropped + status.num_dropped)

    @property
    def errors(self) -> tuple[str, ...]:
        """Error messages of failed sinks, oldest first."""
        return tuple(self._errors)

    def add(self, sink: Sink) -> None:
        """Add a pose sink; the writer owns it from now on."""
        with self._lock:
            self._pose_sinks.append(sink)

    def start_as_configured(self) -> None:
        """Record at once, or fill the pre-roll and wait for a trigger.

        Raises:
            SinkError: The folder for recordings cannot be created.
            ConfigError: No path for recordings is set, but another setting needs one.
        """
        if self._config.path is None:
            if self._config.is_series:
                raise ConfigError(
                    "segment, preroll, postroll, keep and keep-days: expected a place for the recordings; "
                    "add --record FOLDER, or --record FOLDER/NAME.mp4 for file names that begin with NAME"
                )
            return
        if not self._config.is_series:
            self.start(self._config.path)
            return
        recorder = self._new_recorder(SegmentSeries(self._config.path, self._config))
        self._replace_recorder(recorder)
        if not self._config.waits:
            recorder.start()

    def start(self, path: Path) -> None:
        """Record from the next scene on; a running recording is finished first.

        A standby recorder starts with its pre-roll and writes to its own folder; path is then ignored.

        Raises:
            SinkError: The file cannot be created, or the source has ended.
        """
        if self._is_closed:
            raise SinkError(f"{path}: expected a running source to record, but it has ended; start it again first")
        if self._has_standby_recorder:
            self._command_recorder(Recorder.start)
            return
        # Create the file first: if this fails, the running recording goes on.
        recorder = self._new_recorder(SingleFile(path))
        recorder.start()
        self._replace_recorder(recorder)
        self._record_latest_gop()

    def stop(self) -> None:
        """Finish the recording after its post-roll, or at once at the second call."""
        if self._has_standby_recorder:
            self._command_recorder(Recorder.stop)
        else:
            self._replace_recorder(None)

    def trigger(self) -> None:
        """Record the pre-roll and the post-roll around this moment.

        Raises:
            SinkError: No recorder is on standby, or its file cannot be created.
        """
        if not self._has_standby_recorder:
            raise SinkError("expected a recorder that is armed, to trigger it; add --record FOLDER and --preroll 10s")
        self._command_recorder(Recorder.trigger)

    def find_need(self, has_packets: bool) -> FrameNeed:  # noqa: FBT001 - the only argument of a callback
        """What recordings need of a frame that is not analysed and has packets, or has none; for any thread."""
        kinds = RECORDED_IMAGES[self._config.picture]
        is_copied = has_packets and self._context.may_copy and "clean" in kinds
        if self._recorder is None:
            return FrameNeed.PACKETS if is_copied else FrameNeed.NOTHING
        return FrameNeed.PACKETS if is_copied and "overlay" not in kinds else FrameNeed.IMAGE

    def write(self, scene: Scene) -> Scene:
        """Write one analysed frame to the recording and all pose sinks; removes failed sinks."""
        self.record(RecordedFrame(scene))
        return scene

    def record(self, recorded: RecordedFrame) -> None:
        """Write one frame to the recording, and if it was analysed to all pose sinks; removes failed sinks."""
        if not self._context.may_copy:
            recorded = replace(recorded, packets=None)
        with self._lock:
            if self._recorder is None:
                self._latest_gop.add(recorded)
            else:
                self._record(self._recorder, recorded)
            if recorded.is_analysed:
                self._pose_sinks = [sink for sink in self._pose_sinks if self._write_to(sink, recorded.scene)]

    def write_status(self, status: SourceStatus) -> None:
        """Write a new status of the source to all sinks that accept one."""
        at_s = time.monotonic()  # before the lock, which a slow disk may hold for long
        words = self._words.describe_source(status)
        with self._lock:
            for sink in [sink for sink in self._pose_sinks if isinstance(sink, StatusSink)]:
                write = partial(sink.write_status, status.state, status.reason, words=words, at_s=at_s)
                if not self._try_sink(sink, write):
                    self._pose_sinks.remove(sink)

    def close(self) -> None:
        """Finish all sinks; later recordings are refused."""
        # First, so no other thread can start a recording that would stay open.
        self._is_closed = True
        self._replace_recorder(None)
        with self._lock:
            for sink in self._pose_sinks:
                self._close(sink)
            self._pose_sinks = []

    @property
    def _has_standby_recorder(self) -> bool:
        return self._config.is_series and self._recorder is not None

    def _new_recorder(self, target: RecordingTarget) -> Recorder:
        return Recorder(
            target, self._config, context=self._context, make_image=self._make_image, system_clock=self._system_clock
        )

    def _record_latest_gop(self) -> None:
        """Give the recorder the frames from before it that its copied video begins with."""
        with self._lock:
            for recorded in self._latest_gop.take():
                if self._recorder is not None:
                    self._record(self._recorder, recorded)

    def _record(self, recorder: Recorder, recorded: RecordedFrame) -> None:
        """Record one frame; removes the recorder if it has failed. The caller holds the lock."""
        if not self._try_sink(recorder, lambda: recorder.record(recorded)):
            self._clear_recorder()

    def _command_recorder(self, command: Callable[[Recorder], None]) -> None:
        """Send the command to the recorder between two scenes."""
        with self._lock:
            if self._recorder is not None:
                command(self._recorder)

    def _replace_recorder(self, recorder: Recorder | None) -> None:
        """Close the present recorder and continue with this one."""
        with self._lock:
            if self._recorder is not None:
                self._close(self._recorder)
                self._clear_recorder()
            self._recorder = recorder

    def _clear_recorder(self) -> None:
        """Remove the recorder, keep its drop count; the caller holds the lock."""
        if self._recorder is not None:
            self._num_dropped += self._recorder.status.num_dropped
        self._recorder = None

    def _write_to(self, sink: Sink, scene: Scene) -> bool:
        """Write the scene to the sink; returns False if the sink has failed."""
        return self._try_sink(sink, lambda: sink.write(scene))

    def _try_sink(self, sink: Sink, action: Callable[[], None]) -> bool:
        """Run an action of the sink; on failure keep the error, close it, return False."""
        try:
            action()
        except SinkError as error:
            self._record_error(error)
            self._close(sink)
            return False
        return True

    def _close(self, sink: Sink) -> None:
        try:
            sink.close()
        except SinkError as error:
            self._record_error(error)

    def _record_error(self, error: SinkError) -> None:
        # A sink that failed in a write raises the same error again when it is closed.
        if str(error) not in self._errors:
            self._errors.append(str(error))
            _log.error("%s", error)
