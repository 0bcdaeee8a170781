"""Makes the C library give the memory of pictures back, which it keeps in pieces where many threads come and go."""

import ctypes
import sys

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # glibc's malloc.h
LARGE_BYTES = 256 * 1024  # a picture is larger, and is then given back to the system as soon as nobody has it
ARENAS = 2


def keep_memory_flat() -> bool:
    """Set it for this process; whether its C library can: glibc, so on most of Linux."""
    if not sys.platform.startswith("linux"):
        return False
    setter = getattr(ctypes.CDLL(None), "mallopt", None)
    if setter is None:
        return False
    return bool(setter(_MMAP_THRESHOLD, LARGE_BYTES)) and bool(setter(_ARENA_MAX, ARENAS))
