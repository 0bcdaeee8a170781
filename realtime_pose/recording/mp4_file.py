"""One MP4 file from packets that were encoded before.

While it grows, the file is a fragmented MP4 that any player can open, a fragment a second of media time; `close` makes
it an ordinary one. A killed process loses what came after the last key frame: at most a second and a frame.
"""

from contextlib import suppress
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from realtime_pose.errors import SinkError
from realtime_pose.files.output_file import OutputFile
from realtime_pose.recording.audio_file import AudioTrack, HeaderNeed
from realtime_pose.recording.encoder import TICKS_HZ, Packet

_BUFFER_BYTES = 1 << 18  # a fragment is written in pieces of this size
_SOUND_WAIT_US = 500_000  # pictures wait no longer for sound: where it ends early, they would wait 10 s in memory
_MUXER = {"movflags": "frag_keyframe+empty_moov+default_base_moof+hybrid_fragmented", "flush_packets": "1"}


class Mp4File:
    """An MP4 with one H.264 stream, and sound where there is some; its times start at 0 with the first packet.

    Args:
        path: Where to; a file that stands there is replaced. Without a packet none is left.
        is_synced: Whether each fragment is forced to the disk, so that a power cut costs no more than a kill.

    Raises:
        SinkError: The file cannot be made.
    """

    def __init__(self, path: Path, *, is_synced: bool = False) -> None:
        self._file = OutputFile(path)
        self._path = path
        self._is_synced = is_synced
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._sound: AudioTrack | None = None
        self._sound_stream: AudioStream | None = None
        self._start = 0
        self._end = 0
        self._added_bytes = self._header_bytes = 0
        self._is_closed = False

    @property
    def length_bytes(self) -> int:
        """Length of the file, with what the muxer still holds."""
        return max(self._file.whole_bytes, self._added_bytes)

    def check(self) -> None:
        """Raise SinkError where the file is closed, failed, or is no longer there."""
        self._file.check()

    def fail(self, reason: str) -> SinkError:
        """The failure to raise; the file is cut back to what was whole."""
        return self._file.fail(reason)

    def begin(self, template: VideoStream, start: int, *, sound: AudioTrack | None) -> None:
        """Open the container.

        Args:
            template: What the packets will be.
            start: Ticks of the first of them, which become 0.
            sound: Owned from now on.
        """
        options = _options(sound)
        self._container = av.open(self._file, "w", format="mp4", options=options, buffer_size=_BUFFER_BYTES)
        self._stream = self._container.add_stream_from_template(template, opaque=False)
        self._start, self._sound = start, sound
        if sound is not None and sound.stream is not None:
            self._sound_stream = self._stream_of(sound, sound.stream)

    def add(self, packet: Packet, *, step: int) -> None:
        """Write one packet, shown for so many ticks, and the sound before it.

        Raises:
            SinkError: It cannot be written; what was written before stays playable.
        """
        if self._container is None or self._stream is None or packet.pts is None or packet.dts is None:
            raise SinkError(f"{self._path}: expected `begin` before the first packet; call it")
        packet.duration = step
        packet.pts -= self._start
        packet.dts -= self._start
        packet.stream = self._stream
        self._end = packet.pts + step
        self._added_bytes += packet.size
        ends_fragment = packet.is_keyframe and packet.pts > 0
        try:
            self._add_sound(packet.pts)
            self._container.mux(packet)
            self._file.mark()
            self._header_bytes = self._header_bytes or self._file.whole_bytes
        except av.FFmpegError as error:
            raise self._file.fail(f"a packet was not written: {error}") from error
        if ends_fragment and self._is_synced:
            self._file.sync()

    def close(self) -> None:
        """Finish the file; may be called twice. After a failed write nothing is left to finish, and none raises.

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
            if self._sound is not None:
                self._sound.close()
            if self._file.whole_bytes > (self._header_bytes if self._file.has_failed else 0):
                self._file.close()
            else:
                self._file.discard()

    def _finish(self) -> None:
        """Write what is left; where writing failed before, only let go of the file."""
        if self._container is None:
            return
        if self._file.has_failed:
            self._release()
            return
        try:
            self._file.check()
            self._add_sound(self._end)
            self._container.close()
            if self._is_synced:
                self._file.sync()
        except SinkError:
            self._release()
            raise

    def _release(self) -> None:
        """Close without an end: the file first, since the container writes to no closed one."""
        self._file.close()
        with suppress(SinkError, av.FFmpegError):
            if self._container is not None:
                self._container.close()

    def _stream_of(self, sound: AudioTrack, template: AudioStream) -> AudioStream | None:
        """A stream for this sound; None where an MP4 cannot hold it."""
        if self._container is not None and sound.need is not HeaderNeed.MISSING:
            with suppress(ValueError):
                return self._container.add_stream_from_template(template)
        sound.refuse(self._path)
        return None

    def _add_sound(self, ticks: int) -> None:
        """Write the sound before this time of ours."""
        if self._sound is None or self._sound_stream is None or self._container is None:
            return
        for packet in self._sound.until(self._sound.start_s + ticks / TICKS_HZ):
            packet.stream = self._sound_stream
            self._container.mux(packet)


def _options(sound: AudioTrack | None) -> dict[str, str]:
    """What the muxer is told."""
    if sound is None or sound.stream is None:
        return _MUXER
    flags = _MUXER["movflags"]
    if sound.need is HeaderNeed.PACKET:
        flags += "+delay_moov"
    return _MUXER | {"movflags": flags, "max_interleave_delta": str(_SOUND_WAIT_US)}
