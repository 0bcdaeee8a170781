"""What every source of frames offers, whether a file, a folder, a webcam or a stream."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Frame


class SourceState(StrEnum):
    """How a source is doing."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"  # connected, but no picture comes, it stands still, or it comes late
    RECONNECTING = "reconnecting"
    AUTH_FAILED = "auth_failed"  # asked again, ever more rarely
    NOT_FOUND = "not_found"  # likewise: no such stream, or no such host
    LOST = "lost"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing, for a person to read.

    Attributes:
        state: The state.
        reason: Why, in words; "" where the state says it all.
        skipped: Frames that could not be decoded and were left out.
        reconnects: How often a live source has come back.
        lag_s: Seconds by which the newest frame came later after its making than the connection's quickest; 0 where
            unknown.
        granted: What a webcam really gives, beside what was asked, in words; "" elsewhere and while unknown.
        left_out: Pictures of a stream that were decoded and not handed on: a newer one had come, or reading was behind.
    """

    state: SourceState
    reason: str = ""
    skipped: int = 0
    reconnects: int = 0
    lag_s: float = 0.0
    negotiated: str = ""
    dropped: int = 0

    def is_news_to(self, earlier: "SourceStatus") -> bool:
        """Whether state or reason differ from those of an earlier one by more than numbers."""
        return (self.state, _without_numbers(self.reason)) != (earlier.state, _without_numbers(earlier.reason))


def _without_numbers(reason: str) -> str:
    return re.sub(r"[\d.]+", "", reason)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a source states of itself.

    Attributes:
        name: The address for a person to read, without a password.
        is_live: Whether frames come at their own pace (old ones may be dropped) or as they are taken (none may be).
        wh: Width and height in pixels, (0, 0) while unknown; a frame may differ.
        rate_hz: Frames per second; None where the source does not state it, or not yet.
        num_frames: How many frames will come, for a progress bar; None where this is not known.
    """

    name: str
    is_live: bool
    wh: tuple[int, int]
    rate_hz: float | None
    num_frames: int | None


class Source(Protocol):
    """Frames in order, once.

    Opening raises, but a URL of a camera opens in the background: until then its state is CONNECTING. A loss later is a
    state: iteration ends, or goes on when the source has come back. Iterate in one thread only. When iteration has
    ended, the device was released by the thread that read it: the iterating one, or the source's own where a read may
    hang; one that hangs is left behind. ``close`` and ``status`` are for any thread.
    """

    @property
    def info(self) -> SourceInfo:
        """What it states of itself now: a camera knows its size and its rate once it is open."""

    @property
    def status(self) -> SourceStatus:
        """How it is doing now."""

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the end, a loss, or ``close``."""

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice."""


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
