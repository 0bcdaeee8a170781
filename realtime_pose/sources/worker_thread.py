"""A thread on which one device lives, so that a call which hangs in a driver or a resolver can be left behind.

The device is opened, read and released on this thread alone: releasing it while another thread reads crashes OpenCV and
FFmpeg. The thread is a daemon; a call that never returns does not keep the process.
"""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from queue import SimpleQueue
from typing import Any, TypeVar

R = TypeVar("R")

GRACE_S = 0.5  # how long the end of a call under way is waited for, so that a device is free again when iteration ended


def _keep_nothing(_: Any) -> None:
    """A late result that owns nothing."""


class WorkerThread:
    """Runs calls in order, one caller waiting at a time.

    Args:
        name: Of the thread, for a debugger.
    """

    def __init__(self, name: str) -> None:
        self._jobs = SimpleQueue[Callable[[], None] | None]()
        self._lock = threading.Lock()
        self._is_interrupted = False
        self._is_late = False
        self._awaited: Future[Any] | None = None
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended: after ``finish``, that the call under way has not come back."""
        return self._thread.is_alive()

    def call(
        self,
        function: Callable[[], R],
        *,
        timeout_s: float,
        discard: Callable[[R], None] = _keep_nothing,
        slow: tuple[float, Callable[[], None]] | None = None,
    ) -> R:
        """The result of function, run on this thread; what it raises is raised here.

        Args:
            function: Runs when the calls before it are done.
            timeout_s: Longest wait.
            discard: Takes, on this thread, a result that came after the wait had ended.
            slow: After so many seconds of waiting this is called, once, in the calling thread; the wait goes on.

        Raises:
            TimeoutError: It was not done in time; it runs on, alone.
            InterruptedError: ``interrupt`` was called, before or meanwhile.
        """
        future: Future[R] = Future()
        with self._lock:
            if self._is_interrupted:
                raise InterruptedError("the calls of this device were interrupted")
            self._awaited = future
        self._jobs.put(lambda: _run(function, future, discard))
        if slow is not None and slow[0] < timeout_s and not _is_done(future, slow[0]):
            slow[1]()
            timeout_s -= slow[0]
        try:
            return future.result(timeout_s)
        except CancelledError as error:
            raise InterruptedError("the call was interrupted") from error
        except TimeoutError:
            if future.cancel():
                self._is_late = True
                raise
            return future.result()  # it was done at the last moment, or raised TimeoutError itself

    def begin(self, function: Callable[[], R]) -> Future[R]:
        """The same without waiting: what function will have returned or raised."""
        future: Future[R] = Future()
        self._jobs.put(lambda: _run(function, future, _keep_nothing))
        self._jobs.put(None)
        return future

    def interrupt(self) -> None:
        """End the wait of the caller, now and later; from any thread, returns at once."""
        with self._lock:
            self._is_interrupted = True
            if self._awaited is not None:
                self._awaited.cancel()

    def finish(self, last: Callable[[], None]) -> None:
        """Run this after the call under way, then end the thread.

        Waits GRACE_S seconds at most, and not at all where a call was late: that one is taken to hang.
        """
        self._jobs.put(last)
        self._jobs.put(None)
        self._thread.join(0.0 if self._is_late else GRACE_S)

    def _work(self) -> None:
        """Run the calls until the end."""
        while (job := self._jobs.get()) is not None:
            job()


def _is_done(future: Future[Any], within_s: float) -> bool:
    """Whether it was done or interrupted so soon; ``concurrent.futures.wait`` would not see the interruption."""
    try:
        future.exception(within_s)
    except CancelledError:
        return True
    except TimeoutError:
        return False
    return True


def _run(function: Callable[[], R], future: Future[R], discard: Callable[[R], None]) -> None:
    """Run one call and hand over what came of it."""
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
        if future.set_running_or_notify_cancel():
            future.set_exception(error)
        return
    if future.set_running_or_notify_cancel():
        future.set_result(result)
    else:
        discard(result)
