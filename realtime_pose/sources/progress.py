"""How far one source has come and whether it was asked to stop: what the iterating thread shares with all others."""

import threading

from realtime_pose.sources.source import SourceState, SourceStatus


class Progress:
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
        self._granted = ""
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
                granted=self._granted,
                left_out=self._left_out,
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

    def skip(self, reason: str) -> None:
        """Count a frame that was left out."""
        with self._lock:
            self._skipped += 1
            self._last_skip = reason

    def enter(self, state: SourceState, reason: str = "") -> None:
        """Go over to this state; after the end nothing changes."""
        with self._lock:
            if not self._is_over:
                self._state, self._reason = state, reason

    def come_back(self) -> None:
        """Count that the source has come back."""
        with self._lock:
            self._reconnects += 1

    def lag(self, lag_s: float) -> None:
        """Note how late pictures come."""
        with self._lock:
            self._lag_s = lag_s

    def leave_out(self) -> None:
        """Count a picture that was decoded and not handed on."""
        with self._lock:
            self._left_out += 1

    def grant(self, words: str) -> None:
        """Note what a device really gives."""
        with self._lock:
            self._granted = words

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
