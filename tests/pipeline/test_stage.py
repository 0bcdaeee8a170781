"""A stage that works on two values at once gives what one after the other would, in the same order."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from realtime_pose.channels import Queue
from realtime_pose.errors import NotFiniteError
from realtime_pose.pipeline.stage import Stage, TwoWorkerStage

COUNT = 30
DEADLINE_S = 10.0


class Ran:
    """A stage that has run to its end: what came out, what failed, what gave no numbers."""

    def __init__(self, work: Callable[[int], int], *, kind: type[Stage[int, int]] = TwoWorkerStage) -> None:
        outlet: Queue[int] = Queue(COUNT)
        self.failures: list[Exception] = []
        self.spoilt: list[str] = []
        stage = kind("work", work, inlet=range(COUNT), outlets=[outlet])
        stage.start(on_failure=self.failures.append, on_not_finite=lambda error, name: self.spoilt.append(name))
        assert stage.join(DEADLINE_S)
        self.results = list(outlet)


@pytest.mark.parametrize("kind", [Stage, TwoWorkerStage])
def test_results_keep_the_order_of_the_values(kind: type[Stage[int, int]]) -> None:
    never = threading.Event()
    pauses_s = np.random.default_rng(0).uniform(0, 0.004, COUNT)

    def work(value: int) -> int:
        never.wait(pauses_s[value])
        return 10 * value

    ran = Ran(work, kind=kind)
    assert ran.results == [10 * value for value in range(COUNT)]
    assert not ran.failures


def test_values_are_worked_on_side_by_side() -> None:
    """Each waits for the other: one after the other would never end."""
    both = threading.Barrier(2, timeout=DEADLINE_S)

    def work(value: int) -> int:
        both.wait()
        return value

    assert Ran(work).results == list(range(COUNT))


@pytest.mark.parametrize("kind", [Stage, TwoWorkerStage])
def test_a_value_without_numbers_is_dropped_and_the_others_keep_their_order(kind: type[Stage[int, int]]) -> None:
    def work(value: int) -> int:
        if value % 7 == 3:
            raise NotFiniteError("no numbers")
        return value

    ran = Ran(work, kind=kind)
    assert ran.results == [value for value in range(COUNT) if value % 7 != 3]
    assert ran.spoilt == ["work"] * 4
    assert not ran.failures


@pytest.mark.parametrize("kind", [Stage, TwoWorkerStage])
def test_a_failure_ends_the_stage_after_what_came_before_it(kind: type[Stage[int, int]]) -> None:
    def work(value: int) -> int:
        if value == 5:
            raise ValueError("five")
        return value

    ran = Ran(work, kind=kind)
    assert ran.results == [0, 1, 2, 3, 4]
    assert [str(failure) for failure in ran.failures] == ["five"]


def test_a_closed_outlet_ends_it_while_values_are_under_way() -> None:
    outlet: Queue[int] = Queue(1)
    failures: list[Exception] = []
    stage = TwoWorkerStage[int, int]("work", lambda value: value, inlet=iter(int, 1), outlets=[outlet])
    stage.start(on_failure=failures.append)
    assert outlet.get(timeout_s=DEADLINE_S) == 0
    outlet.cancel()
    assert stage.join(DEADLINE_S)
    assert not failures
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("work")]
