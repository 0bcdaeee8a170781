"""What every source of frames offers: files, folders, webcams and streams."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Frame


class SourceState(StrEnum):
    """State of a source."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"  # connected, but no frame comes, the picture is frozen, or frames come late
    RECONNECTING = "reconnecting"
    AUTH_FAILED = "auth_failed"  # user or password refused; tried again, with longer and longer waits
    NOT_FOUND = "not_found"  # no such stream, host or webcam; tried again
    LOST = "lost"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """State of a source, with its reason and its counts.

    Attributes:
        state: The state.
        reason: Why, as text for the user; "" where the state is enough.
        skipped: Frames that were left out because they could not be decoded.
        reconnects: How often a live source has come back.
        lag_s: Extra latency of the newest frame in seconds, compared with the fastest frame of this connection; 0 if
            unknown.
        negotiated: Format that a webcam delivers and the one that was requested, as text; "" for other sources and
            while it is unknown.
        dropped: Decoded frames of a stream that nobody got: a newer one had come, or decoding was behind.
    """

    state: SourceState
    reason: str = ""
    skipped: int = 0
    reconnects: int = 0
    lag_s: float = 0.0
    negotiated: str = ""
    dropped: int = 0

    def differs_from(self, earlier: "SourceStatus") -> bool:
        """Whether state or reason changed; a change of the numbers in the reason does not count."""
        return (self.state, _without_numbers(self.reason)) != (earlier.state, _without_numbers(earlier.reason))


def _without_numbers(reason: str) -> str:
    return re.sub(r"[\d.]+", "", reason)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Name and format of a source.

    Attributes:
        name: The address as shown to the user, without a password.
        is_live: True: frames come at their own pace, and old ones may be dropped. False: frames come on demand, and
            none may be lost.
        wh: Width and height in pixels, (0, 0) while unknown; the size of a frame may differ.
        rate_hz: Frames per second; None if unknown.
        num_frames: Number of frames in total, for a progress bar; None if unknown.
    """

    name: str
    is_live: bool
    wh: tuple[int, int]
    rate_hz: float | None
    num_frames: int | None


class Source(Protocol):
    """Frames in order, once.

    A source that cannot be opened raises. The exception is a camera URL, which opens in the background and is
    CONNECTING until then. A loss after that is a state: the iteration ends, or goes on when the source is back. Iterate
    in one thread only; ``close`` and ``status`` may be called in any thread.

    After the iteration the device is free again. The thread that read the device releases it: the iterating thread, or
    a worker thread of the source where a read may hang. A worker thread that hangs is left behind.
    """

    @property
    def info(self) -> SourceInfo:
        """Name and format as known now; a camera knows its size and rate once it is open."""

    @property
    def status(self) -> SourceStatus:
        """The status now."""

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the end, a loss, or ``close``."""

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice."""


UNDECODABLE = "no picture could be decoded"


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
        self, name: str, reason: str, *, state: SourceState | None = None, error_number: int | None = 0
    ) -> None:
        super().__init__(
            f"{name}: expected a video stream, but {reason}."
            " Check the address, user and password, and that the host is up"
        )
        self.reason = reason
        self.state = state
        self.error_number = error_number or 0
