"""The channel between detection and pose estimation of a live source: fresh frames, and no detected frame is lost."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from realtime_pose.channels import Mailbox, PacedQueue
from realtime_pose.scene import Boxes, Frame, Poses, Scene
from tests.support.fakes.parts import FakeDetector, FakeEstimator, FakeSink, FakeSource
from tests.support.fakes.pipelines import endless_frames, make_pipeline
from tests.support.threads import DEADLINE_S, run_in_thread

pytestmark = [pytest.mark.slow]  # waits of seconds

POSE_S = 0.15


@pytest.fixture
def slow_pose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pose estimation takes many times longer than the frame interval of the camera."""
    plain, pause = FakeEstimator.estimate, threading.Event()

    def estimate(self: FakeEstimator, frame: Frame, boxes: Boxes) -> Poses:
        pause.wait(POSE_S)
        return plain(self, frame, boxes)

    monkeypatch.setattr(FakeEstimator, "estimate", estimate)


class ObservedRun:
    """A live run until num_tracked frames are tracked.

    Attributes:
        detected: Indices of the detected frames.
        waited_s: Total waiting time of each tracked frame.
        dropped: Drop counts at the end.
    """

    def __init__(self, *, freshness_s: float, num_tracked: int) -> None:
        self.detected: list[int] = []
        self.waited_s: list[float] = []
        self.sink = FakeSink(before=self._note)
        self._is_done, self._wanted = threading.Event(), num_tracked
        detector = FakeDetector(lambda frame: self.detected.append(frame.index))
        source = FakeSource(endless_frames(), is_live=True)
        running = make_pipeline(source, self.sink, detector=detector, freshness_s=freshness_s)
        running.start()
        assert self._is_done.wait(10.0)
        self.dropped = running.report().dropped
        running.stop()

    @property
    def tracked(self) -> list[int]:
        return [scene.frame.index for scene in self.sink.scenes]

    def _note(self, scene: Scene) -> None:
        now_s = time.monotonic()
        self.waited_s.append(now_s - scene.frame.captured_s - sum(scene.timings.values()))
        if len(self.waited_s) == self._wanted:
            self._is_done.set()


@pytest.mark.usefixtures("slow_pose")
def test_a_frame_waits_for_one_inference_at_most_and_all_detected_are_tracked() -> None:
    """With a queue of two before the slow stage, each frame would wait for more than two inferences."""
    run = ObservedRun(freshness_s=100.0, num_tracked=12)
    assert np.median(run.waited_s) < 1.6 * POSE_S
    assert run.tracked == run.detected[: len(run.tracked)], "every detected frame, in order"
    assert len(run.detected) - len(run.tracked) <= 2
    assert run.dropped["captured"] > 100


@pytest.mark.usefixtures("slow_pose")
def test_detection_starts_later_if_a_frame_would_become_stale() -> None:
    """The budget is shorter than an inference, but detected frames are still fresh when the pose stage takes them."""
    run = ObservedRun(freshness_s=0.1, num_tracked=16)
    assert np.median(run.waited_s) < 0.1
    assert run.dropped.get("late at pose", 0) <= 4, "only before the durations are known"


def test_detection_is_not_delayed_if_pose_estimation_is_fast() -> None:
    run = ObservedRun(freshness_s=0.25, num_tracked=150)
    assert np.median(run.waited_s) < 0.1
    assert run.dropped["captured"] < 450, "a delay of 20 ms would drop more than 600"


class TestTurn:
    """The producer takes a value when the slot is free and the value would not wait for long."""

    def make(self, *, consumer_s: float, max_wait_s: float) -> tuple[PacedQueue[int], Iterator[int], Mailbox[int]]:
        """A queue with a known consumer time, the paced values of its producer, and the producer's inlet."""
        inlet = Mailbox[int]()
        paced_queue = PacedQueue[int](max_wait_s=max_wait_s)
        for _ in range(15):
            paced_queue.add_consumer_time(consumer_s)
        return paced_queue, paced_queue.paced(inlet), inlet

    def test_at_once_while_the_consumer_is_idle(self) -> None:
        _, values, inlet = self.make(consumer_s=100.0, max_wait_s=0.0)
        inlet.put(1)
        assert next(values) == 1

    def test_not_while_a_value_waits(self) -> None:
        paced_queue, values, inlet = self.make(consumer_s=0.0, max_wait_s=100.0)
        paced_queue.put(1)
        inlet.put(2)
        thread, outcome = run_in_thread(lambda: next(values))
        thread.join(0.05)
        assert thread.is_alive()
        assert paced_queue.get(timeout_s=DEADLINE_S) == 1
        thread.join(DEADLINE_S)
        assert outcome == [2]

    def test_the_latest_value_is_taken_at_the_start_time(self) -> None:
        paced_queue, values, inlet = self.make(consumer_s=0.25, max_wait_s=0.05)
        paced_queue.put(1)
        inlet.put(2)
        paced_queue.get(timeout_s=DEADLINE_S)
        started_s = time.monotonic()
        thread, outcome = run_in_thread(lambda: next(values))
        thread.join(0.05)
        inlet.put(3)
        thread.join(DEADLINE_S)
        assert outcome == [3]
        assert 0.15 < time.monotonic() - started_s < 1.0

    def test_at_once_if_the_consumer_finishes_early(self) -> None:
        paced_queue, values, inlet = self.make(consumer_s=100.0, max_wait_s=0.0)
        paced_queue.put(1)
        inlet.put(2)
        paced_queue.get(timeout_s=DEADLINE_S)
        thread, outcome = run_in_thread(lambda: next(values))
        thread.join(0.05)
        assert thread.is_alive()
        consumer, _ = run_in_thread(lambda: paced_queue.get(timeout_s=DEADLINE_S))
        thread.join(DEADLINE_S)
        assert outcome == [2]
        paced_queue.close()
        consumer.join(DEADLINE_S)

    def test_cancelling_ends_the_wait(self) -> None:
        paced_queue, values, inlet = self.make(consumer_s=0.0, max_wait_s=0.0)
        paced_queue.put(1)
        thread, outcome = run_in_thread(lambda: list(values))
        inlet.cancel()
        paced_queue.cancel()
        thread.join(DEADLINE_S)
        assert outcome == [[]]


@pytest.mark.usefixtures("slow_pose")
def test_a_stop_while_detection_waits_for_its_turn() -> None:
    seen = threading.Event()
    running = make_pipeline(FakeSource(endless_frames(), is_live=True), FakeSink(before=lambda scene: seen.set()))
    running.start()
    assert seen.wait(DEADLINE_S)
    started_s = time.monotonic()
    running.stop()
    assert time.monotonic() - started_s < DEADLINE_S
    assert running.report().is_ended
