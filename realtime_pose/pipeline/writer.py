"""The end of the pipeline: scenes to the recording and to the files of poses; a sink that fails stops no other."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.scene import Scene
from realtime_pose.sinks import Sink
from realtime_pose.sinks.video import VideoSink

_log = logging.getLogger(__name__)


class Writer:
    """Writes each scene to all sinks, in the thread of its stage; recordings start and stop from any thread.

    Args:
        draw: From a scene to the same with its overlay drawn, for the recording only.
        config: Of the encoder.
        rate_hz: Frames per second that the source states, for the encoder; None where unknown.
    """

    def __init__(self, *, draw: Callable[[Scene], Scene], config: RecordConfig, rate_hz: float | None) -> None:
        self._lock = threading.Lock()
        self._poses: list[Sink] = []
        self._draw = draw
        self._config = config
        self._rate_hz = rate_hz
        self._recorder: VideoSink | None = None
        self._recording = ""
        self._errors: list[str] = []
        self._is_closed = False

    @property
    def recording(self) -> str:
        """Path of the running recording; "" for none."""
        return self._recording

    @property
    def errors(self) -> tuple[str, ...]:
        """Why sinks failed, oldest first."""
        return tuple(self._errors)

    def add(self, sink: Sink) -> None:
        """Write to this sink too; owned from now on."""
        with self._lock:
            self._poses.append(sink)

    def start_recording(self, path: Path) -> None:
        """Record from the next scene on; a running recording is finished first.

        Raises:
            SinkError: The file cannot be made, or there is nothing left to record.
        """
        if self._is_closed:
            raise SinkError(f"{path}: expected a running source to record, but it has ended; start it again first")
        recorder = VideoSink(path, config=self._config, rate_hz=self._rate_hz)
        self.stop_recording()
        with self._lock:
            self._recorder, self._recording = recorder, str(path)

    def stop_recording(self) -> None:
        """Finish the running recording, if there is one."""
        with self._lock:
            recorder, self._recorder, self._recording = self._recorder, None, ""
            if recorder is not None:
                self._close(recorder)

    def write(self, scene: Scene) -> Scene:
        """Write one scene everywhere."""
        with self._lock:
            if self._recorder is not None:
                scene = self._draw(scene)
                if not self._written(self._recorder, scene):
                    self._recorder, self._recording = None, ""
            self._poses = [sink for sink in self._poses if self._written(sink, scene)]
        return replace(scene, drawn=None)

    def close(self) -> None:
        """Finish all sinks, for good."""
        self._is_closed = True
        self.stop_recording()
        with self._lock:
            for sink in self._poses:
                self._close(sink)
            self._poses = []

    def _written(self, sink: Sink, scene: Scene) -> bool:
        """Whether the sink took the scene; one that did not is closed, and its error kept."""
        try:
            sink.write(scene)
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
