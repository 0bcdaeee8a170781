"""Timestamps of a video from media time: ticks that start at 0 and strictly increase."""

from realtime_pose.recording.encoder import DEFAULT_RATE_HZ, TICKS_HZ

_KEY_INTERVAL_TICKS = TICKS_HZ  # each key frame begins a fragment of the MP4, and so writes the one before it


class TickClock:
    """Converts media times to ticks, and knows when the next key frame is due.

    Attributes:
        num_moved: Frames that were moved to just after the frame before.
        rate_hz: Frames per second of the source, or the default.
        frame_ticks: How long the latest frame is shown, as far as is known yet.
        start_s: Media time of tick 0.

    Args:
        rate_hz: Frames per second that the source states; 0 if it states none.
    """

    def __init__(self, rate_hz: float) -> None:
        self.num_moved = 0
        self.rate_hz = rate_hz or DEFAULT_RATE_HZ
        self.frame_ticks = round(TICKS_HZ / self.rate_hz)
        self.start_s = 0.0
        self._is_rate_known = rate_hz > 0
        self._latest: int | None = None
        self._last_key = 0

    @property
    def latest(self) -> int:
        """Ticks of the latest frame; 0 before the first."""
        return self._latest or 0

    def ticks(self, time_s: float) -> int:
        """Ticks of the next frame, from its media time."""
        if self._latest is None:
            self.start_s = time_s
            self._latest = 0
            return 0
        ticks = self.to_ticks(time_s)
        if ticks <= self._latest:  # a source may repeat a time or go back; a video must not
            self.num_moved += 1
            ticks = self._latest + 1
        elif not self._is_rate_known:
            self.frame_ticks = ticks - self._latest
        self._latest = ticks
        return ticks

    def to_ticks(self, time_s: float) -> int:
        """This media time in ticks, which may be before the first frame."""
        return round((time_s - self.start_s) * TICKS_HZ)

    def time_s(self, ticks: int) -> float:
        """Media time of these ticks."""
        return self.start_s + ticks / TICKS_HZ

    def is_key_due(self, ticks: int) -> bool:
        """Whether the frame at this time must be a key frame."""
        return not ticks or ticks - self._last_key >= _KEY_INTERVAL_TICKS

    def note_key(self, ticks: int) -> None:
        """Note a key frame at this time; the next is due a second later."""
        self._last_key = ticks

    def request_key(self) -> None:
        """Make a key frame due now."""
        self._last_key = self.latest - _KEY_INTERVAL_TICKS
