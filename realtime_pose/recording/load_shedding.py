"""Whether the encoder keeps pace with a live source: which frames it must leave out so that nobody waits for it."""

from realtime_pose.recording.encoder import TICKS_HZ

_MOST_BEHIND_S = 0.25  # half of what the queue before the sinks holds at 30 frames per second
_TOO_SLOW = 5  # frames left out within the span below: the preset is too slow, not the moment
_SPAN_TICKS = 5 * TICKS_HZ


class LoadShedder:
    """A leaky bucket: work fills it, media time empties it, and a frame that finds it full is left out.

    Attributes:
        num_dropped: Frames that were left out.
    """

    def __init__(self) -> None:
        self.num_dropped = 0
        self._behind_s = 0.0
        self._latest: int | None = None
        self._dropped: list[int] = []

    def accepts(self, ticks: int) -> bool:
        """Whether the frame of this time may be encoded."""
        passed_s = 0.0 if self._latest is None else (ticks - self._latest) / TICKS_HZ
        self._latest = ticks
        self._behind_s = max(0.0, self._behind_s - passed_s)
        if self._behind_s <= _MOST_BEHIND_S:
            return True
        self.num_dropped += 1
        self._dropped = [*(tick for tick in self._dropped if tick > ticks - _SPAN_TICKS), ticks]
        return False

    def add_work(self, duration_s: float) -> None:
        """So long did a frame take."""
        self._behind_s += duration_s

    def is_too_slow(self) -> bool:
        """Whether so many frames were left out lately that a faster preset is due; then it counts afresh."""
        if len(self._dropped) < _TOO_SLOW:
            return False
        self._dropped = []
        return True
