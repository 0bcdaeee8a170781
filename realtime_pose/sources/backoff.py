"""How long to wait before the next attempt to reach a source: longer and longer, with random jitter, up to a limit."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_S = 0.5
MAX_S = 4.0  # an attempt costs little, and a server that is back should be seen soon
MAX_REFUSED_S = 30.0  # cameras lock out clients that keep trying wrong passwords


class Backoff:
    """Exponential backoff: 0.5 s, 1 s, 2 s, ..., each shortened by a random 0 to 20 %, so clients do not retry in step.

    Args:
        rng: Source of the random jitter.

    >>> backoff = Backoff(random.Random(1))
    >>> [round(backoff.next_s(is_refused=False), 1) for _ in range(5)]
    [0.5, 1.0, 1.9, 3.4, 3.6]
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._step_s = FIRST_S

    def next_s(self, *, is_refused: bool) -> float:
        """Seconds until the next attempt; is_refused: user or password were wrong."""
        limit_s = MAX_REFUSED_S if is_refused else MAX_S
        step_s = min(self._step_s, limit_s)
        self._step_s = min(step_s * 2, limit_s)
        return max(FIRST_S, step_s * self._rng.uniform(0.8, 1.0))

    def reset(self) -> None:
        """Start again with the shortest wait."""
        self._step_s = FIRST_S


@dataclass(frozen=True)
class Timing:
    """Clock, randomness and waiting of a live source; tests replace them.

    Attributes:
        now_s: The monotonic clock.
        rng: Random jitter of the backoff.
        wait: Waits for the event, at most so many seconds; returns whether the event was set.
    """

    now_s: Callable[[], float] = time.monotonic
    rng: random.Random = field(default_factory=random.Random)
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait
