"""The sound in the container of a live stream: which it is, and its packets as they come. For one thread."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from realtime_pose.sound import SoundFormat
from realtime_pose.sources.hearing import Heard

if TYPE_CHECKING:
    Packet: TypeAlias = av.Packet[Any]  # generic for the type checker only
else:
    Packet = av.Packet

NEEDS_HEADER = ("aac", "opus", "vorbis", "flac")  # these say in a header what they are, or at the head of each packet
MOST_HELD = 2000  # packets while no picture comes


class Soundtrack:
    """Holds packets of sound until the next picture.

    Attributes:
        format: What they are; None for no sound.
        streams: What to read of the container; empty for no sound.

    Args:
        container: What is read; None where its sound is not wanted.
    """

    def __init__(self, container: InputContainer | None) -> None:
        stream = container.streams.best("audio") if container is not None else None
        self.streams: Sequence[AudioStream] = [stream] if isinstance(stream, AudioStream) else []
        self.format = _format_of(self.streams[0]) if self.streams else None
        self._held: list[Heard] = []

    def add(self, packet: Packet) -> None:
        """Hold a packet; one without a time has no place."""
        if packet.pts is not None and packet.size and len(self._held) < MOST_HELD:
            tick_s = float(packet.time_base)
            self._held.append(Heard(packet.pts * tick_s, (packet.duration or 0) * tick_s, bytes(packet)))

    def take(self) -> Sequence[Heard]:
        """What came since it was asked last."""
        held, self._held = self._held, []
        return held


class _Holder:
    """A stream like another, in a container of its own that nothing is written to: reading threads share no more."""

    def __init__(self, stream: AudioStream) -> None:
        self.container: OutputContainer = av.open(io.BytesIO(), "w", format="nut")
        self.stream = self.container.add_stream_from_template(stream)


def _format_of(stream: AudioStream) -> SoundFormat | None:
    """What packets of this stream are; None where nobody knows."""
    context = stream.codec_context
    if context is None or not context.sample_rate:
        return None
    header = bytes(context.extradata or b"")
    key = (context.name, context.sample_rate, context.layout.name, header)
    is_complete = bool(header) or context.name not in NEEDS_HEADER
    return SoundFormat(context.name, key, is_complete, cast("object", _Holder(stream)))
