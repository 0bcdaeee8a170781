"""The end of the process: fast, and without a crash when a thread still runs inside a library."""

import gc
import logging
import os
import sys
import threading
from typing import NoReturn


def exit_process(code: int) -> NoReturn:
    """End the process with this exit code. Call it when everything is written and closed.

    Python's own end visits every object that the libraries made, which takes up to a second on a busy machine. It also
    crashes if a daemon thread returns from a library at that time.
    """
    gc.freeze()  # the last garbage collection then has nothing to visit
    if threading.active_count() == 1:
        sys.exit(code)
    # os._exit flushes nothing.
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    os._exit(code)
