"""What to do about pictures that come late: nothing, hand on few of them, or connect anew."""

BEHIND_S = 0.25  # pictures later than this are looked into
CATCH_UP_S = 0.2  # of those that are handed on meanwhile
STEADY_S = 3.0  # a lag that grows by more than jitter in this time is one of ours
JITTER_S = 0.1


class Lateness:
    """How late the pictures of one source come, one after another; for its reading thread only.

    A computer that cannot decode as fast as pictures come falls behind ever further; then few are handed on, so that
    the rest of the program leaves it time. Where pictures come late by a constant, their way has become longer, and
    nothing is won by leaving any out.

    Args:
        limit_s: Pictures that have been later for as long are a reason to connect anew.
        stalled_s: Later ones are no longer live, until they are half as late again.

    >>> late = Lateness(2.0, stalled_s=1.0)
    >>> [late.leaves_out(lag_s=0.5, captured_s=0.03 * number) for number in (0, 1, 2, 110, 111)]
    [False, True, True, False, False]
    """

    def __init__(self, limit_s: float, *, stalled_s: float) -> None:
        self._limit_s, self._stalled_s = limit_s, stalled_s
        self._is_stalled = False
        self._too_late_since_s: float | None = None
        self._handed_s = float("-inf")  # when the newest picture that was handed on had come in
        self._steady = (0.0, float("-inf"))  # a lag, and since when it has been this but for jitter

    def connect(self) -> None:
        """The next picture is the first of another connection."""
        self._too_late_since_s = None

    def leaves_out(self, *, lag_s: float, captured_s: float) -> bool:
        """Whether not to hand on this picture, to catch up."""
        if abs(lag_s - self._steady[0]) > JITTER_S:
            self._steady = lag_s, captured_s
        is_falling_behind = lag_s > BEHIND_S and captured_s - self._steady[1] < STEADY_S
        if is_falling_behind and captured_s - self._handed_s < CATCH_UP_S:
            return True
        self._handed_s = captured_s
        return False

    def is_stalled(self, *, lag_s: float) -> bool:
        """Whether pictures come so late that this is not live; one that comes and goes does not change it each time."""
        self._is_stalled = lag_s > (self._stalled_s / 2 if self._is_stalled else self._stalled_s)
        return self._is_stalled

    def is_too_much(self, *, lag_s: float, now_s: float) -> bool:
        """Whether pictures have come too late for so long that connecting anew is quicker."""
        if lag_s <= self._limit_s:
            self._too_late_since_s = None
        elif self._too_late_since_s is None:
            self._too_late_since_s = now_s
        return self._too_late_since_s is not None and now_s - self._too_late_since_s > self._limit_s
