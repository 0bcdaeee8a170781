"""Records a stretch of a file as a window shows it: from the place where the recording begins to where it ends.

The frames are decoded once more and have the people who were found in them, so the recording has every frame, also if
the window left out some, and also if the analysis is far ahead.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

from realtime_pose.errors import RealtimePoseError
from realtime_pose.pipeline.kept_scenes import SAME_S, KeptScenes, place_s
from realtime_pose.pipeline.reopener import Reopener
from realtime_pose.pipeline.stage import Stage
from realtime_pose.pipeline.writer import Writer
from realtime_pose.recording.status import RecorderStatus
from realtime_pose.scene import Frame, Scene, Tracks


class ClipRecorder:
    """One recording at a time; for any thread.

    Args:
        writer: Writes the recordings; it has no other output.
        file: The file.
        kept: What was analysed of it.
    """

    def __init__(self, writer: Writer, file: Reopener, kept: KeptScenes) -> None:
        self._writer, self._file, self._kept = writer, file, kept
        self._changed = threading.Condition()  # protects the two places
        self._limit_s = self._until_s = 0.0
        self._stage: Stage[Scene, Scene] | None = None
        self._failure: RealtimePoseError | None = None

    @property
    def recorder(self) -> RecorderStatus:
        """What is recorded now."""
        return self._writer.recorder

    @property
    def errors(self) -> tuple[str, ...]:
        """What has failed since the start, in words."""
        failure = () if self._failure is None else (str(self._failure),)
        return (*self._writer.failures.messages, *failure)

    @property
    def written(self) -> tuple[str, ...]:
        """Paths of the finished recordings."""
        return self._writer.written

    def start(self, path: Path, place: float) -> None:
        """Record from this place on.

        Raises:
            SinkError: The file cannot be created.
        """
        self._writer.start(path)
        with self._changed:
            self._limit_s, self._until_s = place - SAME_S, float("inf")
        self._stage = Stage("clip", self._writer.write, inlet=self._scenes(place), finish=self._writer.stop)
        self._stage.start(on_failure=self._keep_failure)

    def allow_until(self, place: float) -> None:
        """Record what was shown and analysed, up to this place."""
        with self._changed:
            self._limit_s = max(self._limit_s, place)
            self._changed.notify_all()

    def stop(self, place: float) -> None:
        """Finish the recording with the frame at this place; waits until that is analysed and written."""
        with self._changed:
            self._until_s = place
            self._changed.notify_all()
        if self._stage is not None:
            self._stage.join()

    def close(self, timeout_s: float) -> None:
        """Finish the recording with what is there."""
        with self._changed:
            self._until_s = self._limit_s
            self._changed.notify_all()
        if self._stage is not None and self._stage.join(timeout_s):
            self._stage.release()

    def _scenes(self, place: float) -> Iterator[Scene]:
        """The frames from this place on, each when it may be recorded, until the end that was asked for."""
        source = self._file.open(place)
        try:
            for frame in source:
                if not self._may_record(place_s(frame)):
                    return
                yield self._with_people(frame)
        finally:
            source.close()

    def _may_record(self, place: float) -> bool:
        """Wait for the frame at this place; False if it lies behind the end."""
        with self._changed:
            self._changed.wait_for(lambda: place <= self._limit_s + SAME_S or place > self._until_s + SAME_S)
            return place <= self._until_s + SAME_S

    def _with_people(self, frame: Frame) -> Scene:
        """The scene of a frame; without people if they are forgotten."""
        return self._kept.add_people(frame) or Scene.from_tracks(frame, Tracks.empty(self._kept.skeleton))

    def _keep_failure(self, error: RealtimePoseError) -> None:
        self._failure = error
