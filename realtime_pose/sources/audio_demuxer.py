"""The sound in the container of a live stream: which it is, and its packets as they come. For one thread."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from realtime_pose.audio.adts import bare, is_headed, template_of
from realtime_pose.audio.packets import AudioFormat
from realtime_pose.sources.audio_timestamps import DemuxedAudioPacket

if TYPE_CHECKING:
    Packet: TypeAlias = av.Packet[Any]  # generic for the type checker only
else:
    Packet = av.Packet

MOST_HELD = 2000  # packets while no picture comes


class AudioDemuxer:
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
        self._is_headed = bool(self.streams) and is_headed(self.streams[0])
        self._held: list[DemuxedAudioPacket] = []

    def add(self, packet: Packet) -> None:
        """Hold a packet; one without a time has no place."""
        if packet.pts is not None and packet.size and len(self._held) < MOST_HELD:
            tick_s, data = float(packet.time_base), bytes(packet)
            if data := bare(data) if self._is_headed else data:
                self._held.append(DemuxedAudioPacket(packet.pts * tick_s, (packet.duration or 0) * tick_s, data))

    def take(self) -> Sequence[DemuxedAudioPacket]:
        """What came since it was asked last."""
        held, self._held = self._held, []
        return held


def _format_of(stream: AudioStream) -> AudioFormat | None:
    """What packets of this stream are; None where nobody knows."""
    context = stream.codec_context
    if context is None or not context.sample_rate:
        return None
    template = template_of(stream) if is_headed(stream) else None
    if template is None:
        holder = av.open(io.BytesIO(), "w", format="nut")  # which nothing is written to, and no connection reads
        template = holder.add_stream_from_template(stream)
    header = bytes(template.codec_context.extradata or context.extradata or b"")
    key = (context.name, context.sample_rate, context.layout.name, header)
    return AudioFormat(context.name, key, context.sample_rate, bool(header), template)
