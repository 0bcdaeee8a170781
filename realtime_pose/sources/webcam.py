"""A webcam as a source: read on a worker thread, and opened again after it was unplugged."""

import logging
import time
from collections.abc import Callable, Iterator

from realtime_pose.audio.packets import AudioListener
from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.scene import Frame, Image
from realtime_pose.sources.backoff import Backoff, Timing
from realtime_pose.sources.clock import MediaClock
from realtime_pose.sources.faults import WebcamError, fault_reason
from realtime_pose.sources.lag import FreezeDetector
from realtime_pose.sources.reason_texts import describe_negotiated
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.source import NegotiatedFormat, SourceInfo, SourceState, SourceStatus
from realtime_pose.sources.status import StatusReporter, StatusTracker
from realtime_pose.sources.webcam_device import (
    Capture,
    OpenWebcam,
    Webcam,
    find_same_webcam,
    find_webcam,
    grab,
    list_webcams,
    open_capture,
    open_error_message,
    open_webcam,
    webcam_name,
)
from realtime_pose.sources.worker_thread import RestartableWorker
from realtime_pose.video.packets import FrameListener

_log = logging.getLogger(__name__)

_MISSING = frozenset({SourceReason.NOT_THERE, SourceReason.NOT_LISTED})

__all__ = ["Capture", "NegotiatedFormat", "Webcam", "WebcamSource", "list_webcams", "open_capture"]


