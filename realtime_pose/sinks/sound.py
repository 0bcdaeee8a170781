"""The sound of a video file, as packets that are copied without being decoded."""

import logging
from collections.abc import Generator, Iterator
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from realtime_pose.sinks.encoder import Packet

_log = logging.getLogger(__name__)


class Sound:
    """The packets of a file's sound from a moment on, in order. Sound that cannot be read is silence, and logged.

    Attributes:
        stream: What the packets are; None where the file has no sound.
        start_s: Media time of the first packet to give, in seconds since the first picture.

    Args:
        path: The file.
        start_s: See the attribute.
    """

    def __init__(self, path: Path, start_s: float) -> None:
        self.stream: AudioStream | None = None
        self.start_s = start_s
        self._video_start_s = 0.0
        self._next: tuple[float, Packet] | None = None
        self._container: InputContainer | None = None
        try:
            self._container = av.open(f"file:{path}")
            audio = self._container.streams.best("audio")
            self.stream = audio if isinstance(audio, AudioStream) else None
            video = self._container.streams.best("video")
            if video is not None and video.start_time is not None:
                self._video_start_s = float(video.start_time * (video.time_base or 0))
        except av.FFmpegError as error:
            _log.warning("%s: its sound cannot be read (%s); recorded without", path, error.strerror)
        self._packets = self._read()

    def until(self, time_s: float) -> Iterator[Packet]:
        """Packets before this media time that were not given yet; their stamps count from ``start_s``."""
        while (self._next is not None) or self._advance():
            if self._next is None or self._next[0] >= time_s:
                return
            packet, self._next = self._next[1], None
            yield packet

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._packets.close()
        if self._container is not None:
            self._container.close()
            self._container = self.stream = None

    def _advance(self) -> bool:
        """Whether there is a next packet; it is kept."""
        self._next = next(self._packets, None)
        return self._next is not None

    def _read(self) -> Generator[tuple[float, Packet], None, None]:
        """Media time and packet, from the start on."""
        if self._container is None or self.stream is None:
            return
        tick_s = float(self.stream.time_base or 0)
        shift = round((self._video_start_s + self.start_s) / tick_s) if tick_s else 0
        try:
            for packet in self._container.demux(self.stream):
                if packet.pts is None or packet.dts is None or packet.pts < shift:
                    continue
                time_s = packet.pts * tick_s - self._video_start_s
                packet.pts -= shift
                packet.dts = min(packet.dts - shift, packet.pts)
                yield time_s, packet
        except av.FFmpegError as error:
            _log.warning("the sound broke off (%s); recorded without the rest", error.strerror)
