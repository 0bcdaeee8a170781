"""Status of a source: where it is kept for every thread, and how changes reach the log and the frames."""

import logging
import threading
from collections.abc import Callable

from realtime_pose.reasons import NO_OUTAGE, NO_REASON, Outage, Reason
from realtime_pose.sources.reason_texts import describe_reason
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.source import MAX_REASONS, NegotiatedFormat, SourceState, SourceStatus

_log = logging.getLogger(__name__)


class StatusTracker:
    """State, reason and counts of one source; every method may be called in any thread and returns at once.

    Args:
        state: The first state.
        is_lossless: Every frame counts, as in a file: the status keeps the reasons of the skipped ones.
    """

    def __init__(self, state: SourceState = SourceState.LIVE, *, is_lossless: bool = False) -> None:
        self._lock = threading.Lock()
        self._state = state
        self._reason = NO_REASON
        self._retry_in_s: float | None = None
        self._is_retrying = False
        self._is_lossless = is_lossless
        self._has_ended = False  # the state is final
        self._reconnects = 0
        self._lag_s = 0.0
        self._negotiated: NegotiatedFormat | None = None
        self._skipped = self._dropped = 0
        self._skipped_reasons: list[Reason] = []
        self._is_claimed = False
        self._is_stopped = False  # asked to end, which takes effect with the next frame

    @property
    def status(self) -> SourceStatus:
        """The status now."""
        with self._lock:
            return SourceStatus(
                self._state,
                self._reason,
                retry_in_s=self._retry_in_s,
                is_retrying=self._is_retrying,
                skipped=self._skipped,
                skipped_reasons=tuple(self._skipped_reasons),
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

    def count_undecodable(self, reason: Reason) -> None:
        """Count a frame that could not be decoded."""
        with self._lock:
            self._skipped += 1
            if self._is_lossless and len(self._skipped_reasons) < MAX_REASONS:
                self._skipped_reasons.append(reason)

    def set_state(self, state: SourceState, reason: Reason = NO_REASON, *, retry_in_s: float | None = None) -> None:
        """Change the state; has no effect after the end.

        Args:
            state: The new state.
            reason: Why.
            retry_in_s: Wait until the next attempt; None: no attempt is planned.
        """
        with self._lock:
            if not self._has_ended:
                self._state, self._reason = state, reason
                self._retry_in_s, self._is_retrying = retry_in_s, False

    def start_retry(self) -> None:
        """The wait is over, and the next attempt runs until the state changes."""
        with self._lock:
            if not self._has_ended:
                self._retry_in_s, self._is_retrying = None, True

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

    def set_negotiated(self, negotiated: NegotiatedFormat) -> None:
        """Set the format that a webcam delivers."""
        with self._lock:
            self._negotiated = negotiated

    def end(self, state: SourceState = SourceState.ENDED, reason: Reason = NO_REASON) -> bool:
        """Set the final state; False if there was one already, which then stays."""
        with self._lock:
            if self._has_ended:
                return False
            self._has_ended, self._state, self._reason = True, state, reason
            self._retry_in_s, self._is_retrying = None, False
            return True


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
            # All frames from here on carry this outage, so a consumer that misses some frames still sees it.
            self.outage = Outage(self.outage.number + 1, away_s, self._reported.reason)
            self._outage_since_s = None
            _log.warning("%s: live after %.1f s", self._name, away_s)
        self._reported = SourceStatus(SourceState.LIVE)

    def report_trouble(self, state: SourceState, reason: Reason, *, retry_in_s: float | None = None) -> None:
        """The source is not live.

        Args:
            state: The new state.
            reason: Why. A reason that differs from the last one only in its numbers is not logged again.
            retry_in_s: Wait until the next attempt; None: no attempt is planned.
        """
        self._progress.set_state(state, reason, retry_in_s=retry_in_s)
        if self._outage_since_s is None:
            self._outage_since_s = self._now_s()
        status = SourceStatus(state, reason)
        if status.differs_from(self._reported):
            _log.warning("%s: %s: %s", self._name, state, describe_reason(reason))
        self._reported = status

    def report_retry(self) -> None:
        """The next attempt begins; it goes on until the next report."""
        self._progress.start_retry()

    def report_frame(self, problem: Reason = NO_REASON) -> None:
        """A frame came: the source is live, or stalled because of this problem."""
        if problem:
            self.report_trouble(SourceState.STALLED, problem)
        else:
            self.report_live()

    def report_end(self, reason: Reason = NO_REASON) -> None:
        """The source has ended, unless it had before; for any thread."""
        if self._progress.end(SourceState.ENDED, reason):
            _log.info("%s: %s", self._name, f"ended: {describe_reason(reason)}" if reason else "ended")

    def start_waiting(self) -> None:
        """Wait for a frame from now on: only frames skipped after this are a reason for getting none."""
        self._skipped_before = self._progress.skipped

    def report_no_frame(self, waited_s: float) -> None:
        """No frame has come for this time, but the connection stands: the source is stalled."""
        self.report_trouble(SourceState.STALLED, self.no_frame_reason(waited_s))

    def no_frame_reason(self, waited_s: float, *, is_first: bool = False) -> Reason:
        """Reason for getting no frame: none came, or none could be decoded."""
        if self._progress.skipped > self._skipped_before:
            code = SourceReason.FIRST_UNDECODABLE if is_first else SourceReason.UNDECODABLE
        else:
            code = SourceReason.NO_FIRST_FRAME if is_first else SourceReason.NO_FRAMES
        return Reason(code, {"waited_s": waited_s})
