"""A live stream as a source: always read, the newest frame handed on, reconnected after every loss.

A supervising thread reads one frame after another. Each connection has a worker thread of its own: if a call hangs in
FFmpeg or a resolver, connection and thread are left behind, and the next connection goes on without them.
"""

import gc
import math
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import suppress
from dataclasses import replace

from realtime_pose.audio.packets import AudioListener
from realtime_pose.channels import Mailbox
from realtime_pose.config import SourceConfig
from realtime_pose.errors import ChannelClosedError
from realtime_pose.reasons import Reason
from realtime_pose.scene import Frame
from realtime_pose.sources.backoff import Backoff, Timing
from realtime_pose.sources.connection import Connection, ConnectionProgress
from realtime_pose.sources.decoded_frame import DecodedFrame
from realtime_pose.sources.faults import StreamError, fault_reason
from realtime_pose.sources.frame_builder import FrameBuilder
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.source import SourceInfo, SourceState, SourceStatus
from realtime_pose.sources.status import StatusReporter, StatusTracker
from realtime_pose.sources.worker_thread import RestartableWorker, WorkerThread
from realtime_pose.video.packets import FrameListener

SETTLED_S = 5.0  # a connection that lasted this long resets the backoff
MAX_STEP_S = 20.0  # longest wait for one frame of a segment
COLLECT_S = 10.0  # shortest time between two garbage collections
END_TIMEOUT_S = 1.0  # wait for the threads at the end of an iteration


