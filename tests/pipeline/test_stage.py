"""Stages with one and two workers give the same results in the same order."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from realtime_pose.channels import Queue
from realtime_pose.errors import NotFiniteError
from realtime_pose.pipeline.stage import Stage, TwoWorkerStage

COUNT = 30
DEADLINE_S = 10.0


class FinishedStage:
    """A stage that has run to its end.

    Attributes:
        results: Its results.
        failures: Errors passed to on_failure.
        not_finite: Names of the stages passed to on_not_finite.
    """

    def __init__(self, work: Callable[[int], int], *, kind: type[Stage[int, int]] = TwoWorkerStage) -> None:
        outlet: Queue[int] = Queue(COUNT)
        self.failures: list[Exception] = []
        self.not_finite: list[str] = []
        stage = kind("work", work, inlet=range(COUNT), outlets=[outlet])
        stage.start(on_failure=self.failures.append, on_not_finite=lambda error, name: self.not_finite.append(name))
        assert stage.join(DEADLINE_S)
        self.results = list(outlet)


@pytest.mark.parametrize("kind", [Stage, TwoWorkerStage])
def test_results_keep_the_order_of_the_values(kind: type[Stage[int, int]]) -> None:
    never = threading.Event()
    pauses_s = np.random.default_rng(0).uniform(0, 0.004, COUNT)

    def work(value: int) -> int:
        never.wait(pauses_s[value])
        return 10 * value

    stage = FinishedStage(work, kind=kind)
    assert stage.results == [10 * value for value in range(COUNT)]
    assert not stage.failures


def test_two_values_are_processed_in_parallel() -> None:
    """Each call waits for the other one, so a sequential stage would never end."""
    both = threading.Barrier(2, timeout=DEADLINE_S)

    def work(value: int) -> int:
        both.wait()
        return value

    assert FinishedStage(work).results == list(range(COUNT))


@pytest.mark.parametrize("kind", [Stage, TwoWorkerStage])
def test_a_result_that_is_not_finite_is_dropped_and_the_order_is_kept(kind: type[Stage[int, int]]) -> None:
    def work(value: int) -> int:
        if value % 7 == 3:
            raise NotFiniteError("not finite")
        return value

    stage = FinishedStage(work, kind=kind)
    assert stage.results == [value for value in range(COUNT) if value % 7 != 3]
    assert stage.not_finite == ["work"] * 4
    assert not stage.failures


@pytest.mark.parametrize("kind", [Stage, TwoWorkerStage])
def test_a_failure_ends_the_stage_after_the_earlier_results(kind: type[Stage[int, int]]) -> None:
    def work(value: int) -> int:
        if value == 5:
            raise ValueError("five")
        return value

    stage = FinishedStage(work, kind=kind)
    assert stage.results == [0, 1, 2, 3, 4]
    assert [str(failure) for failure in stage.failures] == [
        "the stage 'work' failed: unexpected ValueError: five; report it with what is printed with --debug"
    ]


def test_a_closed_outlet_ends_the_stage_while_values_are_in_work() -> None:
    outlet: Queue[int] = Queue(1)
    failures: list[Exception] = []
    stage = TwoWorkerStage[int, int]("work", lambda value: value, inlet=iter(int, 1), outlets=[outlet])
    stage.start(on_failure=failures.append)
    assert outlet.get(timeout_s=DEADLINE_S) == 0
    outlet.cancel()
    assert stage.join(DEADLINE_S)
    assert not failures
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("work")]
