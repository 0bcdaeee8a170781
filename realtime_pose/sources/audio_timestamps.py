"""The sound of a live source: packets of its connections in, the same in media time out, to whoever listens."""

from collections.abc import Sequence
from typing import NamedTuple

from realtime_pose.audio.packets import AudioFormat, AudioListener, AudioPacket

APART_S = 5.0  # stamps of sound and pictures that lie further apart have nothing to do with each other


class DemuxedAudioPacket(NamedTuple):
    """A packet as it came: its stamp on the clock of the pictures' stamps, its length in seconds, and its content."""

    stamp_s: float
    duration_s: float
    data: bytes


class AudioTimestampMapper:
    """Maps stamps of sound to the media time of the pictures beside them.

    Where the two have clocks of their own, which some cameras do, a packet is taken to belong to the picture that it
    came with, and those after it go by their own stamps. What would not come after the packet before is left out.
    """

    def __init__(self) -> None:
        self._listener: AudioListener | None = None
        self._format: AudioFormat | None = None
        self._own_offset_s: float | None = None  # from stamps to media time, where the clocks are apart
        self._last_s = -1.0

    def listen(self, listener: AudioListener) -> None:
        """Tell this one from now on; any thread."""
        listener.begin(self._format)
        self._listener = listener

    def connect(self, form: AudioFormat | None) -> None:
        """The next packets are of another connection."""
        self._format, self._own_offset_s = form, None
        if self._listener is not None:
            self._listener.begin(form)

    def hand_on(self, heard: Sequence[DemuxedAudioPacket], *, stamp_s: float | None, time_s: float) -> None:
        """Hand on packets that came with a picture.

        Args:
            heard: In the order of coming.
            stamp_s: Of the picture; None where it has none: such sound has no place in time.
            time_s: Media time of the picture.
        """
        if self._listener is None or self._format is None or stamp_s is None:
            return
        for packet in heard:
            media_s = packet.stamp_s + self._shift_s(packet.stamp_s, stamp_s, time_s)
            if media_s > self._last_s:
                self._last_s = media_s
                self._listener.receive(AudioPacket(media_s, packet.duration_s, packet.data, self._format))

    def _shift_s(self, sound_s: float, stamp_s: float, time_s: float) -> float:
        """From this stamp of sound to media time."""
        if abs(sound_s - stamp_s) <= APART_S:
            return time_s - stamp_s
        if self._own_offset_s is None or abs(sound_s + self._own_offset_s - time_s) > APART_S:
            self._own_offset_s = time_s - sound_s
        return self._own_offset_s
