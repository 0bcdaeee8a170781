"""One thread with one duty: values from an inlet through a function into outlets."""

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
    """A thread that takes each value of its inlet, works on it, and puts the result into every outlet.

    It ends when the inlet ends or an outlet is closed; then it calls ``finish`` and closes its outlets, whatever
    happened.

    Args:
        name: Of the thread.
        work: From a value to a result.
        inlet: A source or a channel.
        outlets: Where each result goes.
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
        """Start the thread, once.

        Args:
            on_failure: Gets, in that thread, what work, inlet or finish raised.
            on_not_finite: Gets, in that thread, why the work on a value gave no numbers, and the name of the stage;
                the value is dropped. None: that is a failure like any other.
        """
        self._on_not_finite = on_not_finite
        # A daemon: a read that hangs in a driver must not keep the process alive; the pipeline joins with a deadline.
        self._thread = threading.Thread(target=self._run, args=(on_failure,), name=self.name, daemon=True)
        self._thread.start()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the thread; whether it has ended, or never started."""
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self, on_failure: Callable[[Exception], None]) -> None:
        try:
            self._loop()
        except ChannelClosedError:
            _log.debug("%s: an outlet was closed", self.name)
        except Exception as error:  # noqa: BLE001 - the one place for any failure: it is kept, and raised to the caller
            on_failure(error)
        finally:
            for outlet in self._outlets:
                outlet.close()

    def _loop(self) -> None:
        try:
            for result in self._results():
                for outlet in self._outlets:
                    outlet.put(result)
        finally:
            if self._finish is not None:
                self._finish()

    def _results(self) -> Iterator[Out]:
        """What the work makes of each value; without those that gave no numbers, where they may be dropped."""
        for result_of in self._begun():
            try:
                result = result_of()
            except NotFiniteError as error:
                if self._on_not_finite is None:
                    raise
                self._on_not_finite(error, self.name)
            else:
                yield result

    def _begun(self) -> Iterator[Callable[[], Out]]:
        """For each value, in order, what gives the result or raises what the work raised."""
        for value in self._inlet:
            yield partial(self._work, value)


class TwoWorkerStage(Stage[In, Out]):
    """A stage that works on two values side by side; their results keep the order.

    While the work on one waits for its last part, the other keeps the cores busy. A result waits for the next value or
    the end of the inlet, so this is not for live sources.
    """

    def _begun(self) -> Iterator[Callable[[], Out]]:
        """For each value, in order, what waits for its result."""
        earlier: Future[Out] | None = None
        with ThreadPoolExecutor(2, thread_name_prefix=self.name) as threads:
            for value in self._inlet:
                begun = threads.submit(self._work, value)
                if earlier is not None:
                    yield earlier.result
                earlier = begun
            if earlier is not None:
                yield earlier.result
