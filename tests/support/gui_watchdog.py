"""Measures for how long the GUI thread was blocked, and says where; a machine that is busy otherwise does not count.

Between two turns of the event loop, the GUI thread works, waits, or has no core:

- Its work counts as CPU time, which hardly depends on what else the machine does.
- A wait (for a lock, a file, another thread, or Python's global lock) counts, but for the time in which other threads
  that run Python had no core either: one after the other may hold the lock. These are the threads that Python started,
  and those that Qt started for the background tasks of the window.
- The time without a core does not count. Linux tells it for each thread (``schedstat``).
"""

import gc
import math
import os
import sys
import threading
import traceback
from collections.abc import Callable
from time import perf_counter
from types import FrameType, TracebackType
from typing import Self

from PyQt5.QtCore import QObject, Qt, QTimer

from realtime_pose.app.background_tasks import _Task

MAX_BLOCKED_S = 0.05
_INTERVAL_MS = 10
_SAMPLE_S = 0.01  # from one look at the stack to the next
_SUSPICIOUS_S = 0.02  # a turn that takes longer is looked at
_NUM_CALLS = 8  # of a stack, the innermost
_NUM_ATTEMPTS = 4
_THREADS = "/proc/self/task"
_TASK_NAME = _Task.__name__.encode()  # Qt names a thread by its class


class GuiWatchdog(QObject):
    """Watches the thread that enters it, which must have an event loop; at the end it fails if that was blocked.

    Args:
        step: What is being done, for the message.
        limit_s: A longer block makes it fail.

    Attributes:
        longest_s: The longest block so far.
        where: What the GUI thread did then, as far as it was seen: not while another thread holds Python's global lock.
    """

    def __init__(self, step: str = "", *, limit_s: float = MAX_BLOCKED_S) -> None:
        super().__init__()
        self._limit_s = limit_s
        self.longest_s, self.where = 0.0, ""
        self._step = step
        self._gui, self._gui_ident = threading.get_native_id(), threading.get_ident()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._seen: list[str] = []  # in this turn
        self._is_over = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._collection_start_s = self._turn_start_s = 0.0
        self._before: dict[int, tuple[float, float]] = {}

    def __enter__(self) -> Self:
        gc.callbacks.append(self._note_collection)
        self._begin_turn()
        self._timer.start(_INTERVAL_MS)
        self._sampler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._tick()
        self._timer.stop()
        self._is_over.set()
        self._sampler.join()
        gc.callbacks.remove(self._note_collection)
        if kind is None:
            step = f" during: {self._step}" if self._step else ""
            assert self.longest_s < self._limit_s, f"blocked for {self.longest_s * 1000:.0f} ms{step}\n{self.where}"

    def _begin_turn(self) -> None:
        self._seen = []
        self._turn_start_s, self._before = perf_counter(), _core_times()

    def _tick(self) -> None:
        """One turn of the event loop has ended."""
        now_s, times, before = perf_counter(), _core_times(), self._before
        worked_s, without_core_s = (now - first for now, first in zip(times[self._gui], before[self._gui], strict=True))
        # A thread that was started meanwhile has all of its time in this turn.
        others_s = sum(each[1] - before.get(key, (0, 0))[1] for key, each in times.items() if key != self._gui)
        waited_s = now_s - self._turn_start_s - worked_s - without_core_s - _INTERVAL_MS / 1000
        blocked_s = worked_s + max(0.0, waited_s - others_s)
        if blocked_s > self.longest_s:
            self.longest_s = blocked_s
            figures = f"worked {worked_s:.3f} s, waited {waited_s:.3f} s, others had no core {others_s:.3f} s"
            self.where = "\n".join([figures, *dict.fromkeys(self._seen)])
        self._begin_turn()

    def _sample(self) -> None:
        """Look at the stack of the GUI thread while a turn takes long."""
        while not self._is_over.wait(_SAMPLE_S):
            frame = sys._current_frames().get(self._gui_ident)
            if perf_counter() - self._turn_start_s > _SUSPICIOUS_S:
                self._seen.append(_describe(frame))

    def _note_collection(self, phase: str, info: dict[str, int]) -> None:
        """Note a collection of garbage: it stops all threads."""
        if phase == "start":
            self._collection_start_s = perf_counter()
        else:
            took_s, thread = perf_counter() - self._collection_start_s, threading.current_thread().name
            self._seen.append(f"collection of generation {info['generation']} by {thread}: {took_s:.3f} s")


def assert_never_blocked(step: str, act: Callable[[], object]) -> None:
    """Fail if the GUI thread is blocked whenever this is done.

    A block by our code comes each time; one by a machine that is short of memory or of cores does not.

    Args:
        step: What is done, for the message.
        act: Does it, with a running event loop; called again if it was blocked.
    """
    for number in range(1, _NUM_ATTEMPTS + 1):
        watchdog = GuiWatchdog(step, limit_s=MAX_BLOCKED_S if number == _NUM_ATTEMPTS else math.inf)
        with watchdog:
            act()
        if watchdog.longest_s < MAX_BLOCKED_S:
            return


def _describe(frame: FrameType | None) -> str:
    """The innermost calls, a line for each."""
    return "".join(traceback.format_stack(frame)[-_NUM_CALLS:]) if frame is not None else ""


def _core_times() -> dict[int, tuple[float, float]]:
    """Of each thread that runs Python: seconds on a core, and seconds ready but without one. By native id."""
    started_by_python = {str(thread.native_id) for thread in threading.enumerate()}
    times = {}
    with os.scandir(_THREADS) as entries:
        native_ids = [entry.name for entry in entries]
    for native_id in native_ids:
        try:
            if native_id in started_by_python or _read(native_id, "comm") == _TASK_NAME:
                worked_ns, waited_ns, _ = _read(native_id, "schedstat").split()
                times[int(native_id)] = int(worked_ns) / 1e9, int(waited_ns) / 1e9
        except OSError:  # it has ended
            continue
    return times


def _read(native_id: str, name: str) -> bytes:
    """What Linux says of a thread. Quicker than with pathlib: it is asked some thousand times a second."""
    file = os.open(f"{_THREADS}/{native_id}/{name}", os.O_RDONLY)
    try:
        return os.read(file, 100).strip()
    finally:
        os.close(file)
