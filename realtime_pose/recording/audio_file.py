"""The audio of a video file for its recordings."""

import logging
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from realtime_pose.audio.adts import AdtsRemover, has_adts_headers, template_with_header
from realtime_pose.recording.audio_track import AudioTrack, header_need
from realtime_pose.recording.encoder import Packet

_SEEKABLE_FORMATS = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")  # these have an index with times
_SEEK_MARGIN_S = 5.0  # so much earlier than wanted: the index may name places of the video only

_log = logging.getLogger(__name__)


class FileAudio:
    """The audio of a video file; it stays in the file until a recording reads it.

    Args:
        path: The video file.
        video_start_s: Timestamp of its first frame in seconds, which has media time 0.
    """

    def __init__(self, path: Path, *, video_start_s: float) -> None:
        self._path, self._video_start_s = path, video_start_s

    def open_track(self, start_s: float) -> AudioTrack:
        """The audio from this media time on, for one file."""
        return FileAudioTrack(self._path, start_s, video_start_s=self._video_start_s)

    def enable(self, *, is_enabled: bool) -> None:
        """Nothing is kept in memory."""

    def drop_before(self, time_s: float) -> None:
        """Nothing is kept in memory."""


class FileAudioTrack:
    """The audio packets of a video file from a media time on. Audio that cannot be read is logged and left out.

    Attributes:
        stream: Template stream for the packets; None if the file has no audio.
        codec: FFmpeg's name of the codec; "" for no audio.
        need: What the header of an MP4 needs from this audio.
        start_s: Media time at which the track starts, in seconds from the first frame of the file.

    Args:
        path: The video file.
        start_s: See the attribute.
        video_start_s: Timestamp of its first frame in seconds, which has media time 0.
    """

    def __init__(self, path: Path, start_s: float, *, video_start_s: float) -> None:
        self.stream: AudioStream | None = None
        self.start_s = start_s
        self._audio: AudioStream | None = None  # in the file; `stream` may be a template of it with a codec header
        self._adts_remover: AdtsRemover | None = None
        self._video_start_s = video_start_s
        self._next: tuple[float, Packet] | None = None  # read, but too late for the last call of `until`
        self._container: InputContainer | None = None
        try:
            self.stream = self._open(path)
        except av.FFmpegError as error:
            _log.warning("%s: its audio cannot be read (%s); recorded without audio", path, error.strerror)
        context = None if self.stream is None else self.stream.codec_context
        self.codec = "" if context is None else context.name
        self.need = header_need(self.codec, has_header=context is not None and bool(context.extradata))
        self._packets = self._read()

    def until(self, time_s: float) -> Iterator[Packet]:
        """The next packets before this media time; each comes once. Their timestamps count from ``start_s``."""
        while (self._next is not None) or self._advance():
            if self._next is None or self._next[0] >= time_s:
                return
            packet, self._next = self._next[1], None
            yield packet

    def report_unsupported(self, path: Path) -> None:
        """Log that the file at this path has no audio."""
        _log.warning("%s: MP4 cannot hold %s audio; recorded without audio", path, self.codec)

    def close(self) -> None:
        """Release the file; may be called twice."""
        self._packets.close()
        if self._container is not None:
            self._container.close()
            self._container = self.stream = self._audio = None

    def _open(self, path: Path) -> AudioStream | None:
        """Open the file, find its audio, and return the template of the audio."""
        self._container = av.open(f"file:{path}", metadata_errors="replace")
        audio = self._container.streams.best("audio")
        if not isinstance(audio, AudioStream):
            return None
        self._audio = audio
        self._go_near_start(self._container, audio)
        if not has_adts_headers(audio):
            return audio
        self._adts_remover = AdtsRemover(audio)
        return template_with_header(audio) or audio

    def _go_near_start(self, container: InputContainer, audio: AudioStream) -> None:
        """Leave out what comes long before the start; packets that come too early are left out later."""
        near_s = self.start_s - _SEEK_MARGIN_S
        if near_s > 0 and container.format.name in _SEEKABLE_FORMATS and audio.time_base:
            with suppress(av.FFmpegError):  # without an index the file is read from its beginning
                container.seek(round((self._video_start_s + near_s) / float(audio.time_base)), stream=audio)

    def _advance(self) -> bool:
        """Read the next packet; False at the end."""
        self._next = next(self._packets, None)
        return self._next is not None

    def _read(self) -> Generator[tuple[float, Packet], None, None]:
        """Media time and packet, from ``start_s`` on."""
        if self._container is None or self._audio is None:
            return
        tick_s = float(self._audio.time_base or 0)
        start = round((self._video_start_s + self.start_s) / tick_s) if tick_s else 0  # timestamp of the first packet
        try:
            for packet in self._container.demux(self._audio):
                if packet.pts is None or packet.dts is None or packet.pts < start:
                    continue
                time_s = packet.pts * tick_s - self._video_start_s
                pts = packet.pts - start
                dts = min(packet.dts - start, pts)
                if (copy := self._without_adts(packet)) is not None:
                    copy.pts, copy.dts = pts, dts
                    yield time_s, copy
        except av.FFmpegError as error:
            _log.warning("the audio cannot be read further (%s); the rest is recorded without audio", error.strerror)

    def _without_adts(self, packet: Packet) -> Packet | None:
        """The packet without an ADTS header; None if it is damaged."""
        if self._adts_remover is None:
            return packet
        time_base, duration = packet.time_base, packet.duration  # first: the filter empties the packet
        if not (data := self._adts_remover.remove(packet)):
            return None
        raw = Packet(data)
        raw.time_base, raw.duration, raw.is_keyframe = time_base, duration, True
        return raw
