"""Whether there is room on the disk: recording ends before it is full, and goes on when there is room again."""

from collections.abc import Callable
from pathlib import Path

_MORE = 1.2  # so much more room than the limit must there be to go on: no flapping at the limit
_MEGA = 1e6

FreeBytes = Callable[[Path], int]


class DiskGuard:
    """Watches the room on the disk of one folder.

    Attributes:
        problem: What to tell while there is too little room; "" while there is enough.

    Args:
        folder: On the disk to watch.
        keep_free_bytes: Least room; 0: no limit.
        free_bytes: From a folder to the room on its disk; raises OSError where that is not known.
    """

    def __init__(self, folder: Path, keep_free_bytes: int, free_bytes: FreeBytes) -> None:
        self._folder = folder
        self._keep_free_bytes = keep_free_bytes
        self._free_bytes = free_bytes
        self.problem = ""

    def has_room(self) -> bool:
        """Look; whether recording may go on."""
        if not self._keep_free_bytes:
            return True
        try:
            free = self._free_bytes(self._folder)
        except OSError as error:
            self.problem = f"{self._folder}: the room on the disk is not known ({error.strerror}); is it still there?"
            return False
        least = self._keep_free_bytes * (_MORE if self.problem else 1.0)
        self.problem = (
            ""
            if free >= least
            else f"disk nearly full: {free / _MEGA:.0f} MB free at {self._folder}, recording goes on above "
            f"{self._keep_free_bytes * _MORE / _MEGA:.0f} MB; make room"
        )
        return not self.problem
