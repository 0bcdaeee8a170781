"""Images that come late, and images that no longer change: what tells a live source that it is not live."""

import zlib

from realtime_pose.scene import Image

BEHIND_S = 0.25  # pictures later than this are looked into
CATCH_UP_S = 0.2  # of those that are handed on meanwhile
STEADY_S = 3.0  # a lag that grows by more than JITTER_S in this time is one of ours
JITTER_S = 0.1
SPAN_S = 1.0  # the least lag in it counts, whatever the jitter of single pictures
PATIENCE_S = 15.0


class LagMonitor:
    """How late the pictures of one source come, one after another; for its reading thread only.

    A computer that cannot decode as fast as pictures come falls behind ever further; then few are handed on, so that
    the rest of the program leaves it time. Where pictures come late by a constant, their way has become longer, and
    nothing is won by leaving any out. What a server or a network holds back, a new connection does not.

    Args:
        limit_s: Pictures that have been later for as long are a reason to connect anew.
        stalled_s: Later ones are no longer live, until they are less than half as late; a quarter of a minute of that
            is a reason too.

    >>> late = LagMonitor(2.0, stalled_s=1.0)
    >>> handed_on = [not late.leaves_out(lag_s=0.5, captured_s=0.03 * number) for number in range(200)]
    >>> all(handed_on[:30]), sum(handed_on[40:130]), all(handed_on[-50:])
    (True, 13, True)
    """

    def __init__(self, limit_s: float, *, stalled_s: float) -> None:
        self._limit_s, self._stalled_s = limit_s, stalled_s
        self._handed_s = float("-inf")  # when the newest picture that was handed on had come in
        self.connect()

    def connect(self) -> None:
        """The next picture is the first of another connection."""
        self._too_late_since_s: float | None = None
        self._stalled_since_s: float | None = None
        self._steady = (0.0, float("-inf"))  # a lag, and since when it has been this but for jitter
        self._least_s, self._span_ends_s = float("inf"), float("inf")

    def leaves_out(self, *, lag_s: float, captured_s: float) -> bool:
        """Whether not to hand on this picture, to catch up."""
        self._least_s = min(self._least_s, lag_s)
        self._span_ends_s = min(self._span_ends_s, captured_s + SPAN_S)
        if captured_s >= self._span_ends_s:
            if abs(self._least_s - self._steady[0]) > JITTER_S:
                self._steady = self._least_s, captured_s
            self._least_s, self._span_ends_s = float("inf"), captured_s + SPAN_S
        is_falling_behind = lag_s > BEHIND_S and captured_s - self._steady[1] < STEADY_S
        if is_falling_behind and captured_s - self._handed_s < CATCH_UP_S:
            return True
        self._handed_s = captured_s
        return False

    def is_stalled(self, *, lag_s: float, now_s: float) -> bool:
        """Whether pictures come so late that this is not live; lateness about the limit is one stall."""
        limit_s = self._stalled_s if self._stalled_since_s is None else self._stalled_s / 2
        self._stalled_since_s = _since(self._stalled_since_s, now_s, is_so=lag_s > limit_s)
        return self._stalled_since_s is not None

    def is_too_much(self, *, lag_s: float, now_s: float) -> bool:
        """Whether pictures have come too late for so long that connecting anew is quicker."""
        self._too_late_since_s = _since(self._too_late_since_s, now_s, is_so=lag_s > self._limit_s)
        is_too_late = self._too_late_since_s is not None and now_s - self._too_late_since_s > self._limit_s
        return is_too_late or (self._stalled_since_s is not None and now_s - self._stalled_since_s > PATIENCE_S)


def _since(before_s: float | None, now_s: float, *, is_so: bool) -> float | None:
    """Since when it is so, if it is."""
    return (now_s if before_s is None else before_s) if is_so else None


STEP_PX = 4  # every fourth pixel of every fourth row: the noise of a camera shows there too


class FreezeDetector:
    """For how long the picture has not changed by a single bit, as it does where a camera or an encoder hangs.

    >>> import numpy as np
    >>> still = FreezeDetector()
    >>> black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    >>> [still.seconds(image, now_s) for image, now_s in ((black, 1.0), (black, 3.0), (white, 4.0), (white, 4.5))]
    [0.0, 2.0, 0.0, 0.5]
    """

    def __init__(self) -> None:
        self._digest: int | None = None
        self._since_s = 0.0

    def seconds(self, image: Image, captured_s: float) -> float:
        """Seconds from the first picture that was as this one is; image (H, W, 3), captured_s monotonic."""
        digest = zlib.crc32(image[::STEP_PX, ::STEP_PX].tobytes())
        if digest != self._digest:
            self._digest, self._since_s = digest, captured_s
        return captured_s - self._since_s


def freeze_reason(still_s: float) -> str:
    """That the picture has not changed for so long, in words.

    >>> freeze_reason(12.3)
    'the picture stands still: all were alike for 12 s'
    """
    return f"the picture stands still: all were alike for {still_s:.0f} s"
