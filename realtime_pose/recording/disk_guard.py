"""Decides whether the disk has room for a recording, from its free bytes."""

from collections.abc import Callable
from pathlib import Path

_RESUME_FACTOR = 1.2  # recording resumes at the limit times this: it must not switch on and off at the limit
_MEGA = 1e6

FreeBytes = Callable[[Path], int]


class DiskGuard:
    """Watches the free space on the disk of one folder.

    Attributes:
        problem: Message for the user while there is too little space; "" while there is enough.

    Args:
        folder: A folder on the disk.
        keep_free_bytes: Least free space; 0: no limit.
        free_bytes: Free bytes on the disk of a folder; raises OSError if they are unknown.
    """

    def __init__(self, folder: Path, keep_free_bytes: int, free_bytes: FreeBytes) -> None:
        self._folder = folder
        self._keep_free_bytes = keep_free_bytes
        self._free_bytes = free_bytes
        self.problem = ""

    def has_room(self) -> bool:
        """Measure the free space; True if recording may go on."""
        if not self._keep_free_bytes:
            return True
        try:
            free = self._free_bytes(self._folder)
        except OSError as error:
            self.problem = f"{self._folder}: the free disk space is unknown ({error.strerror}); is it still there?"
            return False
        resume = self._keep_free_bytes * _RESUME_FACTOR
        # `problem` says whether recording is paused now.
        limit = resume if self.problem else self._keep_free_bytes
        self.problem = (
            ""
            if free >= limit
            else f"disk nearly full: {free / _MEGA:.0f} MB free at {self._folder}, recording goes on above "
            f"{resume / _MEGA:.0f} MB; make room"
        )
        return not self.problem
