"""What holds a run up, and ends each wait: pauses, and the time for which a picture is shown in a window."""

import threading
import time

SLIDE_S = 2.0  # how long a picture is shown in a window


class RunControl:
    """Waits of one run; for any thread.

    Attributes:
        unpaused: Cleared while the run is paused.
    """

    def __init__(self) -> None:
        self.unpaused = threading.Event()
        self.unpaused.set()
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # protects unpaused: a pause that comes after the stop must not undo it
        self._shown_s = -SLIDE_S  # when the last picture was shown

    def pause(self, *, is_paused: bool) -> None:
        """Pause or resume; nothing after ``stop``."""
        with self._lock:
            if is_paused and not self._stopping.is_set():
                self.unpaused.clear()
            else:
                self.unpaused.set()

    def stop(self) -> None:
        """Let every wait return, from now on."""
        with self._lock:
            self._stopping.set()
            self.unpaused.set()

    def wait_for_slide(self) -> None:
        """Wait until the picture before was shown long enough, and while the run is paused; for one thread."""
        self._stopping.wait(max(0.0, self._shown_s + SLIDE_S - time.monotonic()))
        self.unpaused.wait()
        self._shown_s = time.monotonic()
