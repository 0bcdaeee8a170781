"""Errors of sources that carry a reason; their messages are made from the same table as all other words."""

from realtime_pose.errors import SourceOpenError
from realtime_pose.reasons import Reason
from realtime_pose.sources.reason_texts import describe_reason
from realtime_pose.sources.reasons import system_reason
from realtime_pose.sources.source import SourceState


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


def fault_reason(error: OSError) -> Reason:
    """The reason that the error carries, or the one for an error of the operating system."""
    return error.reason if isinstance(error, StreamError | WebcamError) else system_reason(error)
