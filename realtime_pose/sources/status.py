"""Status of a source: where it is kept for every thread, and how changes reach the log and the frames."""

import logging
import threading
from collections.abc import Callable

from realtime_pose.scene import NO_OUTAGE, Outage
from realtime_pose.sources.source import UNDECODABLE, SourceState, SourceStatus

_log = logging.getLogger(__name__)


class StatusTracker:
    """State, reason and counts of one source; every method may be called in any thread and returns at once.

    Args:
        state: The first state.
        reports_skipped: Add skipped frames to the reason, and keep them there. Not for a source that can recover.
    """

    def __init__(self, state: SourceState = SourceState.LIVE, *, reports_skipped: bool = False) -> None:
        self._lock = threading.Lock()
        self._state = state
        self._reason = ""
        self._reports_skipped = reports_skipped
        self._has_ended = False  # the state is final
        self._reconnects = 0
        self._lag_s = 0.0
        self._negotiated = ""
        self._skipped = self._dropped = 0
        self._last_skip = ""
        self._is_claimed = False
        self._is_stopped = False  # asked to end, which takes effect with the next frame

    @property
    def status(self) -> SourceStatus:
        """The status now."""
        with self._lock:
            return SourceStatus(
                self._state,
                self._full_reason(),
                skipped=self._skipped,
                reconnects=self._reconnects,
                lag_s=self._lag_s,
                negotiated=self._negotiated,
                dropped=self._dropped,
            )

    @property
    def skipped(self) -> int:
        """Number of frames that could not be decoded."""
        with self._lock:
            return self._skipped

    @property
    def is_stopped(self) -> bool:
        """Whether the source was asked to end."""
        with self._lock:
            return self._is_stopped

    def claim(self) -> bool:
        """True for the first caller only, which then must release the device."""
        with self._lock:
            is_first = not self._is_claimed
            self._is_claimed = True
            return is_first

    def stop(self) -> None:
        """Ask the source to end."""
        with self._lock:
            self._is_stopped = True

    def count_undecodable(self, reason: str) -> None:
        """Count a frame that could not be decoded."""
        with self._lock:
            self._skipped += 1
            self._last_skip = reason

    def set_state(self, state: SourceState, reason: str = "") -> None:
        """Change the state; has no effect after the end."""
        with self._lock:
            if not self._has_ended:
                self._state, self._reason = state, reason

    def count_reconnect(self) -> None:
        """Count that the source has come back."""
        with self._lock:
            self._reconnects += 1

    def set_lag(self, lag_s: float) -> None:
        """Set the extra latency of the newest frame."""
        with self._lock:
            self._lag_s = lag_s

    def count_dropped(self) -> None:
        """Count a decoded frame that is not handed on."""
        with self._lock:
            self._dropped += 1

    def set_negotiated(self, text: str) -> None:
        """Set the text about the format that a webcam delivers."""
        with self._lock:
            self._negotiated = text

    def end(self, state: SourceState = SourceState.ENDED, reason: str = "") -> bool:
        """Set the final state; False if there was one already, which then stays."""
        with self._lock:
            if self._has_ended:
                return False
            self._has_ended, self._state, self._reason = True, state, reason
            return True

    def _full_reason(self) -> str:
        """The reason, and the skipped frames where they belong to it."""
        if not self._skipped or not self._reports_skipped:
            return self._reason
        skipped = f"{self._skipped} skipped, the last: {self._last_skip}" if self._skipped > 1 else self._last_skip
        return f"{self._reason}; {skipped}" if self._reason else skipped


class StatusReporter:
    """Sets the state of one live source, logs each change once, and measures outages.

    For the reading thread of the source only, except ``report_end``.

    Attributes:
        outage: The last outage; ``NO_OUTAGE`` if the source was always live.

    Args:
        name: The address as shown to the user.
        progress: Keeps the state for all threads.
        now_s: The monotonic clock.
    """

    def __init__(self, name: str, progress: StatusTracker, now_s: Callable[[], float]) -> None:
        self.outage = NO_OUTAGE
        self._name, self._progress, self._now_s = name, progress, now_s
        self._reported = SourceStatus(SourceState.CONNECTING)
        self._outage_since_s: float | None = None  # None while live
        self._skipped_before = 0  # skipped frames when the wait for the next frame began

    def report_live(self) -> None:
        """The source is live; ends an outage."""
        self._progress.set_state(SourceState.LIVE)
        if self._outage_since_s is not None:
            away_s = self._now_s() - self._outage_since_s
            text = f"not live for {away_s:.1f} s: {self._reported.reason}"
            # All frames from here on carry this outage, so a consumer that misses some frames still sees it.
            self.outage = Outage(text, self.outage.number + 1)
            self._outage_since_s = None
            _log.warning("%s: live after %.1f s", self._name, away_s)
        self._reported = SourceStatus(SourceState.LIVE)

    def report_trouble(self, state: SourceState, reason: str, *, retry_in_s: float | None = None) -> None:
        """The source is not live.

        Args:
            state: The new state.
            reason: Why. A reason that differs from the last one only in its numbers is not logged again.
            retry_in_s: Wait until the next attempt, added to the reason; None: no attempt is planned.
        """
        retry = "" if retry_in_s is None else f"; asked again in {retry_in_s:.1f} s"
        self._progress.set_state(state, reason + retry)
        if self._outage_since_s is None:
            self._outage_since_s = self._now_s()
        status = SourceStatus(state, reason)  # without the retry: a new delay alone is not a change
        if status.differs_from(self._reported):
            _log.warning("%s: %s: %s", self._name, state, reason)
        self._reported = status

    def report_frame(self, problem: str = "") -> None:
        """A frame came: the source is live, or stalled because of this problem."""
        if problem:
            self.report_trouble(SourceState.STALLED, problem)
        else:
            self.report_live()

    def report_end(self, reason: str = "") -> None:
        """The source has ended, unless it had before; for any thread."""
        if self._progress.end(SourceState.ENDED, reason):
            _log.info("%s: %s", self._name, f"ended: {reason}" if reason else "ended")

    def start_waiting(self) -> None:
        """Wait for a frame from now on: only frames skipped after this are a reason for getting none."""
        self._skipped_before = self._progress.skipped

    def report_no_frame(self, waited_s: float) -> None:
        """No frame has come for this time, but the connection stands: the source is stalled."""
        self.report_trouble(SourceState.STALLED, self.no_frame_reason(waited_s))

    def no_frame_reason(self, waited_s: float, *, is_first: bool = False) -> str:
        """Reason for getting no frame: none came, or none could be decoded."""
        text = UNDECODABLE if self._progress.skipped > self._skipped_before else "no picture came"
        return f"{text} {'within' if is_first else 'for'} {waited_s:g} s"
