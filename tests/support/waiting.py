"""Tests wait for what another thread or process does."""

import threading
import time
from collections.abc import Callable

_PAUSE_S = 0.02


def becomes_true(condition: Callable[[], bool], *, within_s: float = 30.0) -> bool:
    """Whether the condition becomes true within this many seconds."""
    pause, deadline_s = threading.Event(), time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if condition():
            return True
        pause.wait(_PAUSE_S)
    return False
