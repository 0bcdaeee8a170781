"""Time and chance of what is asked again and again, to be replaced in tests."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


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
