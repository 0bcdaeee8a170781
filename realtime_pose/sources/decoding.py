"""Decodes a file or a stream with FFmpeg (PyAV) into upright frames with their times. Uses no threads of its own."""

import time
from collections.abc import Generator, Iterator
from fractions import Fraction
from typing import Any

import av
from av.video.frame import VideoFrame

from realtime_pose.errors import SourceOpenError
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.sources.audio_demuxer import AudioDemuxer
from realtime_pose.sources.container import (
    PLAYLIST_FORMATS,
    UrlAccess,
    is_live_container,
    open_container,
    select_video,
)
from realtime_pose.sources.decoded_frame import DecodedFrame
from realtime_pose.sources.faults import FrameError, StreamError, ffmpeg_reason, frame_errors
from realtime_pose.sources.frame_numbers import FrameNumbers
from realtime_pose.sources.orientation import display_matrix
from realtime_pose.sources.pts import SAME_S, PtsNormalizer
from realtime_pose.sources.reason_texts import describe_reason, describe_skipped
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.skipping import VideoPackets, can_skip, has_index, skip_by_index, skip_by_reading
from realtime_pose.sources.stated_format import (
    COUNTING_FORMATS,
    NOMINAL_HZ,
    PixelAspect,
    TimestampKind,
    frame_timestamp,
    stated_duration_s,
    stated_rate_hz,
    timestamp_kind,
)
from realtime_pose.sources.status import StatusTracker
from realtime_pose.sources.video_packets import PacketCollector
from realtime_pose.video.packets import VideoFormat

IMAGE_FORMATS = ("_pipe", "image2")  # ends of names: image files, alone or one after another, as jpeg_pipe
GAP_FORMATS = ("mpegts", "hls")  # in these a corrupt packet is whole: the flag marks a gap before it


