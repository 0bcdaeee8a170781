"""Segments from encoded frames: opens them, cuts them at the length or size limit, and closes them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from av.video.stream import VideoStream

from realtime_pose.config import RecordConfig
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.encoder import TICKS_HZ
from realtime_pose.recording.preroll import EncodedFrame
from realtime_pose.recording.segment import AudioInput, RecordingSegment
from realtime_pose.recording.targets import RecordingTarget
from realtime_pose.recording.tick_clock import TickClock


class SegmentWriter:
    """Writes encoded frames to the current segment, and to the next one when it is due.

    Args:
        target: Gives the paths of the segments.
        config: What is recorded, and where segments are cut.
        context: The source of the scenes.
        clock: Clock of the recorder.
        now: Wall clock; it gives the files their names.
    """

    def __init__(
        self,
        target: RecordingTarget,
        config: RecordConfig,
        *,
        context: RecordingContext,
        clock: TickClock,
        now: Callable[[], datetime],
    ) -> None:
        self._target = target
        self._config = config
        self._context = context
        self._clock = clock
        self._now = now
        self._max_ticks = round(config.segment_s * TICKS_HZ)
        self._segment: RecordingSegment | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a segment to write to."""
        return self._segment is not None

    @property
    def path(self) -> str:
        """Path of the current video; "" if there is none. May be read from another thread."""
        segment = self._segment  # read once: the recording thread may close it in between
        return "" if segment is None else str(segment.path)

    @property
    def paths(self) -> Sequence[Path]:
        """Paths of all files of the current segment."""
        return () if self._segment is None else self._segment.paths

    def open(self, start: int) -> None:
        """Open a segment whose first frame has this time in ticks.

        Raises:
            SinkError: A file cannot be created.
        """
        # A pre-roll lies in the past: the name says when its first frame was seen.
        started = self._now() - timedelta(seconds=(self._clock.latest - start) / TICKS_HZ)
        path = self._target.claim(started)
        self._segment = RecordingSegment(path, self._config.picture, self._context.run, is_synced=self._context.is_live)

    def add(self, encoded: EncodedFrame, templates: Mapping[str, VideoStream]) -> None:
        """Write an encoded frame, if a segment is open.

        Args:
            encoded: The frame.
            templates: Template stream for the packets of each kind.

        Raises:
            SinkError: It cannot be written.
        """
        if encoded.is_key and self._is_cut_due(encoded.ticks):
            self.close()
            self.open(encoded.ticks)
        if self._segment is not None:
            source = self._context.audio
            audio = None if source is None else AudioInput(source, self._clock.start_s)
            self._segment.add(encoded, templates, audio=audio)

    def needs_key(self, ticks: int) -> bool:
        """Whether the frame at this time must be a key frame: it is the first of a segment."""
        return self._segment is not None and (self._segment.start is None or self._is_cut_due(ticks))

    def check(self) -> None:
        """Raise SinkError if the current segment cannot be written any more."""
        if self._segment is not None:
            self._segment.check()

    def close(self) -> None:
        """Finish the current segment, if there is one.

        Raises:
            SinkError: A file cannot be finished.
        """
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.close()

    def _is_cut_due(self, ticks: int) -> bool:
        """Whether the segment has reached its length limit, or will reach its size limit in a quarter of a second."""
        if self._segment is None or self._segment.start is None or ticks - self._segment.start < TICKS_HZ:
            return False
        length, size = ticks - self._segment.start, self._segment.length_bytes
        quarter_bytes = size * TICKS_HZ // length // 4  # at the average bit rate so far
        max_bytes = self._config.segment_bytes
        return bool(self._max_ticks and length >= self._max_ticks) or bool(
            max_bytes and size + quarter_bytes >= max_bytes
        )
