"""What every source of frames offers, whether a file, a folder, a webcam or a stream."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from realtime_pose.scene import Frame


class SourceState(StrEnum):
    """How a source is doing."""

    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing, for a person to read.

    Attributes:
        state: The state.
        reason: Why, in words; "" where the state says it all.
        skipped: Frames that could not be decoded and were left out.
    """

    state: SourceState
    reason: str = ""
    skipped: int = 0


class Source(Protocol):
    """Frames in order, once.

    Opening raises; a loss later is a state: iteration ends, or goes on when the source has come back. Iterate in one
    thread only. When iteration has ended, the device was released by the thread that read it: the iterating one, or the
    source's own where a read may hang; one that hangs is left behind. ``close`` and ``status`` are for any thread.
    """

    @property
    def name(self) -> str:
        """The address for a person to read, without a password."""

    @property
    def is_live(self) -> bool:
        """Whether frames come at their own pace (old ones may be dropped) or as they are taken (none may be)."""

    @property
    def wh(self) -> tuple[int, int]:
        """Width and height of the frames, in pixels, as the source states them; a frame may differ."""

    @property
    def rate_hz(self) -> float | None:
        """Frames per second as the source states it; None where it does not."""

    @property
    def num_frames(self) -> int | None:
        """How many frames will come, for a progress bar; None where nobody knows."""

    @property
    def status(self) -> SourceStatus:
        """How it is doing now."""

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the end, a loss, or ``close``."""

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice."""
