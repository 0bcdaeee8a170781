"""A video file, or a video or stream from a URL, as a source that is read once.

A file is read in the iterating thread. A URL has a worker thread with a deadline for every call, because FFmpeg's
timeouts cover neither a resolver that hangs nor audio without video.
"""

from collections.abc import Iterator
from pathlib import Path

from realtime_pose.errors import SourceOpenError
from realtime_pose.reasons import Reason
from realtime_pose.scene import Frame
from realtime_pose.sources.container import UrlAccess
from realtime_pose.sources.decoded_frame import DecodedFrame
from realtime_pose.sources.decoding import VideoDecoder
from realtime_pose.sources.faults import FrameError, frame_errors
from realtime_pose.sources.pts import SAME_S
from realtime_pose.sources.read_once import ReadOnceSource
from realtime_pose.sources.reasons import SourceReason, with_cause
from realtime_pose.sources.source import SourceInfo, SourceState
from realtime_pose.sources.worker_thread import WorkerThread

READ_SLACK_S = 0.5  # FFmpeg's own timeout comes first, because it gives a better reason


class VideoSource(ReadOnceSource):
    """The frames of a video file or a URL, rotated as the display matrix says; audio is ignored.

    The first frame is decoded while opening. A file that is cut off or damaged gives all frames that can be decoded,
    and the status says what is missing. A URL that is lost ends the iteration with the state LOST.

    Args:
        address: Path, or URL with its password.
        name: The address as shown to the user.
        timeouts_s: For a URL, the longest wait for the first frame, and for each later one; None for a file.
        start_s: Media time of the first frame.

    Raises:
        SourceOpenError: It cannot be opened, has no video, no frame of it can be decoded, or it ends before the start.
    """

    def __init__(
        self, address: str, name: str, *, timeouts_s: tuple[float, float] | None = None, start_s: float = 0.0
    ) -> None:
        super().__init__()
        self._name = name
        self._start_s = start_s
        self._audio_path = Path(address) if timeouts_s is None else None  # the audio of a URL is not recorded
        self._timeouts_s = timeouts_s
        self._thread = WorkerThread(name) if timeouts_s else None
        self._decoder = self._open(address)
        # A long file takes a tenth of a second, at each jump too, and one of this computer can be read from any place.
        self._has_index = timeouts_s is not None and self._decoder.has_index

    @property
    def info(self) -> SourceInfo:
        """Name and format; the size is that of the first frame, upright."""
        decoder = self._decoder
        return SourceInfo(
            self._name,
            decoder.is_live,
            decoder.wh,
            decoder.rate_hz,
            decoder.num_frames,
            audio_path=self._audio_path,
            start_s=decoder.start_s,
            has_index=self._has_index,
        )

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the end, a loss, or ``close``."""
        if not self._progress.claim():
            return
        try:
            while not self._progress.is_stopped and (decoded := self._read()) is not None:
                if decoded.time_s < self._start_s - SAME_S:  # only from a URL; see VideoDecoder
                    continue
                try:
                    image = decoded.image
                except FrameError as error:
                    self._progress.count_undecodable(error.reason)
                else:
                    yield Frame(image, decoded.number, decoded.time_s, decoded.captured_s, self._name)
        finally:
            self._release()
            self._progress.end()

    def _interrupt(self) -> None:
        """Let the call return that waits on the worker thread."""
        if self._thread is not None:
            self._thread.interrupt()

    def _open(self, address: str) -> VideoDecoder:
        """The decoder at its first frame; one that comes too late is closed on its own thread."""
        if self._thread is None or self._timeouts_s is None:
            return self._decode(f"file:{address}")
        timeout_s, _ = self._timeouts_s
        try:
            return self._thread.call(
                lambda: self._decode(address),
                timeout_s=timeout_s,
                discard=VideoDecoder.close,
            )
        except TimeoutError as error:
            self._progress.stop()  # ends the decoding if the call returns later
            self._thread.finish()
            raise SourceOpenError(
                f"{self._name}: expected a picture within {timeout_s:g} s, but none came."
                " Check the address and that the host is up"
            ) from error
        except SourceOpenError:
            self._thread.finish()
            raise

    def _decode(self, address: str) -> VideoDecoder:
        """The decoder at its first frame; raises SourceOpenError."""
        try:
            with frame_errors():
                access = None if self._timeouts_s is None else UrlAccess(self._timeouts_s)
                return VideoDecoder(address, self._name, self._progress, access=access, start_s=self._start_s)
        except FrameError as error:
            raise SourceOpenError(f"{self._name}: expected a video, but {error}; try to play or convert it") from None

    def _read(self) -> DecodedFrame | None:
        """The next frame; None at the end, after the status was set."""
        try:
            if self._thread is None or self._timeouts_s is None:
                decoded = self._decoder.read()
            else:
                decoded = self._thread.call(self._decoder.read, timeout_s=self._timeouts_s[1] + READ_SLACK_S)
        except InterruptedError:
            return None
        except TimeoutError:
            self._progress.end(SourceState.LOST, Reason(SourceReason.READ_TIMEOUT))
            return None
        if decoded is None and not self._progress.is_stopped:
            self._set_end_state()
        return decoded

    def _set_end_state(self) -> None:
        """ENDED or LOST, and the reason if anything is missing."""
        reason, cause = self._decoder.missing_reason(), self._decoder.read_error
        if cause:
            reason = with_cause(reason or Reason(SourceReason.READ_STOPPED), cause)
        # A file that is cut off ends here all the same; a URL may have more to give, so it is lost.
        if self._thread is not None and (reason or self._decoder.is_live):
            self._progress.end(SourceState.LOST, reason or Reason(SourceReason.STREAM_ENDED))
        else:
            self._progress.end(SourceState.ENDED, reason)

    def _release(self) -> None:
        """Close the decoder in the thread that reads it; stopping ends a read that would go on."""
        self._progress.stop()
        if self._thread is None:
            self._decoder.close()
        else:
            self._thread.finish(self._decoder.close)
