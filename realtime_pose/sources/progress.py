"""How far one source has come and whether it was asked to stop: what the iterating thread shares with all others."""

import threading

from realtime_pose.sources.source import SourceState, SourceStatus


class Progress:
    """State, reason and skipped frames of one source; every method is for any thread and returns at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = SourceState.LIVE
        self._reason = ""
        self._skipped = 0
        self._last_skip = ""
        self._has_begun = False
        self._is_stopped = False

    @property
    def status(self) -> SourceStatus:
        """How the source is doing now."""
        with self._lock:
            return SourceStatus(self._state, self._reason_in_full(), self._skipped)

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

    def end(self, state: SourceState = SourceState.ENDED, reason: str = "") -> None:
        """Set the last state; the first call wins."""
        with self._lock:
            if self._state is SourceState.LIVE:
                self._state, self._reason = state, reason

    def _reason_in_full(self) -> str:
        """Why it ended, and what was left out on the way."""
        if not self._skipped:
            return self._reason
        skipped = f"{self._skipped} skipped, the last: {self._last_skip}" if self._skipped > 1 else self._last_skip
        return f"{self._reason}; {skipped}" if self._reason else skipped