class VideoDecoder:
    """An open container and the decoder of its best video stream; for one thread at a time.

    Attributes:
        wh: Width and height of the first frame in pixels, upright.
        is_live: Whether frames come at their own pace: RTSP, or a stream that has neither a duration nor a size.
        is_segmented: Whether frames come in files of some seconds each, as with HLS.
        poll_s: 0; see `Connection`.
        has_clock: Whether timestamps tell when frames were made, and do not only count them.
        rate_hz: Frames per second as stated; None if unknown.
        num_frames: Number of frames as stated; None if unknown.
        read_error: What ended the reading too early; NO_REASON so far.
        audio_format: Audio format of a live stream; None for no audio.
        video_format: Format of the video packets of a live stream; None if a recording may not copy them.

    Args:
        address: ``file:`` and a path, or a URL with its password.
        name: The address as shown to the user.
        progress: Counts frames that cannot be decoded; if it is stopped, decoding ends.
        access: For a URL, how it is read; None for a file.
        start_s: Media time of the first frame to return; from a URL earlier ones may come first.

    Raises:
        SourceOpenError: It cannot be opened, has no video, no frame of it can be decoded, or it ends before the start.
    """

    def __init__(
        self,
        address: str,
        name: str,
        progress: StatusTracker,
        *,
        access: UrlAccess | None = None,
        start_s: float = 0.0,
    ) -> None:
        self._start_s = start_s
        self._progress = progress
        self._container = open_container(address, name, access)
        is_remote = access is not None
        self._stream = select_video(self._container, name, is_remote=is_remote)
        self.is_live = is_live_container(self._container, address)
        self.is_segmented = self._container.format.name in PLAYLIST_FORMATS
        self.poll_s = 0.0
        self.has_clock = self._container.format.name not in COUNTING_FORMATS
        self._audio_demuxer = AudioDemuxer(self._container if self.is_live else None)
        self.audio_format = self._audio_demuxer.format
        self._packet_collector = PacketCollector(self._stream if self.is_live and self.has_clock else None)
        # Frame threads delay each frame by as many frames as there are threads: too much latency for a live stream.
        self._stream.thread_type = "SLICE" if self.is_live else "AUTO"
        self.rate_hz = stated_rate_hz(self._container, self._stream)
        self.num_frames = self._stream.frames or None
        self.read_error = NO_REASON
        self._num_decoded = 0
        self._arrived_s = 0.0
        self._step_s = 1 / (self.rate_hz or NOMINAL_HZ)
        self._tick_s = self._stream.time_base or Fraction(1, 1000)
        self._timestamps = timestamp_kind(self._container)
        has_start = not self.is_live and self._timestamps is TimestampKind.PRESENTATION
        start = self._stream.start_time if has_start else None
        self._pts = PtsNormalizer(self._tick_s, start=start, step_s=self._step_s, has_gaps=self.is_live)
        self._first_dts: int | None = None
        self._numbers = FrameNumbers()
        self._pixel_aspect = PixelAspect(self._stream)
        # From a live stream all packets: PyAV would not return while only packets of other streams come.
        self._packets: VideoPackets = self._container.demux(*([] if self.is_live else [self._stream]))
        if start_s:
            self._skip(is_remote=is_remote)
        self._frames = self._decode()
        first = self._read_first(name, is_remote=is_remote)
        self._ahead = [first]  # frames that were read but not asked for yet
        self.wh = first.image.shape[1], first.image.shape[0]
        self.video_format: VideoFormat | None = self._packet_collector.make_format()

    def read(self) -> DecodedFrame | None:
        """The next frame that can be decoded, starting with the first; None at the end."""
        if self._ahead:
            return self._ahead.pop(0)
        try:
            with frame_errors():
                return next(self._frames, None)
        except FrameError as error:  # not of one frame, which is counted and skipped, but of the container
            self.read_error = error.reason
            return None

    @property
    def has_index(self) -> bool:
        """Whether any place of it can be found without reading up to it."""
        return self._timestamps is TimestampKind.PRESENTATION and can_skip(self._stream) and has_index(self._stream)

    @property
    def start_s(self) -> float:
        """Timestamp of media time 0 in seconds."""
        return self._pts.start_s

    def close(self) -> None:
        """Release the file or the connection."""
        self._frames.close()
        self._container.close()

    def holds_one_image(self) -> bool:
        """Whether this is one image file, and no video; call it before the first read."""
        if not self._container.format.name.endswith(IMAGE_FORMATS):
            return False
        first = self.read()
        self._ahead = [frame for frame in (first, self.read()) if frame is not None]
        return len(self._ahead) == 1

    def missing_reason(self) -> Reason:
        """What was stated but did not come; NO_REASON if all came."""
        start_s, end_s = self._pts.start_s, self._pts.end_s + self._pts.left_out_s
        delay_s = start_s - float((self._first_dts or 0) * self._tick_s)
        stated_s = stated_duration_s(self._container, self._stream, start_s=start_s, delay_s=delay_s)
        num_stated, num_read = self.num_frames, self._num_decoded + self._progress.skipped
        is_long_enough = end_s >= stated_s - 1.5 * max(self._step_s, self._pts.longest_gap_s)
        if is_long_enough or (num_stated is not None and num_read >= num_stated):
            return NO_REASON
        number = {"num_stated": num_stated} if num_stated else {}
        values = {"num_frames": self._num_decoded, **number, "end_s": end_s, "stated_s": stated_s}
        return Reason(SourceReason.INCOMPLETE, values)

    def _read_first(self, name: str, *, is_remote: bool) -> DecodedFrame:
        """The first frame, already converted; closes everything and raises if there is none."""
        for first in self._frames:
            try:
                return first._replace(content=first.image)
            except FrameError as error:
                self._progress.count_undecodable(error.reason)
        self.close()
        if self._start_s and self._num_decoded:
            raise SourceOpenError(
                f"{name}: start: expected a time up to the last frame of the video, at "
                f"{self._pts.end_s - self._step_s:.3f} s, got {self._start_s:g} s"
            )
        status = self._progress.status
        if is_remote:
            reason = self.read_error or Reason(SourceReason.NO_PICTURE)
            raise StreamError(name, Reason(SourceReason.NONE_DECODABLE) if status.skipped else reason)
        skipped = describe_skipped(status.skipped, status.skipped_reasons, max_named=1)
        problem = describe_reason(self.read_error) or skipped or "it has none"
        raise SourceOpenError(
            f"{name}: expected a video, but no picture of it can be decoded ({problem}); try to play it"
        )

    def _skip(self, *, is_remote: bool) -> None:
        """Leave out packets that are not needed for the first frame to return."""
        count, first_pts = 0, self._stream.start_time
        can_count = self._timestamps is TimestampKind.PRESENTATION and can_skip(self._stream)
        if can_count and first_pts is not None:
            start = first_pts + round(Fraction(self._start_s) / self._tick_s)
            count, self._packets = skip_by_index(self._container, self._stream, self._packets, start)
        if is_remote and not count:
            # To load all from a server up to the start would exceed the time limit of the first frame. So the frames
            # before the start are returned too, one by one.
            self._start_s = 0.0
        elif can_count and not count:
            self._packets, count, self._pts = skip_by_reading(self._packets, self._start_s, self._pts)
        self._numbers.skip(count)
        self._num_decoded = count

    def _decode(self) -> Generator[DecodedFrame, None, None]:
        """Every frame that can be decoded; the others are counted."""
        for packet in self._video_packets():
            failed = Reason(SourceReason.FRAME_FAILED, {"time_s": self._pts.end_s})
            try:
                with frame_errors(failed):
                    frames = self._stream.codec_context.decode(packet)
            except FrameError as error:
                self._count_undecodable(error.reason)
                continue
            yield from filter(None, map(self._to_decoded, frames))

    def _to_decoded(self, frame: VideoFrame) -> DecodedFrame | None:
        """The frame with its times and number; None if it is damaged, which is counted."""
        number = self._numbers.next_number(frame.pts if self._timestamps is TimestampKind.PRESENTATION else None)
        nominal = round(Fraction(number * self._step_s) / self._tick_s)
        pts = frame_timestamp(frame, self._timestamps, nominal=nominal)
        time_s = self._pts.next_time_s(pts)
        if time_s < self._start_s - SAME_S:
            self._num_decoded += 1
            return None
        if frame.is_corrupt:
            self._progress.count_undecodable(Reason(SourceReason.FRAME_DAMAGED, {"time_s": time_s}))
            return None
        self._num_decoded += 1
        pixel_aspect = self._pixel_aspect.now()
        return DecodedFrame(
            frame,
            time_s,
            self._arrived_s,
            None if pts is None else float(pts * self._tick_s),
            self._audio_demuxer.take(),
            number,
            pixel_aspect,
            self._packet_collector.take(frame, is_upright=pixel_aspect == 1 and not display_matrix(frame)),
        )

    def _count_undecodable(self, reason: Reason) -> None:
        """Count a packet that gave no frame."""
        if self._pts.end_s >= self._start_s:
            self._progress.count_undecodable(reason)
        self._numbers.count_failure()

    def _video_packets(self) -> Iterator["av.Packet[Any] | None"]:
        """Packets until the end, a read error or a stop; the last one makes the decoder return the frames it holds."""
        while not self._progress.is_stopped:
            try:
                packet = next(self._packets)  # the last one is empty
            except StopIteration:
                return
            except av.FFmpegError as error:
                self.read_error, self._arrived_s = self._read_error_reason(error), time.monotonic()
                yield None
                return
            if packet.stream in self._audio_demuxer.streams:
                self._audio_demuxer.receive(packet)
            if packet.stream is self._stream and self._is_whole(packet):
                self._packet_collector.receive(packet)
                yield packet

    def _read_error_reason(self, error: av.FFmpegError) -> Reason:
        """Why the reading ended; NO_REASON where this is the usual end."""
        reason = ffmpeg_reason(error)
        # A server that states no length, as with HTTP/1.0, ends a file by closing the connection.
        is_end = reason.code == SourceReason.CONNECTION_CLOSED and not self.is_live and self._container.size <= 0
        return NO_REASON if is_end else reason

    def _is_whole(self, packet: "av.Packet[Any]") -> bool:
        """Whether a video packet can be decoded; one that is cut off is counted."""
        self._arrived_s = time.monotonic()
        if self._first_dts is None:
            self._first_dts = packet.dts
        if packet.size and self._timestamps is TimestampKind.PRESENTATION:  # the others number frames as they come
            self._numbers.add_packet(packet.pts)
        if packet.is_corrupt and self._container.format.name not in GAP_FORMATS:
            self._count_undecodable(Reason(SourceReason.FRAME_CUT_OFF, {"time_s": self._pts.end_s}))
            return False
        return True