class StreamSource:
    """The newest frames of a stream, until ``close``; after a loss it reconnects.

    Opening does not wait: the state is CONNECTING, with a reason after each failure, until the first frame comes.
    ``index`` and ``time_s`` of the frames increase over all losses. A missing index was dropped, because nobody took it
    in time or decoding was behind; dropped frames are counted.

    Args:
        name: The address as shown to the user.
        connect: Opens one connection on its own thread, and ends it when the given progress is stopped; raises
            StreamError or OSError.
        config: Timeouts and limits. Without ``keep_trying``, a first connection that fails ends the source, and the
            iteration raises SourceOpenError.
        timing: Clock, randomness and waiting.
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
        now_s = self._timing.now_s
        self._backoff = Backoff(self._timing.rng)
        self._workers = RestartableWorker()
        self._newest: Mailbox[Frame] = Mailbox()
        self._wh: tuple[int, int] = (0, 0)
        self._rate_hz: float | None = None
        self._poll_s = 0.0
        self._polled_s = -math.inf  # when the last request began
        self._last_frame: Frame | None = None  # of a source that is asked for each frame
        self._progress = StatusTracker(SourceState.CONNECTING)
        self._reporter = StatusReporter(name, self._progress, now_s)
        self._builder = FrameBuilder(name, config, progress=self._progress, reporter=self._reporter, now_s=now_s)
        self._collected_s = now_s()
        self._is_live_playlist = False  # of the last connection
        self._media_start_s = 0.0  # when media time 0 of a connection with segments is due
        self._done = WorkerThread(name).submit(self._supervise)

    @property
    def info(self) -> SourceInfo:
        """The address without a password; size and rate as stated by the last connection."""
        return SourceInfo(
            self._name,
            is_live=True,
            wh=self._wh,
            rate_hz=self._rate_hz,
            num_frames=None,
            keeps_newest=True,
            poll_s=self._poll_s,
        )

    @property
    def status(self) -> SourceStatus:
        """The status now."""
        status = self._progress.status
        return replace(status, dropped=status.dropped + self._newest.dropped)

    def __iter__(self) -> Iterator[Frame]:
        """The newest frame, whenever there is one, until ``close``.

        Raises:
            SourceOpenError: The first connection failed, and ``keep_trying`` is not set.
        """
        if not self._progress.claim():
            return
        try:
            yield from self._newest
        finally:
            self.close()
            futures.wait([self._done], END_TIMEOUT_S)
        if self._done.done():
            self._done.result()  # raises what ended the source

    def listen(self, listener: AudioListener) -> None:
        """Send live audio with its media time to this listener from now on."""
        self._builder.audio.listen(listener)

    def listen_to_frames(self, listener: FrameListener) -> None:
        """Send every frame to this listener from now on, with the packets of the camera."""
        self._builder.listener = listener

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice. The state is ENDED from now on."""
        self._progress.stop()
        self._reporter.report_end()
        self._newest.cancel()
        self._workers.stop()

    @property
    def _is_closed(self) -> bool:
        return self._workers.stopped.is_set()

    def _supervise(self) -> None:
        """One connection after another, until ``close`` or the end of the stream."""
        try:
            while not self._is_closed and (fault := self._run_connection()) is not None:
                self._wait_to_retry(fault)
        finally:
            self._reporter.report_end()
            self._newest.close()

    def _wait_to_retry(self, fault: StreamError) -> None:
        """Report the fault and wait; raises it if the source was never open and ``keep_trying`` is not set."""
        was_open = self._builder.num_decoded > 0
        if not was_open and not self._config.keep_trying:
            self._progress.end(fault.state or SourceState.LOST, fault.reason)
            raise fault
        away = SourceState.RECONNECTING if was_open else SourceState.CONNECTING
        delay_s = self._backoff.next_s(is_refused=fault.state is SourceState.AUTH_FAILED)
        self._reporter.report_trouble(fault.state or away, fault.reason, retry_in_s=delay_s)
        self._timing.wait(self._workers.stopped, delay_s)
        self._reporter.report_retry()

    def _run_connection(self) -> StreamError | None:
        """Open one connection and read it. Returns why it failed or broke off; None at the end of the stream."""
        thread, attempt = self._workers.restart(f"{self._name} (connection)"), ConnectionProgress(self._progress)
        timeout_s = self._config.open_timeout_s
        self._reporter.start_waiting()
        try:
            connection = thread.call(
                lambda: self._connect(attempt), timeout_s=timeout_s, discard=lambda late: late.close()
            )
        except OSError as error:  # TimeoutError and InterruptedError are OSErrors too
            attempt.stop()
            thread.finish()
            return self._to_fault(error, self._reporter.no_frame_reason(timeout_s, is_first=True))
        try:
            return self._read_all(connection, thread)
        finally:
            attempt.stop()  # a connection that is left behind would read on for as long as data comes
            thread.finish(connection.close)
            del connection  # the last reference but for the thread, so that it can be collected
            self._collect_garbage()

    def _collect_garbage(self) -> None:
        """Free closed connections: PyAV's objects refer to each other, and Python does not see their large memory."""
        if self._timing.now_s() - self._collected_s > COLLECT_S:
            self._collected_s = self._timing.now_s()
            gc.collect()

    def _read_all(self, connection: Connection, thread: WorkerThread) -> StreamError | None:
        """Read every frame. Returns why there are no more; None at the end of the stream."""
        if self._is_live_playlist and not connection.is_live:
            self._reporter.report_end(Reason(SourceReason.PLAYLIST_COMPLETE))  # read on, it would start again
            return None
        self._start_connection(connection)
        started_s, timeout_s, stalled_s = self._timing.now_s(), self._config.read_timeout_s, self._config.stalled_s
        slow = (stalled_s, lambda: self._reporter.report_no_frame(stalled_s))
        self._media_start_s = started_s
        try:
            while not self._is_closed:
                self._wait_to_poll()
                decoded = thread.call(connection.read, timeout_s=timeout_s, slow=slow)
                if decoded is None:
                    return self._end_fault(connection)
                # Segments and recordings come faster than they should be shown.
                if connection.is_segmented or not connection.is_live:
                    self._wait_until_due(decoded)
                self._hand_on(decoded)
                if reason := self._builder.reconnect_reason():
                    return StreamError(self._name, reason)
                if self._timing.now_s() - started_s > SETTLED_S:
                    self._backoff.reset()
        except OSError as error:  # TimeoutError and InterruptedError are OSErrors too
            return self._to_fault(error, self._reporter.no_frame_reason(timeout_s))
        return None

    def _start_connection(self, connection: Connection) -> None:
        """Prepare for the frames of a new connection."""
        self._wh, self._rate_hz = connection.wh, connection.rate_hz
        self._poll_s, self._polled_s = connection.poll_s, -math.inf  # the first picture has come already
        self._is_live_playlist = connection.is_segmented and connection.is_live
        if self._builder.num_decoded:
            self._progress.count_reconnect()
        self._builder.start_connection(connection)

    def _hand_on(self, decoded: DecodedFrame) -> None:
        """Replace the newest frame by this one, unless it is dropped."""
        frame = self._builder.build(decoded)
        with suppress(ChannelClosedError):  # closed in the meantime: nobody wants more frames
            if frame is not None:
                self._newest.put(frame)
                self._last_frame = frame if self._poll_s else None
            elif decoded.is_repeat and self._last_frame is not None:
                self._newest.renew(replace(self._last_frame, captured_s=decoded.captured_s))

    def _wait_to_poll(self) -> None:
        """Wait until a source that is asked for each frame is to be asked again."""
        if self._poll_s:
            wait_s = self._polled_s + self._poll_s - self._timing.now_s()
            self._timing.wait(self._workers.stopped, max(0.0, wait_s))
            self._polled_s = self._timing.now_s()
            self._collect_garbage()  # each request is a connection of its own

    def _wait_until_due(self, decoded: DecodedFrame) -> None:
        """Wait until a frame is due; the frames of a segment all come at once."""
        wait_s = self._media_start_s + decoded.time_s - self._timing.now_s()
        if wait_s > MAX_STEP_S:  # the clock of the camera was set forward
            self._media_start_s -= wait_s
        else:
            self._timing.wait(self._workers.stopped, max(0.0, wait_s))

    def _end_fault(self, connection: Connection) -> StreamError | None:
        """Why there is no next frame; None if that is a normal end."""
        if self._is_closed or not (connection.read_error or connection.is_live):
            return None
        return StreamError(self._name, connection.read_error or Reason(SourceReason.BROKE_OFF))

    def _to_fault(self, error: OSError, timeout_reason: Reason) -> StreamError | None:
        """Why a call failed; None if ``close`` ended it."""
        if self._is_closed or isinstance(error, InterruptedError):
            return None
        if isinstance(error, TimeoutError):
            return StreamError(self._name, timeout_reason)
        if isinstance(error, StreamError):
            return error
        return StreamError(self._name, fault_reason(error))
