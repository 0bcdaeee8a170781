"""Errors of sources that carry a reason; their messages are made from the same table as all other words."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import av

from realtime_pose.errors import RealtimePoseError, SourceError, SourceOpenError
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.redaction import redact_text
from realtime_pose.sources.reason_texts import describe_reason
from realtime_pose.sources.reasons import SourceReason, system_reason, with_cause
from realtime_pose.sources.source import SourceState

_CODES: tuple[tuple[type[av.FFmpegError], SourceReason], ...] = (
    (av.error.HTTPUnauthorizedError, SourceReason.UNAUTHORIZED),
    (av.error.HTTPForbiddenError, SourceReason.UNAUTHORIZED),
    (av.error.HTTPNotFoundError, SourceReason.NOT_FOUND_404),
    (av.error.ExitError, SourceReason.TIMEOUT),
    (av.error.InvalidDataError, SourceReason.CUT_OFF),  # also if a server closes the connection without an answer
)


class StreamError(SourceOpenError):
    """A stream could not be opened, or broke off.

    Attributes:
        reason: What went wrong, without address and password.
        state: The state that the source gets; None: it is only away and can be tried again soon.
        error_number: Error number of FFmpeg or the system; 0 for none.

    Args:
        name: The address as shown to the user.
        reason: See above.
        state: See above.
        error_number: See above; None counts as 0.
    """

    def __init__(
        self, name: str, reason: Reason, *, state: SourceState | None = None, error_number: int | None = 0
    ) -> None:
        super().__init__(
            f"{name}: expected a video stream, but {describe_reason(reason)}."
            " Check the address, user and password, and that the host is up"
        )
        self.reason = reason
        self.state = state
        self.error_number = error_number or 0


class WebcamError(OSError):
    """A webcam cannot be opened or read.

    Attributes:
        reason: Why.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(describe_reason(reason))
        self.reason = reason


class FrameError(SourceError):
    """A frame or an image file cannot be decoded; the source can go on with the next one.

    Attributes:
        reason: Why.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(describe_reason(reason))
        self.reason = reason


@contextmanager
def frame_errors(reason: Reason = NO_REASON) -> Iterator[None]:
    """Turn each exception of a library in this block into a FrameError with this reason and its cause.

    Without a reason, the cause is the reason.

    FFmpeg, PyAV, OpenCV and Pillow raise exceptions of many kinds for damaged or unusual content. None of them may end
    more than the file that it came from.
    """
    try:
        yield
    except RealtimePoseError:
        raise
    except Exception as error:  # any, as said above; its cause is kept in the chain and in the reason
        cause = library_reason(error)
        raise FrameError(with_cause(reason, cause) if reason else cause) from error


def library_reason(error: Exception) -> Reason:
    """The reason for an exception of a library that decodes."""
    if isinstance(error, av.FFmpegError):
        return ffmpeg_reason(error)
    if isinstance(error, OSError):
        return system_reason(error)
    return Reason(SourceReason.LIBRARY_ERROR, {"error": redact_text(f"{type(error).__name__}: {error}")})


def ffmpeg_reason(error: av.FFmpegError) -> Reason:
    """The reason for an error of FFmpeg, without the address."""
    code = next((code for kind, code in _CODES if isinstance(error, kind)), None)
    if code is not None:
        return Reason(code)
    if error.errno == errno.EIO:
        return Reason(SourceReason.CONNECTION_CLOSED)
    return system_reason(OSError(error.errno, error.strerror or type(error).__name__))


def fault_reason(error: OSError) -> Reason:
    """The reason that the error carries, or the one for an error of the operating system."""
    return error.reason if isinstance(error, StreamError | WebcamError) else system_reason(error)
