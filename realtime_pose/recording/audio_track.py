"""Audio of recordings, as packets that are copied and never decoded: the protocols, and a source without audio."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Protocol

from av.audio.stream import AudioStream

from realtime_pose.recording.encoder import Packet

# The header of an MP4 describes its audio. Where the description comes from depends on the codec:
_HEADER_IN_PACKET = ("ac3", "eac3")  # from the first packet
_HEADER_IN_STREAM = ("aac", "opus", "vorbis", "flac", "alac")  # from the header of the stream (FFmpeg's extradata)


class HeaderNeed(Enum):
    """What the header of an MP4 needs from its audio: nothing more, the first packet, or a header that is missing."""

    NOTHING = "nothing"
    PACKET = "packet"
    MISSING = "missing"


def header_need(codec: str, *, has_header: bool) -> HeaderNeed:
    """What the header of an MP4 with this audio needs.

    Args:
        codec: FFmpeg's name of the codec.
        has_header: Whether the audio stream has a codec header.
    """
    if codec in _HEADER_IN_PACKET:
        return HeaderNeed.PACKET
    return HeaderNeed.MISSING if codec in _HEADER_IN_STREAM and not has_header else HeaderNeed.NOTHING


class AudioTrack(Protocol):
    """The audio of one recording, from a media time on.

    Attributes:
        stream: Template stream for the packets; None: no audio.
        codec: FFmpeg's name of the codec; "" for no audio.
        need: What the header of an MP4 needs from this audio.
        start_s: Media time in seconds at which the track starts.
    """

    stream: AudioStream | None
    codec: str
    need: HeaderNeed
    start_s: float

    def until(self, time_s: float) -> Iterator[Packet]:
        """The next packets before this media time; each comes once. Their timestamps count from ``start_s``."""

    def report_unsupported(self, path: Path) -> None:
        """Report that the file at this path cannot hold the audio and has none."""

    def close(self) -> None:
        """Release the track; may be called twice."""


class AudioSource(Protocol):
    """Where the audio of recordings comes from."""

    def open_track(self, start_s: float) -> AudioTrack:
        """The audio from this media time on, for one file; a track can be read once."""

    def enable(self, *, is_enabled: bool) -> None:
        """Keep audio from now on because a recording may need it, or drop it all."""

    def drop_before(self, time_s: float) -> None:
        """Drop the audio of frames before this media time, which no recording needs any more."""


class NoAudio:
    """A source without audio, and its only track.

    Attributes:
        stream: None.
        codec: "".
        need: Nothing.
        start_s: 0.
    """

    def __init__(self) -> None:
        self.stream: AudioStream | None = None
        self.codec, self.need, self.start_s = "", HeaderNeed.NOTHING, 0.0

    def open_track(self, start_s: float) -> AudioTrack:  # noqa: ARG002 - there is no audio at any time
        """A track without packets."""
        return self

    def enable(self, *, is_enabled: bool) -> None:
        """Nothing is kept."""

    def drop_before(self, time_s: float) -> None:
        """Nothing is kept."""

    def until(self, time_s: float) -> Iterator[Packet]:  # noqa: ARG002 - there is no audio at any time
        """No packet."""
        return iter(())

    def report_unsupported(self, path: Path) -> None:
        """Every file can hold no audio."""

    def close(self) -> None:
        """Nothing is open."""
