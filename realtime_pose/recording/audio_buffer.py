"""The sound of a live source for its recordings: what was heard lately, kept only while somebody records."""

import logging
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

from av.audio.stream import AudioStream

from realtime_pose.audio.packets import AudioFormat, AudioPacket
from realtime_pose.recording.audio_file import header_need
from realtime_pose.recording.encoder import Packet

LATE_S = 5.0  # sound may come so much later than the pictures of its moment
MOST_WAITING = 4096  # packets that nobody has collected yet; the oldest give way: a minute and a half of AAC
MOST_BYTES = 64_000_000  # ten minutes of pre-roll take 24 MB at 320 kbit/s

_log = logging.getLogger(__name__)


class AudioBuffer:
    """Takes packets in the source's thread; all else happens in the thread that records.

    Attributes:
        format: What packets are now; None for no sound.
        is_kept: Whether packets are kept; else they are dropped as they come.
    """

    def __init__(self) -> None:
        self.format: AudioFormat | None = None
        self.is_kept = False
        self._inbox: deque[AudioPacket] = deque(maxlen=MOST_WAITING)  # its methods are atomic
        self._kept: deque[AudioPacket] = deque()
        self._num_forgotten = 0
        self._kept_bytes = 0
        self._told: set[str] = set()

    def __len__(self) -> int:
        """How many packets are in memory."""
        return len(self._inbox) + len(self._kept)

    def begin(self, form: AudioFormat | None) -> None:
        """What the next packets will be."""
        self.format = form

    def receive(self, packet: AudioPacket) -> None:
        """Keep a packet, where anybody records."""
        if self.is_kept:
            self._inbox.append(packet)

    def keep(self, *, is_kept: bool) -> None:
        """Keep packets from now on, or forget them all."""
        self.is_kept = is_kept
        if not is_kept:
            self._inbox.clear()
            while self._kept:
                self._forget_one()

    def forget(self, before_s: float) -> None:
        """Forget what belongs to pictures before this media time, which no recording will ask for again."""
        self._collect()
        while self._kept and self._kept[0].time_s < before_s - LATE_S:
            self._forget_one()

    def track(self, start_s: float) -> "LiveAudioTrack":
        """The sound from this media time on, as it is now, for one recording."""
        return LiveAudioTrack(self, self.format, start_s)

    def after(self, number: int) -> Iterator[tuple[int, AudioPacket]]:
        """Packets in memory from this number on, each with its own; the first that ever came has 0."""
        self._collect()
        for place in range(max(0, number - self._num_forgotten), len(self._kept)):
            yield self._num_forgotten + place, self._kept[place]

    def tell(self, words: str) -> None:
        """Log this, once."""
        if words not in self._told:
            self._told.add(words)
            _log.warning("%s", words)

    def _collect(self) -> None:
        """Take over what has come in."""
        while self._inbox:
            packet = self._inbox.popleft()
            self._kept.append(packet)
            self._kept_bytes += len(packet.data)
        while self._kept_bytes > MOST_BYTES:
            self._forget_one()

    def _forget_one(self) -> None:
        self._kept_bytes -= len(self._kept.popleft().data)
        self._num_forgotten += 1


class LiveAudioTrack:
    """The sound of one recording.

    Where the source comes back with sound of another kind, the track ends: a file has one kind only.

    Attributes:
        stream: What the packets are; None where there is no sound that a file can hold.
        codec: FFmpeg's name of it.
        need: What the file needs before its header can be written.
        start_s: Media time of the first packet to give.
    """

    def __init__(self, sound: AudioBuffer, form: AudioFormat | None, start_s: float) -> None:
        self._sound, self._format = sound, form
        self._number = 0
        self._last = -1
        self.start_s = start_s
        self.codec = "" if form is None else form.codec
        self.need = header_need(self.codec, has_header=form is not None and form.has_header)
        self.stream = None if form is None else cast("AudioStream", form.template)

    def until(self, time_s: float) -> Iterator[Packet]:
        """Packets before this media time that were not given yet; their stamps count from ``start_s``."""
        for number, packet in self._sound.after(self._number):
            if packet.time_s >= time_s:
                return
            self._number = number + 1
            if packet.time_s >= self.start_s and self._format is not None and (coded := self._coded(packet)):
                yield coded

    def refuse(self, path: Path) -> None:
        """It was left out of this file, and will be out of the next: told once."""
        self._sound.tell(f"MP4 takes no {self.codec} sound; recorded without, in {path.parent}")

    def close(self) -> None:
        """Nothing more is wanted; the sound is not its own."""
        self._format = None

    def _coded(self, packet: AudioPacket) -> Packet | None:
        """The packet for the file; None where it is of another kind, or not after the one before."""
        if self._format is None or packet.format.key != self._format.key:
            self._sound.tell(
                f"the sound changed from {self.codec} to {packet.format.codec}; the running file goes on without"
            )
            return None
        rate_hz = self._format.rate_hz
        ticks = round((packet.time_s - self.start_s) * rate_hz)
        if ticks <= self._last:
            return None
        self._last = ticks
        coded = Packet(packet.data)
        coded.time_base = Fraction(1, rate_hz)
        coded.pts = coded.dts = ticks
        coded.duration, coded.is_keyframe = round(packet.duration_s * rate_hz), True
        return coded
