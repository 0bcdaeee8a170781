"""Segments: the files of one stretch of a recording, and the writer that opens, cuts and closes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from av.video.stream import VideoStream

from realtime_pose.config import RECORDED_IMAGES, RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.files.output_file import OutputFile
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.encoder import TICKS_HZ
from realtime_pose.recording.mp4_file import Mp4File
from realtime_pose.recording.preroll import EncodedFrame
from realtime_pose.recording.targets import RecordingTarget
from realtime_pose.recording.tick_clock import TickClock
from realtime_pose.sinks.jsonl import JsonlSink


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
        self._written: dict[Path, None] = {}  # an ordered set

    @property
    def is_open(self) -> bool:
        """Whether there is a segment to write to."""
        return self._segment is not None

    @property
    def path(self) -> Path | None:
        """Path of the current video; None if there is none. May be read from another thread."""
        segment = self._segment  # read once: the recording thread may close it in between
        return None if segment is None else segment.path

    @property
    def written(self) -> tuple[Path, ...]:
        """Where the finished segments lie that hold a frame: their paths, or the folder of a series."""
        return tuple(self._written)

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
        files = self._target.create(started)
        self._segment = RecordingSegment(files, self._config.picture, self._context, self._clock)

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
            self._segment.add(encoded, templates)

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
        if segment is None:
            return
        try:
            segment.close()
        finally:
            if segment.has_results:
                self._written[self._target.place(segment.path)] = None

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


class RecordingSegment:
    """Files of the same frames: a video of each kind, and the poses beside them; times count from the first frame.

    The videos and poses in the files begin with the first frame. Without a frame no file is left.

    Attributes:
        path: Path of the first video.
        start: Ticks of the first frame; None before it.

    Args:
        files: The files, in the order of `SUFFIXES`.
        record_as: What is recorded: overlay, clean or both.
        context: The source of the scenes. If it is live, each second is forced to the disk at once.
        clock: Clock of the recorder.
    """

    def __init__(
        self, files: Sequence[OutputFile], record_as: str, context: RecordingContext, clock: TickClock
    ) -> None:
        self.path = files[0].path
        self.start: int | None = None
        self._context, self._clock = context, clock
        self._files = files
        kinds = RECORDED_IMAGES[record_as]
        self._video_files = dict(zip(kinds, files, strict=False))  # by kind; the videos come first
        self._videos: dict[str, Mp4File] = {}  # in the files, from the first frame on
        self._poses = JsonlSink(files[-1], context.run, is_synced=context.is_live) if "clean" in kinds else None

    @property
    def paths(self) -> list[Path]:
        """Paths of all files."""
        return [file.path for file in self._files]

    @property
    def has_results(self) -> bool:
        """Whether a file holds a frame."""
        return any(file.has_results for file in self._files)

    @property
    def length_bytes(self) -> int:
        """Size of the largest video so far."""
        return max((video.length_bytes for video in self._videos.values()), default=0)

    def check(self) -> None:
        """Raise SinkError if a video is closed, has failed, or is no longer at its path."""
        for file in self._video_files.values():
            file.check()

    def add(self, encoded: EncodedFrame, templates: Mapping[str, VideoStream]) -> None:
        """Write an encoded frame. The first must be a key frame.

        Args:
            encoded: The frame.
            templates: Template stream for the packets of each kind.

        Raises:
            SinkError: It cannot be written.
        """
        if self.start is None:
            self.start = encoded.ticks
            for kind, file in self._video_files.items():
                # A track can be read once, so each video has its own.
                track = self._context.audio.open_track(self._clock.time_s(encoded.ticks))
                self._videos[kind] = Mp4File(
                    file, templates[kind], encoded.ticks, audio=track, is_synced=self._context.is_live
                )
        for kind, video in self._videos.items():
            for packet in encoded.packets[kind]:
                video.add(packet, duration=encoded.duration)
        if self._poses is not None and encoded.scene is not None:
            time_s = (encoded.ticks - self.start) / TICKS_HZ  # the same as in the videos beside it
            self._poses.write(replace(encoded.scene, frame=replace(encoded.scene.frame, time_s=time_s)))

    def close(self) -> None:
        """Finish all files; may be called twice.

        Raises:
            SinkError: One file cannot be finished; the others are.
        """
        failures = []
        parts: list[Mp4File | JsonlSink] = [*self._videos.values()]
        if self.start is not None and self._poses is not None:
            parts.append(self._poses)
        for part in parts:
            try:
                part.close()
            except SinkError as error:
                failures.append(error)
        if self.start is None:
            for file in self._files:
                file.discard()
        if failures:
            raise failures[0]
