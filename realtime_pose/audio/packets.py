"""Encoded audio of a live source: its packets, their format, and the protocol of a receiver."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from av.audio.stream import AudioStream


@dataclass(frozen=True, slots=True, eq=False)
class AudioFormat:
    """Format of encoded audio packets.

    Attributes:
        codec: FFmpeg's name of the codec.
        key: Equal in two formats if their packets may follow each other in one file.
        rate_hz: Samples per second.
        has_header: Whether the template has the codec header (FFmpeg's extradata). If not, it may be in the packets.
        template: PyAV stream to make a stream of another container from. It belongs to no connection. None: no audio
            can be recorded.
    """

    codec: str
    key: tuple[object, ...]
    rate_hz: int
    has_header: bool
    template: "AudioStream | None"


@dataclass(frozen=True, slots=True, eq=False)
class AudioPacket:
    """One encoded audio packet.

    Attributes:
        time_s: Media time, on the same clock as the frames of the source.
        duration_s: Duration in seconds; 0 if it is unknown.
        data: The encoded bytes.
        format: Format of the packet.
    """

    time_s: float
    duration_s: float
    data: bytes
    format: AudioFormat


class AudioListener(Protocol):
    """Receives the audio of a source, in the source's thread. Every call returns at once."""

    def set_format(self, audio_format: AudioFormat | None) -> None:
        """Set the format of the next packets, at each connection; None: no audio."""

    def receive(self, packet: AudioPacket) -> None:
        """Receive the next packet; its time is later than that of all packets before it."""
