"""Channels: the common contract, and the behaviour of each when it is full. Every wait has a deadline."""

from collections.abc import Callable

import pytest

from realtime_pose.channels import Channel, DroppingQueue, Mailbox, PacedQueue, Queue
from realtime_pose.errors import ChannelClosedError
from tests.support.threads import DEADLINE_S, run_in_thread

MAKERS = [
    pytest.param(Mailbox, id="mailbox"),
    pytest.param(lambda: Queue(2), id="queue"),
    pytest.param(lambda: DroppingQueue(2), id="dropping queue"),
    pytest.param(PacedQueue, id="paced queue"),
]
Maker = Callable[[], Channel[int]]


@pytest.mark.parametrize("make", MAKERS)
class TestContract:
    def test_get_returns_the_value_that_was_put(self, make: Maker) -> None:
        channel = make()
        channel.put(7)
        assert channel.get(timeout_s=DEADLINE_S) == 7

    def test_get_raises_at_its_deadline(self, make: Maker) -> None:
        with pytest.raises(TimeoutError, match=r"0\.01 s"):
            make().get(timeout_s=0.01)

    def test_a_closed_channel_yields_the_rest_then_ends(self, make: Maker) -> None:
        channel = make()
        channel.put(1)
        channel.close()
        assert list(channel) == [1]
        with pytest.raises(ChannelClosedError):
            channel.put(2)

    def test_cancel_discards_the_rest(self, make: Maker) -> None:
        channel = make()
        channel.put(1)
        channel.cancel()
        assert list(channel) == []

    def test_close_wakes_a_waiting_consumer(self, make: Maker) -> None:
        channel = make()
        thread, outcome = run_in_thread(channel.get)
        channel.close()
        thread.join(DEADLINE_S)
        assert isinstance(outcome[0], ChannelClosedError)

    def test_a_waiting_consumer_gets_the_value_of_a_producer(self, make: Maker) -> None:
        channel = make()
        thread, outcome = run_in_thread(lambda: channel.get(timeout_s=DEADLINE_S))
        channel.put(3)
        thread.join(DEADLINE_S)
        assert outcome == [3]

    def test_close_may_be_called_twice(self, make: Maker) -> None:
        channel = make()
        channel.close()
        channel.close()
        channel.cancel()
        assert list(channel) == []


def test_a_mailbox_keeps_the_newest_value_and_counts_the_others() -> None:
    box = Mailbox[int]()
    for value in range(5):
        box.put(value)
    assert box.get() == 4
    assert box.dropped == 4


def test_a_queue_keeps_all_values_in_order_and_its_producer_waits() -> None:
    queue = Queue[int](2)

    def produce() -> None:
        for value in range(50):
            queue.put(value)
        queue.close()

    thread, _ = run_in_thread(produce)
    assert list(queue) == list(range(50))
    thread.join(DEADLINE_S)
    assert queue.dropped == 0


def test_cancel_wakes_a_waiting_producer() -> None:
    queue = Queue[int](1)
    queue.put(0)
    thread, outcome = run_in_thread(lambda: queue.put(1))
    queue.cancel()
    thread.join(DEADLINE_S)
    assert isinstance(outcome[0], ChannelClosedError)


def test_a_dropping_queue_drops_new_values_and_never_waits() -> None:
    queue = DroppingQueue[int](2)
    for value in range(5):
        queue.put(value)
    queue.close()
    assert list(queue) == [0, 1]
    assert queue.dropped == 3


def test_a_queue_without_capacity_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Queue(0)
