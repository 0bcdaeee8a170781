"""Segments: the files of one stretch of a recording, and the writer that opens, cuts and closes them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from av.video.stream import VideoStream

from realtime_pose.config import RECORDED_IMAGES, RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.files.output_file import OutputFile, open_all
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.encoder import TICKS_HZ, Packet
from realtime_pose.recording.mp4_file import Mp4File
from realtime_pose.recording.packet_copier import begins_with_key
from realtime_pose.recording.preroll import EncodedFrame
from realtime_pose.recording.targets import RecordingTarget
from realtime_pose.recording.tick_clock import TickClock
from realtime_pose.sinks.jsonl import JsonlSink


class SegmentLength(NamedTuple):
    """How long a video is."""

    seconds: float = 0.0
    num_bytes: int = 0


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
        self._last_key = self._key_interval = 0  # of a copied video, in ticks

    @property
    def is_open(self) -> bool:
        """Whether there is a segment to write to."""
        return self._segment is not None

    @property
    def has_begun(self) -> bool:
        """Whether there is a segment with a frame."""
        return self._segment is not None and self._segment.start is not None

    @property
    def path(self) -> Path | None:
        """Path of the current video; None if there is none. May be read from another thread."""
        segment = self._segment  # read once: the recording thread may close it in between
        return None if segment is None else segment.path

    @property
    def length(self) -> SegmentLength:
        """How long the current video is so far. May be read from another thread."""
        segment = self._segment
        return SegmentLength() if segment is None else segment.length

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
        files = open_all(self._target.claim(started), may_replace=self._target.may_replace)
        self._segment = RecordingSegment(files, self._config.picture, self._context, self._clock)

    def add(self, encoded: EncodedFrame) -> None:
        """Write an encoded frame, if a segment is open.

        Raises:
            SinkError: It cannot be written.
        """
        if encoded.is_key:
            self._note_key(encoded)
            if self._segment is not None and (self._is_cut_due(encoded.ticks) or not self._segment.accepts(encoded)):
                self.close()
                self.open(encoded.ticks)
        if self._segment is not None:
            self._segment.add(encoded)

    def needs_key(self, ticks: int) -> bool:
        """Whether the frame at this time must be a key frame: it is the first of a segment, or of one of its videos."""
        return self._segment is not None and (not self._segment.is_complete or self._is_cut_due(ticks))

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

    def _note_key(self, encoded: EncodedFrame) -> None:
        """Keep how far apart the key frames of a copied video are: it can only be cut there."""
        self._key_interval = encoded.ticks - self._last_key if encoded.copied_format is not None else 0
        self._last_key = encoded.ticks

    def _is_cut_due(self, ticks: int) -> bool:
        """Whether the segment has reached its length limit, or will reach its size limit before the next cut."""
        if self._segment is None or self._segment.start is None or ticks - self._segment.start < TICKS_HZ:
            return False
        length, size = ticks - self._segment.start, self._segment.length.num_bytes
        ahead = self._key_interval + TICKS_HZ // 4  # the index at the end of the file takes some space too
        ahead_bytes = size * ahead // length  # at the average bit rate so far
        max_bytes = self._config.segment_bytes
        return bool(self._max_ticks and length >= self._max_ticks) or bool(
            max_bytes and size + ahead_bytes >= max_bytes
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
        self._copied_format: tuple[object, ...] | None = None
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
    def length(self) -> SegmentLength:
        """Length and size of the largest video so far; for any thread."""
        videos = list(self._videos.values())  # a copy in one step: the recording thread may add one
        lengths = (SegmentLength(video.length_ticks / TICKS_HZ, video.length_bytes) for video in videos)
        return max(lengths, key=lambda length: length.num_bytes, default=SegmentLength())

    def check(self) -> None:
        """Raise SinkError if a video is closed, has failed, or is no longer at its path."""
        for file in self._video_files.values():
            file.check()

    @property
    def is_complete(self) -> bool:
        """Whether all videos have begun."""
        return self._videos.keys() == self._video_files.keys()

    def accepts(self, encoded: EncodedFrame) -> bool:
        """Whether this key frame may follow in the same files: a copied video keeps its format."""
        return self.start is None or encoded.copied_format == self._copied_format

    def add(self, encoded: EncodedFrame) -> None:
        """Write an encoded frame. Frames before the first key frame are left out, and also in each video.

        Raises:
            SinkError: It cannot be written.
        """
        if self.start is None:
            if not encoded.is_key:
                return
            self.start, self._copied_format = encoded.ticks, encoded.copied_format
        for kind, packets in encoded.packets.items():
            if kind not in self._videos and begins_with_key(packets):
                self._videos[kind] = self._begin_video(kind, encoded.templates[kind])
                # An overlay begins later than a copied video: its first image is shown from the start, so that all
                # other images of the segment have the same times.
                packets[0].pts = packets[0].dts = self.start
            if kind in self._videos:
                self._write(self._videos[kind], packets, duration=encoded.duration)
        if self._poses is not None and encoded.scene is not None and encoded.ticks >= self.start:
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
        # Files without a frame are removed; the file of poses would still have its header.
        for kind in self._video_files.keys() - self._videos.keys():
            self._video_files[kind].discard()
        if self.start is None and self._poses is not None:
            self._files[-1].discard()
        if failures:
            raise failures[0]

    def _begin_video(self, kind: str, template: VideoStream) -> Mp4File:
        """The video of a kind, whose times count from the start of the segment."""
        start = self.start or 0
        track = self._context.audio.open_track(self._clock.time_s(start))  # a track can be read once: one a video
        return Mp4File(self._video_files[kind], template, start, audio=track, is_synced=self._context.is_live)

    def _write(self, video: Mp4File, packets: Sequence[Packet], *, duration: int) -> None:
        """Write packets, but none of an image before the start: it needs images that are not in the file."""
        for packet in packets:
            if packet.pts is None or packet.pts >= (self.start or 0):
                video.add(packet, duration=duration)
