"""Channels: one contract for all three, and what sets each apart. Every wait here has a deadline."""

import threading
from collections.abc import Callable

import pytest

from realtime_pose.channels import Channel, DroppingQueue, Mailbox, Queue
from realtime_pose.errors import ChannelClosedError
from realtime_pose.pipeline.paced_queue import PacedQueue

DEADLINE_S = 2.0
MAKERS = [
    pytest.param(Mailbox, id="mailbox"),
    pytest.param(lambda: Queue(2), id="queue"),
    pytest.param(lambda: DroppingQueue(2), id="dropping queue"),
    pytest.param(PacedQueue, id="handover"),
]
Maker = Callable[[], Channel[int]]


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Run in a thread; its result, or what it raised, ends up in the list."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(work())
        except (ChannelClosedError, TimeoutError) as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, outcome


@pytest.mark.parametrize("make", MAKERS)
class TestContract:
    def test_a_value_comes_out_as_it_went_in(self, make: Maker) -> None:
        channel = make()
        channel.put(7)
        assert channel.get(timeout_s=DEADLINE_S) == 7

    def test_get_gives_up_at_its_deadline(self, make: Maker) -> None:
        with pytest.raises(TimeoutError, match=r"0\.01 s"):
            make().get(timeout_s=0.01)

    def test_closed_gives_the_rest_then_ends(self, make: Maker) -> None:
        channel = make()
        channel.put(1)
        channel.close()
        assert list(channel) == [1]
        with pytest.raises(ChannelClosedError):
            channel.put(2)

    def test_cancel_throws_the_rest_away(self, make: Maker) -> None:
        channel = make()
        channel.put(1)
        channel.cancel()
        assert list(channel) == []

    def test_close_wakes_a_waiting_consumer(self, make: Maker) -> None:
        channel = make()
        thread, outcome = in_thread(channel.get)
        channel.close()
        thread.join(DEADLINE_S)
        assert isinstance(outcome[0], ChannelClosedError)

    def test_a_consumer_gets_what_a_producer_puts(self, make: Maker) -> None:
        channel = make()
        thread, outcome = in_thread(lambda: channel.get(timeout_s=DEADLINE_S))
        channel.put(3)
        thread.join(DEADLINE_S)
        assert outcome == [3]

    def test_closing_twice_is_closing_once(self, make: Maker) -> None:
        channel = make()
        channel.close()
        channel.close()
        channel.cancel()
        assert list(channel) == []


def test_a_mailbox_holds_the_newest_and_counts_the_rest() -> None:
    box = Mailbox[int]()
    for value in range(5):
        box.put(value)
    assert box.get() == 4
    assert box.dropped == 4


def test_a_queue_keeps_all_in_order_and_makes_the_producer_wait() -> None:
    queue = Queue[int](2)

    def produce() -> None:
        for value in range(50):
            queue.put(value)
        queue.close()

    thread, _ = in_thread(produce)
    assert list(queue) == list(range(50))
    thread.join(DEADLINE_S)
    assert queue.dropped == 0


def test_closing_frees_a_producer_that_waits() -> None:
    queue = Queue[int](1)
    queue.put(0)
    thread, outcome = in_thread(lambda: queue.put(1))
    queue.cancel()
    thread.join(DEADLINE_S)
    assert isinstance(outcome[0], ChannelClosedError)


def test_a_dropping_queue_drops_the_newest_and_never_waits() -> None:
    queue = DroppingQueue[int](2)
    for value in range(5):
        queue.put(value)
    queue.close()
    assert list(queue) == [0, 1]
    assert queue.dropped == 3


def test_a_queue_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Queue(0)
