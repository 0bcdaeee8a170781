"""The end of the pipeline: scenes to the recording and to the files of poses; a sink that fails stops no other."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from realtime_pose.config import RecordConfig
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.recording.context import RecordingContext, SystemClock
from realtime_pose.recording.recorder import Recorder, RecorderState
from realtime_pose.recording.targets import RecordingTarget, SegmentSeries, SingleFile
from realtime_pose.scene import Scene
from realtime_pose.sinks import Sink, StateSink
from realtime_pose.sources import SourceStatus

_log = logging.getLogger(__name__)


class Writer:
    """Writes each scene to all sinks, in the thread of its stage; recordings start and stop from any thread.

    With segments, a pre-roll or something to keep in the configuration, one recorder stands by all the time; else
    each recording is a file of its own.

    Args:
        draw: From a scene to the same with its overlay drawn, for the recording only.
        config: Of the recording.
        rate_hz: Frames per second that the source states, for the encoder; None where unknown.
        origin: What else is known of the source; None: nothing.
        world: Clock, disk and timer; None: those of this machine.
    """

    def __init__(
        self,
        *,
        draw: Callable[[Scene], Scene],
        config: RecordConfig,
        rate_hz: float | None,
        context: RecordingContext | None = None,
        system_clock: SystemClock | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._poses: list[Sink] = []
        self._draw = draw
        self._config = config
        self._context = replace(context or RecordingContext(), rate_hz=rate_hz)
        self._system_clock = system_clock
        self._recorder: Recorder | None = None
        self._num_dropped = 0
        self._errors: list[str] = []
        self._is_closed = False

    @property
    def recording(self) -> str:
        """Path of the video that is being written; "" for none."""
        recorder = self._recorder
        return "" if recorder is None else recorder.path

    @property
    def recorder_state(self) -> RecorderState:
        """What the recorder is doing."""
        recorder = self._recorder
        return RecorderState.IDLE if recorder is None else recorder.state

    @property
    def recorder_note(self) -> str:
        """What the user should know of the recorder, such as a full disk; "" for nothing."""
        recorder = self._recorder
        return "" if recorder is None else recorder.note

    @property
    def recorder_dropped(self) -> int:
        """Frames that recordings left out because encoding took too long."""
        recorder = self._recorder
        return self._num_dropped + (0 if recorder is None else recorder.num_dropped)

    @property
    def errors(self) -> tuple[str, ...]:
        """Why sinks failed, oldest first."""
        return tuple(self._errors)

    def add(self, sink: Sink) -> None:
        """Write to this sink too; owned from now on."""
        with self._lock:
            self._poses.append(sink)

    def arm(self) -> None:
        """Do what the configuration says at the start: record, or fill the pre-roll and wait.

        Raises:
            SinkError: The place for recordings cannot be made.
            ConfigError: There is none, and something is set that needs one.
        """
        if self._config.path is None:
            if self._config.is_series:
                raise ConfigError(
                    "segment, preroll, postroll, keep and keep-days: expected a place for the recordings; "
                    "add --record FOLDER, or --record FOLDER/NAME.mp4 for a name before the time"
                )
            return
        if not self._config.is_series:
            self.start_recording(self._config.path)
            return
        recorder = self._made(SegmentSeries(self._config.path, self._config))
        self._adopt(recorder)
        if not self._config.waits:
            recorder.start()

    def start_recording(self, path: Path) -> None:
        """Record from the next scene on; a running recording is finished first.

        A recorder that stands by begins with its pre-roll instead, at its own place.

        Raises:
            SinkError: The file cannot be made, or there is nothing left to record.
        """
        if self._is_closed:
            raise SinkError(f"{path}: expected a running source to record, but it has ended; start it again first")
        if self._stands_by:
            self._command(Recorder.start)
            return
        recorder = self._made(SingleFile(path))
        recorder.start()
        self._adopt(recorder)

    def stop_recording(self) -> None:
        """Finish the running recording, if there is one; after its post-roll, or at once where asked again."""
        if self._stands_by:
            self._command(Recorder.stop)
        else:
            self._adopt(None)

    def trigger(self) -> None:
        """Record the pre-roll and the post-roll around this moment.

        Raises:
            SinkError: No recorder stands by, or its file cannot be made.
        """
        if not self._stands_by:
            raise SinkError("expected a recorder that stands by to trigger; add --record FOLDER and --preroll 10s")
        self._command(Recorder.trigger)

    def write(self, scene: Scene) -> Scene:
        """Write one scene everywhere."""
        with self._lock:
            if self._recorder is not None and not self._written(self._recorder, scene):
                self._forget()
            self._poses = [sink for sink in self._poses if self._written(sink, scene)]
        return replace(scene, drawn=None)

    def note_state(self, status: SourceStatus) -> None:
        """Have the sinks that hold states note that the source has now come to this one."""
        at_s = time.monotonic()
        with self._lock:
            for sink in [sink for sink in self._poses if isinstance(sink, StateSink)]:
                if not self._done(sink, partial(sink.note_state, status.state, status.reason, at_s=at_s)):
                    self._poses.remove(sink)

    def close(self) -> None:
        """Finish all sinks, for good."""
        self._is_closed = True
        self._adopt(None)
        with self._lock:
            for sink in self._poses:
                self._close(sink)
            self._poses = []

    @property
    def _stands_by(self) -> bool:
        return self._config.is_series and self._recorder is not None

    def _made(self, target: RecordingTarget) -> Recorder:
        return Recorder(target, self._config, context=self._context, draw=self._draw, system_clock=self._system_clock)

    def _command(self, work: Callable[[Recorder], None]) -> None:
        """Let the recorder that stands by do this, between two scenes."""
        with self._lock:
            if self._recorder is not None:
                work(self._recorder)

    def _adopt(self, recorder: Recorder | None) -> None:
        """Finish the running recorder, and go on with this one."""
        with self._lock:
            if self._recorder is not None:
                self._close(self._recorder)
                self._forget()
            self._recorder = recorder

    def _forget(self) -> None:
        if self._recorder is not None:
            self._num_dropped += self._recorder.num_dropped
        self._recorder = None

    def _written(self, sink: Sink, scene: Scene) -> bool:
        """Whether the sink took the scene; one that did not is closed, and its error kept."""
        return self._done(sink, lambda: sink.write(scene))

    def _done(self, sink: Sink, work: Callable[[], None]) -> bool:
        """Whether the sink did this; one that did not is closed, and its error kept."""
        try:
            work()
        except SinkError as error:
            self._note(error)
            self._close(sink)
            return False
        return True

    def _close(self, sink: Sink) -> None:
        try:
            sink.close()
        except SinkError as error:
            self._note(error)

    def _note(self, error: SinkError) -> None:
        if str(error) not in self._errors:
            self._errors.append(str(error))
            _log.error("%s", error)
