"""Media time and lag of a live source, over all its connections."""

JUMP_S = 2.0  # a step of the timestamps that is this much longer than the monotonic step means that the clock was set
MIN_STEP_S = 1e-3  # timestamps that advance less do not move: such a camera has no clock
MIN_INCREASE_S = 1e-6  # media time increases at least this much from frame to frame
MAX_DRIFT = 1.2e-3  # seconds per second by which two clocks may drift; timestamps of 30 fps for 29.97 fps drift by 1e-3


class MediaClock:
    """Maps the timestamps of a source to seconds since its first frame; they increase over losses and clock changes.

    Within a connection the camera's own timestamps count, so network jitter does not look like movement. Where they
    jump or do not move, and from one connection to the next, the monotonic clock counts. The wall clock is not used.

    Attributes:
        lag_s: Extra latency of the newest frame compared with the fastest frame of this connection, without what clock
            drift can explain.

    >>> clock = MediaClock()
    >>> frames = (0, 7.0), (0.1, 7.13), (3600.2, 7.2)  # timestamp and arrival; the camera's clock is set in between
    >>> [round(clock.next_time_s(timestamp_s, captured_s), 2) for timestamp_s, captured_s in frames]
    [0.0, 0.1, 0.17]
    """

    def __init__(self) -> None:
        self.lag_s = 0.0
        self._first_s: float | None = None
        self._last: tuple[float, float] | None = None  # timestamp and arrival of the last frame of this connection
        self._time_s = 0.0
        # Latencies are known up to a constant only, since camera and computer share no clock: differences count.
        self._min_latency_s = float("inf")
        self._updated_s = 0.0

    def start_connection(self) -> None:
        """The next frame is the first of a new connection."""
        self._last = None

    def next_time_s(self, timestamp_s: float | None, captured_s: float) -> float:
        """Media time of the next frame in seconds.

        Args:
            timestamp_s: Its timestamp in seconds, from any origin; None if the source has no clock.
            captured_s: Monotonic clock when the frame came in.
        """
        if self._first_s is None:
            self._first_s = captured_s
        elif self._last is None or timestamp_s is None:
            self._time_s = max(captured_s - self._first_s, self._time_s + MIN_INCREASE_S)
        else:
            self._advance(timestamp_s - self._last[0], captured_s - self._last[1])
        if self._last is None:
            self._min_latency_s = float("inf")
        self._last = (timestamp_s or 0.0, captured_s)
        self._update_lag(captured_s - self._first_s - self._time_s, captured_s)
        return self._time_s

    def _advance(self, timestamp_step_s: float, captured_step_s: float) -> None:
        """Add the step of the timestamps, or the monotonic step where the timestamps cannot be right."""
        if timestamp_step_s < MIN_STEP_S:
            timestamp_step_s = captured_step_s
        elif timestamp_step_s - captured_step_s > JUMP_S:
            timestamp_step_s = captured_step_s
            self._min_latency_s = float("inf")  # latencies before and after the jump cannot be compared
        self._time_s += max(timestamp_step_s, MIN_INCREASE_S)

    def _update_lag(self, latency_s: float, captured_s: float) -> None:
        # The minimum rises with time by the largest drift, or two slightly different clocks would look like lag.
        self._min_latency_s = min(self._min_latency_s + MAX_DRIFT * (captured_s - self._updated_s), latency_s)
        self._updated_s = captured_s
        self.lag_s = latency_s - self._min_latency_s
