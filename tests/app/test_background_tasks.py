"""Background tasks: which thread runs what, and waiting with a deadline."""

import gc
import weakref
from functools import partial
from threading import Event, Thread, current_thread
from time import monotonic

import pytest
from PyQt5 import sip
from pytestqt.qtbot import QtBot

from realtime_pose.app import background_tasks
from realtime_pose.app.background_tasks import BackgroundTasks
from realtime_pose.errors import SourceOpenError

pytestmark = [pytest.mark.gui]


def test_a_task_runs_in_another_thread_and_delivers_in_this_one(qtbot: QtBot) -> None:
    tasks, this_thread = BackgroundTasks(), current_thread()
    threads, errors = [], list[str]()

    def work() -> int:
        threads.append(current_thread())
        return 7

    def on_done(value: int) -> None:
        assert value == 7
        threads.append(current_thread())

    def fail() -> None:
        raise SourceOpenError("it is not there")

    with qtbot.waitSignal(tasks.idle, timeout=2000):
        tasks.start(work, on_done=on_done, on_failed=errors.append)
        tasks.start(fail, on_done=lambda _: None, on_failed=errors.append)
    assert threads[0] is not this_thread
    assert threads[1] is this_thread
    assert errors == ["it is not there"]
    assert len(tasks) == 0


def test_waiting_for_tasks_ends_at_the_deadline(qtbot: QtBot) -> None:
    tasks, may_end = BackgroundTasks(), Event()
    tasks.start(lambda: may_end.wait(10), on_done=lambda _: None, on_failed=lambda _: None)
    start_s = monotonic()
    assert not tasks.wait(0.1)
    assert monotonic() - start_s < 1
    with qtbot.waitSignal(tasks.idle, timeout=2000):
        may_end.set()
    assert tasks.wait(1)


def test_a_task_whose_window_was_deleted_ends_in_silence(qtbot: QtBot) -> None:
    tasks, may_end, results = BackgroundTasks(), Event(), list[object]()
    tasks.start(lambda: may_end.wait(10), on_done=results.append, on_failed=results.append)
    (task,) = tasks._running
    sip.delete(tasks)
    with qtbot.waitSignal(task.finished, timeout=2000):
        may_end.set()
    qtbot.waitUntil(lambda: task not in background_tasks._running_threads)
    assert results == []


class Large:
    """Something that should not stay in memory, such as a pipeline."""


def test_a_task_that_has_ended_holds_neither_its_call_nor_its_result(qtbot: QtBot) -> None:
    tasks, before, results = BackgroundTasks(), Large(), list[weakref.ref[Large]]()

    def replace(old: Large) -> Large:
        assert old is not None
        return Large()

    is_collecting = gc.isenabled()
    gc.disable()
    try:
        with qtbot.waitSignal(tasks.idle, timeout=2000):
            tasks.start(
                partial(replace, before),
                on_done=lambda new: results.append(weakref.ref(new)),
                on_failed=lambda _: results.clear(),
            )
        old = weakref.ref(before)
        del before
        assert (old(), [result() for result in results]) == (None, [None])
    finally:
        if is_collecting:
            gc.enable()


def test_what_a_call_held_is_freed_in_its_thread(qtbot: QtBot) -> None:
    tasks, large, may_end, threads = BackgroundTasks(), Large(), Event(), list[Thread]()
    weakref.finalize(large, lambda: threads.append(current_thread()))

    def work(_: Large) -> None:
        may_end.wait(10)

    with qtbot.waitSignal(tasks.idle, timeout=2000):
        tasks.start(partial(work, large), on_done=lambda _: None, on_failed=lambda _: None)
        del large
        may_end.set()
    assert len(threads) == 1
    assert threads != [current_thread()]
