"""Audio packets of a live source with media time, from packets with the timestamps of their connection."""

from collections.abc import Sequence
from typing import NamedTuple

from realtime_pose.audio.packets import AudioFormat, AudioListener, AudioPacket

MAX_APART_S = 5.0  # audio and video timestamps that are further apart are of different clocks


class DemuxedAudioPacket(NamedTuple):
    """An audio packet as the container gives it: presentation timestamp, duration (both in seconds) and bytes."""

    pts_s: float
    duration_s: float
    data: bytes


class AudioTimestampMapper:
    """Maps audio timestamps to media time, with the help of the frames that arrive beside the packets.

    Some cameras use different clocks for audio and video. Then the first packet gets the time of the frame it arrived
    with, and the next packets keep their distance to it. A packet that would not be later than the one before is
    dropped.
    """

    def __init__(self) -> None:
        self._listener: AudioListener | None = None
        self._format: AudioFormat | None = None
        self._audio_offset_s: float | None = None  # media time minus audio timestamp, if audio has its own clock
        self._last_time_s = -1.0

    def listen(self, listener: AudioListener) -> None:
        """Send packets to this listener from now on; may be called from any thread."""
        listener.set_format(self._format)
        self._listener = listener

    def connect(self, audio_format: AudioFormat | None) -> None:
        """Begin a new connection with this format; None: no audio."""
        self._format, self._audio_offset_s = audio_format, None
        if self._listener is not None:
            self._listener.set_format(audio_format)

    def forward(self, packets: Sequence[DemuxedAudioPacket], *, video_pts_s: float | None, time_s: float) -> None:
        """Send the packets that arrived with a frame to the listener.

        Args:
            packets: In order of arrival.
            video_pts_s: Presentation timestamp of the frame; None if it has none: the packets are dropped then.
            time_s: Media time of the frame.
        """
        if self._listener is None or self._format is None or video_pts_s is None:
            return
        for packet in packets:
            packet_time_s = packet.pts_s + self._offset_s(packet.pts_s, video_pts_s, time_s)
            if packet_time_s > self._last_time_s:
                self._last_time_s = packet_time_s
                self._listener.receive(AudioPacket(packet_time_s, packet.duration_s, packet.data, self._format))

    def _offset_s(self, audio_pts_s: float, video_pts_s: float, time_s: float) -> float:
        """Media time minus timestamp, for this audio packet."""
        if abs(audio_pts_s - video_pts_s) <= MAX_APART_S:
            return time_s - video_pts_s  # one clock: the offset of the frame holds
        # Two clocks: keep the first offset, unless the audio clock has jumped since.
        if self._audio_offset_s is None or abs(audio_pts_s + self._audio_offset_s - time_s) > MAX_APART_S:
            self._audio_offset_s = time_s - audio_pts_s
        return self._audio_offset_s
