"""Channels between two threads: `Mailbox`, `Queue` and `DroppingQueue`.

They differ in what a put does when the channel is full. ``close`` lets the consumer take the remaining values,
``cancel`` discards them. Every wait ends with a value, a closed channel or a deadline.
"""

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from realtime_pose.errors import ChannelClosedError

T = TypeVar("T")


class Channel(Protocol[T]):
    """A bounded channel from one producer thread to one consumer thread."""

    @property
    def dropped(self) -> int:
        """Number of values that were lost because the channel was full."""

    def put(self, value: T) -> None:
        """Add a value; raises ChannelClosedError if the channel is closed."""

    def get(self, *, timeout_s: float | None = None) -> T:
        """The next value; raises TimeoutError, or ChannelClosedError if closed and empty."""

    def __iter__(self) -> Iterator[T]:
        """Values until the channel is closed and empty."""

    def close(self) -> None:
        """Accept no more values; the remaining ones can still be taken."""

    def cancel(self) -> None:
        """Close the channel and discard the remaining values."""


class _BoundedBuffer(Generic[T]):
    """A bounded buffer with one lock: what all channels share."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity: expected at least 1, got {capacity}")
        # One condition for both sides: it is notified of every value, every free slot and the end. Its lock is
        # re-entrant, so a subclass may hold it and call put or get of its base.
        self._changed = threading.Condition()
        self._values: deque[T] = deque()
        self._capacity = capacity
        self._is_closed = False
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

    def cancel(self) -> None:
        """Close the channel and discard the remaining values."""
        with self._changed:
            self._values.clear()
            self._is_closed = True
            self._changed.notify_all()

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
