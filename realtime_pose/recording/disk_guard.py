"""Decides whether the disk has room for a recording, from its free bytes."""

from collections.abc import Callable
from pathlib import Path

from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.recording.status import RecorderNote

_RESUME_FACTOR = 1.2  # recording resumes at the limit times this: it must not switch on and off at the limit

FreeBytes = Callable[[Path], int]


class DiskGuard:
    """Watches the free space on the disk of one folder.

    Attributes:
        problem: Why recording must pause, as of the last measurement; NO_REASON if it may go on.

    Args:
        folder: A folder on the disk.
        keep_free_bytes: Least free space; 0: no limit.
        free_bytes: Free bytes on the disk of a folder; raises OSError if they are unknown.
    """

    def __init__(self, folder: Path, keep_free_bytes: int, free_bytes: FreeBytes) -> None:
        self._folder = folder
        self._keep_free_bytes = keep_free_bytes
        self._free_bytes = free_bytes
        self.problem = NO_REASON

    def has_room(self) -> bool:
        """Measure the free space; True if recording may go on."""
        if not self._keep_free_bytes:
            return True
        self.problem = self._measure()
        return not self.problem

    def _measure(self) -> Reason:
        """Why recording must pause now; NO_REASON if it may go on."""
        try:
            free_bytes = self._free_bytes(self._folder)
        except OSError as error:
            values = {"folder": str(self._folder), "error": error.strerror or str(error)}
            return Reason(RecorderNote.DISK_UNKNOWN, values)
        resume_bytes = self._keep_free_bytes * _RESUME_FACTOR
        # `problem` says whether recording is paused now.
        if free_bytes >= (resume_bytes if self.problem else self._keep_free_bytes):
            return NO_REASON
        return Reason(
            RecorderNote.DISK_NEARLY_FULL,
            {"free_bytes": free_bytes, "resume_bytes": resume_bytes, "folder": str(self._folder)},
        )
