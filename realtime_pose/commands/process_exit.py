"""The end of the process: fast, and without a crash when a thread still runs inside a library."""

import gc
import logging
import os
import sys
import threading
from typing import NoReturn

BROKEN_PIPE = 141  # exit code, as shells report a program that SIGPIPE (13) ended: 128 + 13


def exit_process(code: int) -> NoReturn:
    """End the process with this exit code. Call it when everything is written and closed.

    Python's own end visits every object that the libraries made, which takes up to a second on a busy machine. It also
    crashes if a daemon thread returns from a library at that time.
    """
    gc.freeze()  # the last garbage collection then has nothing to visit
    logging.shutdown()
    code = code if _flush_outputs() else BROKEN_PIPE
    if threading.active_count() == 1:
        sys.exit(code)
    os._exit(code)  # flushes nothing


def _flush_outputs() -> bool:
    """Write what stdout and stderr still hold; False if nobody reads it any more."""
    is_read = True
    for stream in (sys.stdout, sys.stderr):
        if stream is None or stream.closed:
            continue
        try:
            stream.flush()
        except BrokenPipeError:
            is_read = is_read and stream is not sys.stdout  # lost messages do not change what a run has done
            # Python flushes once more at its end: what is left goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return is_read
