"""Media time to the ticks of a video, which strictly increase from 0 whatever the source says."""

from realtime_pose.recording.encoder import TICKS_HZ, USUAL_RATE_HZ

_KEY_FRAME_TICKS = TICKS_HZ  # a key frame each second begins a fragment, and so writes the one before it


class TickClock:
    """Ticks of frames in order, and when the next key frame is due.

    Attributes:
        num_moved: Frames that were moved behind the one before.
        step: Ticks that the latest frame is shown, as far as is known.
        first_s: Media time of tick 0.

    Args:
        rate_hz: Frames per second of the source; 0 where it does not state them.
    """

    def __init__(self, rate_hz: float) -> None:
        self.num_moved = 0
        self.rate_hz = rate_hz or USUAL_RATE_HZ
        self.step = round(TICKS_HZ / self.rate_hz)
        self.first_s = 0.0
        self._is_rate_known = rate_hz > 0
        self._latest: int | None = None
        self._key_frame = 0

    @property
    def latest(self) -> int:
        """Of the latest frame; 0 before the first."""
        return self._latest or 0

    def ticks(self, time_s: float) -> int:
        """The time of the next frame."""
        if self._latest is None:
            self.first_s = time_s
            self._latest = 0
            return 0
        ticks = round((time_s - self.first_s) * TICKS_HZ)
        if ticks <= self._latest:
            self.num_moved += 1
            ticks = self._latest + 1
        elif not self._is_rate_known:
            self.step = ticks - self._latest
        self._latest = ticks
        return ticks

    def is_key_due(self, ticks: int) -> bool:
        """Whether the frame of this time must be a key frame."""
        return not ticks or ticks - self._key_frame >= _KEY_FRAME_TICKS

    def note_key(self, ticks: int) -> None:
        """A key frame was asked for at this time: the next is due a second later."""
        self._key_frame = ticks
