"""Why a source does not open or breaks off: words for a person, and the state it leaves the source in."""

from realtime_pose.errors import SourceOpenError
from realtime_pose.sources.source import SourceState

UNDECODABLE = "of what comes no picture could be decoded"


class StreamError(SourceOpenError):
    """A stream that did not open, or that ended while it was read.

    Attributes:
        words: What went wrong, without address and password.
        state: Of the source after it; None: it is away, and asking again is cheap.
        number: The error number of FFmpeg or the system; 0 for none.

    Args:
        name: The address for a person to read.
        words: See above.
        state: See above.
        errno: See ``number``.
    """

    def __init__(self, name: str, words: str, *, state: SourceState | None = None, errno: int | None = 0) -> None:
        super().__init__(
            f"{name}: expected a video stream, but {words}."
            " Check the address, user and password, and that the host is up"
        )
        self.words = words
        self.state = state
        self.number = errno or 0
