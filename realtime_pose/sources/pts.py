"""The time stamps of a stream as seconds since its start, which strictly increase whatever the stream says."""

from fractions import Fraction

SHUFFLED_STEPS = 3  # a stamp that falls back by fewer frames is out of order; by more, the clock has started again


class PtsNormalizer:
    """Turns time stamps into media time, in the order of the frames.

    A missing stamp is one nominal step after its forerunner. A stamp that does not increase is moved a hundredth of a
    step past its forerunner, so that the later ones stay true; where the clock has started again (two recordings
    joined, a camera that restarted), the new part follows the old one.

    Attributes:
        longest_gap_s: Longest time between two frames so far, in seconds.

    Args:
        tick_s: Seconds of one unit of a stamp.
        start: Stamp of the stream's start; None: that of the first frame.
        step_s: Nominal seconds from frame to frame.

    >>> line = PtsNormalizer(Fraction(1, 1000), start=None, step_s=0.04)
    >>> [round(line.seconds(stamp), 3) for stamp in (500, 540, None, 580, 620, 0, 40)]
    [0.0, 0.04, 0.08, 0.08, 0.12, 0.16, 0.2]
    """

    def __init__(self, tick_s: Fraction, *, start: int | None, step_s: float) -> None:
        self._tick_s = tick_s
        self._step_s = step_s
        self._origin = start
        self._shift_s = 0.0
        self._last_s: float | None = None
        self.longest_gap_s = 0.0

    @property
    def end_s(self) -> float:
        """When the last frame ends, by the nominal step; 0 before the first."""
        return 0.0 if self._last_s is None else self._last_s + self._step_s

    def seconds(self, stamp: int | None) -> float:
        """Media time of the next frame, later than all before."""
        time_s = self._next(stamp)
        if self._last_s is not None:
            self.longest_gap_s = max(self.longest_gap_s, time_s - self._last_s)
        self._last_s = time_s
        return time_s

    def _next(self, stamp: int | None) -> float:
        """Media time of this stamp, put right where it does not increase."""
        if stamp is None:
            return self.end_s
        if self._origin is None:  # also after frames without a stamp: RTSP begins with one
            self._origin, self._shift_s = stamp, self.end_s
        elif self._last_s is None:
            self._origin = min(self._origin, stamp)
        time_s = float((stamp - self._origin) * self._tick_s) + self._shift_s
        if self._last_s is None or time_s > self._last_s:
            return time_s
        if self._last_s - time_s <= SHUFFLED_STEPS * self._step_s:
            return self._last_s + self._step_s / 100
        self._shift_s += self.end_s - time_s
        return self.end_s
