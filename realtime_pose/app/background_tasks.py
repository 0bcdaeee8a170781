"""Runs slow calls off the GUI thread: one QThread for each call, with the result back on the GUI thread."""

from collections.abc import Callable
from typing import NoReturn, TypeVar

from PyQt5 import sip
from PyQt5.QtCore import QDeadlineTimer, QObject, QThread, pyqtSignal

from realtime_pose.errors import RealtimePoseError, describe_unexpected
from realtime_pose.redaction import redact_text

T = TypeVar("T")

# All running threads, also those that did not end in time when the window closed. Qt aborts the process if a running
# QThread is garbage-collected.
_running_threads: set[QThread] = set()


class _Task(QThread):
    """One call.

    Attributes:
        follow_up: What to call on the GUI thread afterwards; None if the call raised an unexpected exception.
        failure: This exception in words; "" for none.
    """

    def __init__(self, work: Callable[[], Callable[[], None]]) -> None:
        super().__init__()
        self._work = work
        self.follow_up: Callable[[], None] | None = None
        self.failure = ""

    def run(self) -> None:
        """Call the work; an unexpected exception goes to sys.excepthook, which shows it."""
        try:
            self.follow_up = self._work()
        except Exception as error:  # any: it is raised again, and the window is told that the task failed
            self.failure = redact_text(describe_unexpected(error))
            raise
        finally:
            self._work = _refuse  # in this thread: to free the networks of a pipeline takes a tenth of a second

    def release(self) -> None:
        """Drop the result. Qt's connection keeps a task that has ended, and a result can be large."""
        self.follow_up = None


def _refuse() -> NoReturn:
    """Stands in place of the call of a task that has ended."""
    raise RuntimeError("the task has ended, and cannot run again")


class BackgroundTasks(QObject):
    """Runs calls off the GUI thread, each in its own thread.

    Use it on the GUI thread only, which needs a running event loop.

    Attributes:
        idle: Emitted when the last running task has ended and its result was delivered.
    """

    idle = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: list[_Task] = []

    def __len__(self) -> int:
        """Number of running tasks."""
        return len(self._running)

    def start(self, work: Callable[[], T], *, on_done: Callable[[T], None], on_failed: Callable[[str], None]) -> None:
        """Call ``work`` in a thread, then one of the two callbacks on the GUI thread.

        Args:
            work: Runs in a new thread.
            on_done: Gets the value that ``work`` returned.
            on_failed: Gets the message of the error that ``work`` raised.
        """

        def call() -> Callable[[], None]:
            try:
                value = work()
            except (RealtimePoseError, OSError) as error:
                message = redact_text(str(error))  # Python deletes ``error`` at the end of this block
                return lambda: on_failed(message)
            return lambda: on_done(value)

        task = _Task(call)
        self._running.append(task)
        task.finished.connect(lambda: self._finish(task, on_failed))
        _running_threads.add(task)
        task.start()

    def wait(self, timeout_s: float) -> bool:
        """Whether all threads ended within this time; the others are left running."""
        deadline = QDeadlineTimer(int(timeout_s * 1000))
        # sum and not any: give every thread the time until the deadline.
        return sum(not task.wait(deadline) for task in self._running) == 0

    def _finish(self, task: _Task, on_failed: Callable[[str], None]) -> None:
        """Deliver the result of a task whose thread has ended."""
        task.wait()  # Qt emits ``finished`` shortly before the thread has really ended
        if sip.isdeleted(self):  # with the window: nobody asks for the result any more
            _running_threads.discard(task)
            return
        try:
            if task.follow_up is None:
                on_failed(task.failure)
            else:
                task.follow_up()
        finally:
            task.release()
            self._running.remove(task)
            _running_threads.discard(task)
            if not self._running:
                self.idle.emit()
