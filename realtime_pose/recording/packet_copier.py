"""Copies the packets of a live source into the time of a recording."""

from collections.abc import Sequence
from fractions import Fraction

import av

from realtime_pose.recording.encoder import TICKS_HZ, Packet
from realtime_pose.recording.tick_clock import TickClock
from realtime_pose.video.packets import VideoFormat, VideoPacket

_TICK = Fraction(1, TICKS_HZ)


def begins_with_key(packets: Sequence[Packet]) -> bool:
    """Whether there are packets, and the first is a key frame."""
    return bool(packets) and packets[0].is_keyframe


class PacketCopier:
    """Packets with the ticks of one recorder.

    Each connection of the source begins with its first key frame; packets before it cannot be decoded.

    Attributes:
        format: Format of the latest packets; None before the first.

    Args:
        clock: Clock of the recorder.
    """

    def __init__(self, clock: TickClock) -> None:
        self.format: VideoFormat | None = None
        self._clock = clock
        self._last = -(1 << 62)  # decoding time of the last packet, in ticks

    def copy(self, packets: Sequence[VideoPacket]) -> list[list[Packet]]:
        """Copies of the packets in parts; each part but the first begins with a key frame. At least one part."""
        parts: list[list[Packet]] = [[]]
        for packet in packets:
            if packet.format is not self.format and not packet.is_key:
                continue
            self.format = packet.format
            if packet.is_key and parts[-1]:
                parts.append([])
            parts[-1].append(self._copy(packet))
        return parts

    def _copy(self, packet: VideoPacket) -> Packet:
        """The packet with its ticks. A muxer takes only decoding times that increase."""
        copy: Packet = av.Packet(packet.data)
        self._last = max(self._clock.to_ticks(packet.decode_time_s), self._last + 1)
        copy.dts, copy.pts = self._last, max(self._clock.to_ticks(packet.time_s), self._last)
        copy.time_base, copy.is_keyframe = _TICK, packet.is_key
        return copy