class WebcamSource:
    """The frames of a webcam, at its own pace, until it is closed; one that was unplugged is opened again.

    Each time it is opened, the device gets a new worker thread. A read that hangs is reported after ``stalled_s`` and
    left behind, with its thread, after ``read_timeout_s``; the device is opened again only after that call has
    returned. A frozen picture is reported after ``frozen_s``. A webcam that comes back is recognised by its path, else
    by its name, whatever its number.

    ``time_s`` counts from the first frame; ``captured_s`` is taken when the driver delivers a frame.

    Args:
        wanted: Number, product name or path of the webcam; a path may be a link, such as those in /dev/v4l/by-id.
        config: Size and rate to request, and the timeouts. With ``keep_trying``, a webcam that does not open is waited
            for: the status says why, and size and rate are unknown until it opens.
        opener: Opens the device with this number; tests replace it.
        cameras: Lists the webcams that are plugged in; tests replace it.
        timing: Clock, randomness and waiting.

    Raises:
        SourceOpenError: It is not there, is in use, or sent no frame in time, and ``keep_trying`` is not set; lists the
            webcams found.
    """

    def __init__(
        self,
        wanted: int | str,
        config: SourceConfig,
        *,
        opener: Callable[[int], Capture] = open_capture,
        cameras: Callable[[], tuple[Webcam, ...]] = list_webcams,
        timing: Timing | None = None,
    ) -> None:
        self._wanted, self._config, self._opener, self._cameras = wanted, config, opener, cameras
        self._timing = timing or Timing()
        self._webcam: Webcam | None = None
        self._device: OpenWebcam | None = None
        self._negotiated: NegotiatedFormat | None = None
        self._problem = NO_REASON  # why it could not be opened or read last
        found = cameras()
        self._name = webcam_name(wanted, found)
        self._progress = StatusTracker()
        self._reporter = StatusReporter(self._name, self._progress, self._timing.now_s)
        self._freeze_detector = FreezeDetector(config.frozen_s)
        self._listener: FrameListener | None = None
        self._workers = RestartableWorker()
        self._thread = self._workers.restart(self._name)
        try:
            self._open(found)
        except OSError as error:
            self._release()
            if not config.keep_trying:
                raise SourceOpenError(open_error_message(self._name, str(error), found)) from error
            self._problem = fault_reason(error)
            self._report_problem()

    @property
    def info(self) -> SourceInfo:
        """Number and product name; size and rate as the driver states them. The rate may halve in poor light."""
        negotiated = self._negotiated
        wh, rate_hz = ((0, 0), None) if negotiated is None else (negotiated.wh, negotiated.rate_hz)
        return SourceInfo(self._name, is_live=True, wh=wh, rate_hz=rate_hz, num_frames=None)

    @property
    def negotiated(self) -> NegotiatedFormat | None:
        """The format that the webcam delivers; None if it was never open."""
        return self._negotiated

    @property
    def status(self) -> SourceStatus:
        """The status now."""
        return self._progress.status

    def __iter__(self) -> Iterator[Frame]:
        """Frames until ``close``."""
        if not self._progress.claim():
            return
        index, clock = 0, MediaClock()  # one clock for all reconnections
        try:
            while (grabbed := self._next_image()) is not None:
                image, captured_s = grabbed
                time_s = clock.next_time_s(None, captured_s)  # a webcam has no timestamps
                frame = Frame(image, index, time_s, captured_s, self._name, self._reporter.outage)
                if self._listener is not None:
                    self._listener.receive(frame, None)
                yield frame
                index += 1
        finally:
            self._reporter.report_end()
            self._release()

    def listen(self, listener: AudioListener) -> None:
        """Nothing: a webcam has no audio."""

    def listen_to_frames(self, listener: FrameListener) -> None:
        """Send every frame to this listener from now on; a webcam has no packets."""
        self._listener = listener

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice. The state is ENDED from now on."""
        self._progress.stop()
        self._reporter.report_end()
        self._workers.stop()
        if self._progress.claim():  # nobody iterates, so nobody else releases the device
            self._release()

    def _open(self, found: tuple[Webcam, ...]) -> OpenWebcam:
        """Open the wanted webcam under its present number; raises WebcamError if that fails."""
        webcam = find_webcam(self._wanted, found) if self._webcam is None else find_same_webcam(self._webcam, found)
        timeout_s = self._config.open_timeout_s
        try:
            device = self._thread.call(
                lambda: open_webcam(self._opener, webcam, self._config),
                timeout_s=timeout_s,
                discard=lambda late: late.capture.release(),
            )
        except TimeoutError as error:
            raise WebcamError(Reason(SourceReason.WEBCAM_SLOW_TO_OPEN, {"waited_s": timeout_s})) from error
        self._webcam, self._device, self._negotiated = webcam, device, device.negotiated
        self._freeze_detector.reset()
        self._report_negotiated(device.negotiated)
        return device

    def _release(self) -> None:
        """Release the device, if it is open, on the thread that read it, and end that thread."""
        device, self._device = self._device, None
        self._thread.finish(None if device is None else device.capture.release)

    def _next_image(self) -> tuple[Image, float] | None:
        """The next image and its time, after any number of reconnections; None after ``close``."""
        while not self._workers.stopped.is_set():
            try:
                device = self._device or self._reconnect()
                return self._read(device.capture)
            except InterruptedError:
                return None
            except TimeoutError:
                waited_s = self._config.read_timeout_s
                self._problem = Reason(SourceReason.WEBCAM_NO_FRAMES, {"waited_s": waited_s})
            except WebcamError as error:
                self._problem = error.reason
            self._report_problem()  # before the release, which can take a while
            self._release()
        return None

    def _read(self, capture: Capture) -> tuple[Image, float]:
        """The next image that can be decoded; raises TimeoutError, WebcamError or InterruptedError without one."""
        started_s = time.monotonic()
        self._reporter.start_waiting()
        # Undecodable images do not end the wait: the timeouts count from the last image that was decoded.
        while True:
            image, captured_s = self._grab(capture, waited_s=time.monotonic() - started_s)
            if image is not None:
                self._reporter.report_frame(self._freeze_detector.check(image, captured_s))
                return image, captured_s
            self._progress.count_undecodable(Reason(SourceReason.WEBCAM_FRAME_FAILED))

    def _grab(self, capture: Capture, *, waited_s: float) -> tuple[Image | None, float]:
        """One image, or None, and its time; reports a stall when the wait, with waited_s before, is ``stalled_s``."""
        stalled_s = self._config.stalled_s
        slow_s, timeout_s = (max(limit_s - waited_s, 0.0) for limit_s in (stalled_s, self._config.read_timeout_s))
        slow = (slow_s, lambda: self._reporter.report_no_frame(stalled_s))
        return self._thread.call(lambda: grab(capture), timeout_s=timeout_s, slow=slow)

    def _reconnect(self) -> OpenWebcam:
        """Wait until the webcam is there and open; raises InterruptedError after ``close``."""
        backoff, was_open = Backoff(self._timing.rng), self._negotiated is not None
        while True:
            delay_s = backoff.next_s(is_refused=False)  # a webcam has no password
            self._report_problem(retry_in_s=delay_s)
            if self._timing.wait(self._workers.stopped, delay_s):
                raise InterruptedError
            self._reporter.report_retry()
            if device := self._reopen():
                if was_open:
                    self._progress.count_reconnect()
                return device

    def _reopen(self) -> OpenWebcam | None:
        """Open the webcam on a new thread; None if that fails, and the reason is kept."""
        if self._thread.is_alive:  # it still holds the device: opening it again would be refused, or hang as well
            self._problem = Reason(SourceReason.DRIVER_HANGS)
            return None
        self._thread = self._workers.restart(self._name)
        try:
            return self._open(self._cameras())
        except InterruptedError:  # an OSError too, but caused by close
            raise
        except OSError as error:
            self._problem = fault_reason(error)
            self._release()
            return None

    def _report_negotiated(self, negotiated: NegotiatedFormat) -> None:
        """Log and publish the negotiated format beside the requested one."""
        self._progress.set_negotiated(negotiated)
        level = logging.INFO if negotiated.is_as_requested else logging.WARNING
        _log.log(level, "%s: %s", self._name, describe_negotiated(negotiated))

    def _report_problem(self, *, retry_in_s: float | None = None) -> None:
        """The webcam cannot be opened or read, because of the last problem."""
        never_open = SourceState.NOT_FOUND if self._problem.code in _MISSING else SourceState.CONNECTING
        state = SourceState.RECONNECTING if self._negotiated is not None else never_open
        self._reporter.report_trouble(state, self._problem, retry_in_s=retry_in_s)
