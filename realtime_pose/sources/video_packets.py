"""The encoded packets of a video stream beside its decoded frames, for recordings that copy them. For one thread."""

import io
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from realtime_pose.video.packets import VideoFormat, VideoPacket

MAX_PENDING = 256  # packets that wait for their frame; more come only if nothing can be decoded
_COPIED_CODECS = ("h264", "hevc")  # every player knows these in an MP4


class DemuxedVideoPacket(NamedTuple):
    """A video packet as the container gives it; both times in seconds, None if it has none."""

    pts_s: float | None
    dts_s: float | None
    is_key: bool
    data: bytes


class PacketCollector:
    """Keeps the packets of a stream until the frame that was decoded from them comes.

    A recording may copy the packets only where nothing has to be changed in the image. So there are none for a rotated
    image, for pixels that are not square, and after the size has changed.

    Args:
        stream: The video stream; None: no packets are wanted.
    """

    def __init__(self, stream: VideoStream | None) -> None:
        is_copied = stream is not None and stream.codec_context.name in _COPIED_CODECS
        self._stream = stream if is_copied else None
        self._pending: deque[tuple[int | None, DemuxedVideoPacket]] = deque()  # with the PTS in units of the stream
        self._wh: tuple[int, int] | None = None  # of the first frame

    def receive(self, packet: "av.Packet[Any]") -> None:
        """Keep a packet; call this before it is decoded."""
        if self._stream is None or not packet.size or len(self._pending) >= MAX_PENDING:
            return
        tick_s = float(packet.time_base)
        pts_s, dts_s = (None if ticks is None else ticks * tick_s for ticks in (packet.pts, packet.dts))
        self._pending.append((packet.pts, DemuxedVideoPacket(pts_s, dts_s, packet.is_keyframe, bytes(packet))))

    def take(self, frame: VideoFrame, *, is_upright: bool) -> Sequence[DemuxedVideoPacket] | None:
        """The packets up to the one of this frame, in decoding order; empty if it came with an earlier frame.

        None if a recording may not copy them.

        Args:
            frame: The frame that was decoded last.
            is_upright: Whether it is shown as it is coded, with square pixels.
        """
        if self._stream is None:
            return None
        self._wh = self._wh or (frame.width, frame.height)
        if (frame.width, frame.height) != self._wh or not is_upright:
            self._stream = None
            return None
        count = next((index for index, (pts, _) in enumerate(self._pending, start=1) if pts == frame.pts), 0)
        if frame.pts is None or len(self._pending) >= MAX_PENDING:  # nothing tells which packet is its own
            count = len(self._pending)
        return [self._pending.popleft()[1] for _ in range(count)]

    def make_format(self) -> VideoFormat | None:
        """The format of the packets, with a template of its own; None if a recording may not copy them."""
        if self._stream is None:
            return None
        # A copy in a container of its own: recordings use it after this connection has ended.
        copy = av.open(io.BytesIO(), "w", format="nut")
        template = copy.add_stream_from_template(self._stream)
        context = self._stream.codec_context
        return VideoFormat((context.name, self._wh, bytes(context.extradata or b"")), template)


def to_media_time(
    packets: Sequence[DemuxedVideoPacket], video_format: VideoFormat, *, video_pts_s: float | None, time_s: float
) -> list[VideoPacket]:
    """The packets with media time.

    Args:
        packets: What came with a frame.
        video_format: Their format.
        video_pts_s: Presentation timestamp of the frame; None if it has none.
        time_s: Media time of the frame, which a packet without a timestamp gets as well.
    """
    if video_pts_s is None:
        return [VideoPacket(time_s, time_s, packet.is_key, packet.data, video_format) for packet in packets]
    offset_s, timed = time_s - video_pts_s, []
    for packet in packets:
        pts_s = video_pts_s if packet.pts_s is None else packet.pts_s
        dts_s = pts_s if packet.dts_s is None else min(packet.dts_s, pts_s)
        timed.append(VideoPacket(pts_s + offset_s, dts_s + offset_s, packet.is_key, packet.data, video_format))
    return timed
