"""Grid search: a score and start values in, better values out. A few values at a time, on an ever finer grid.

The values are scales and weights, so the grid is multiplicative: a value times a ratio to the powers -R to R. The
search repeats until the score stops rising; then the ratio becomes its square root. Pure.
Source: RMPE, Fang et al., arXiv:1612.00137, section 3.3: two parameters of pose NMS at a time until AP stops rising.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

Values = Mapping[str, float]

REACH = 3  # R, in powers of the ratio
FIRST_RATIO = 2.0
LAST_RATIO = 1.15
MAX_ROUNDS = 20  # at one ratio: ends the search also for a score that rises without limit


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search.

    Attributes:
        values: The best values.
        score: Their score, never below the start's.
        start_score: The score of the start.
        num_evaluations: How often the score was computed.
    """

    values: Values
    score: float
    start_score: float
    num_evaluations: int


def search(
    score: Callable[[Values], float], start: Values, *, groups: Sequence[Sequence[str]], epsilon: float
) -> SearchResult:
    """The best values that the search finds.

    Args:
        score: The score of values; higher is better. Computed once for the same values.
        start: The first values, none negative; a value of 0 stays 0.
        groups: The values that are searched together, one group after the other.
        epsilon: A round that gains at most this is the last at its ratio. Scores that differ by at most this count as
            equal; of equal ones the values nearest the start win. No step lowers the score.

    >>> start = {"a": 1, "b": 1}
    >>> search(lambda v: -abs(v["a"] - 8) - abs(v["b"] - 1), start, groups=[["a", "b"]], epsilon=0.01).values
    {'a': 8.0, 'b': 1.0}
    """
    cache: dict[tuple[float, ...], float] = {}

    def cached_score(values: Values) -> float:
        key = tuple(values[name] for name in start)
        if key not in cache:
            cache[key] = score(values)
        return cache[key]

    best: Values = {name: float(value) for name, value in start.items()}
    start_score = cached_score(best)
    ratio = FIRST_RATIO
    while ratio > LAST_RATIO:
        for _ in range(MAX_ROUNDS):
            old_score = cached_score(best)
            for group in groups:
                grid = list(_grid_around(best, group, ratio))
                best = _choose(grid, cached_score, at_least=cached_score(best), epsilon=epsilon, start=start)
            if cached_score(best) - old_score <= epsilon:
                break
        ratio = math.sqrt(ratio)
    return SearchResult(best, cached_score(best), start_score, len(cache))


def _grid_around(values: Values, group: Sequence[str], ratio: float) -> Iterator[Values]:
    """The grid around these values, which it contains exactly, along the values of the group."""
    steps = [ratio**power for power in range(-REACH, REACH + 1)]
    for factors in product(steps, repeat=len(group)):
        scaled = {name: _scale(values[name], factor) for name, factor in zip(group, factors, strict=True)}
        yield {**values, **scaled}


def _scale(value: float, factor: float) -> float:
    """The product rounded to six digits, so that scaling back gives the same value, which is in the cache."""
    return value if factor == 1 else float(f"{value * factor:.6g}")


def _choose(
    grid: Sequence[Values], score: Callable[[Values], float], *, at_least: float, epsilon: float, start: Values
) -> Values:
    """Of the best values of the grid, those nearest the start."""
    limit = max(at_least, max(score(values) for values in grid) - epsilon)
    return min((values for values in grid if score(values) >= limit), key=lambda values: _distance2(values, start))


def _distance2(values: Values, start: Values) -> float:
    """Squared distance from the start in logarithms, as on the grid; values of 0 do not move."""
    return sum(math.log(values[name] / start[name]) ** 2 for name in start if start[name] > 0)
