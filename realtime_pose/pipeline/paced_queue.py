"""The channel between two stages of a live run: one slot, kept free for what its producer begins."""

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

_REMEMBERED = 15  # durations of each side, from whose median the next is expected


class PacedQueue(Queue[T]):
    """A queue of one that loses nothing, and whose producer begins a value only when the slot is free for it.

    A longer queue in front of a slow consumer is always full, and makes each value as many turns older. Where the
    producer is much the quicker, even one value would wait long; then the producer begins later. How long it takes is
    measured from its turn to its put; the consumer tells its own times by ``note_use``.

    Args:
        longest_wait_s: How long a value is to wait for the consumer at most, as far as can be told beforehand.
    """

    def __init__(self, *, longest_wait_s: float = math.inf) -> None:
        super().__init__(capacity=1)
        self._longest_wait_s = longest_wait_s
        self._making_s: deque[float] = deque([0.0], maxlen=_REMEMBERED)
        self._using_s: deque[float] = deque([0.0], maxlen=_REMEMBERED)
        self._turn_s: float | None = None  # when the producer began what it is making; None: it has not
        self._taken_s: float | None = None  # since when the consumer is at work; None: it is not

    def paced(self, inlet: Channel[In]) -> Iterator[In]:
        """The values of the producer's own inlet, each taken when its turn has come, until that inlet has ended."""
        while True:
            self._await_turn()
            try:
                value = inlet.get()
            except ChannelClosedError:
                return
            yield value

    def put(self, value: T) -> None:
        """Add the value; waits for room.

        Raises:
            ChannelClosedError: The channel is closed, or was while waiting.
        """
        with self._changed:
            if self._turn_s is not None:
                self._making_s.append(time.monotonic() - self._turn_s)
                self._turn_s = None
            super().put(value)

    def get(self, *, timeout_s: float | None = None) -> T:
        """The next value; who asks has done with the one before.

        Raises:
            TimeoutError: None came within timeout_s seconds.
            ChannelClosedError: Closed, and nothing is left.
        """
        with self._changed:
            self._taken_s = None
            self._changed.notify_all()
            value = super().get(timeout_s=timeout_s)
            self._taken_s = time.monotonic()
            return value

    def add_consumer_time(self, duration_s: float) -> None:
        """Learn how long the consumer worked on a value; not of those that it threw away."""
        with self._changed:
            self._using_s.append(duration_s)

    def _await_turn(self) -> None:
        """Wait until the producer should begin, or the channel is closed."""
        with self._changed:
            while not self._is_closed and (early_s := self._early_s()) > 0:
                self._changed.wait(None if early_s == math.inf else early_s)
            self._turn_s = time.monotonic()

    def _early_s(self) -> float:
        """For how long it is still too early to begin; infinity where only the consumer can tell."""
        if self._values:
            return math.inf
        if self._taken_s is None:
            return 0.0
        free_s = self._taken_s + median(self._using_s)
        made_s = time.monotonic() + median(self._making_s)
        return free_s - made_s - self._longest_wait_s
