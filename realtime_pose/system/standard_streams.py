"""Standard input, output and error: opened if the process was started without them, and given up with a terminal."""

import os
import stat
import sys

_NAMES = ("stdin", "stdout", "stderr")  # by their descriptors 0, 1 and 2


def open_missing_streams() -> None:
    """Open those of the three that were closed when the process was started; they lead nowhere.

    Otherwise the next file that is opened would take the descriptor, and libraries would write their messages into it.
    """
    for descriptor, name in enumerate(_NAMES):
        try:
            os.fstat(descriptor)
        except OSError:
            # A new descriptor is the lowest one that is free: this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - Python's signature
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))


def leave_lost_terminal() -> None:
    """Let standard streams on a terminal that was closed lead nowhere: writing to it would fail."""
    for descriptor in range(len(_NAMES)):
        try:
            is_lost = stat.S_ISCHR(os.fstat(descriptor).st_mode) and not os.isatty(descriptor)
        except OSError:
            continue  # not open
        if is_lost:  # or it leads nowhere already
            lead_nowhere(descriptor)


def lead_nowhere(descriptor: int) -> None:
    """Replace what a descriptor leads to by the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, descriptor)
    os.close(null)
