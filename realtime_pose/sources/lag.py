"""Late frames and frozen pictures: signs that a connected source is not live."""

import zlib

from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.scene import Image
from realtime_pose.sources.reasons import SourceReason

LATE_S = 0.25  # more lag than this may mean that this computer falls behind
CATCH_UP_STEP_S = 0.2  # while catching up, one frame in this time is handed on
WINDOW_S = 1.0  # the smallest lag in a window counts, so the jitter of single frames does not
JITTER_S = 0.1  # windows that differ by less have the same lag
STEADY_S = 3.0  # lag that stays the same for this long comes from the network, not from this computer
MAX_STALL_S = 15.0  # after this long a new connection is tried


class LagMonitor:
    """Decides by the lag of the frames what to drop, and when to reconnect; for the reading thread only.

    If the computer decodes more slowly than frames come, the lag grows. Then most frames are dropped, to leave time to
    the rest of the program. If the lag is constant, the network path has become longer, and dropping frames would not
    help. A new connection helps where a server or a network holds frames back.

    Args:
        limit_s: Lag above this, for this long, is a reason to reconnect.
        stalled_s: Lag above this means stalled, until it is below half of it. Being stalled for MAX_STALL_S is a reason
            to reconnect, too.

    >>> monitor = LagMonitor(2.0, stalled_s=1.0)
    >>> kept = [not monitor.should_drop(lag_s=0.5, captured_s=0.03 * number) for number in range(200)]
    >>> all(kept[:30]), sum(kept[40:130]), all(kept[-50:])
    (True, 13, True)
    """

    def __init__(self, limit_s: float, *, stalled_s: float) -> None:
        self._limit_s, self._stalled_s = limit_s, stalled_s
        self._last_kept_s = float("-inf")
        self.reset()

    def reset(self) -> None:
        """The next frame is the first of a new connection."""
        self._over_limit_since_s: float | None = None
        self._stalled_since_s: float | None = None
        self._steady_lag_s, self._steady_since_s = 0.0, float("-inf")
        self._window_min_s, self._window_end_s = float("inf"), float("inf")

    def should_drop(self, *, lag_s: float, captured_s: float) -> bool:
        """Whether to drop this frame in order to catch up."""
        self._window_min_s = min(self._window_min_s, lag_s)
        self._window_end_s = min(self._window_end_s, captured_s + WINDOW_S)
        if captured_s >= self._window_end_s:
            if abs(self._window_min_s - self._steady_lag_s) > JITTER_S:
                self._steady_lag_s, self._steady_since_s = self._window_min_s, captured_s
            self._window_min_s, self._window_end_s = float("inf"), captured_s + WINDOW_S
        is_falling_behind = lag_s > LATE_S and captured_s - self._steady_since_s < STEADY_S
        if is_falling_behind and captured_s - self._last_kept_s < CATCH_UP_STEP_S:
            return True
        self._last_kept_s = captured_s
        return False

    def is_stalled(self, *, lag_s: float, now_s: float) -> bool:
        """Whether frames come too late to be live; hysteresis makes lag around the limit a single stall."""
        limit_s = self._stalled_s if self._stalled_since_s is None else self._stalled_s / 2
        self._stalled_since_s = _since(self._stalled_since_s, now_s, is_so=lag_s > limit_s)
        return self._stalled_since_s is not None

    def needs_reconnect(self, *, lag_s: float, now_s: float) -> bool:
        """Whether frames have been late for so long that a new connection is faster than waiting."""
        self._over_limit_since_s = _since(self._over_limit_since_s, now_s, is_so=lag_s > self._limit_s)
        is_too_late = self._over_limit_since_s is not None and now_s - self._over_limit_since_s > self._limit_s
        return is_too_late or (self._stalled_since_s is not None and now_s - self._stalled_since_s > MAX_STALL_S)


def _since(before_s: float | None, now_s: float, *, is_so: bool) -> float | None:
    """Start of the current state: the one before, or now; None if the state does not hold."""
    return (now_s if before_s is None else before_s) if is_so else None


SAMPLE_STEP_PX = 4  # every fourth pixel of every fourth row is enough: camera noise shows there too


class FreezeDetector:
    """Detects a picture in which no bit changes, as happens when a camera or an encoder hangs.

    Args:
        limit_s: A picture that has not changed for so many seconds is frozen.

    >>> import numpy as np
    >>> detector = FreezeDetector(2.0)
    >>> black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    >>> images = ((black, 1.0), (black, 3.0), (white, 4.0), (white, 4.5))
    >>> [bool(detector.check(image, now_s)) for image, now_s in images]
    [False, True, False, False]
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self.reset()

    def reset(self) -> None:
        """The next frame is the first of a new connection."""
        self._digest: int | None = None
        self._since_s = 0.0

    def check(self, image: Image, captured_s: float) -> Reason:
        """Why this picture counts as frozen, NO_REASON if it does not; image (H, W, 3), captured_s monotonic."""
        digest = zlib.crc32(image[::SAMPLE_STEP_PX, ::SAMPLE_STEP_PX].tobytes())
        if digest != self._digest:
            self._digest, self._since_s = digest, captured_s
        unchanged_s = captured_s - self._since_s
        if unchanged_s < self._limit_s:
            return NO_REASON
        return Reason(SourceReason.FROZEN, {"unchanged_s": unchanged_s})
