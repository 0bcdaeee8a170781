"""The end of the process: at once, and without a crash where a thread was left behind in a library."""

import gc
import logging
import os
import sys
import threading
from typing import NoReturn


def exit_process(code: int) -> NoReturn:
    """End the process with this exit code; all that is to be finished must be.

    Python's own end goes through every object that the libraries made, which takes up to a second on a busy machine;
    and it crashes where a daemon thread comes back from a library meanwhile.
    """
    gc.freeze()
    if threading.active_count() == 1:
        sys.exit(code)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    os._exit(code)
