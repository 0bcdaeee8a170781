"""Grid search: finds known optima, ends, never ends below its start, and stays near it."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_pose.train.grid import Values, search

PAIRS = [["a", "b"], ["c", "d"]]
START = {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}


class Hill:
    """A smooth score with one optimum; a tilt other than 0 couples the pairs."""

    def __init__(self, optimum: Values, *, tilt: float = 0.0) -> None:
        self.optimum = optimum
        self.tilt = tilt
        self.calls: list[Values] = []

    def __call__(self, values: Values) -> float:
        self.calls.append(values)
        off = {name: math.log(values[name] / self.optimum[name]) for name in values}
        return -sum(part**2 for part in off.values()) - self.tilt * off["a"] * off["c"]


@pytest.mark.parametrize("tilt", [0.0, 1.0])
@pytest.mark.parametrize(
    "optimum",
    [
        pytest.param({"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}, id="the start"),
        pytest.param({"a": 0.01, "b": 300.0, "c": 2.0, "d": 0.7}, id="far"),
        pytest.param({"a": 1.3, "b": 0.9, "c": 1.1, "d": 0.8}, id="near"),
    ],
)
def test_the_optimum_of_a_smooth_score_is_found(optimum: Values, tilt: float) -> None:
    found = search(Hill(optimum, tilt=tilt), START, groups=PAIRS, epsilon=1e-3)
    for name, value in optimum.items():
        assert found.values[name] == pytest.approx(value, rel=0.12)


def test_no_values_are_scored_twice_and_the_number_is_returned() -> None:
    score = Hill({"a": 3.0, "b": 0.2, "c": 1.0, "d": 5.0})
    found = search(score, START, groups=PAIRS, epsilon=1e-3)
    keys = {tuple(values.values()) for values in score.calls}
    assert len(keys) == len(score.calls) == found.num_evaluations
    assert found.start_score == score(START)


def test_a_score_that_rises_without_limit_ends() -> None:
    found = search(lambda values: math.log(values["a"]), START, groups=PAIRS, epsilon=1e-3)
    assert found.values["a"] > 1e9
    assert {name: found.values[name] for name in "bcd"} == {"b": 1.0, "c": 1.0, "d": 1.0}


@pytest.mark.parametrize("noise", [0.0, 4e-4])
def test_equal_scores_keep_the_start(noise: float) -> None:
    """A plateau, also with differences below epsilon: the values do not move."""
    found = search(lambda values: noise * math.sin(9 * values["a"]), START, groups=PAIRS, epsilon=1e-3)
    assert found.values == START


def test_the_near_edge_of_a_plateau_is_chosen() -> None:
    found = search(lambda values: min(values["a"], 4.0), START, groups=PAIRS, epsilon=1e-6)
    assert found.values == {**START, "a": pytest.approx(4.0)}


@pytest.mark.parametrize("direction", [1, -1])
def test_a_start_of_many_digits_is_on_its_grid(direction: int) -> None:
    """Both if all other values are worse and if the search leads far away."""
    start = {"a": 0.12345678, "b": 3.0}
    worse = search(lambda values: -1.0 * (values != start), start, groups=[["a"], ["b"]], epsilon=1e-3)
    assert worse.values == start
    far = search(lambda values: direction * values["a"], start, groups=[["a"], ["b"]], epsilon=1e-3)
    assert far.score > far.start_score == direction * start["a"]


def test_a_value_of_0_stays_0() -> None:
    found = search(
        lambda values: values["a"] * (values["a"] < 9), {"a": 1.0, "b": 0.0}, groups=[["a", "b"]], epsilon=0.01
    )
    assert found.values["b"] == 0
    assert found.values["a"] == pytest.approx(9, rel=0.15)


@given(st.integers(0, 10**6), st.sampled_from([1e-6, 1e-3, 0.1]))
@settings(max_examples=20, deadline=None)
def test_no_search_ends_below_its_start(seed: int, epsilon: float) -> None:
    """Random scores."""

    def score(values: Values) -> float:
        return hash((seed, *(round(value, 9) for value in values.values()))) % 1000 / 1000

    found = search(score, START, groups=PAIRS, epsilon=epsilon)
    assert found.score >= found.start_score == score(START)
    assert found.score == score(found.values)
