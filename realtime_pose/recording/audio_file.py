"""The sound of a recording, as packets that are copied without being decoded; here, that of a video file."""

import logging
from collections.abc import Generator, Iterator
from enum import Enum
from pathlib import Path
from typing import Protocol

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from realtime_pose.audio.adts import bare, is_headed, template_of
from realtime_pose.recording.encoder import Packet

_LATE_HEADER = ("ac3", "eac3")  # sound of which the header of an MP4 needs the first packet
_OWN_HEADER = ("aac", "opus", "vorbis", "flac", "alac")  # sound that an MP4 cannot hold without a header of its own

_log = logging.getLogger(__name__)


class HeaderNeed(Enum):
    """What the header of an MP4 needs of its sound: nothing more, the first packet, or something that is not there."""

    NOTHING = "nothing"
    PACKET = "packet"
    MISSING = "missing"


def header_need(codec: str, *, has_header: bool) -> HeaderNeed:
    """What the header of an MP4 with this sound needs.

    Args:
        codec: FFmpeg's name of it.
        has_header: Whether what decoders must know beforehand is known.
    """
    if codec in _LATE_HEADER:
        return HeaderNeed.PACKET
    return HeaderNeed.MISSING if codec in _OWN_HEADER and not has_header else HeaderNeed.NOTHING


class AudioTrack(Protocol):
    """The sound of one recording, from a moment on.

    Attributes:
        stream: What the packets are; None for no sound.
        codec: FFmpeg's name of it.
        need: What the header of an MP4 needs of it.
        start_s: Media time of the first packet to give.
    """

    stream: AudioStream | None
    codec: str
    need: HeaderNeed
    start_s: float

    def until(self, time_s: float) -> Iterator[Packet]:
        """Packets before this media time that were not given yet; their stamps count from ``start_s``."""

    def refuse(self, path: Path) -> None:
        """It was left out of this file."""

    def close(self) -> None:
        """Nothing more is wanted; may be called twice."""


def _bare(packet: Packet) -> Packet | None:
    """The packet without its own head; None where it is damaged."""
    data = bare(bytes(packet))
    if not data:
        return None
    whole = Packet(data)
    whole.time_base, whole.duration, whole.is_keyframe = packet.time_base, packet.duration, True
    return whole


class FileAudioTrack:
    """The packets of a file's sound from a moment on, in order. Sound that cannot be read is silence, and logged.

    Attributes:
        stream: What the packets are; None where the file has no sound.
        codec: FFmpeg's name of it.
        need: What the header of an MP4 needs of it.
        start_s: Media time of the first packet to give, in seconds since the first picture.

    Args:
        path: The file.
        start_s: See the attribute.
    """

    def __init__(self, path: Path, start_s: float) -> None:
        self.stream: AudioStream | None = None
        self.start_s = start_s
        self._audio: AudioStream | None = None
        self._is_headed = False
        self._video_start_s = 0.0
        self._next: tuple[float, Packet] | None = None
        self._container: InputContainer | None = None
        try:
            self._container = av.open(f"file:{path}")
            audio = self._container.streams.best("audio")
            self._audio = self.stream = audio if isinstance(audio, AudioStream) else None
            self._is_headed = self._audio is not None and is_headed(self._audio)
            if self._audio is not None and self._is_headed:
                self.stream = template_of(self._audio) or self._audio
            video = self._container.streams.best("video")
            if video is not None and video.start_time is not None:
                self._video_start_s = float(video.start_time * (video.time_base or 0))
        except av.FFmpegError as error:
            _log.warning("%s: its sound cannot be read (%s); recorded without", path, error.strerror)
        context = None if self.stream is None else self.stream.codec_context
        self.codec = "" if context is None else context.name
        self.need = header_need(self.codec, has_header=context is not None and bool(context.extradata))
        self._packets = self._read()

    def until(self, time_s: float) -> Iterator[Packet]:
        """Packets before this media time that were not given yet; their stamps count from ``start_s``."""
        while (self._next is not None) or self._advance():
            if self._next is None or self._next[0] >= time_s:
                return
            packet, self._next = self._next[1], None
            yield packet

    def refuse(self, path: Path) -> None:
        """It was left out of this file."""
        _log.warning("%s: MP4 takes no %s sound; recorded without", path, self.codec)

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._packets.close()
        if self._container is not None:
            self._container.close()
            self._container = self.stream = self._audio = None

    def _advance(self) -> bool:
        """Whether there is a next packet; it is kept."""
        self._next = next(self._packets, None)
        return self._next is not None

    def _read(self) -> Generator[tuple[float, Packet], None, None]:
        """Media time and packet, from the start on."""
        if self._container is None or self._audio is None:
            return
        tick_s = float(self._audio.time_base or 0)
        shift = round((self._video_start_s + self.start_s) / tick_s) if tick_s else 0
        try:
            for packet in self._container.demux(self._audio):
                if packet.pts is None or packet.dts is None or packet.pts < shift:
                    continue
                time_s = packet.pts * tick_s - self._video_start_s
                pts = packet.pts - shift
                dts = min(packet.dts - shift, pts)
                if (whole := _bare(packet) if self._is_headed else packet) is not None:
                    whole.pts, whole.dts = pts, dts
                    yield time_s, whole
        except av.FFmpegError as error:
            _log.warning("the sound broke off (%s); recorded without the rest", error.strerror)
