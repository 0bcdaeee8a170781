"""One MP4 file from encoded packets.

While it grows, the file is a fragmented MP4 that any player can open, with one fragment per second of media time, or at
most 1.2 s where the packets are copied. ``close`` makes it an ordinary MP4. A killed process loses the packets of the
last fragment: little more than a second.
"""

import os
from contextlib import suppress

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from realtime_pose.errors import SinkError
from realtime_pose.files.output_file import OutputFile
from realtime_pose.recording.audio_track import AudioTrack, HeaderNeed
from realtime_pose.recording.encoder import TICKS_HZ, Packet

_BUFFER_BYTES = 1 << 18  # the muxer writes a fragment in pieces of this size
_MAX_INTERLEAVE_US = 500_000  # video waits no longer for audio; FFmpeg's default would keep 10 s of it in memory
# Key frames of a camera may be many seconds apart, so a fragment also ends after 1.2 s.
_MUXER_OPTIONS = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof+hybrid_fragmented",
    "frag_duration": "1200000",
    "flush_packets": "1",
}


class Mp4File:
    """An MP4 file with one H.264 stream, and audio if there is some. Its times start at 0 with the first packet.

    Args:
        file: The file to write, which is empty; closed at the end.
        template: Stream with the format of the packets.
        start: Ticks of the first packet, which become 0.
        audio: Audio of this file; closed at the end.
        is_synced: Whether each fragment is forced to the disk, so that a power cut costs no more than a kill.
    """

    def __init__(
        self, file: OutputFile, template: VideoStream, start: int, *, audio: AudioTrack, is_synced: bool
    ) -> None:
        self._file, self._start, self._audio, self._is_synced = file, start, audio, is_synced
        options = _muxer_options(audio)
        self._container = av.open(file, "w", format="mp4", options=options, buffer_size=_BUFFER_BYTES)
        self._stream = self._container.add_stream_from_template(template, opaque=False)
        if self._stream.codec_context.codec.canonical_name == "hevc":
            self._stream.codec_context.codec_tag = "hvc1"  # Apple's players know HEVC by this tag only
        self._audio_stream = self._add_audio_stream()
        self._last_dts = -1
        self._end = 0  # end of the last packet, in ticks of this file
        self._added_bytes = self._synced_bytes = 0
        self._is_closed = False

    @property
    def length_ticks(self) -> int:
        """Where the last packet so far ends."""
        return self._end

    @property
    def length_bytes(self) -> int:
        """Size of the file, with what the muxer still holds."""
        return max(self._file.committed_bytes, self._added_bytes)

    def add(self, packet: Packet, *, duration: int) -> None:
        """Write one packet, shown for so many ticks, and the audio before it.

        Raises:
            SinkError: It cannot be written; what was written before stays playable.
        """
        if packet.pts is None or packet.dts is None:
            raise self._file.fail("a packet has no time")
        pts = packet.pts - self._start
        # Where images are sent out of order, the first are decoded before the start of the file. The muxer would move
        # the whole file to a later time, so these are decoded just one after another, at the start.
        self._last_dts = max(packet.dts - self._start, self._last_dts + 1)
        packet.pts, packet.dts = max(pts, self._last_dts), self._last_dts
        packet.duration = duration
        packet.stream = self._stream
        self._end = pts + duration
        self._added_bytes += packet.size
        try:
            self._mux_audio(pts)
            self._container.mux(packet)
            # The muxer writes whole fragments only, so the file is always playable up to here.
            self._file.commit()
            self._file.mark_header()
        except av.FFmpegError as error:
            raise self._file.fail(f"a packet was not written: {error}") from error
        if self._is_synced and self._file.has_results and self._file.committed_bytes > self._synced_bytes:
            self._synced_bytes = self._file.committed_bytes  # this packet has ended a fragment
            self._file.sync()

    def close(self) -> None:
        """Finish the file; may be called twice. After a failed write it only releases the file and raises nothing.

        Raises:
            SinkError: The end cannot be written; what was written before stays playable.
        """
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._finish()
        except av.FFmpegError as error:
            raise self._file.fail(f"its end was not written: {error}") from error
        finally:
            self._audio.close()
            if self._file.has_results:
                self._file.close()
            else:
                self._file.discard()

    def _finish(self) -> None:
        """Write the rest; after a failed write only release the file."""
        if self._file.has_failed:
            self._release()
            return
        try:
            self._file.check()
            self._mux_audio(self._end)
            self._container.close()
            self._file.seek(0, os.SEEK_END)
            self._file.commit()
            if self._is_synced:
                self._file.sync()
        except SinkError:
            self._release()
            raise

    def _release(self) -> None:
        """Close without writing an end: the file first, so that the container cannot write to it."""
        self._file.close()
        with suppress(SinkError, av.FFmpegError):
            self._container.close()

    def _add_audio_stream(self) -> AudioStream | None:
        """The stream for the audio; None if there is none, or if an MP4 cannot hold it."""
        if self._audio.stream is None:
            return None
        if self._audio.need is not HeaderNeed.MISSING:
            with suppress(ValueError):
                return self._container.add_stream_from_template(self._audio.stream)
        self._audio.report_unsupported(self._file.path)
        return None

    def _mux_audio(self, ticks: int) -> None:
        """Write the audio before this time, in ticks of this file."""
        if self._audio_stream is None:
            return
        for packet in self._audio.until(self._audio.start_s + ticks / TICKS_HZ):
            packet.stream = self._audio_stream
            self._container.mux(packet)


def _muxer_options(audio: AudioTrack) -> dict[str, str]:
    """Options of FFmpeg's MP4 muxer for a file with this audio."""
    if audio.stream is None:
        return _MUXER_OPTIONS
    flags = _MUXER_OPTIONS["movflags"]
    if audio.need is HeaderNeed.PACKET:
        flags += "+delay_moov"  # write the header only after the first packet of each stream
    return _MUXER_OPTIONS | {"movflags": flags, "max_interleave_delta": str(_MAX_INTERLEAVE_US)}
