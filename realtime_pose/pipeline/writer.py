"""The last stage of the pipeline: writes scenes to the recording and to pose files, or to pipes.

A sink that fails does not stop the others.
"""

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from realtime_pose.config import RECORDED_IMAGES, RecordConfig
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.files.text_output import PoseOutput
from realtime_pose.pipeline.pose_outlet import PoseOutlet
from realtime_pose.pipeline.sink_failures import SinkFailures
from realtime_pose.recording.context import RecordingContext, SystemClock
from realtime_pose.recording.recorded_frame import FrameNeed, LatestFrames, RecordedFrame
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.scene_encoder import MakeImage
from realtime_pose.recording.status import RecorderStatus
from realtime_pose.recording.targets import RecordingTarget, SegmentSeries, SingleFile
from realtime_pose.scene import Scene
from realtime_pose.sinks import Sink, StatusSink
from realtime_pose.sources import SourceStatus
from realtime_pose.sources.source import CODES_AS_WORDS, SourceWords


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
        self._outlets: list[PoseOutlet] = []
        self._config = config
        self._context = context
        self._make_image = make_image
        self._words = words
        self._system_clock = system_clock
        self._recorder: Recorder | None = None
        self._latest = LatestFrames()  # of a live source, filled while there is no recorder
        self._num_dropped = 0  # of earlier recorders
        self._recorded: dict[Path, None] = {}  # an ordered set: where the finished recordings lie
        self._failures = SinkFailures()
        self._is_recording_finished = False
        self._is_closed = False

    @property
    def recorder(self) -> RecorderStatus:
        """Status of the recorder; its dropped frames are those of all recordings of this run."""
        recorder = self._recorder  # one read: another thread may replace it at any time
        status = RecorderStatus() if recorder is None else recorder.status
        return replace(status, num_dropped=self._num_dropped + status.num_dropped)

    @property
    def failures(self) -> SinkFailures:
        """What has failed; for any thread."""
        return self._failures

    @property
    def written(self) -> tuple[str, ...]:
        """Names of the outputs that hold results, the recordings first; complete after ``close``."""
        return (*map(str, self._recorded), *(outlet.name for outlet in self._outlets if outlet.has_results))

    @property
    def has_output(self) -> bool:
        """Whether an output has not failed: one is being written, or was finished."""
        is_recorded = self._recorder is not None or self._is_recording_finished
        return is_recorded or not all(outlet.has_failed for outlet in self._outlets)

    def add(self, sink: Sink, *, name: str = "", output: PoseOutput | None = None) -> None:
        """Add a pose sink; the writer owns it from now on.

        Args:
            sink: The sink.
            name: What messages call its output.
            output: What it writes to; None if it is something else.
        """
        with self._lock:
            self._outlets.append(PoseOutlet(sink, name, output))

    def for_clips(self) -> "Writer | None":
        """A writer without outputs, for recordings of stretches of the same file; None if this one makes a series."""
        if self._config.is_series:
            return None
        config = replace(self._config, path=None)
        return Writer(config, context=self._context, make_image=self._make_image, words=self._words)

    def interrupt(self) -> None:
        """Let a write to a pipe that nobody reads return soon; from any thread."""
        # Without the lock, which the waiting write holds. The list only grows.
        for outlet in self._outlets:
            if outlet.output is not None:
                outlet.output.interrupt()

    def start_as_configured(self, *, may_replace: bool = False) -> None:
        """Record at once, or fill the pre-roll and wait for a trigger.

        Args:
            may_replace: Whether an existing file may be replaced; a series never does.

        Raises:
            SinkError: The file, or the folder for recordings, cannot be created.
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
            self._start(SingleFile(self._config.path, self._config, may_replace=may_replace))
            return
        recorder = self._new_recorder(SegmentSeries(self._config.path, self._config))
        self._replace_recorder(recorder)
        if not self._config.waits:
            recorder.start()

    def start(self, path: Path) -> None:
        """Record from now on, of a live source from its newest image on; a running recording is finished first.

        A standby recorder starts with its pre-roll and writes to its own folder; path is then ignored.

        Raises:
            SinkError: The file cannot be created, or the source has ended.
        """
        if self._is_closed:
            raise SinkError(f"{path}: expected a running source to record, but it has ended; start it again first")
        if self._context.run.is_pictures:
            raise SinkError("single pictures are not recorded as a video; write annotated pictures with --out FOLDER")
        if self._has_standby_recorder:
            self._command_recorder(Recorder.start)
            return
        self._start(SingleFile(path, self._config))

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
            if self._recorder is None and self._context.is_live:
                self._latest.add(recorded)
            elif self._recorder is not None:
                self._record(self._recorder, recorded)
            if recorded.is_analysed:
                for outlet in self._outlets:
                    self._write_to(outlet, partial(outlet.sink.write, recorded.scene))

    def write_status(self, status: SourceStatus) -> None:
        """Write a new status of the source to all sinks that accept one."""
        at_s = time.monotonic()  # before the lock, which a slow disk may hold for long
        words = self._words.describe_source(status)
        with self._lock:
            for outlet in self._outlets:
                if isinstance(outlet.sink, StatusSink):
                    write = partial(outlet.sink.write_status, status.state, status.reason, words=words, at_s=at_s)
                    self._write_to(outlet, write)

    def close(self) -> None:
        """Finish all sinks; later recordings are refused."""
        # First, so no other thread can start a recording that would stay open.
        self._is_closed = True
        self._replace_recorder(None)
        with self._lock:
            for outlet in self._outlets:
                if not outlet.has_failed:  # else it is closed already
                    outlet.has_failed = not self._failures.close(outlet.sink)

    @property
    def _has_standby_recorder(self) -> bool:
        return self._config.is_series and self._recorder is not None

    def _start(self, target: RecordingTarget) -> None:
        """Record to this target in place of the present one."""
        recorder = self._new_recorder(target)
        recorder.start()  # first: if this fails, the running recording goes on
        self._replace_recorder(recorder)

    def _new_recorder(self, target: RecordingTarget) -> Recorder:
        return Recorder(
            target, self._config, context=self._context, make_image=self._make_image, system_clock=self._system_clock
        )

    def _record(self, recorder: Recorder, recorded: RecordedFrame) -> None:
        """Record one frame; removes the recorder if it has failed. The caller holds the lock."""
        if not self._failures.attempt(recorder, partial(recorder.record, recorded)):
            self._clear_recorder()

    def _command_recorder(self, command: Callable[[Recorder], None]) -> None:
        """Send the command to the recorder between two scenes."""
        with self._lock:
            if self._recorder is not None:
                command(self._recorder)

    def _replace_recorder(self, recorder: Recorder | None) -> None:
        """Close the present recorder and continue with this one, which begins with the latest frames."""
        with self._lock:
            if self._recorder is not None:
                self._is_recording_finished |= self._failures.close(self._recorder)
                self._clear_recorder()
                gc.collect()  # PyAV's containers and streams refer to each other, and hold the memory of the encoder
            self._recorder = recorder
            for recorded in self._latest.take():  # at the end of the run they are only freed
                if self._recorder is not None:
                    self._record(self._recorder, recorded)

    def _clear_recorder(self) -> None:
        """Remove the recorder, keep its drop count; the caller holds the lock."""
        if self._recorder is not None:
            self._num_dropped += self._recorder.status.num_dropped
            self._recorded |= dict.fromkeys(self._recorder.written)
        self._recorder = None

    def _write_to(self, outlet: PoseOutlet, write: Callable[[], None]) -> None:
        """Write something to a pose sink that has not failed."""
        if not outlet.has_failed:
            outlet.has_failed = not self._failures.attempt(outlet.sink, write)
            outlet.is_written |= not outlet.has_failed
