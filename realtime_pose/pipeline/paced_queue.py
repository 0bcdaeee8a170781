"""The channel between two stages of a live run: one slot and a paced producer."""

import math
import time
from collections import deque
from collections.abc import Iterator
from statistics import median
from typing import TypeVar

from realtime_pose.channels import Channel, Queue
from realtime_pose.errors import ChannelClosedError

T = TypeVar("T")
In = TypeVar("In")

_NUM_DURATIONS = 15  # latest durations of each side; their median predicts the next one


class PacedQueue(Queue[T]):
    """A lossless queue of one value whose producer starts only when its turn comes.

    With a slow consumer a longer queue would always be full, and each of its slots would add one consumer time of
    latency. With a much faster producer even one value would wait too long, so the producer starts later. Its time is
    measured from the start to the put; the consumer reports its own time with ``add_consumer_time``.

    Args:
        max_wait_s: Longest expected time that a value may wait for the consumer.
    """

    def __init__(self, *, max_wait_s: float = math.inf) -> None:
        super().__init__(capacity=1)
        self._max_wait_s = max_wait_s
        self._producer_durations_s: deque[float] = deque([0.0], maxlen=_NUM_DURATIONS)
        self._consumer_durations_s: deque[float] = deque([0.0], maxlen=_NUM_DURATIONS)
        self._producer_started_s: float | None = None  # None: the producer has no value in work
        self._consumer_started_s: float | None = None  # None: the consumer is idle

    def paced(self, inlet: Channel[In]) -> Iterator[In]:
        """The values of the producer's inlet, each taken when its turn comes."""
        while True:
            self._await_turn()
            try:
                value = inlet.get()
            except ChannelClosedError:
                return
            yield value

    def put(self, value: T) -> None:
        """Add the value; waits for a free slot.

        Raises:
            ChannelClosedError: The channel is closed, also if this happens during the wait.
        """
        with self._changed:
            if self._producer_started_s is not None:
                self._producer_durations_s.append(time.monotonic() - self._producer_started_s)
                self._producer_started_s = None
            super().put(value)

    def get(self, *, timeout_s: float | None = None) -> T:
        """The next value; by this call the consumer has finished the previous one.

        Raises:
            TimeoutError: No value came within timeout_s seconds.
            ChannelClosedError: The channel is closed and empty.
        """
        with self._changed:
            self._consumer_started_s = None
            self._changed.notify_all()
            value = super().get(timeout_s=timeout_s)
            self._consumer_started_s = time.monotonic()
            return value

    def add_consumer_time(self, duration_s: float) -> None:
        """Record how long the consumer worked on a value; not for dropped values."""
        with self._changed:
            self._consumer_durations_s.append(duration_s)

    def _await_turn(self) -> None:
        """Wait until the producer should start, or the channel is closed."""
        with self._changed:
            while not self._is_closed and (delay_s := self._start_delay_s()) > 0:
                self._changed.wait(None if delay_s == math.inf else delay_s)
            self._producer_started_s = time.monotonic()

    def _start_delay_s(self) -> float:
        """Seconds until the producer should start; infinity while the slot is full."""
        if self._values:
            return math.inf
        if self._consumer_started_s is None:
            return 0.0
        # Start so that the value is ready max_wait_s before the consumer can take it, not earlier.
        consumer_free_s = self._consumer_started_s + median(self._consumer_durations_s)
        producer_done_s = time.monotonic() + median(self._producer_durations_s)
        return consumer_free_s - producer_done_s - self._max_wait_s
