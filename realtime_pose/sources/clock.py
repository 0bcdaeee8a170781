"""Media time of a live source over all its connections, and how late its pictures come."""

JUMP_S = 2.0  # a stamp that is further ahead of the monotonic clock comes from a clock that was set
LEAST_STEP_S = 1e-3  # stamps that advance less stand still: such a camera has no clock of its own
GROWTH_S = 1e-6  # times increase at least so much
DRIFT = 1.2e-3  # by so much two clocks may run apart; stamps of 30 fps for 29.97 do by 1e-3


class MediaClock:
    """Maps the stamps of a source to seconds since its first picture, increasing over losses and clock changes.

    Within a connection the camera's own stamps count, so that jitter of the network is not taken for movement; where
    they jump or stand still, and from one connection to the next, the monotonic clock does. The wall clock is not used.

    Attributes:
        lag_s: By how much the newest picture took longer from its making to here than the quickest one of this
            connection, as far as clocks that run apart do not explain it.

    >>> clock = MediaClock()
    >>> [round(clock.seconds(media_s, came_s), 2) for media_s, came_s in ((0, 7.0), (0.1, 7.13), (3600.2, 7.2))]
    [0.0, 0.1, 0.17]
    """

    def __init__(self) -> None:
        self.lag_s = 0.0
        self._first_s: float | None = None
        self._last: tuple[float, float] | None = None  # media time and arrival of the last picture of this connection
        self._time_s = 0.0
        self._quickest_s = float("inf")  # way, from any zero, and what clocks may have run apart since
        self._noted_s = 0.0

    def connect(self) -> None:
        """The next picture is the first of another connection."""
        self._last = None

    def seconds(self, media_s: float | None, captured_s: float) -> float:
        """The media time of the next picture.

        Args:
            media_s: Its stamp in seconds, from any zero; None where the source has no clock.
            captured_s: Monotonic clock when it came in.
        """
        if self._first_s is None:
            self._first_s = captured_s
        elif self._last is None or media_s is None:
            self._anchor(captured_s)
        else:
            self._advance(media_s - self._last[0], captured_s - self._last[1])
        if self._last is None:
            self._quickest_s = float("inf")
        self._last = (media_s or 0.0, captured_s)
        self._note_lag(captured_s - self._first_s - self._time_s, captured_s)
        return self._time_s

    def _anchor(self, captured_s: float) -> None:
        """Take the monotonic clock's word, but go on."""
        assert self._first_s is not None  # noqa: S101 - for the type checker; the caller has set it
        self._time_s = max(captured_s - self._first_s, self._time_s + GROWTH_S)

    def _advance(self, media_step_s: float, captured_step_s: float) -> None:
        """Take the camera's word where it can be true."""
        if media_step_s < LEAST_STEP_S:
            media_step_s = captured_step_s
        elif media_step_s - captured_step_s > JUMP_S:
            media_step_s = captured_step_s
            self._quickest_s = float("inf")
        self._time_s += max(media_step_s, GROWTH_S)

    def _note_lag(self, way_s: float, captured_s: float) -> None:
        """Compare the way of this picture, from any zero, with the quickest."""
        self._quickest_s = min(self._quickest_s + DRIFT * (captured_s - self._noted_s), way_s)
        self._noted_s = captured_s
        self.lag_s = way_s - self._quickest_s
