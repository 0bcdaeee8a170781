"""Raw AAC packets from AAC packets with ADTS headers.

An MPEG transport stream has an ADTS header in each packet (ISO/IEC 13818-7, section 6.2). An MP4 file has one header
for all packets (AudioSpecificConfig). Decision 0018 says where that header comes from.
"""

import io
from typing import Any

import av
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext


def has_adts_headers(stream: AudioStream) -> bool:
    """Whether the packets have ADTS headers: the stream is AAC and has no header of its own."""
    return stream.codec_context.name == "aac" and not stream.codec_context.extradata


def template_with_header(stream: AudioStream) -> AudioStream | None:
    """A stream of the same AAC format with a codec header; None if the profile is not LC.

    The stream lies in a container of its own, in memory. No packet is written to it.
    """
    context = stream.codec_context
    if context.profile != "LC" or not context.sample_rate:
        return None
    # The encoder writes the header when it opens. It has to agree with the stream only in profile, rate and layout.
    container = av.open(io.BytesIO(), "w", format="mp4")
    template = container.add_stream("aac", rate=context.sample_rate)
    template.codec_context.layout = context.layout.name
    container.start_encoding()
    return template


class AdtsRemover:
    """Removes the ADTS headers from the packets of one stream.

    Args:
        stream: AAC with ADTS headers.
    """

    def __init__(self, stream: AudioStream) -> None:
        self._filter = BitStreamFilterContext("aac_adtstoasc", stream)

    def remove(self, packet: "av.Packet[Any]") -> bytes:
        """The payload of a packet; b"" if its header is damaged. The packet given is empty afterwards."""
        if not packet.size:  # for the filter an empty packet is the end of the stream
            return b""
        try:
            return b"".join(bytes(part) for part in self._filter.filter(packet))
        except av.FFmpegError:
            return b""
