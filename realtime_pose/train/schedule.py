"""The learning rate over the steps: a step in, the factor on the rate out. Pure."""

import math

_DROPS = (2 / 3, 5 / 6)  # shares of all steps at which the rate falls to a tenth
_MAX_WARMUP = 0.1  # share of all steps


def rate_factor(step: int, *, num_steps: int, warmup: int, schedule: str) -> float:
    """The factor at a step from 0 on: it rises in the warm-up, then it follows the schedule, cosine or step.

    >>> [round(rate_factor(step, num_steps=100, warmup=10, schedule="cosine"), 2) for step in (0, 9, 55, 99)]
    [0.1, 1.0, 0.5, 0.0]
    >>> [round(rate_factor(step, num_steps=60, warmup=0, schedule="step"), 2) for step in (0, 39, 40, 50)]
    [1.0, 1.0, 0.1, 0.01]
    """
    warmup = min(warmup, int(_MAX_WARMUP * num_steps))
    if step < warmup:
        return (step + 1) / warmup
    if schedule == "step":
        return 0.1 ** sum(step >= share * num_steps for share in _DROPS)
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(num_steps - warmup, 1)))
