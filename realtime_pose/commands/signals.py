"""Ctrl-C, SIGTERM, SIGHUP and the trigger signal (SIGUSR1) during a run, in contexts that restore what was before."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

from realtime_pose.system import TRIGGER_SIGNAL, termination_signals
from realtime_pose.system.standard_streams import leave_lost_terminal


@contextlib.contextmanager
def ctrl_c_ends_process() -> Iterator[None]:
    """Let Ctrl-C end the process at once.

    For the start-up: nothing is written yet, and some libraries crash when their import is interrupted.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:  # a shell starts background jobs with SIGINT ignored; keep that
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def termination_as_ctrl_c() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt, so that the end of a service or a terminal finishes all files.

    Only the first signal does: a closed terminal sends several, and the files must still be finished.
    """
    is_interrupted = False

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        nonlocal is_interrupted
        leave_lost_terminal()
        if not is_interrupted:
            is_interrupted = True
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in termination_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def stop_request() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C, SIGTERM and SIGHUP ask the block to end at a good place; the second one interrupts it.

    Yields:
        A function: whether a signal came.
    """
    is_asked = False

    def note(_signal: int, _frame: FrameType | None) -> None:
        nonlocal is_asked
        leave_lost_terminal()
        if is_asked:
            raise KeyboardInterrupt
        is_asked = True

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, *termination_signals())}
    try:
        yield lambda: is_asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def trigger_signal() -> Iterator[Callable[[], bool]]:
    """Watch for the trigger signal; without effect on a system that has none.

    Yields:
        A function: whether the signal came since the last call.
    """
    is_triggered = False

    # A signal handler runs between any two instructions: it only sets a flag.
    def note(_signal: int, _frame: FrameType | None) -> None:
        nonlocal is_triggered
        is_triggered = True

    def take() -> bool:
        nonlocal is_triggered
        was_triggered, is_triggered = is_triggered, False
        return was_triggered

    if TRIGGER_SIGNAL is None:
        yield take
        return
    before = signal.signal(TRIGGER_SIGNAL, note)
    try:
        yield take
    finally:
        signal.signal(TRIGGER_SIGNAL, before)
