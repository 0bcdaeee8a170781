"""What lies between two stages: `Mailbox`, `Queue` and `DroppingQueue`, which differ in what a put does when full.

They are closed gently (``close``: what is inside can still be taken) or at once (``cancel``). All waits end: by a
value, a closed channel, or a deadline.
"""

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from realtime_pose.errors import ChannelClosedError

T = TypeVar("T")


class Channel(Protocol[T]):
    """One producer thread puts, one consumer thread gets, or iterates until it is closed and empty."""

    @property
    def dropped(self) -> int:
        """How many values nobody will get, because the channel was full."""

    def put(self, value: T) -> None:
        """Add a value; raises ChannelClosedError once closed."""

    def get(self, *, timeout_s: float | None = None) -> T:
        """The next value; raises TimeoutError after the deadline, ChannelClosedError once closed and empty."""

    def __iter__(self) -> Iterator[T]:
        """Values until the channel is closed and empty."""

    def close(self) -> None:
        """No more values; what is inside can still be taken."""

    def cancel(self) -> None:
        """Close, and throw away what is inside."""


class _Slots(Generic[T]):
    """A bounded buffer under one lock: all that the channels share."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity: expected at least 1, got {capacity}")
        self._changed = threading.Condition()
        self._values: deque[T] = deque()
        self._capacity = capacity
        self._is_closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many values nobody will get, because the channel was full."""
        with self._changed:
            return self._dropped

    def get(self, *, timeout_s: float | None = None) -> T:
        """The next value.

        Raises:
            TimeoutError: None came within timeout_s seconds.
            ChannelClosedError: Closed, and nothing is left.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._values or self._is_closed, timeout_s):
                raise TimeoutError(f"no value came within {timeout_s} s")
            if not self._values:
                raise ChannelClosedError("the channel is closed and empty")
            value = self._values.popleft()
            self._changed.notify_all()
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
        """No more values; what is inside can still be taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def cancel(self) -> None:
        """Close, and throw away what is inside."""
        with self._changed:
            self._values.clear()
            self._is_closed = True
            self._changed.notify_all()

    @property
    def _is_full(self) -> bool:
        return len(self._values) >= self._capacity

    def _append(self, value: T) -> None:
        """Add under the lock, unless closed."""
        if self._is_closed:
            raise ChannelClosedError("the channel is closed")
        self._values.append(value)
        self._changed.notify_all()


class Mailbox(_Slots[T]):
    """One slot: a put replaces what nobody has taken yet, and never waits.

    >>> box = Mailbox[int]()
    >>> box.put(1); box.put(2)
    >>> box.get(), box.dropped
    (2, 1)
    """

    def __init__(self) -> None:
        super().__init__(capacity=1)

    def put(self, value: T) -> None:
        """Leave the value; never waits.

        Raises:
            ChannelClosedError: The channel is closed.
        """
        with self._changed:
            if self._is_full and not self._is_closed:
                self._values.clear()
                self._dropped += 1
            self._append(value)


class Queue(_Slots[T]):
    """A bounded queue that loses nothing: a put waits while it is full.

    Args:
        capacity: How many values may wait.
    """

    def put(self, value: T) -> None:
        """Add the value; waits for room.

        Raises:
            ChannelClosedError: The channel is closed, or was while waiting.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._is_full or self._is_closed)
            self._append(value)


class DroppingQueue(_Slots[T]):
    """A bounded queue that never makes its producer wait: a put into a full one drops the new value and counts it.

    Args:
        capacity: How many values may wait.
    """

    def put(self, value: T) -> None:
        """Add the value, or drop it where there is no room; never waits.

        Raises:
            ChannelClosedError: The channel is closed.
        """
        with self._changed:
            if self._is_full and not self._is_closed:
                self._dropped += 1
                return
            self._append(value)
