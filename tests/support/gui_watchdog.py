"""Measures for how long the GUI thread was blocked, without the time in which it only waited for a free core."""

import threading
from pathlib import Path
from time import perf_counter

from PyQt5.QtCore import QObject, Qt, QTimer

_INTERVAL_MS = 5


class GuiWatchdog(QObject):
    """Runs a timer on the GUI thread and keeps the longest gap between two of its ticks.

    Linux says for how long a thread was ready but had no core; that is subtracted, because other programs cause it.

    Attributes:
        longest_s: The longest gap so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.longest_s = 0.0
        self._schedstat = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._latest = self._read()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_INTERVAL_MS)

    def restart(self) -> None:
        """Forget what was measured so far."""
        self.longest_s, self._latest = 0.0, self._read()

    def _tick(self) -> None:
        now = self._read()
        waited_s = now[1] - self._latest[1]
        self.longest_s = max(self.longest_s, now[0] - self._latest[0] - waited_s - _INTERVAL_MS / 1000)
        self._latest = now

    def _read(self) -> tuple[float, float]:
        """Seconds of the clock, and for how long this thread has waited for a core since its start."""
        waited_s = int(self._schedstat.read_text().split()[1]) / 1e9 if self._schedstat.exists() else 0.0
        return perf_counter(), waited_s
