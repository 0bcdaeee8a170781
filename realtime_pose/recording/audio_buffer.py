"""Audio of a live source for its recordings: the last seconds of packets, kept only while something is recorded."""

import logging
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from realtime_pose.audio.packets import AudioFormat, AudioPacket
from realtime_pose.recording.audio_track import AudioTrack, header_need
from realtime_pose.recording.encoder import Packet

MAX_AUDIO_LAG_S = 5.0  # audio may arrive this much later than the frames of the same time
MAX_INBOX_PACKETS = 4096  # a minute and a half of AAC; if nobody collects them, the oldest are dropped
MAX_BYTES = 64_000_000  # ten minutes of pre-roll take 24 MB at 320 kbit/s

_log = logging.getLogger(__name__)


class AudioBuffer:
    """Receives packets in the source's thread. Everything else happens in the thread that records.

    Attributes:
        format: Format of the next packets; None: no audio.
        is_enabled: Whether packets are kept; if not, they are dropped as they arrive.
    """

    def __init__(self) -> None:
        self.format: AudioFormat | None = None
        self.is_enabled = False
        self._inbox: deque[AudioPacket] = deque(maxlen=MAX_INBOX_PACKETS)  # append and popleft are atomic: no lock
        self._packets: deque[AudioPacket] = deque()
        self._num_dropped = 0  # so the number of packet i of the deque, counted from the first ever, is this plus i
        self._length_bytes = 0
        self._warnings: set[str] = set()

    def __len__(self) -> int:
        """Number of packets in memory."""
        return len(self._inbox) + len(self._packets)

    def set_format(self, audio_format: AudioFormat | None) -> None:
        """Set the format of the next packets; None: no audio."""
        self.format = audio_format

    def receive(self, packet: AudioPacket) -> None:
        """Keep a packet, if packets are kept now."""
        if self.is_enabled:
            self._inbox.append(packet)

    def enable(self, *, is_enabled: bool) -> None:
        """Keep packets from now on, or drop them all."""
        self.is_enabled = is_enabled
        if not is_enabled:
            self._inbox.clear()
            while self._packets:
                self._drop_oldest()

    def drop_before(self, time_s: float) -> None:
        """Drop the audio of frames before this media time, which no recording needs any more."""
        self._collect()
        while self._packets and self._packets[0].time_s < time_s - MAX_AUDIO_LAG_S:
            self._drop_oldest()

    def open_track(self, start_s: float) -> AudioTrack:
        """The audio from this media time on in its present format, for one file."""
        return LiveAudioTrack(self, self.format, start_s)

    def packets_from(self, number: int) -> Iterator[tuple[int, AudioPacket]]:
        """Number and packet of those in memory, from this number on. The first packet ever kept has number 0."""
        self._collect()
        for index in range(max(0, number - self._num_dropped), len(self._packets)):
            yield self._num_dropped + index, self._packets[index]

    def warn_once(self, message: str) -> None:
        """Log a warning; the same one only once."""
        if message not in self._warnings:
            self._warnings.add(message)
            _log.warning("%s", message)

    def _collect(self) -> None:
        """Move packets from the inbox to this thread's deque."""
        while self._inbox:
            packet = self._inbox.popleft()
            self._packets.append(packet)
            self._length_bytes += len(packet.data)
        while self._length_bytes > MAX_BYTES:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._length_bytes -= len(self._packets.popleft().data)
        self._num_dropped += 1


class LiveAudioTrack:
    """The audio of one recording of a live source.

    A file holds one format. If the source comes back with another format, the audio of the file ends.

    Attributes:
        stream: Template stream for the packets; None: no audio.
        codec: FFmpeg's name of the codec; "" for no audio.
        need: What the header of an MP4 needs from this audio.
        start_s: Media time in seconds at which the track starts.
    """

    def __init__(self, buffer: AudioBuffer, audio_format: AudioFormat | None, start_s: float) -> None:
        self._buffer, self._format = buffer, audio_format
        self._next_number = 0  # in the buffer
        self._last_ticks = -1
        self.start_s = start_s
        self.codec = "" if audio_format is None else audio_format.codec
        self.need = header_need(self.codec, has_header=audio_format is not None and audio_format.has_header)
        self.stream = None if audio_format is None else audio_format.template

    def until(self, time_s: float) -> Iterator[Packet]:
        """The next packets before this media time; each comes once. Their timestamps count from ``start_s``."""
        for number, packet in self._buffer.packets_from(self._next_number):
            if packet.time_s >= time_s:
                return
            self._next_number = number + 1
            if packet.time_s >= self.start_s and (encoded := self._to_packet(packet)) is not None:
                yield encoded

    def report_unsupported(self, path: Path) -> None:
        """Log that files in this folder have no audio; only once, as the next segments have none either."""
        self._buffer.warn_once(f"MP4 cannot hold {self.codec} audio; recorded without audio, in {path.parent}")

    def close(self) -> None:
        """End the track; the buffer stays as it is."""
        self._format = None

    def _to_packet(self, packet: AudioPacket) -> Packet | None:
        """The packet for the muxer; None if the format differs, or the time is not after the packet before."""
        if self._format is None:
            return None
        if packet.format.key != self._format.key:
            self._buffer.warn_once(
                f"the audio changed from {self.codec} to {packet.format.codec}; the current file goes on without audio"
            )
            return None
        rate_hz = self._format.rate_hz
        ticks = round((packet.time_s - self.start_s) * rate_hz)
        if ticks <= self._last_ticks:
            return None
        self._last_ticks = ticks
        encoded = Packet(packet.data)
        encoded.time_base = Fraction(1, rate_hz)
        encoded.pts = encoded.dts = ticks
        encoded.duration, encoded.is_keyframe = round(packet.duration_s * rate_hz), True
        return encoded
