"""Rate, age and drops of the last minute, from one report after another. Pure: time comes in."""

from collections import deque
from dataclasses import dataclass

from realtime_pose.pipeline.stats import Report

SPAN_S = 60.0


@dataclass(frozen=True, slots=True)
class LoadPoint:
    """One moment.

    Attributes:
        at_s: When, by a steady clock.
        rate_hz: Pictures per second.
        age_s: Age of the newest picture; None if unknown.
        num_dropped: Pictures dropped since the start.
    """

    at_s: float
    rate_hz: float
    age_s: float | None
    num_dropped: int


class LoadHistory:
    """The moments of the last minute of one source."""

    def __init__(self) -> None:
        self._points: deque[LoadPoint] = deque()

    def add(self, report: Report, *, now_s: float) -> None:
        """Take the next report."""
        num_dropped = sum(report.dropped.values()) + report.recorder.num_dropped
        self._points.append(LoadPoint(now_s, report.rate_hz, report.age_s, num_dropped))
        while self._points[0].at_s < now_s - SPAN_S:
            self._points.popleft()

    def rates(self) -> list[tuple[float, float]]:
        """Seconds before the newest moment, and pictures per second then; the oldest first."""
        return [(self._points[-1].at_s - point.at_s, point.rate_hz) for point in self._points]

    def ages_ms(self) -> list[tuple[float, float]]:
        """Seconds before the newest moment, and milliseconds of age then; the oldest first."""
        return [
            (self._points[-1].at_s - point.at_s, 1000 * point.age_s)
            for point in self._points
            if point.age_s is not None
        ]

    @property
    def newly_dropped(self) -> int:
        """Pictures dropped in the last minute."""
        return self._points[-1].num_dropped - self._points[0].num_dropped if self._points else 0

    def clear(self) -> None:
        """Begin with another source."""
        self._points.clear()
