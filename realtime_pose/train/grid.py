"""From a start and a score to better values: few are searched at a time, the others fixed, on an ever finer grid.

The grid is multiplicative, since the values are scales and weights: a value times a ratio to the powers -R to R. It is
searched again until the score stops rising; then the ratio becomes its square root. Pure.
Source: RMPE, Fang et al., arXiv:1612.00137, section 3.3: two parameters of pose NMS at a time until AP stops rising.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

Values = Mapping[str, float]

REACH = 3
FIRST_RATIO = 2.0
LAST_RATIO = 1.15
MAX_ROUNDS = 20  # at one ratio: a score that rises for ever ends too


@dataclass(frozen=True, slots=True)
class Found:
    """Where a search ended.

    Attributes:
        values: The best values.
        score: Their score, never below the start's.
        start_score: The start's.
        num_evaluations: How often the score was asked for.
    """

    values: Values
    score: float
    start_score: float
    num_evaluations: int


def search(
    score: Callable[[Values], float], start: Values, *, groups: Sequence[Sequence[str]], epsilon: float
) -> Found:
    """The best values that the search finds.

    Args:
        score: Of values; higher is better. Asked once for each.
        start: The first values, none negative; one that is 0 stays 0.
        groups: Which values are searched together, in turn.
        epsilon: A round that gains no more than this was the last at its ratio. Scores that differ by no more than this
            count as equal, and of equals those nearest the start win; but no step lowers the score.

    >>> start = {"a": 1, "b": 1}
    >>> search(lambda v: -abs(v["a"] - 8) - abs(v["b"] - 1), start, groups=[["a", "b"]], epsilon=0.01).values
    {'a': 8.0, 'b': 1.0}
    """
    known: dict[tuple[float, ...], float] = {}

    def asked(values: Values) -> float:
        key = tuple(values[name] for name in start)
        if key not in known:
            known[key] = score(values)
        return known[key]

    here: Values = {name: float(value) for name, value in start.items()}
    start_score = asked(here)
    ratio = FIRST_RATIO
    while ratio > LAST_RATIO:
        for _ in range(MAX_ROUNDS):
            before = asked(here)
            for group in groups:
                grid = list(_around(here, group, ratio))
                here = _chosen(grid, asked, at_least=asked(here), epsilon=epsilon, start=start)
            if asked(here) - before <= epsilon:
                break
        ratio = math.sqrt(ratio)
    return Found(here, asked(here), start_score, len(known))


def _around(values: Values, group: Sequence[str], ratio: float) -> Iterator[Values]:
    """The grid about these values, which are on it whatever their digits, along those of the group."""
    steps = [ratio**power for power in range(-REACH, REACH + 1)]
    for factors in product(steps, repeat=len(group)):
        yield {**values, **{name: _times(values[name], by) for name, by in zip(group, factors, strict=True)}}


def _times(value: float, by: float) -> float:
    """To six digits, so that the way back ends where it began."""
    return value if by == 1 else float(f"{value * by:.6g}")


def _chosen(
    grid: Sequence[Values], score: Callable[[Values], float], *, at_least: float, epsilon: float, start: Values
) -> Values:
    """Of the best of the grid, those nearest the start."""
    enough = max(at_least, max(score(values) for values in grid) - epsilon)
    return min((values for values in grid if score(values) >= enough), key=lambda values: _distance(values, start))


def _distance(values: Values, start: Values) -> float:
    """How far values are from the start, in factors."""
    return sum(math.log(values[name] / start[name]) ** 2 for name in start if start[name] > 0)
