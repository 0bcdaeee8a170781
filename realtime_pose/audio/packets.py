"""Sound of a live source on its way from the connection that reads it to whoever records it: coded, never decoded."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, eq=False)
class AudioFormat:
    """What coded packets are.

    Attributes:
        codec: FFmpeg's name of it.
        key: What two formats must share for the packets of the one to follow those of the other.
        rate_hz: Samples per second.
        has_header: Whether the template holds what decoders must know beforehand; else it may be in the packets.
        template: What PyAV makes a stream of another container from; no connection reads it.
    """

    codec: str
    key: tuple[object, ...]
    rate_hz: int
    has_header: bool
    template: object


@dataclass(frozen=True, slots=True, eq=False)
class AudioPacket:
    """A coded piece of sound.

    Attributes:
        time_s: Its media time, on the clock of the source's frames.
        duration_s: How long it sounds; 0 where nobody knows.
        data: As it came.
        format: What it is.
    """

    time_s: float
    duration_s: float
    data: bytes
    format: AudioFormat


class AudioListener(Protocol):
    """Takes the sound of a source, in the source's thread; every call returns at once."""

    def begin(self, form: AudioFormat | None) -> None:
        """What the next packets will be, at each connection; None for no sound."""

    def receive(self, packet: AudioPacket) -> None:
        """The next packet, later than all before."""
