"""AAC with a head in each packet, as transport streams have it, to AAC with one header for all, as files want it."""

import io

import av
from av.audio.stream import AudioStream

_SYNC = 0xFFF
_LEAST, _WITH_CHECKSUM = 7, 9  # bytes of a head


def is_headed(stream: AudioStream) -> bool:
    """Whether packets of this stream have heads: AAC of which nothing is said beforehand."""
    return stream.codec_context.name == "aac" and not stream.codec_context.extradata


def template_of(stream: AudioStream) -> AudioStream | None:
    """A stream of the same AAC with a header; None where it is not of the plain kind (LC).

    It lies in a container of its own, which nothing is written to.
    """
    context = stream.codec_context
    if context.profile != "LC" or not context.sample_rate:
        return None
    holder = av.open(io.BytesIO(), "w", format="mp4")
    template = holder.add_stream("aac", rate=context.sample_rate)
    template.codec_context.layout = context.layout.name
    holder.start_encoding()
    return template


def bare(data: bytes) -> bytes:
    """A packet without its head; empty where it is damaged.

    >>> bare(bytes([0xFF, 0xF1, 0x4C, 0x40, 0x01, 0x3F, 0xFC]) + b"ab")
    b'ab'
    >>> bare(b"noise, and no head")
    b''
    """
    if len(data) < _LEAST or data[0] << 4 | data[1] >> 4 != _SYNC:
        return b""
    length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    return data[_LEAST if data[1] & 1 else _WITH_CHECKSUM :] if length == len(data) else b""
