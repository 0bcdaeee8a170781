"""How a source is doing: what any thread may ask, and what is reported of it to the log and to the frames."""

import logging
import threading
from collections.abc import Callable

from realtime_pose.scene import NO_OUTAGE, Outage
from realtime_pose.sources.source import UNDECODABLE, SourceState, SourceStatus

_log = logging.getLogger(__name__)


class StatusTracker:
    """State, reason and skipped frames of one source; every method is for any thread and returns at once.

    Args:
        state: The first one.
        tells_skipped: Whether the reason tells of skipped frames, for good: not for a source that may be well again.
    """

    def __init__(self, state: SourceState = SourceState.LIVE, *, tells_skipped: bool = False) -> None:
        self._lock = threading.Lock()
        self._state = state
        self._reason = ""
        self._tells_skipped = tells_skipped
        self._is_over = False
        self._reconnects = 0
        self._lag_s = 0.0
        self._negotiated = ""
        self._skipped = self._left_out = 0
        self._last_skip = ""
        self._has_begun = False
        self._is_stopped = False

    @property
    def status(self) -> SourceStatus:
        """How the source is doing now."""
        with self._lock:
            return SourceStatus(
                self._state,
                self._reason_in_full(),
                skipped=self._skipped,
                reconnects=self._reconnects,
                lag_s=self._lag_s,
                negotiated=self._negotiated,
                dropped=self._left_out,
            )

    @property
    def skipped(self) -> int:
        """How many frames were left out."""
        with self._lock:
            return self._skipped

    @property
    def is_stopped(self) -> bool:
        """Whether the source was asked to end."""
        with self._lock:
            return self._is_stopped

    def begin(self) -> bool:
        """Whether the caller is the first: who begins also releases the device."""
        with self._lock:
            is_first = not self._has_begun
            self._has_begun = True
            return is_first

    def stop(self) -> None:
        """Ask the source to end."""
        with self._lock:
            self._is_stopped = True

    def count_undecodable(self, reason: str) -> None:
        """Count a frame that was left out."""
        with self._lock:
            self._skipped += 1
            self._last_skip = reason

    def enter(self, state: SourceState, reason: str = "") -> None:
        """Go over to this state; after the end nothing changes."""
        with self._lock:
            if not self._is_over:
                self._state, self._reason = state, reason

    def count_reconnect(self) -> None:
        """Count that the source has come back."""
        with self._lock:
            self._reconnects += 1

    def lag(self, lag_s: float) -> None:
        """Note how late pictures come."""
        with self._lock:
            self._lag_s = lag_s

    def count_dropped(self) -> None:
        """Count a picture that was decoded and not handed on."""
        with self._lock:
            self._left_out += 1

    def set_negotiated(self, words: str) -> None:
        """Note what a device really gives."""
        with self._lock:
            self._negotiated = words

    def end(self, state: SourceState = SourceState.ENDED, reason: str = "") -> bool:
        """Set the last state, unless there is one; whether there was none."""
        with self._lock:
            if self._is_over:
                return False
            self._is_over, self._state, self._reason = True, state, reason
            return True

    def _reason_in_full(self) -> str:
        """Why it ended, and what was left out on the way."""
        if not self._skipped or not self._tells_skipped:
            return self._reason
        skipped = f"{self._skipped} skipped, the last: {self._last_skip}" if self._skipped > 1 else self._last_skip
        return f"{self._reason}; {skipped}" if self._reason else skipped


class StatusReporter:
    """Keeps the state of one source; where nothing else is said, for its reading thread only.

    Attributes:
        interruption: How long and why the source was last not live, in words; "" where it always was.

    Args:
        name: The address for a person to read.
        progress: Who asks for the state asks there.
        now_s: The monotonic clock.
    """

    def __init__(self, name: str, progress: StatusTracker, now_s: Callable[[], float]) -> None:
        self.outage = NO_OUTAGE
        self._name, self._progress, self._now_s = name, progress, now_s
        self._told = SourceStatus(SourceState.CONNECTING)
        self._lost_s: float | None = None  # since when it is not live, or was not when it was first asked

    def report_live(self) -> None:
        """All is well."""
        self._progress.enter(SourceState.LIVE)
        if self._lost_s is not None:
            away_s = self._now_s() - self._lost_s
            words = f"not live for {away_s:.1f} s: {self._told.reason}"
            self.outage = Outage(words, self.outage.number + 1)
            self._lost_s = None
            _log.warning("%s: live after %.1f s", self._name, away_s)
        self._told = SourceStatus(SourceState.LIVE)

    def report_trouble(self, state: SourceState, reason: str, *, then: str = "") -> None:
        """It is in this state, for this reason; ``then`` follows it. What is new but for its numbers is logged."""
        self._progress.enter(state, reason + then)
        if self._lost_s is None:
            self._lost_s = self._now_s()
        status = SourceStatus(state, reason)
        if status.is_news_to(self._told):
            _log.warning("%s: %s: %s", self._name, state, reason)
        self._told = status

    def report_end(self, reason: str = "") -> None:
        """It has ended, for this reason, unless it had before; for any thread."""
        if self._progress.end(SourceState.ENDED, reason):
            _log.info("%s: %s", self._name, f"ended: {reason}" if reason else "ended")


def no_picture(waited_s: float, *, are_spoilt: bool, is_first: bool = False) -> str:
    """That none came for so long, or that none of those that came can be decoded, in words."""
    none = UNDECODABLE if are_spoilt else "no picture came"
    return f"{none} {'within' if is_first else 'for'} {waited_s:g} s"
