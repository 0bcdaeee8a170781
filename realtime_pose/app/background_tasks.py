"""Work that would freeze the window, off the GUI thread: one QThread a job, its outcome back on the GUI thread."""

from collections.abc import Callable
from typing import TypeVar

from PyQt5.QtCore import QDeadlineTimer, QObject, QThread, pyqtSignal

from realtime_pose.errors import RealtimePoseError

T = TypeVar("T")

_alive: set[QThread] = set()  # also those that the window had to leave behind: Qt aborts if one is collected


class _Task(QThread):
    """One call, and what is to be done on the GUI thread afterwards: None where the call broke."""

    def __init__(self, work: Callable[[], Callable[[], None]]) -> None:
        super().__init__()
        self._work = work
        self.follow_up: Callable[[], None] | None = None

    def run(self) -> None:
        """Work; what nobody expects goes to sys.excepthook, which shows it."""
        self.follow_up = self._work()


class BackgroundTasks(QObject):
    """Runs calls off the GUI thread, each in a thread of its own.

    Use it on the GUI thread only, which needs to run an event loop.

    Attributes:
        idle: Emitted when the last running job has ended and its outcome has been handled.
    """

    idle = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: list[_Task] = []

    def __len__(self) -> int:
        """How many jobs run."""
        return len(self._running)

    def start(self, work: Callable[[], T], *, done: Callable[[T], None], failed: Callable[[str], None]) -> None:
        """Call ``work`` in a thread, then ``done`` with its value or ``failed`` with words, on the GUI thread."""

        def call() -> Callable[[], None]:
            try:
                value = work()
            except (RealtimePoseError, OSError) as error:
                words = str(error)
                return lambda: failed(words)
            return lambda: done(value)

        task = _Task(call)
        self._running.append(task)
        task.finished.connect(lambda: self._end(task, failed))
        _alive.add(task)
        task.start()

    def wait(self, timeout_s: float) -> bool:
        """Whether all threads ended within this time; those that did not are left to run."""
        deadline = QDeadlineTimer(int(timeout_s * 1000))
        return sum(not task.wait(deadline) for task in self._running) == 0

    def _end(self, task: _Task, failed: Callable[[str], None]) -> None:
        """Hand over the outcome of a job whose thread has ended."""
        task.wait()
        try:
            if task.follow_up is None:
                failed("an internal error; the log has the details")
            else:
                task.follow_up()
        finally:
            self._running.remove(task)
            _alive.discard(task)
            if not self._running:
                self.idle.emit()
