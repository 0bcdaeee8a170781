"""The watchdog itself: what it calls a block, and what not."""

import threading
import time
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from tests.support.gui_watchdog import MAX_BLOCKED_S, GuiWatchdog

pytestmark = [pytest.mark.gui]

_BLOCK_S = 0.12


def _work() -> None:
    end_s = time.thread_time() + _BLOCK_S
    while time.thread_time() < end_s:
        pass


def _wait_for_a_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire(timeout=_BLOCK_S)  # nobody releases it


@pytest.mark.parametrize("block", [_work, _wait_for_a_lock], ids=["work", "a wait for a lock"])
def test_a_block_of_the_event_loop_is_an_error(qtbot: QtBot, block: Callable[[], None]) -> None:
    def watch() -> None:
        with GuiWatchdog("a block"):
            qtbot.wait(20)
            block()
            qtbot.wait(20)

    with pytest.raises(AssertionError, match=r"blocked for \d+ ms during: a block"):
        watch()


def test_an_event_loop_that_waits_for_events_is_none(qtbot: QtBot) -> None:
    with GuiWatchdog() as watchdog:
        qtbot.wait(150)
    assert watchdog.longest_s < MAX_BLOCKED_S
