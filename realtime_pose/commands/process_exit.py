"""The end of the process: fast, and without a crash when a thread still runs inside a library."""

import gc
import logging
import os
import sys
import threading
from typing import NoReturn

from realtime_pose.commands.terminal import PROGRAM, echo
from realtime_pose.system.standard_streams import lead_nowhere

BROKEN_PIPE = 141  # exit code, as shells report a program that SIGPIPE (13) ended: 128 + 13


def exit_process(code: int) -> NoReturn:
    """End the process with this exit code. Call it when everything is written and closed.

    Python's own end visits every object that the libraries made, which takes up to a second on a busy machine. It also
    crashes if a daemon thread returns from a library at that time.
    """
    gc.freeze()  # the last garbage collection then has nothing to visit
    logging.shutdown()
    code = _flush_outputs(code)
    if threading.active_count() == 1:
        sys.exit(code)
    os._exit(code)  # flushes nothing


def _flush_outputs(code: int) -> int:
    """Write what stdout and stderr still hold; the exit code, which is another one if results are lost."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None or stream.closed:
            continue
        try:
            stream.flush()
        except OSError as error:
            # Python flushes once more at its end: what is left goes nowhere.
            lead_nowhere(stream.fileno())
            if stream is sys.stderr:  # lost messages do not change what a run has done
                continue
            code = BROKEN_PIPE
            if not isinstance(error, BrokenPipeError):
                echo(f"{PROGRAM}: standard output: the results cannot be written ({error.strerror})")
                code = 1
    return code
