"""A stage: one thread that applies a function to the values of an inlet."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

from realtime_pose.channels import Channel
from realtime_pose.errors import ChannelClosedError, NotFiniteError

In = TypeVar("In")
Out = TypeVar("Out")
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
        outlets: Sequence[Channel[Out]] = (),
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
        on_failure: Callable[[Exception], None],
        on_not_finite: Callable[[NotFiniteError, str], None] | None = None,
    ) -> None:
        """Start the thread; call once.

        Args:
            on_failure: Called in that thread with the exception of work, inlet or finish.
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

    def _run(self, on_failure: Callable[[Exception], None]) -> None:
        try:
            self._loop()
        except ChannelClosedError:
            _log.debug("%s: an outlet was closed", self.name)
        except Exception as error:  # noqa: BLE001 - the only place that catches any failure; the caller gets it
            on_failure(error)
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
