"""How long to wait before a source that is away is asked again: ever longer, never the same, up to a limit."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_S = 0.5
AWAY_S = 4.0  # asking a server that is away is cheap, and it shall be seen soon after it is back
REFUSED_S = 30.0  # cameras lock out who tries wrong passwords


class Backoff:
    """Waits of 0.5 s, 1 s, 2 s, ..., each less by up to a fifth by chance, so that many clients do not knock at once.

    Args:
        rng: Where the chance comes from.

    >>> waits = Backoff(random.Random(1))
    >>> [round(waits.next_s(is_refused=False), 1) for _ in range(5)]
    [0.5, 1.0, 1.9, 3.4, 3.6]
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._step_s = FIRST_S

    def next_s(self, *, is_refused: bool) -> float:
        """Seconds until the next try; is_refused: user and password were."""
        limit_s = REFUSED_S if is_refused else AWAY_S
        step_s = min(self._step_s, limit_s)
        self._step_s = min(step_s * 2, limit_s)
        return max(FIRST_S, step_s * self._rng.uniform(0.8, 1.0))

    def reset(self) -> None:
        """Begin anew: the source was well."""
        self._step_s = FIRST_S


@dataclass(frozen=True)
class Timing:
    """Time and chance.

    Attributes:
        now_s: The monotonic clock.
        rng: Chance of the waits between two tries.
        wait: Waits so many seconds unless the event comes first; whether it came.
    """

    now_s: Callable[[], float] = time.monotonic
    rng: random.Random = field(default_factory=random.Random)
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait
