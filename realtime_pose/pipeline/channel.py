"""What lies between two stages: `Mailbox` (newest only, for live) and `Queue` (bounded, lossless).

Both are closed gently (``close``: what is inside can still be taken) or at once (``cancel``). All waits
end: by a value, a closed channel, or a deadline.
"""

import threading
from collections import deque
from typing import Generic, Protocol, TypeVar

from realtime_pose.errors import ChannelClosedError

T = TypeVar("T")


class Channel(Protocol[T]):
    """One producer thread puts, one consumer thread gets."""

    @property
    def dropped(self) -> int:
        """How many values nobody got, because newer ones took their place."""

    def put(self, value: T) -> None:
        """Add a value; raises ChannelClosedError once closed."""

    def get(self, *, timeout_s: float | None = None) -> T:
        """The next value; raises TimeoutError after the deadline, ChannelClosedError once closed and empty."""

    def close(self) -> None:
        """No more values; what is inside can still be taken."""

    def cancel(self) -> None:
        """Close, and throw away what is inside."""


class _Slots(Generic[T]):
    """The lock, the wait and the closing that both channels share."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._values: deque[T] = deque()
        self._is_closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many values nobody got, because newer ones took their place."""
        with self._changed:
            return self._dropped

    def __len__(self) -> int:
        """How many values wait."""
        with self._changed:
            return len(self._values)

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

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise ChannelClosedError("the channel is closed")


class Mailbox(_Slots[T]):
    """One slot: a put replaces what nobody has taken yet, and never waits.

    >>> box = Mailbox[int]()
    >>> box.put(1); box.put(2)
    >>> box.get(), box.dropped
    (2, 1)
    """

    def put(self, value: T) -> None:
        """Leave the value; never waits.

        Raises:
            ChannelClosedError: The channel is closed.
        """
        with self._changed:
            self._refuse_if_closed()
            self._dropped += len(self._values)
            self._values.clear()
            self._values.append(value)
            self._changed.notify_all()


class Queue(_Slots[T]):
    """A bounded queue that loses nothing: a put waits while it is full.

    Args:
        capacity: How many values may wait.
    """

    def __init__(self, capacity: int) -> None:
        super().__init__()
        if capacity < 1:
            raise ValueError(f"capacity: expected at least 1, got {capacity}")
        self._capacity = capacity

    def put(self, value: T) -> None:
        """Add the value; waits for room.

        Raises:
            ChannelClosedError: The channel is closed, or was while waiting.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._values) < self._capacity or self._is_closed)
            self._refuse_if_closed()
            self._values.append(value)
            self._changed.notify_all()

    def offer(self, value: T) -> bool:
        """Add the value if there is room, else drop it and count it; never waits.

        Raises:
            ChannelClosedError: The channel is closed.
        """
        with self._changed:
            self._refuse_if_closed()
            if len(self._values) >= self._capacity:
                self._dropped += 1
                return False
            self._values.append(value)
            self._changed.notify_all()
            return True
