"""A stream that comes at its own pace as a source: always drained, its newest frame handed on, for ever reconnected.

A supervising thread asks for one picture after another; each connection lives on a thread of its own, so that a call
which hangs in FFmpeg or a resolver is left behind with its thread, and the next connection goes on without it.
"""

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from realtime_pose.audio.packets import AudioFormat, AudioListener
from realtime_pose.channels import Mailbox
from realtime_pose.config import SourceConfig
from realtime_pose.errors import ChannelClosedError
from realtime_pose.scene import Frame
from realtime_pose.sources.audio_timestamps import AudioTimestampMapper
from realtime_pose.sources.backoff import Backoff, Timing
from realtime_pose.sources.clock import MediaClock
from realtime_pose.sources.connection import ConnectionProgress
from realtime_pose.sources.decoding import DecodedFrame
from realtime_pose.sources.lag import FreezeDetector, LagMonitor, freeze_reason
from realtime_pose.sources.source import SourceInfo, SourceState, SourceStatus, StreamError
from realtime_pose.sources.status import StatusReporter, StatusTracker, no_picture
from realtime_pose.sources.worker_thread import WorkerThread

SETTLED_S = 5.0  # a connection that held for less does not shorten the next wait
COLLECT_S = 10.0
END_S = 1.0  # how long the end of an iteration waits for the threads

_COMPLETE = "its list of segments is complete"
_SLOW = "the network or this computer is too slow"


class Connection(Protocol):
    """One connection to a source, opened: its first picture was decoded. For one thread at a time."""

    wh: tuple[int, int]
    rate_hz: float | None
    is_live: bool
    is_list: bool
    has_clock: bool
    problem: str
    sound: AudioFormat | None

    def next(self) -> DecodedFrame | None:
        """The next picture; None at the end."""

    def close(self) -> None:
        """Release it."""


