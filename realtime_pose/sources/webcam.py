"""A webcam as a source: read on a thread of its own, and waited for when it was unplugged."""

import logging
import threading
import time
from collections.abc import Callable, Iterator

from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Frame, Image
from realtime_pose.sources.backoff import Backoff, Timing
from realtime_pose.sources.clock import MediaClock
from realtime_pose.sources.lag import FreezeDetector, freeze_reason
from realtime_pose.sources.source import SourceInfo, SourceState, SourceStatus
from realtime_pose.sources.status import StatusReporter, StatusTracker, no_picture
from realtime_pose.sources.webcam_device import (
    Capture,
    NegotiatedFormat,
    OpenWebcam,
    Webcam,
    chosen,
    find_again,
    grab,
    list_webcams,
    name_of,
    open_capture,
    prepared,
    refusal,
)
from realtime_pose.sources.worker_thread import WorkerThread

_log = logging.getLogger(__name__)

_NO_ANSWER = "does not answer: its driver has not come back from the last call; unplug it and plug it in again"

__all__ = ["Capture", "NegotiatedFormat", "Webcam", "WebcamSource", "list_webcams", "open_capture"]


class WebcamSource:
    """The pictures of a webcam, at its own pace, until it is closed; one that was unplugged is waited for.

    Each time it is opened the device lives on a thread of its own; a read that hangs is told after ``stalled_s`` and
    left behind with the thread after ``read_timeout_s``; before that has come back the device is not opened again. That
    the picture stands still is told after ``frozen_s``. ``time_s`` counts from the first frame; ``captured_s`` is taken
    as soon as the driver hands over a picture. A webcam that comes back is known again by its path, else by its name,
    whatever its number.

    Args:
        wanted: Number, maker's name or path of the webcam; a path may be a link such as those in /dev/v4l/by-id.
        config: Size and rate to ask for, and the time-outs. With ``keep_trying`` one that does not open is waited for
            too: the state says why, and size and rate are unknown until then.
        opener: Opens the device of this number; another one in tests.
        cameras: Lists the devices for names and messages.
        timing: Time and chance.

    Raises:
        SourceOpenError: It is not there, is in use, or gave no picture in time, and trying again was not wanted; lists
            the webcams found.
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
        self._camera: Webcam | None = None
        self._opened: OpenWebcam | None = None
        self._negotiated: NegotiatedFormat | None = None
        self._away = OSError()  # why it could not be read last
        self._name = name_of(wanted, found := cameras())
        self._progress = StatusTracker()
        self._reporter = StatusReporter(self._name, self._progress, self._timing.now_s)
        self._still = FreezeDetector()
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._thread = WorkerThread(self._name)
        try:
            self._open(found)
        except OSError as error:
            self._release()
            if not config.keep_trying:
                raise SourceOpenError(refusal(self._name, str(error), found)) from error
            self._away = error
            self._say_away()

    @property
    def info(self) -> SourceInfo:
        """Number and maker's name; size and rate as the driver states them. Poor light may halve the rate."""
        negotiated = self._negotiated
        wh, rate_hz = ((0, 0), None) if negotiated is None else (negotiated.wh, negotiated.rate_hz)
        return SourceInfo(self._name, is_live=True, wh=wh, rate_hz=rate_hz, num_frames=None)

    @property
    def negotiated(self) -> NegotiatedFormat | None:
        """What the webcam gives, to be shown beside what was asked; None while it was never open."""
        return self._negotiated

    @property
    def status(self) -> SourceStatus:
        """How it is doing now."""
        return self._progress.status

    def __iter__(self) -> Iterator[Frame]:
        """Frames until ``close``."""
        if not self._progress.begin():
            return
        index, clock = 0, MediaClock()
        try:
            while (grabbed := self._next()) is not None:
                image, captured_s = grabbed
                time_s = clock.seconds(None, captured_s)
                yield Frame(image, index, time_s, captured_s, self._name, self._reporter.outage)
                index += 1
        finally:
            self._reporter.report_end()
            self._release()

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice. The state is ENDED from now on."""
        self._progress.stop()
        self._reporter.report_end()
        self._stop.set()
        with self._lock:
            self._thread.interrupt()
        if self._progress.begin():
            self._release()

    def _open(self, found: tuple[Webcam, ...]) -> OpenWebcam:
        """Open the webcam that is meant, under its number of now; OSError in words where that fails."""
        camera = find_again(self._camera, found) if self._camera is not None else chosen(self._wanted, found)
        limit_s = self._config.open_timeout_s
        try:
            opened = self._thread.call(
                lambda: prepared(self._opener, camera, self._config),
                timeout_s=limit_s,
                discard=lambda late: late.capture.release(),
            )
        except TimeoutError as error:
            raise OSError(f"did not open within {limit_s:g} s") from error
        self._camera, self._opened, self._negotiated, self._still = camera, opened, opened.negotiated, FreezeDetector()
        self._report_negotiated(opened.negotiated)
        return opened

    def _release(self) -> None:
        """Give the device back, if it is open, on the thread that read it, and end that."""
        opened, self._opened = self._opened, None
        self._thread.finish(_nothing if opened is None else opened.capture.release)

    def _next(self) -> tuple[Image, float] | None:
        """The next picture and when it came, however long it is away meanwhile; None after ``close``."""
        while not self._stop.is_set():
            try:
                opened = self._opened or self._come_back()
                return self._grabbed(opened.capture)
            except InterruptedError:
                return None
            except TimeoutError:
                self._away = OSError(f"gave no picture for {self._config.read_timeout_s:g} s")
            except ConnectionError as error:
                self._away = ConnectionError(f"{error}; plug it in again")
            self._say_away()
            self._release()
        return None

    def _grabbed(self, capture: Capture) -> tuple[Image, float]:
        """The next picture that can be decoded; TimeoutError, ConnectionError or InterruptedError where none comes."""
        began_s, num_skipped = time.monotonic(), self._progress.skipped
        while True:
            are_spoilt = self._progress.skipped > num_skipped
            image, captured_s = self._read(capture, time.monotonic() - began_s, are_spoilt=are_spoilt)
            if image is not None:
                self._tell(self._still.seconds(image, captured_s))
                return image, captured_s
            self._progress.count_undecodable("a picture of the webcam could not be decoded")

    def _read(self, capture: Capture, waited_s: float, *, are_spoilt: bool) -> tuple[Image | None, float]:
        """One picture and when it came, told to be late ``stalled_s`` after the wait, waited_s old by now, began."""
        stalled_s = self._config.stalled_s
        slow_s, left_s = (max(limit_s - waited_s, 0.0) for limit_s in (stalled_s, self._config.read_timeout_s))

        def say_silent() -> None:
            self._reporter.report_trouble(SourceState.STALLED, no_picture(stalled_s, are_spoilt=are_spoilt))

        return self._thread.call(lambda: grab(capture), timeout_s=left_s, slow=(slow_s, say_silent))

    def _tell(self, still_s: float) -> None:
        """Say how the source is doing whose picture has been the same for so long."""
        if still_s >= self._config.frozen_s:
            self._reporter.report_trouble(SourceState.STALLED, freeze_reason(still_s))
        else:
            self._reporter.report_live()

    def _come_back(self) -> OpenWebcam:
        """Wait until the webcam is there and open, or raise InterruptedError after ``close``."""
        backoff, was_open = Backoff(self._timing.rng), self._negotiated is not None
        while True:
            delay_s = backoff.next_s(is_refused=False)
            self._say_away(then=f"; asked again in {delay_s:.1f} s")
            if self._timing.wait(self._stop, delay_s):
                raise InterruptedError
            if opened := self._open_anew():
                if was_open:
                    self._progress.count_reconnect()
                return opened

    def _open_anew(self) -> OpenWebcam | None:
        """Open the webcam on a new thread; None where that fails, and why is kept."""
        if self._thread.is_alive:  # it holds the device, so opening that again would be refused, or hang as well
            self._away = OSError(_NO_ANSWER)
            return None
        with self._lock:
            self._thread = WorkerThread(self._name)
            if self._stop.is_set():
                self._thread.interrupt()
        try:
            return self._open(self._cameras())
        except InterruptedError:
            raise
        except OSError as error:
            self._away = error
            self._release()
            return None

    def _report_negotiated(self, negotiated: NegotiatedFormat) -> None:
        """Say what the webcam gives, beside what was asked."""
        config = self._config
        wanted = f"{config.camera_width_px}x{config.camera_height_px} at {config.camera_rate_hz:g} fps"
        rate = f"{negotiated.rate_hz:g}" if negotiated.rate_hz else "an unknown number of"
        given = f"{negotiated.wh[0]}x{negotiated.wh[1]} at {rate} fps"
        words = f"gives {given} {negotiated.fourcc}".rstrip() + f"; {wanted} was asked for"
        self._progress.set_negotiated(words)
        _log.log(logging.INFO if given == wanted else logging.WARNING, "%s: %s", self._name, words)

    def _say_away(self, *, then: str = "") -> None:
        """It cannot be read, for the reason that was kept."""
        waiting = SourceState.NOT_FOUND if isinstance(self._away, FileNotFoundError) else SourceState.CONNECTING
        state = SourceState.RECONNECTING if self._negotiated is not None else waiting
        self._reporter.report_trouble(state, str(self._away), then=then)


def _nothing() -> None:
    """No device to release."""
