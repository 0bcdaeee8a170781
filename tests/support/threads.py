"""Calls that may block, run in a thread so that a test can give up at a deadline."""

import threading
from collections.abc import Callable

from realtime_pose.errors import ChannelClosedError

DEADLINE_S = 2.0


def run_in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Start the call in a thread; the list gets its result or its error."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(work())
        except (ChannelClosedError, TimeoutError) as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, outcome
