"""Room for one frame between the thread that reads a live source and the one that iterates it."""

import threading

from realtime_pose.scene import Frame


class Shelf:
    """Holds the newest frame; a put replaces what nobody has taken, and never waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._is_closed = False
        self._is_over = False

    def put(self, frame: Frame) -> bool:
        """Leave a frame; whether the one before was taken."""
        with self._changed:
            was_taken = self._frame is None
            self._frame = frame
            self._changed.notify_all()
            return was_taken

    def take(self) -> Frame | None:
        """The newest frame, as soon as there is one that was not taken; None once closed, or at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._is_closed or self._is_over)
            frame, self._frame = self._frame, None
            return None if self._is_closed else frame

    def close(self) -> None:
        """Nobody wants more frames."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def end(self) -> None:
        """No more frames come; the last can still be taken."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def wait_end(self, timeout_s: float) -> bool:
        """Whether no more frames come, within timeout_s."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_over, timeout_s)
