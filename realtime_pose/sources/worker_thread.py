"""A worker thread for one device, so that a call which hangs in a driver or a resolver can be left behind.

The device is opened, read and released on this thread only: OpenCV and FFmpeg crash if one thread releases what another
one reads. The thread is a daemon, so a call that never returns does not keep the process alive.
"""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from queue import SimpleQueue
from typing import Any, TypeVar

R = TypeVar("R")

FINISH_TIMEOUT_S = 0.5  # wait for the current call at the end, so that the device is free after the iteration


def _ignore(_: Any) -> None:
    """Discard a late result that owns nothing."""


class WorkerThread:
    """Runs calls in order; one caller waits at a time.

    Args:
        name: Name of the thread, for a debugger.
    """

    def __init__(self, name: str) -> None:
        self._jobs = SimpleQueue[Callable[[], object] | None]()
        self._lock = threading.Lock()
        self._is_interrupted = False
        self._is_late = False  # a call did not return in time and may hang
        self._pending: Future[Any] | None = None
        self._thread = threading.Thread(target=self._run_jobs, name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread still runs; after ``finish``: whether its current call has not returned."""
        return self._thread.is_alive()

    def call(
        self,
        function: Callable[[], R],
        *,
        timeout_s: float,
        discard: Callable[[R], None] = _ignore,
        slow: tuple[float, Callable[[], None]] | None = None,
    ) -> R:
        """The result of the function, run on this thread; an exception is raised in the caller.

        Args:
            function: Runs after all calls before it.
            timeout_s: Longest wait.
            discard: Called on this thread with a result that comes after the wait has ended.
            slow: (seconds, callback): called once in the caller's thread when the wait is this long; the wait goes on.

        Raises:
            TimeoutError: The function is not done in time; it keeps running.
            InterruptedError: ``interrupt`` was called, before or during the wait.
        """
        future: Future[R] = Future()
        with self._lock:  # an interrupt comes either before this, or cancels the future
            if self._is_interrupted:
                raise InterruptedError("the calls of this device were interrupted")
            self._pending = future
        self._jobs.put(lambda: _complete(future, function, discard))
        if slow is not None and slow[0] < timeout_s and not _is_done(future, within_s=slow[0]):
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
            return future.result()  # done at the last moment, or the function itself raised TimeoutError

    def submit(self, function: Callable[[], R]) -> Future[R]:
        """Run one last function without waiting; the thread ends after it."""
        future: Future[R] = Future()
        self._jobs.put(lambda: _complete(future, function, _ignore))
        self._jobs.put(None)  # ends the thread
        return future

    def interrupt(self) -> None:
        """End the wait of the current caller and refuse later calls; from any thread, returns at once."""
        with self._lock:
            self._is_interrupted = True
            if self._pending is not None:
                self._pending.cancel()

    def finish(self, release: Callable[[], object] | None = None) -> None:
        """Release the device after the current call, then end the thread.

        Waits at most FINISH_TIMEOUT_S, and not at all if a call was late: that call is taken to hang.
        """
        if release is not None:
            self._jobs.put(release)
        self._jobs.put(None)
        self._thread.join(0.0 if self._is_late else FINISH_TIMEOUT_S)

    def _run_jobs(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


class RestartableWorker:
    """The worker threads of one source, a new one for each connection.

    Attributes:
        current: The newest thread; None before the first.
        stopped: Set by ``stop``.
    """

    def __init__(self) -> None:
        self.current: WorkerThread | None = None
        self.stopped = threading.Event()
        self._lock = threading.Lock()

    def restart(self, name: str) -> WorkerThread:
        """A new thread; the one before is left to itself. After ``stop`` the new one refuses all calls."""
        thread = WorkerThread(name)
        with self._lock:
            self.current = thread
            if self.stopped.is_set():
                thread.interrupt()
        return thread

    def stop(self) -> None:
        """Interrupt the current thread and every later one; from any thread, returns at once."""
        self.stopped.set()
        with self._lock:
            if self.current is not None:
                self.current.interrupt()


def _is_done(future: Future[Any], *, within_s: float) -> bool:
    """Whether the call ends or is interrupted in this time."""
    try:
        future.exception(within_s)  # concurrent.futures.wait would not notice an interrupt
    except CancelledError:
        return True
    except TimeoutError:
        return False
    return True


def _complete(future: Future[R], function: Callable[[], R], discard: Callable[[R], None]) -> None:
    """Run one call and pass its result or its exception to the waiting caller."""
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001 - raised again in the caller
        if future.set_running_or_notify_cancel():
            future.set_exception(error)
        return
    if future.set_running_or_notify_cancel():  # False if the caller no longer waits
        future.set_result(result)
    else:
        discard(result)
