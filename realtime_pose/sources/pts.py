"""Presentation timestamps (PTS) of one stream as seconds since its start, always increasing."""

import logging
import math
from fractions import Fraction

MAX_GAP_S = 600.0  # a longer gap in a file, if it is also MAX_GAP_STEPS long, means that the clock was set
MAX_GAP_STEPS = 20  # in a time-lapse video each step may be longer than MAX_GAP_S
SAME_S = 1e-6  # times in files of poses are rounded to this; a start that a user found there means this frame
REORDER_STEPS = 3  # a PTS that falls back by fewer frames is out of order; by more, the clock was restarted

_log = logging.getLogger(__name__)


class PtsNormalizer:
    """Turns presentation timestamps into media time, in the order of the frames.

    A missing PTS is one nominal step after the frame before. A PTS that does not increase is moved to a hundredth of a
    step after the frame before, so that later ones stay true. Where the clock was restarted (two recordings joined, a
    camera that rebooted) or set forward by more than ten minutes, the new part follows the old one.

    Attributes:
        longest_gap_s: Longest time between two frames so far, in seconds.
        left_out_s: Seconds by which the clock was set forward, in total.

    Args:
        tick_s: Seconds of one PTS unit.
        start: PTS of the start of the stream; None: the PTS of the first frame.
        step_s: Nominal seconds from frame to frame.
        has_gaps: Whether all gaps are real. So it is with a live stream: its frames also come that much later.

    >>> normalizer = PtsNormalizer(Fraction(1, 1000), start=None, step_s=0.04)
    >>> [round(normalizer.next_time_s(pts), 3) for pts in (500, 540, None, 580, 620, 0, 40)]
    [0.0, 0.04, 0.08, 0.08, 0.12, 0.16, 0.2]
    """

    def __init__(self, tick_s: Fraction, *, start: int | None, step_s: float, has_gaps: bool = False) -> None:
        self._tick_s = tick_s
        self._step_s = step_s
        self._start = start
        self._offset_s = 0.0  # grows with every restart of the clock
        self._last_s: float | None = None
        self._max_step_s = math.inf if has_gaps else max(MAX_GAP_S, MAX_GAP_STEPS * step_s)
        self.longest_gap_s = self.left_out_s = 0.0

    @property
    def start_s(self) -> float:
        """Timestamp of the start of the stream in seconds; 0 before the first frame with a PTS."""
        return 0.0 if self._start is None else float(self._start * self._tick_s)

    @property
    def end_s(self) -> float:
        """End of the last frame, by the nominal step; 0 before the first frame."""
        return 0.0 if self._last_s is None else self._last_s + self._step_s

    def next_time_s(self, pts: int | None) -> float:
        """Media time of the next frame, later than all before."""
        time_s = self._increasing_time_s(pts)
        if self._last_s is not None:
            self.longest_gap_s = max(self.longest_gap_s, time_s - self._last_s)
        self._last_s = time_s
        return time_s

    def _increasing_time_s(self, pts: int | None) -> float:
        """Media time of this PTS, corrected if it does not increase."""
        if pts is None:
            return self.end_s
        if self._start is None:  # also after frames without a PTS: an RTSP stream begins with one
            self._start, self._offset_s = pts, self.end_s
        elif self._last_s is None:
            self._start = min(self._start, pts)
        time_s = float((pts - self._start) * self._tick_s) + self._offset_s
        if self._last_s is None or 0 < time_s - self._last_s <= self._max_step_s:
            return time_s
        if time_s > self._last_s:
            gap_s = time_s - self._last_s
            _log.warning("the clock of the video jumps by %.0f s at %.1f s; the gap is left out", gap_s, self._last_s)
            self.left_out_s += time_s - self.end_s
            self._offset_s += self.end_s - time_s
            return self.end_s
        if self._last_s - time_s <= REORDER_STEPS * self._step_s:
            return self._last_s + self._step_s / 100
        self._offset_s += self.end_s - time_s
        return self.end_s
