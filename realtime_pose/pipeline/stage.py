"""A stage: one thread that applies a function to the values of an inlet.

With it stands what a stage does around its function: it measures the time, and drops frames that are stale or whose
result is not finite.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Generic, TypeVar

from realtime_pose.channels import Inlet
from realtime_pose.counts import counted
from realtime_pose.errors import ChannelClosedError, NotFiniteError, RealtimePoseError, StageError
from realtime_pose.pipeline.perception import StageResult

In = TypeVar("In")
Out = TypeVar("Out")
AnyFrame = TypeVar("AnyFrame", bound=StageResult)
_log = logging.getLogger(__name__)


class Stage(Generic[In, Out]):
    """A thread from an inlet through a function into outlets.

    Each outlet gets every result. The stage ends when the inlet ends, an outlet is closed or the work fails; in each
    case it then calls ``finish`` and closes its outlets.

    Args:
        name: Name of the stage and its thread.
        work: The function from a value to a result.
        inlet: A source or a channel.
        outlets: Channels that each get every result.
        finish: Called in this thread at the end.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[In], Out],
        *,
        inlet: Iterable[In],
        outlets: Sequence[Inlet[Out]] = (),
        finish: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self._work = work
        self._inlet = inlet
        self._outlets = outlets
        self._finish = finish
        self._on_not_finite: Callable[[NotFiniteError, str], None] | None = None
        self._thread: threading.Thread | None = None

    def start(
        self,
        *,
        on_failure: Callable[[RealtimePoseError], None],
        on_not_finite: Callable[[NotFiniteError, str], None] | None = None,
    ) -> None:
        """Start the thread; call once.

        Args:
            on_failure: Called in that thread with the exception of work, inlet or finish; as a StageError if it is none
                of ours.
            on_not_finite: Called in that thread with the error and the name of the stage if a result is not finite;
                the value is dropped. None: this is a failure like any other.
        """
        self._on_not_finite = on_not_finite
        # A daemon: a read that hangs in a driver must not keep the process alive; the pipeline joins with a deadline.
        self._thread = threading.Thread(target=self._run, args=(on_failure,), name=self.name, daemon=True)
        self._thread.start()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the thread; returns whether it has ended or was never started."""
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def release(self) -> None:
        """Drop the function and the channels of a stage that has ended, or that was never started.

        They refer to the pipeline, which refers to this stage. Without such a circle everything is freed with its last
        user, and not when Python looks for circles the next time.
        """
        self._work, self._inlet, self._outlets = _refuse, (), ()
        self._finish = self._on_not_finite = None

    def _run(self, on_failure: Callable[[RealtimePoseError], None]) -> None:
        try:
            self._loop()
        except ChannelClosedError:
            _log.debug("%s: an outlet was closed", self.name)
        except Exception as error:  # noqa: BLE001 - the only place that catches any failure; the caller gets it
            on_failure(error if isinstance(error, RealtimePoseError) else StageError(self.name, error))
        finally:
            # Closed outlets end the next stage, and so the whole chain, also after a failure.
            for outlet in self._outlets:
                outlet.close()

    def _loop(self) -> None:
        # finish runs in this thread, after the last result: sinks are closed by the thread that writes them.
        try:
            for result in self._results():
                for outlet in self._outlets:
                    outlet.put(result)
        finally:
            if self._finish is not None:
                self._finish()

    def _results(self) -> Iterator[Out]:
        """The results in order, without those that are not finite if these may be dropped."""
        for get_result in self._tasks():
            try:
                result = get_result()
            except NotFiniteError as error:
                if self._on_not_finite is None:
                    raise
                self._on_not_finite(error, self.name)
            else:
                yield result

    def _tasks(self) -> Iterator[Callable[[], Out]]:
        """For each value in order, a function that returns its result or raises."""
        for value in self._inlet:
            yield partial(self._work, value)


def _refuse(value: object) -> Any:
    """Stands in place of the function of a released stage."""
    raise RuntimeError(f"the stage has ended and takes no more values, got {type(value).__name__}")


class TwoWorkerStage(Stage[In, Out]):
    """A stage that works on two values in parallel; the results keep their order.

    A network does not keep all cores busy at every moment; the second value uses the idle ones. A result waits for the
    next value or for the end of the inlet, so this stage is not for live sources.
    """

    def _tasks(self) -> Iterator[Callable[[], Out]]:
        """For each value in order, a function that waits for its result."""
        previous: Future[Out] | None = None  # at most two calls run: this one and the next
        with ThreadPoolExecutor(2, thread_name_prefix=self.name) as executor:
            for value in self._inlet:
                future = executor.submit(self._work, value)
                if previous is not None:
                    yield previous.result
                previous = future
            if previous is not None:
                yield previous.result


class DropCounter:
    """Counts dropped frames by stage and reason.

    Each stage counts in its own thread; any thread may read ``counts``.

    Args:
        freshness_s: Frames that have waited longer are stale and dropped; None: never.
    """

    def __init__(self, *, freshness_s: float | None) -> None:
        self._freshness_s = freshness_s
        self._stale: dict[str, int] = {}
        self._not_finite: dict[str, int] = {}
        self._num_unrecorded = 0

    @property
    def counts(self) -> dict[str, int]:
        """Number of dropped frames by stage and reason."""
        # Copies, because other threads may add a key during the iteration.
        stale, not_finite = dict(self._stale), dict(self._not_finite)
        counts = {f"late at {stage}": count for stage, count in stale.items()}
        counts |= {f"not finite at {stage}": count for stage, count in not_finite.items()}
        return counts | ({"the recording": self._num_unrecorded} if self._num_unrecorded else {})

    def drop_stale(
        self, inlet: Iterable[AnyFrame], *, stage: str, poll_s: Callable[[], float] = lambda: 0.0
    ) -> Iterator[AnyFrame]:
        """The frames that have not waited too long; the others are dropped and counted.

        Only waiting counts, not the time of the stages before: otherwise networks that take longer than the budget
        would never get a frame.

        Args:
            inlet: The frames.
            stage: Name of the stage before which they wait.
            poll_s: Gives the seconds for which the newest frame of a source is not followed by another; they count as
                no waiting.
        """
        for value in inlet:
            waited_s = time.monotonic() - value.frame.captured_s - sum(value.timings.values())
            if self._freshness_s is None or waited_s <= self._freshness_s + poll_s():
                yield value
            else:
                self._stale[stage] = self._stale.get(stage, 0) + 1

    def record_unrecorded(self) -> None:
        """Count a frame that is missing in the recording; for the thread of the source."""
        self._num_unrecorded += 1

    def record_not_finite(self, error: NotFiniteError, stage: str) -> None:
        """Count a frame without a finite result; logs the 1st, 10th, 100th and so on."""
        count = self._not_finite.get(stage, 0) + 1
        self._not_finite[stage] = count
        # A broken network can fail on every frame: a warning per frame would flood the log.
        if count == 10 ** (len(str(count)) - 1):
            _log.warning("%s dropped at %s so far: %s", counted(count, "frame"), stage, error)


def timed(
    stage: str, work: Callable[[In], AnyFrame], add_time: Callable[[str, float], None]
) -> Callable[[In], AnyFrame]:
    """The same function; ``add_time`` gets the stage and the seconds of each call, which also go into the timings."""

    def timed_work(value: In) -> AnyFrame:
        started = time.perf_counter()
        result = work(value)
        duration_s = time.perf_counter() - started
        add_time(stage, duration_s)
        return replace(result, timings={**result.timings, stage: duration_s})

    return timed_work


def timed_values(stage: str, values: Iterable[In], add_time: Callable[[str, float], None]) -> Iterator[In]:
    """The same values; ``add_time`` gets the stage and the seconds that each value took to come."""
    iterator = iter(values)
    while True:
        started = time.perf_counter()
        # Not a for loop: the time of the caller between two values must not count.
        try:
            value = next(iterator)
        except StopIteration:
            return
        add_time(stage, time.perf_counter() - started)
        yield value
