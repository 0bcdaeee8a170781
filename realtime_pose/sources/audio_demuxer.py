"""Audio packets from the container of a live stream, with their format. For one thread."""

import io
from collections.abc import Sequence
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from realtime_pose.audio.adts import AdtsRemover, has_adts_headers, template_with_header
from realtime_pose.audio.packets import AudioFormat
from realtime_pose.sources.audio_timestamps import DemuxedAudioPacket

MAX_PENDING = 2000  # packets that wait for the next frame


class AudioDemuxer:
    """Keeps the audio packets of a container until the next frame is decoded.

    Attributes:
        format: Format of the packets; None: no audio.
        streams: Streams of the container to read, one at most; empty: no audio.

    Args:
        container: The open container; None if its audio is not wanted.
    """

    def __init__(self, container: InputContainer | None) -> None:
        stream = container.streams.best("audio") if container is not None else None
        self.streams: Sequence[AudioStream] = [stream] if isinstance(stream, AudioStream) else []
        self.format = _read_format(self.streams[0]) if self.streams else None
        has_adts = bool(self.streams) and has_adts_headers(self.streams[0])
        self._adts_remover = AdtsRemover(self.streams[0]) if has_adts else None
        self._pending: list[DemuxedAudioPacket] = []

    def receive(self, packet: "av.Packet[Any]") -> None:
        """Keep a packet. One without a timestamp is dropped: nobody knows where it belongs."""
        if packet.pts is None or not packet.size or len(self._pending) >= MAX_PENDING:
            return
        # Times first: the filter empties the packet.
        tick_s = float(packet.time_base)
        pts_s, duration_s = packet.pts * tick_s, (packet.duration or 0) * tick_s
        data = bytes(packet) if self._adts_remover is None else self._adts_remover.remove(packet)
        if data:
            self._pending.append(DemuxedAudioPacket(pts_s, duration_s, data))

    def take(self) -> Sequence[DemuxedAudioPacket]:
        """The packets since the last call."""
        pending, self._pending = self._pending, []
        return pending


def _read_format(stream: AudioStream) -> AudioFormat | None:
    """The format of a stream; None if the container does not state it."""
    context = stream.codec_context
    if context is None or not context.sample_rate:
        return None
    template = template_with_header(stream) if has_adts_headers(stream) else None
    if template is None:
        # A copy in a container of its own: recordings use it after this connection has ended.
        copy = av.open(io.BytesIO(), "w", format="nut")
        template = copy.add_stream_from_template(stream)
    header = bytes(template.codec_context.extradata or context.extradata or b"")
    key = (context.name, context.sample_rate, context.layout.name, header)
    return AudioFormat(context.name, key, context.sample_rate, bool(header), template)
