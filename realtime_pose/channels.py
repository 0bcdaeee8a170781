"""Channels between two threads: `Mailbox`, `Queue`, `DroppingQueue` and `PacedQueue`.

They differ in what a put does when the channel is full. ``close`` lets the consumer take the remaining values,
``cancel`` discards them. Every wait ends with a value, a closed channel or a deadline.
"""

import math
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from statistics import median
from typing import Generic, Protocol, TypeVar

from realtime_pose.errors import ChannelClosedError

T = TypeVar("T")
In = TypeVar("In")
In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)

_NUM_DURATIONS = 15  # latest durations of each side of a paced queue; their median predicts the next one


class Inlet(Protocol[In_contra]):
    """The producer's side of a channel."""

    @property
    def dropped(self) -> int:
        """Number of values that were lost because the channel was full."""

    def put(self, value: In_contra) -> None:
        """Add a value; raises ChannelClosedError if the channel is closed."""

    def close(self) -> None:
        """Accept no more values; the remaining ones can still be taken."""

    def cancel(self) -> None:
        """Close the channel and discard the remaining values."""


class Outlet(Protocol[Out_co]):
    """The consumer's side of a channel."""

    def get(self, *, timeout_s: float | None = None) -> Out_co:
        """The next value; raises TimeoutError, or ChannelClosedError if closed and empty."""

    def __iter__(self) -> Iterator[Out_co]:
        """Values until the channel is closed and empty."""


class Channel(Inlet[T], Outlet[T], Protocol[T]):
    """A bounded channel from one producer thread to one consumer thread."""


class ClosableOutlet(ABC, Generic[T]):
    """The end of a channel, and the iteration up to it: what all channels share."""

    def __init__(self) -> None:
        # One condition for both sides: it is notified of every value, every free slot and the end. Its lock is
        # re-entrant, so a subclass may hold it and call put or get of its base.
        self._changed = threading.Condition()
        self._is_closed = False

    @abstractmethod
    def get(self, *, timeout_s: float | None = None) -> T:
        """The next value; raises TimeoutError, or ChannelClosedError if closed and empty."""

    def __iter__(self) -> Iterator[T]:
        """Values until the channel is closed and empty."""
        while True:
            try:
                value = self.get()
            except ChannelClosedError:
                return
            yield value

    def close(self) -> None:
        """Accept no more values; the remaining ones can still be taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()


class _BoundedBuffer(ClosableOutlet[T]):
    """A bounded buffer with one lock."""

    def __init__(self, capacity: int) -> None:
        super().__init__()
        if capacity < 1:
            raise ValueError(f"capacity: expected at least 1, got {capacity}")
        self._values: deque[T] = deque()
        self._capacity = capacity
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Number of values that were lost because the channel was full."""
        with self._changed:
            return self._dropped

    def get(self, *, timeout_s: float | None = None) -> T:
        """The next value.

        Raises:
            TimeoutError: No value came within timeout_s seconds.
            ChannelClosedError: The channel is closed and empty.
        """
        with self._changed:
            # A closed channel still gives its remaining values, so test for values first.
            if not self._changed.wait_for(lambda: self._values or self._is_closed, timeout_s):
                raise TimeoutError(f"no value came within {timeout_s} s")
            if not self._values:
                raise ChannelClosedError("the channel is closed and empty")
            value = self._values.popleft()
            self._changed.notify_all()  # wake a producer that waits for a free slot
            return value

    def cancel(self) -> None:
        """Close the channel and discard the remaining values."""
        with self._changed:
            self._values.clear()
            self.close()

    @property
    def _is_full(self) -> bool:
        return len(self._values) >= self._capacity

    def _append(self, value: T) -> None:
        """Add the value unless the channel is closed; the caller holds the lock."""
        if self._is_closed:
            raise ChannelClosedError("the channel is closed")
        self._values.append(value)
        self._changed.notify_all()


class Mailbox(_BoundedBuffer[T]):
    """One slot: a put replaces a value that was not taken yet, and never waits.

    >>> box = Mailbox[int]()
    >>> box.put(1); box.put(2)
    >>> box.get(), box.dropped
    (2, 1)
    """

    def __init__(self) -> None:
        super().__init__(capacity=1)

    def put(self, value: T) -> None:
        """Replace the value in the slot; never waits.

        Raises:
            ChannelClosedError: The channel is closed.
        """
        with self._changed:
            # A closed mailbox keeps its last value for the consumer.
            if self._is_full and not self._is_closed:
                self._values.clear()
                self._dropped += 1
            self._append(value)

    def renew(self, value: T) -> None:
        """Replace a value that was not taken yet by a newer state of it; this counts as no drop.

        >>> box = Mailbox[int]()
        >>> box.put(1); box.renew(2)
        >>> box.get(), box.dropped
        (2, 0)
        """
        with self._changed:
            if self._values:
                self._values[0] = value


class Queue(_BoundedBuffer[T]):
    """A lossless bounded queue: a put waits while it is full.

    Args:
        capacity: Maximum number of waiting values.
    """

    def put(self, value: T) -> None:
        """Add the value; waits for a free slot.

        Raises:
            ChannelClosedError: The channel is closed, also if this happens during the wait.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._is_full or self._is_closed)  # no deadline: a stop closes it
            self._append(value)


class DroppingQueue(_BoundedBuffer[T]):
    """A bounded queue whose put never waits: if full, it drops the new value.

    Args:
        capacity: Maximum number of waiting values.
    """

    def put(self, value: T) -> None:
        """Add the value, or drop it if the queue is full; never waits.

        Raises:
            ChannelClosedError: The channel is closed.
        """
        with self._changed:
            # Unlike a mailbox: a recording that has fallen behind loses new frames and keeps its old ones in order.
            if self._is_full and not self._is_closed:
                self._dropped += 1
                return
            self._append(value)


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

    def paced(self, inlet: Iterable[In]) -> Iterator[In]:
        """The values of the producer's inlet, each taken when its turn comes."""
        values = iter(inlet)
        while True:
            self._await_turn()
            # Not a for loop: it would take the first value before its turn.
            try:
                value = next(values)
            except StopIteration:
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
