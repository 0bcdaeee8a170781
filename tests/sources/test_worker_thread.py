"""Calls on a worker thread: results, errors, deadlines, interruption, and late results."""

import threading

import pytest

from realtime_pose.sources.worker_thread import RestartableWorker, WorkerThread

LONG_S = 5.0


def test_results_are_returned_and_all_calls_run_on_one_thread() -> None:
    thread = WorkerThread("device")
    idents = {thread.call(threading.get_ident, timeout_s=LONG_S) for _ in range(3)}
    assert len(idents) == 1
    assert threading.get_ident() not in idents
    thread.finish()


def test_an_error_is_raised_in_the_caller() -> None:
    thread = WorkerThread("device")
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 // 0, timeout_s=LONG_S)
    assert thread.call(lambda: 1, timeout_s=LONG_S) == 1
    thread.finish()


def test_a_timeout_error_of_the_function_is_raised_in_the_caller() -> None:
    thread = WorkerThread("device")

    def call() -> None:
        raise TimeoutError("of the device")

    with pytest.raises(TimeoutError, match="of the device"):
        thread.call(call, timeout_s=LONG_S)
    thread.finish()


def test_a_late_result_is_discarded_on_the_thread() -> None:
    thread, go_on, done = WorkerThread("device"), threading.Event(), threading.Event()
    discarded: list[tuple[str, int]] = []

    def open_late() -> str:
        go_on.wait(LONG_S)
        return "late"

    def discard(result: str) -> None:
        discarded.append((result, threading.get_ident()))

    with pytest.raises(TimeoutError):
        thread.call(open_late, timeout_s=0.05, discard=discard)
    thread.finish(done.set)
    assert discarded == []
    go_on.set()
    assert done.wait(LONG_S)
    assert [result for result, _ in discarded] == ["late"]
    assert discarded[0][1] != threading.get_ident()


@pytest.mark.parametrize("slow_s", [0.0, LONG_S / 2, LONG_S])
def test_an_interruption_ends_the_wait_and_refuses_later_calls(slow_s: float) -> None:
    """Before and after the call counts as slow."""
    thread, running, go_on = WorkerThread("device"), threading.Event(), threading.Event()
    ended = threading.Event()

    def hang() -> None:
        running.set()
        go_on.wait(LONG_S)

    def wait() -> None:
        with pytest.raises(InterruptedError):
            thread.call(hang, timeout_s=LONG_S, slow=(slow_s, lambda: None))
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert running.wait(LONG_S)
    thread.interrupt()
    thread.interrupt()
    assert ended.wait(1.0)
    with pytest.raises(InterruptedError):
        thread.call(lambda: 1, timeout_s=LONG_S)
    go_on.set()
    waiting.join(LONG_S)
    thread.finish()


def test_the_release_waits_for_the_current_call() -> None:
    thread, go_on, released = WorkerThread("device"), threading.Event(), threading.Event()
    order: list[str] = []

    def read() -> None:
        go_on.wait(LONG_S)
        order.append("read")

    def release() -> None:
        order.append("release")
        released.set()

    with pytest.raises(TimeoutError):
        thread.call(read, timeout_s=0.05)
    thread.finish(release)
    assert order == []
    go_on.set()
    assert released.wait(LONG_S)
    assert order == ["read", "release"]


def test_the_thread_is_a_daemon_and_ends() -> None:
    thread = WorkerThread("device 7")
    (own,) = [candidate for candidate in threading.enumerate() if candidate.name == "device 7"]
    assert own.daemon
    thread.finish()
    assert not own.is_alive()


def test_a_restarted_worker_works_while_the_one_before_hangs() -> None:
    worker, go_on = RestartableWorker(), threading.Event()
    hanging = worker.restart("device")
    with pytest.raises(TimeoutError):
        hanging.call(lambda: go_on.wait(LONG_S), timeout_s=0.05)
    assert worker.restart("device").call(lambda: 1, timeout_s=LONG_S) == 1
    go_on.set()
    hanging.finish()


@pytest.mark.parametrize("order", ["restart, stop", "stop, restart"])
def test_a_stopped_worker_refuses_calls(order: str) -> None:
    worker = RestartableWorker()
    if order == "stop, restart":
        worker.stop()
    thread = worker.restart("device")
    worker.stop()
    assert worker.stopped.is_set()
    with pytest.raises(InterruptedError):
        thread.call(lambda: 1, timeout_s=LONG_S)
    thread.finish()


def test_a_submitted_function_runs_and_ends_the_thread() -> None:
    thread = WorkerThread("device")
    assert thread.submit(lambda: 1).result(LONG_S) == 1
    thread.finish()
    assert not thread.is_alive
