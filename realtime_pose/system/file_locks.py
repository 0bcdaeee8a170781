"""Locks of open files, so that two processes do not write one file."""

import os
import sys
from pathlib import Path

_LOCKED_BYTE = 1 << 62  # Windows locks ranges of bytes, and forbids others to read them: this one no file has


def try_lock(descriptor: int) -> bool:
    """Lock an open file until its descriptor is closed or the process ends; False if somebody else has locked it.

    True without a lock on a file system that has none.
    """
    if sys.platform == "win32":
        import msvcrt

        position = os.lseek(descriptor, 0, os.SEEK_CUR)
        try:
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, position, os.SEEK_SET)
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def is_locked(path: Path) -> bool:
    """Whether somebody else has locked this file with `try_lock`; False if it cannot be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)
