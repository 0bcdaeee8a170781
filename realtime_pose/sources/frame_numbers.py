"""Numbers of the frames of a video in order of presentation; a frame that cannot be decoded keeps its number."""

import heapq


class FrameNumbers:
    """Numbers each frame of one video from 0, and leaves out the numbers of those that could not be decoded.

    A decoder that reorders frames reports a failure before it returns the frames that come earlier in the video. So a
    failed packet is placed by its timestamp: it is one of those whose frame has not come.

    >>> numbers = FrameNumbers()
    >>> for pts in (0, 3, 1, 2):
    ...     numbers.add_packet(pts)
    >>> numbers.count_failure()
    >>> [numbers.next_number(pts) for pts in (0, 1, 3)]
    [0, 1, 3]
    """

    def __init__(self) -> None:
        self._next = 0
        self._num_failed = 0  # failures that have no number yet
        self._num_missing = 0  # earlier packets without a frame; some give none by design
        self._pending: list[int] = []  # heap of the timestamps of packets whose frame has not come
        self._is_after_skip = False

    def skip(self, count: int) -> None:
        """Leave out the numbers of frames that are not decoded, before the first packet goes to the decoder.

        The first frame that comes then may be a later one of its group: a decoder that begins in the middle gives no
        frames that need earlier ones. Their packets have numbers too.

        >>> numbers = FrameNumbers()
        >>> numbers.skip(10)
        >>> for pts in (3, 1, 2):
        ...     numbers.add_packet(pts)
        >>> numbers.next_number(3)
        12
        """
        self._next = count
        self._is_after_skip = count > 0

    def add_packet(self, pts: int | None) -> None:
        """A packet goes to the decoder."""
        if pts is not None:
            heapq.heappush(self._pending, pts)

    def count_failure(self) -> None:
        """A packet gave no frame because it cannot be decoded."""
        self._num_failed += 1

    def next_number(self, pts: int | None) -> int:
        """Number of the frame that the decoder returned; without a timestamp it comes after all failures so far."""
        num_skipped = self._num_failed
        if pts is not None and self._pending:
            while self._pending and self._pending[0] < pts:
                heapq.heappop(self._pending)
                self._num_missing += 1
            if self._pending and self._pending[0] == pts:
                heapq.heappop(self._pending)
            num_skipped = self._num_missing if self._is_after_skip else min(num_skipped, self._num_missing)
            self._num_missing -= num_skipped
        self._num_failed = max(0, self._num_failed - num_skipped)
        self._is_after_skip = False
        number = self._next + num_skipped
        self._next = number + 1
        return number