class StreamSource:
    """The newest frames of a stream, until ``close``; while it is away it is asked again and again.

    Opening does not wait: the state is CONNECTING until the first picture came, and says why it did not. Frames have
    increasing ``index`` and ``time_s`` over all losses; a missing index was left out, as nobody took it in time or
    reading had fallen behind, and is counted.

    Args:
        name: The address for a person to read.
        connect: Opens one connection, on its own thread, and ends it when the progress it is given is stopped; raises
            StreamError or OSError.
        config: Time-outs and limits. Unless ``keep_trying`` is set, a first connection that fails ends the source, and
            the iteration raises SourceOpenError.
        timing: Time and chance.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[StatusTracker], Connection],
        config: SourceConfig,
        *,
        timing: Timing | None = None,
    ) -> None:
        self._name, self._connect, self._config = name, connect, config
        self._timing = timing or Timing()
        self._progress = StatusTracker(SourceState.CONNECTING)
        self._backoff, self._clock, self._still = Backoff(self._timing.rng), MediaClock(), FreezeDetector()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread: WorkerThread | None = None
        self._newest: Mailbox[Frame] = Mailbox()
        self._wh, self._num_pictures = (0, 0), 0
        self._rate_hz: float | None = None
        self._reporter = StatusReporter(name, self._progress, self._timing.now_s)
        self._collected_s = self._timing.now_s()
        self._lateness = LagMonitor(config.max_lag_s, stalled_s=config.stalled_s)
        self._hearing = AudioTimestampMapper()
        self._is_rolling = False  # whether the last connection was a list that grows
        self._num_skipped = 0  # before the newest picture
        self._ended = WorkerThread(name).begin(self._supervise)

    @property
    def info(self) -> SourceInfo:
        """The address without a password; size and rate as the last connection stated them."""
        return SourceInfo(self._name, is_live=True, wh=self._wh, rate_hz=self._rate_hz, num_frames=None)

    @property
    def status(self) -> SourceStatus:
        """How it is doing now."""
        status = self._progress.status
        return replace(status, dropped=status.dropped + self._newest.dropped)

    def __iter__(self) -> Iterator[Frame]:
        """The newest frame, whenever there is one, until ``close``.

        Raises:
            SourceOpenError: The first connection failed, and trying again was not wanted.
        """
        if not self._progress.begin():
            return
        try:
            yield from self._newest
        finally:
            self.close()
            futures.wait([self._ended], END_S)
        if self._ended.done():
            self._ended.result()

    def listen(self, listener: AudioListener) -> None:
        """Let this one have the sound, in media time, from now on."""
        self._hearing.listen(listener)

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice. The state is ENDED from now on."""
        self._progress.stop()
        self._reporter.report_end()
        self._stop.set()
        self._newest.cancel()
        with self._lock:
            if self._thread is not None:
                self._thread.interrupt()

    def _supervise(self) -> None:
        """One connection after another, until ``close`` or an end."""
        try:
            while not self._stop.is_set() and (fault := self._connection()) is not None:
                if self._num_pictures == 0 and not self._config.keep_trying:
                    self._progress.end(fault.state or SourceState.LOST, fault.words)
                    raise fault
                away = SourceState.RECONNECTING if self._num_pictures else SourceState.CONNECTING
                delay_s = self._backoff.next_s(is_refused=fault.state is SourceState.AUTH_FAILED)
                self._reporter.report_trouble(
                    fault.state or away, fault.words, then=f"; asked again in {delay_s:.1f} s"
                )
                self._timing.wait(self._stop, delay_s)
        finally:
            self._reporter.report_end()
            self._newest.close()

    def _connection(self) -> StreamError | None:
        """Why one connection failed or broke off; None at the end."""
        thread, attempt = WorkerThread(f"{self._name} (connection)"), ConnectionProgress(self._progress)
        with self._lock:
            self._thread = thread
            if self._stop.is_set():
                thread.interrupt()
        limit_s = self._config.open_timeout_s
        self._num_skipped = self._progress.skipped
        try:
            connection = thread.call(
                lambda: self._connect(attempt), timeout_s=limit_s, discard=lambda late: late.close()
            )
        except (InterruptedError, TimeoutError, OSError) as error:
            attempt.stop()
            thread.finish(_nothing)
            return self._fault_of(error, self._no_picture(limit_s, is_first=True))
        try:
            return self._read(connection, thread)
        finally:
            attempt.stop()  # or one that is left behind would go on reading for as long as anything comes
            thread.finish(connection.close)
            del connection
            self._collect()

    def _collect(self) -> None:
        """Free lost connections now and then: PyAV's objects hold each other, and memory that Python cannot see."""
        if self._timing.now_s() - self._collected_s > COLLECT_S:
            self._collected_s = self._timing.now_s()
            gc.collect()

    def _read(self, connection: Connection, thread: WorkerThread) -> StreamError | None:
        """Take every picture; why there are no more."""
        if self._is_rolling and not connection.is_live:
            self._reporter.report_end(_COMPLETE)  # it would be shown from its beginning
            return None
        self._begin(connection)
        began_s, limit_s = self._timing.now_s(), self._config.read_timeout_s
        silent = (self._config.stalled_s, self._say_silent)
        try:
            while not self._stop.is_set():
                picture = thread.call(connection.next, timeout_s=limit_s, slow=silent)
                if picture is None:
                    return self._end_of(connection)
                if connection.is_list or not connection.is_live:
                    self._wait_until_due(picture, began_s)
                lag_s = self._take(picture, connection)
                if self._lateness.is_too_much(lag_s=lag_s, now_s=self._timing.now_s()):
                    return StreamError(self._name, f"pictures came {lag_s:.1f} s late: {_SLOW}")
                if self._timing.now_s() - began_s > SETTLED_S:
                    self._backoff.reset()
        except (InterruptedError, TimeoutError, OSError) as error:
            return self._fault_of(error, self._no_picture(limit_s))
        return None

    def _begin(self, connection: Connection) -> None:
        """Get ready for the pictures of another connection."""
        self._wh, self._rate_hz = connection.wh, connection.rate_hz
        self._is_rolling = connection.is_list and connection.is_live
        if self._num_pictures:
            self._progress.count_reconnect()
        self._clock.connect()
        self._hearing.connect(connection.sound)
        self._lateness.connect()
        self._still = FreezeDetector()

    def _take(self, picture: DecodedFrame, connection: Connection) -> float:
        """Hand on a picture and say how the source is doing; seconds by which it came late."""
        time_s = self._clock.seconds(picture.time_s if connection.has_clock else None, picture.captured_s)
        lag_s = self._clock.lag_s
        self._progress.lag(lag_s)
        self._hearing.hand_on(picture.heard, stamp_s=picture.stamp_s, time_s=time_s)
        self._num_pictures += 1
        self._num_skipped = self._progress.skipped
        if self._lateness.leaves_out(lag_s=lag_s, captured_s=picture.captured_s):
            self._progress.count_dropped()
            return lag_s
        image = picture.image
        still_s = self._still.seconds(image, picture.captured_s)
        if self._lateness.is_stalled(lag_s=lag_s, now_s=self._timing.now_s()):
            self._reporter.report_trouble(SourceState.STALLED, f"pictures come {lag_s:.1f} s late: {_SLOW}")
        elif still_s >= self._config.frozen_s:
            self._reporter.report_trouble(SourceState.STALLED, freeze_reason(still_s))
        else:
            self._reporter.report_live()
        index, gap = self._num_pictures - 1, self._reporter.outage
        with suppress(ChannelClosedError):  # closed meanwhile: nobody wants more frames
            self._newest.put(Frame(image, index, time_s, picture.captured_s, self._name, gap, lag_s))
        return lag_s

    def _wait_until_due(self, picture: DecodedFrame, began_s: float) -> None:
        """Wait until a picture that came with many at once is due."""
        self._timing.wait(self._stop, max(0.0, began_s + picture.time_s - self._timing.now_s()))

    def _end_of(self, connection: Connection) -> StreamError | None:
        """Why there is no next picture; None where that was to be expected."""
        if self._stop.is_set() or not (connection.problem or connection.is_live):
            return None
        return StreamError(self._name, connection.problem or "the stream broke off")

    def _fault_of(self, error: OSError, on_time_out: str) -> StreamError | None:
        """In words for a person why a call failed; None where ``close`` ended it."""
        if self._stop.is_set() or isinstance(error, InterruptedError):
            return None
        if isinstance(error, TimeoutError):
            return StreamError(self._name, on_time_out)
        if isinstance(error, StreamError):
            return error
        return StreamError(self._name, error.strerror or str(error))

    def _say_silent(self) -> None:
        """No picture has come for a while, and the connection stands."""
        self._reporter.report_trouble(SourceState.STALLED, self._no_picture(self._config.stalled_s))

    def _no_picture(self, waited_s: float, *, is_first: bool = False) -> str:
        """Why nothing was shown for so long."""
        are_spoilt = self._progress.skipped > self._num_skipped
        return no_picture(waited_s, are_spoilt=are_spoilt, is_first=is_first)


def _nothing() -> None:
    """No connection to close."""
