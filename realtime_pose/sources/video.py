"""A video file or a stream from a URL as a source.

A file is lossless and read in the iterating thread. A URL lives on a thread of its own, with a deadline for every call,
since FFmpeg's time-outs cover neither a resolver that hangs nor sound without pictures.
"""

from collections.abc import Iterator

from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Frame
from realtime_pose.sources.decoding import DecodedFrame, VideoDecoder
from realtime_pose.sources.source import SourceInfo, SourceState, SourceStatus
from realtime_pose.sources.status import StatusTracker
from realtime_pose.sources.worker_thread import WorkerThread

READ_SLACK_S = 0.5  # FFmpeg's own time-out comes first: it says more


class VideoSource:
    """The pictures of a video file or a URL, turned as its display matrix says; sound is ignored.

    Opened means that the first picture was decoded. A file that is cut off or damaged gives all that can be decoded;
    the status then says what is missing. A URL that is lost ends the iteration with the state LOST.

    Args:
        address: Path or URL, password included.
        name: The address for a person to read.
        timeouts_s: For a URL the longest wait for the first picture, and for each later one; None for a file.

    Raises:
        SourceOpenError: It cannot be opened, holds no video, or no picture of it can be decoded.
    """

    def __init__(self, address: str, name: str, *, timeouts_s: tuple[float, float] | None = None) -> None:
        self._name = name
        self._timeouts_s = timeouts_s
        self._progress = StatusTracker(tells_skipped=True)
        self._thread = WorkerThread(name) if timeouts_s else None
        self._decoding = self._open(address)

    @property
    def info(self) -> SourceInfo:
        """What it states; the size is that of the first image as it is shown."""
        decoder = self._decoding
        return SourceInfo(self._name, decoder.is_live, decoder.wh, decoder.rate_hz, decoder.num_frames)

    @property
    def status(self) -> SourceStatus:
        """How it is doing now."""
        return self._progress.status

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the end, a loss, or ``close``."""
        if not self._progress.begin():
            return
        index = 0
        try:
            while not self._progress.is_stopped and (picture := self._next()) is not None:
                yield Frame(picture.image, index, picture.time_s, picture.captured_s, self._name)
                index += 1
        finally:
            self._release()
            self._progress.end()

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice."""
        self._progress.stop()
        if self._thread is not None:
            self._thread.interrupt()
        if self._progress.begin():
            self._release()
            self._progress.end()

    def _open(self, address: str) -> VideoDecoder:
        """The decoder at its first picture; one that comes too late is closed on its own thread."""
        if self._thread is None or self._timeouts_s is None:
            return VideoDecoder(f"file:{address}", self._name, self._progress)
        open_s, _ = self._timeouts_s
        try:
            return self._thread.call(
                lambda: VideoDecoder(address, self._name, self._progress, limits_s=self._timeouts_s),
                timeout_s=open_s,
                discard=VideoDecoder.close,
            )
        except TimeoutError as error:
            self._progress.stop()
            self._thread.finish(lambda: None)
            raise SourceOpenError(
                f"{self._name}: expected a picture within {open_s:g} s, but none came."
                " Check the address and that the host is up"
            ) from error
        except SourceOpenError:
            self._thread.finish(lambda: None)
            raise

    def _next(self) -> DecodedFrame | None:
        """The next picture; None at the end, whose cause the status then holds."""
        try:
            if self._thread is None or self._timeouts_s is None:
                picture = self._decoding.next()
            else:
                picture = self._thread.call(self._decoding.next, timeout_s=self._timeouts_s[1] + READ_SLACK_S)
        except InterruptedError:
            return None
        except TimeoutError:
            self._progress.end(SourceState.LOST, "no picture came within the read time-out")
            return None
        if picture is None and not self._progress.is_stopped:
            self._say_why()
        return picture

    def _say_why(self) -> None:
        """Set the state at the end of what came."""
        broken = f"the reading broke off ({self._decoding.problem})" if self._decoding.problem else ""
        reason = "; ".join(part for part in (broken, self._decoding.shortfall()) if part)
        if self._thread is not None and (reason or self._decoding.is_live):
            self._progress.end(SourceState.LOST, reason or "the sender ended the stream")
        else:
            self._progress.end(SourceState.ENDED, reason)

    def _release(self) -> None:
        """Close the decoder where it was read; a read that goes on and on there ends."""
        self._progress.stop()
        if self._thread is None:
            self._decoding.close()
        else:
            self._thread.finish(self._decoding.close)
