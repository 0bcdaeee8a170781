"""What holds a run up: pauses, which end when the run is stopped."""

import threading


class RunControl:
    """The pause of one run; for any thread.

    Attributes:
        unpaused: Cleared while the run is paused.
    """

    def __init__(self) -> None:
        self.unpaused = threading.Event()
        self.unpaused.set()
        self._is_stopping = False
        self._lock = threading.Lock()  # protects both: a pause that comes after the stop must not undo it

    def pause(self, *, is_paused: bool) -> None:
        """Pause or resume; nothing after ``stop``."""
        with self._lock:
            if is_paused and not self._is_stopping:
                self.unpaused.clear()
            else:
                self.unpaused.set()

    def stop(self) -> None:
        """Let every wait return, from now on."""
        with self._lock:
            self._is_stopping = True
            self.unpaused.set()
