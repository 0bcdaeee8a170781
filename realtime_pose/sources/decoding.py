"""Decodes a file or a stream with FFmpeg (PyAV) into upright frames with their times. Uses no threads of its own."""

import time
from collections.abc import Generator, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import av
import numpy as np
from av.sidedata.sidedata import SideData, SideDataContainer
from av.video.frame import VideoFrame

from realtime_pose.errors import SourceOpenError
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.scene import Image
from realtime_pose.sources.audio_demuxer import AudioDemuxer
from realtime_pose.sources.audio_timestamps import DemuxedAudioPacket
from realtime_pose.sources.container import (
    PLAYLIST_FORMATS,
    error_reason,
    is_live_container,
    open_container,
    select_video,
)
from realtime_pose.sources.faults import StreamError
from realtime_pose.sources.orientation import apply_orientation
from realtime_pose.sources.pts import PtsNormalizer
from realtime_pose.sources.reason_texts import describe_reason, describe_skipped
from realtime_pose.sources.reasons import SourceReason, with_cause
from realtime_pose.sources.status import StatusTracker
from realtime_pose.sources.video_packets import DemuxedVideoPacket, PacketCollector
from realtime_pose.video.packets import VideoFormat

NOMINAL_HZ = 25.0  # for streams that state no rate; FFmpeg assumes the same
MAX_STATED_HZ = 1000.0  # some live streams state the rate of their clock instead, 90 kHz
COUNTING_FORMATS = ("mpjpeg", "mjpeg", "h264", "hevc", "image2pipe", "jpeg_pipe")  # their timestamps only count frames
GAP_FORMATS = ("mpegts", "hls")  # in these a corrupt packet is whole: the flag marks a gap before it


class DecodedFrame(NamedTuple):
    """A decoded frame with its times in seconds.

    Attributes:
        content: The pixels, or the decoder's frame that ``image`` converts.
        time_s: Media time.
        captured_s: Monotonic clock when its packet came in.
        pts_s: Presentation timestamp, from any origin; None if the stream has none.
        audio_packets: Audio of a live stream that came since the frame before.
        video_packets: Encoded video of a live stream since the frame before, up to the packet of this frame; None if a
            recording may not copy them.
    """

    content: Image | VideoFrame
    time_s: float
    captured_s: float
    pts_s: float | None = None
    audio_packets: Sequence[DemuxedAudioPacket] = ()
    video_packets: Sequence[DemuxedVideoPacket] | None = None

    @property
    def image(self) -> Image:
        """(H, W, 3) uint8 BGR, upright; converted on demand, because a live source uses only some of its frames."""
        return _to_image(self.content) if isinstance(self.content, VideoFrame) else self.content


