"""A publication sends, fails, waits and begins again; it is switched off and on; it never raises."""

import random

import numpy as np
import pytest

from realtime_pose.errors import SinkError
from realtime_pose.publishing import Destination, Publication, PublicationKind, PublicationState
from realtime_pose.scene import Image
from realtime_pose.sources.backoff import Timing
from tests.support.people.stills import scene

OUT = Destination("out", PublicationKind.STREAM)


class FakeOutput:
    """Takes images until it is told to fail."""

    def __init__(self) -> None:
        self.images: list[Image] = []
        self.is_connected = True
        self.is_closed = False
        self.error = ""

    def write(self, image: Image, *, at_s: float) -> None:
        if self.error:
            raise SinkError(self.error)
        self.images.append(image)

    def close(self) -> None:
        self.is_closed = True

    def interrupt(self) -> None:
        self.error = "interrupted"


class Run:
    """A publication with its outputs and a clock that the test moves."""

    def __init__(self, *, is_on: bool = True) -> None:
        self.outputs: list[FakeOutput] = []
        self.refusal = ""
        self.now_s = 0.0
        timing = Timing(now_s=lambda: self.now_s, rng=random.Random(0))
        self.publication = Publication(OUT, self.open, lambda each: each.frame.image, is_on=is_on, timing=timing)

    def open(self, wh: tuple[int, int]) -> FakeOutput:
        if self.refusal:
            raise SinkError(self.refusal)
        assert wh == (64, 48)
        self.outputs.append(FakeOutput())
        return self.outputs[-1]

    def send(self, count: int = 1, *, step_s: float = 0.1) -> PublicationState:
        for _ in range(count):
            self.now_s += step_s
            self.publication.write(scene())
        return self.publication.status.state


def test_scenes_are_sent_as_images() -> None:
    run = Run()
    assert run.publication.status.state is PublicationState.CONNECTING
    assert run.send(3) is PublicationState.LIVE
    np.testing.assert_array_equal(run.outputs[0].images[0], scene().frame.image)
    assert run.publication.status.num_frames == 3
    assert run.publication.status.num_connections == 1


def test_it_is_live_only_when_something_has_arrived() -> None:
    run = Run()
    run.send()
    run.outputs[0].is_connected = False
    fresh = Run()
    fresh.open = lambda wh: run.outputs[0]  # type: ignore[method-assign]
    fresh.publication._open_output = fresh.open
    assert fresh.send(2) is PublicationState.CONNECTING
    run.outputs[0].is_connected = True
    assert fresh.send() is PublicationState.LIVE


def test_after_a_failure_it_waits_and_begins_again() -> None:
    run = Run()
    run.send(2)
    run.outputs[0].error = "the server has gone"
    assert run.send() is PublicationState.WAITING
    assert run.outputs[0].is_closed
    assert run.publication.status.reason == "the server has gone"
    run.send(2)
    assert len(run.outputs) == 1, "it does not try with each frame"
    assert run.send(10) is PublicationState.LIVE
    assert run.publication.status.num_connections == 2
    assert not run.publication.status.reason


def test_a_server_that_is_not_there_is_asked_less_and_less_often() -> None:
    run = Run()
    run.refusal = "connection refused"
    attempts: list[float] = []
    original = run.open

    def opened(wh: tuple[int, int]) -> FakeOutput:
        attempts.append(run.now_s)
        return original(wh)

    run.publication._open_output = opened
    run.send(200)
    gaps = np.diff(attempts)
    assert gaps[0] < 1
    assert gaps.max() > 3
    assert gaps.max() < 5


def test_it_can_be_switched_off_and_on() -> None:
    run = Run(is_on=False)
    assert run.send(3) is PublicationState.OFF
    assert not run.outputs
    run.publication.is_on = True
    assert run.send(2) is PublicationState.LIVE
    run.publication.is_on = False
    assert run.send() is PublicationState.OFF
    assert run.outputs[0].is_closed
    run.publication.is_on = True
    run.send()
    assert len(run.outputs) == 2


def test_switched_off_and_on_it_is_tried_at_once() -> None:
    run = Run()
    run.refusal = "connection refused"
    assert run.send(100) is PublicationState.WAITING
    run.publication.is_on, run.refusal = False, ""
    run.send(step_s=0.001)
    run.publication.is_on = True
    assert run.send(step_s=0.001) is PublicationState.LIVE


def test_an_output_that_is_opened_while_the_run_is_stopped_is_interrupted_too() -> None:
    run = Run()
    original = run.open

    def open_while_stopped(wh: tuple[int, int]) -> FakeOutput:
        run.publication.interrupt()
        return original(wh)

    run.publication._open_output = open_while_stopped
    run.send()
    assert run.outputs[0].error == "interrupted"


@pytest.mark.parametrize("num_scenes", [0, 2])
def test_the_end(num_scenes: int) -> None:
    run = Run()
    run.send(num_scenes)
    run.publication.interrupt()
    run.publication.close()
    assert run.publication.status.state is PublicationState.ENDED
    assert all(output.is_closed for output in run.outputs)
