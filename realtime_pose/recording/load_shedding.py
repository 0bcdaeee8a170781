"""Decides which frames of a live source are not recorded because encoding is too slow."""

from realtime_pose.recording.encoder import TICKS_HZ

_MAX_BACKLOG_S = 0.25  # half of what the queue before the sinks holds at 30 frames per second
_MAX_RECENT_DROPS = 5  # with so many in the window below the preset is too slow; fewer are a short peak
_WINDOW_TICKS = 5 * TICKS_HZ


class LoadShedder:
    """A leaky bucket: encoding time fills it, media time empties it. A frame is dropped while it is full.

    Attributes:
        num_dropped: Number of dropped frames.
    """

    def __init__(self) -> None:
        self.num_dropped = 0
        self._backlog_s = 0.0
        self._latest: int | None = None  # ticks of the latest frame
        self._recent_drops: list[int] = []  # ticks of the frames dropped in the window

    def accepts(self, ticks: int) -> bool:
        """Whether the frame at this time may be encoded; if not, it is counted as dropped."""
        elapsed_s = 0.0 if self._latest is None else (ticks - self._latest) / TICKS_HZ
        self._latest = ticks
        self._backlog_s = max(0.0, self._backlog_s - elapsed_s)
        if self._backlog_s <= _MAX_BACKLOG_S:
            return True
        self.num_dropped += 1
        self._recent_drops = [*(tick for tick in self._recent_drops if tick > ticks - _WINDOW_TICKS), ticks]
        return False

    def add_work(self, duration_s: float) -> None:
        """Add the time that a frame took to encode."""
        self._backlog_s += duration_s

    def is_too_slow(self) -> bool:
        """Whether the encoder needs a faster preset: too many recent drops. True starts a new count."""
        if len(self._recent_drops) < _MAX_RECENT_DROPS:
            return False
        self._recent_drops = []
        return True
