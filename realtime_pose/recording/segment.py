"""Segments: the files of one stretch of a recording, and the writer that opens, cuts and closes them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
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
from realtime_pose.recording.targets import SUFFIXES, RecordingTarget
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
        self._segment = RecordingSegment(path, self._config.picture, self._context, self._clock)

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


class RecordingSegment:
    """Files of the same frames: a video of each kind, and the poses beside them; times count from the first frame.

    All files are created at once; the videos in them begin with the first frame. Without a frame no file is left.

    Attributes:
        path: Path of the first video.
        start: Ticks of the first frame; None before it.

    Args:
        path: Path of the first video; the other files lie beside it.
        record_as: What is recorded: overlay, clean or both.
        context: The source of the scenes. If it is live, each second is forced to the disk at once.
        clock: Clock of the recorder.

    Raises:
        SinkError: A file cannot be created.
    """

    def __init__(self, path: Path, record_as: str, context: RecordingContext, clock: TickClock) -> None:
        self.path = path
        self.start: int | None = None
        self._context, self._clock = context, clock
        self._suffixes = SUFFIXES[record_as]
        self._files: dict[str, OutputFile] = {}  # of the videos, by kind
        self._videos: dict[str, Mp4File] = {}  # in the files, from the first frame on
        self._poses: JsonlSink | None = None
        kinds = RECORDED_IMAGES[record_as]
        with ExitStack() as undo:  # if one file cannot be created, the others are removed
            undo.callback(self.close)
            for kind, suffix in zip(kinds, self._suffixes, strict=False):  # the videos come first
                self._files[kind] = OutputFile(path.with_suffix(suffix))
            if "clean" in kinds:
                self._poses = JsonlSink(path.with_suffix(".jsonl"), context.run, is_synced=context.is_live)
            undo.pop_all()

    @property
    def paths(self) -> list[Path]:
        """Paths of all files."""
        return [self.path.with_suffix(suffix) for suffix in self._suffixes]

    @property
    def length_bytes(self) -> int:
        """Size of the largest video so far."""
        return max((video.length_bytes for video in self._videos.values()), default=0)

    def check(self) -> None:
        """Raise SinkError if a video is closed, has failed, or is no longer at its path."""
        for file in self._files.values():
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
            for kind, file in self._files.items():
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
        files: list[Mp4File | JsonlSink] = [*self._videos.values(), *([self._poses] if self._poses is not None else [])]
        for file in files:
            try:
                file.close()
            except SinkError as error:
                failures.append(error)
        # Files without a frame are removed; a poses file would still have its header.
        for kind in self._files.keys() - self._videos.keys():
            self._files.pop(kind).discard()
        if self.start is None and self._poses is not None:
            self.path.with_suffix(".jsonl").unlink(missing_ok=True)
        if failures:
            raise failures[0]