class VideoDecoder:
    """An open container and the decoder of its best video stream; for one thread at a time.

    Attributes:
        wh: Width and height of the first frame in pixels, upright.
        is_live: Whether frames come at their own pace: RTSP, or a stream that has neither a duration nor a size.
        is_segmented: Whether frames come in files of some seconds each, as with HLS.
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
        limits_s: For a URL, FFmpeg's longest wait while opening and for each packet; None for a file.
        transport: For RTSP: tcp or udp.

    Raises:
        SourceOpenError: It cannot be opened, has no video, or no frame of it can be decoded.
    """

    def __init__(
        self,
        address: str,
        name: str,
        progress: StatusTracker,
        *,
        limits_s: tuple[float, float] | None = None,
        transport: str = "tcp",
    ) -> None:
        self._progress = progress
        self._container = open_container(address, name, limits_s=limits_s, transport=transport)
        is_remote = limits_s is not None
        self._stream = select_video(self._container, name, is_remote=is_remote)
        self.is_live = is_live_container(self._container, address)
        self.is_segmented = self._container.format.name in PLAYLIST_FORMATS
        self.has_clock = self._container.format.name not in COUNTING_FORMATS
        self._audio_demuxer = AudioDemuxer(self._container if self.is_live else None)
        self.audio_format = self._audio_demuxer.format
        self._packet_collector = PacketCollector(self._stream if self.is_live and self.has_clock else None)
        # Frame threads delay each frame by as many frames as there are threads: too much latency for a live stream.
        self._stream.thread_type = "SLICE" if self.is_live else "AUTO"
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.rate_hz = float(rate) if rate and rate <= MAX_STATED_HZ else None
        self.num_frames = self._stream.frames or None
        self.read_error = NO_REASON
        self._num_decoded = 0
        self._arrived_s = 0.0
        self._step_s = 1 / (self.rate_hz or NOMINAL_HZ)
        start = None if self.is_live else self._stream.start_time
        self._pts = PtsNormalizer(self._stream.time_base or Fraction(1, 1000), start=start, step_s=self._step_s)
        self._frames = self._decode()
        self._first: DecodedFrame | None = self._read_first(name, is_remote=is_remote)
        self.wh = self._first.image.shape[1], self._first.image.shape[0]
        self.video_format: VideoFormat | None = self._packet_collector.make_format()

    def read(self) -> DecodedFrame | None:
        """The next frame that can be decoded, starting with the first; None at the end."""
        first, self._first = self._first, None
        return next(self._frames, None) if first is None else first

    def close(self) -> None:
        """Release the file or the connection."""
        self._frames.close()
        self._container.close()

    def missing_reason(self) -> Reason:
        """What was stated but did not come; NO_REASON if all came."""
        stated_s, end_s = self._stated_duration_s(), self._pts.end_s
        num_stated, num_read = self.num_frames, self._num_decoded + self._progress.skipped
        is_long_enough = end_s >= stated_s - 1.5 * max(self._step_s, self._pts.longest_gap_s)
        if is_long_enough or (num_stated is not None and num_read >= num_stated):
            return NO_REASON
        number = {"num_stated": num_stated} if num_stated else {}
        values = {"num_frames": self._num_decoded, **number, "end_s": end_s, "stated_s": stated_s}
        return Reason(SourceReason.INCOMPLETE, values)

    def _stated_duration_s(self) -> float:
        """Duration of the video in seconds as stated; 0 if unknown."""
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        is_alone = len(self._container.streams) == 1  # otherwise this may be the duration of the audio
        return (self._container.duration or 0) / av.time_base if is_alone else 0.0

    def _read_first(self, name: str, *, is_remote: bool) -> DecodedFrame:
        """The first frame, already converted; closes everything and raises if there is none."""
        first = next(self._frames, None)
        if first is not None:
            return first._replace(content=first.image)
        self.close()
        status = self._progress.status
        if is_remote:
            reason = self.read_error or Reason(SourceReason.NO_PICTURE)
            raise StreamError(name, Reason(SourceReason.NONE_DECODABLE) if status.skipped else reason)
        skipped = describe_skipped(status.skipped, status.last_skipped)
        problem = describe_reason(self.read_error) or skipped or "it has none"
        raise SourceOpenError(
            f"{name}: expected a video, but no picture of it can be decoded ({problem}); try to play it"
        )

    def _decode(self) -> Generator[DecodedFrame, None, None]:
        """Every frame that can be decoded; the others are counted."""
        for packet in self._video_packets():
            try:
                for frame in self._stream.codec_context.decode(packet):
                    time_s = self._pts.next_time_s(frame.pts)
                    if frame.is_corrupt:
                        self._progress.count_undecodable(Reason(SourceReason.FRAME_DAMAGED, {"time_s": time_s}))
                        continue
                    self._num_decoded += 1
                    packets = self._audio_demuxer.take(), self._packet_collector.take(frame)
                    yield DecodedFrame(frame, time_s, self._arrived_s, frame.time, *packets)
            except av.FFmpegError as error:
                failed = Reason(SourceReason.FRAME_FAILED, {"time_s": self._pts.end_s})
                self._progress.count_undecodable(with_cause(failed, error_reason(error)))

    def _video_packets(self) -> Iterator["av.Packet[Any] | None"]:
        """Packets until the end, a read error or a stop; the last one makes the decoder return the frames it holds."""
        # From a live stream all packets: PyAV would not return while only packets of other streams come.
        packets = self._container.demux(*([] if self.is_live else [self._stream]))
        while not self._progress.is_stopped:
            try:
                packet = next(packets)  # the last one is empty
            except StopIteration:
                return
            except av.FFmpegError as error:
                self.read_error, self._arrived_s = error_reason(error), time.monotonic()
                yield None
                return
            if packet.stream is not self._stream:
                if packet.stream in self._audio_demuxer.streams:
                    self._audio_demuxer.receive(packet)
                continue
            self._arrived_s = time.monotonic()
            if packet.is_corrupt and self._container.format.name not in GAP_FORMATS:
                self._progress.count_undecodable(Reason(SourceReason.FRAME_CUT_OFF, {"time_s": self._pts.end_s}))
                continue
            self._packet_collector.receive(packet)
            yield packet


def _to_image(frame: VideoFrame) -> Image:
    """(H, W, 3) uint8 BGR, contiguous, rotated as the display matrix says."""
    image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    # frame.side_data would make frame and container refer to each other: the frame would then live until Python's next
    # garbage collection, hundreds of frames later.
    matrix = SideDataContainer(frame).get("DISPLAYMATRIX")  # type: ignore[call-arg]  # PyAV's stub leaves out __init__
    if isinstance(matrix, SideData):
        image = apply_orientation(image, bytes(matrix))
    return np.ascontiguousarray(image)
