"""Encoded video of a live source: its packets, their format, and the protocol of a receiver of all its frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from realtime_pose.scene import Frame

if TYPE_CHECKING:
    from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True, eq=False)
class VideoFormat:
    """Format of the encoded packets of one connection.

    Attributes:
        key: Equal in two formats if their packets may follow each other in one file.
        template: PyAV stream to make a stream of another container from. It belongs to no connection.
    """

    key: tuple[object, ...]
    template: "VideoStream"


@dataclass(frozen=True, slots=True, eq=False)
class VideoPacket:
    """One encoded video packet: one image, which may need the images before it.

    Attributes:
        time_s: Media time of its image, on the same clock as the frames of the source.
        decode_time_s: Media time at which it is decoded: ``time_s``, or earlier where images are sent out of order.
        is_key: Whether decoding can begin here.
        data: The encoded bytes.
        format: Format of the packet; each connection has its own object.
    """

    time_s: float
    decode_time_s: float
    is_key: bool
    data: bytes
    format: VideoFormat


class FrameListener(Protocol):
    """Receives every frame of a live source, in the source's thread. Every call returns at once."""

    def receive(self, frame: Frame, packets: Sequence[VideoPacket] | None) -> None:
        """Receive the next frame.

        Args:
            frame: The frame.
            packets: What the source sent since the frame before, in decoding order, up to the packet of this frame.
                None if the source sends no packets, or none that a recording may copy.
        """
