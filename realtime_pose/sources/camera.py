"""A webcam as a source: read on a thread of its own, and waited for when it was unplugged."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Frame, Image
from realtime_pose.sources.backoff import Backoff
from realtime_pose.sources.clock import MediaClock
from realtime_pose.sources.own_thread import OwnThread
from realtime_pose.sources.progress import Progress
from realtime_pose.sources.source import SourceState, SourceStatus
from realtime_pose.sources.stillness import Stillness, stands_still
from realtime_pose.sources.telling import Telling, no_picture
from realtime_pose.sources.timing import Timing
from realtime_pose.sources.webcams import Camera, Capture, Granted, Opened, grab, list_cameras, open_capture, prepared

_log = logging.getLogger(__name__)

__all__ = ["Camera", "CameraSource", "Capture", "Granted", "list_cameras", "open_capture"]


class CameraSource:
    """The pictures of a webcam, at its own pace, until it is closed; one that was unplugged is waited for.

    Each time it is opened the device lives on a thread of its own; a read that hangs is told after ``stalled_s`` and
    left behind with the thread after ``read_timeout_s``; that the picture stands still is told after ``frozen_s``.
    ``time_s`` counts from the first frame; ``captured_s`` is taken as soon as the driver hands over a picture. A webcam
    that comes back is known again by its path, else by its name, whatever its number.

    Args:
        wanted: Number, maker's name or path of the webcam; a path may be a link such as those in /dev/v4l/by-id.
        config: Size and rate to ask for, and the time-outs.
        opener: Opens the device of this number; another one in tests.
        cameras: Lists the devices for names and messages.
        timing: Time and chance.

    Raises:
        SourceOpenError: It is not there, is in use, or gave no picture in time; lists the webcams found.
    """

    def __init__(
        self,
        wanted: int | str,
        config: SourceConfig,
        *,
        opener: Callable[[int], Capture] = open_capture,
        cameras: Callable[[], tuple[Camera, ...]] = list_cameras,
        timing: Timing | None = None,
    ) -> None:
        self._config, self._opener, self._cameras = config, opener, cameras
        self._timing = timing or Timing()
        found = cameras()
        self._camera = _found(wanted, found)
        self._name = f"webcam {self._camera.index}" + (f" ({self._camera.name})" if self._camera.name else "")
        self._progress = Progress()
        self._telling = Telling(self._name, self._progress, self._timing.now_s)
        self._still = Stillness()
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._thread = OwnThread(self._name)
        try:
            self._opened = self._open(self._camera)
        except OSError as error:
            raise SourceOpenError(_refusal(self._name, str(error), found)) from error
        _log.log(*_told(self._name, self._opened.granted, config))

    @property
    def name(self) -> str:
        """Number and maker's name."""
        return self._name

    @property
    def is_live(self) -> bool:
        """Always."""
        return True

    @property
    def wh(self) -> tuple[int, int]:
        """Width and height of the first picture, in pixels."""
        return self._opened.granted.wh

    @property
    def rate_hz(self) -> float | None:
        """Frames per second as the driver states them; poor light halves it."""
        return self._opened.granted.rate_hz

    @property
    def num_frames(self) -> int | None:
        """Nobody knows."""
        return None

    @property
    def granted(self) -> Granted:
        """What the webcam gives, to be shown beside what was asked."""
        return self._opened.granted

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
                yield Frame(image, index, time_s, captured_s, self._name, self._telling.interruption)
                index += 1
        finally:
            self._telling.over()
            self._release()

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice. The state is ENDED from now on."""
        self._progress.stop()
        self._telling.over()
        self._stop.set()
        with self._lock:
            self._thread.interrupt()
        if self._progress.begin():
            self._release()

    def _open(self, camera: Camera) -> Opened:
        """The device, opened on its thread; a late one is released there. OSError in words where that fails."""
        limit_s = self._config.open_timeout_s
        try:
            return self._thread.call(
                lambda: prepared(self._opener, camera, self._config),
                timeout_s=limit_s,
                discard=lambda late: late.capture.release(),
            )
        except InterruptedError:
            self._thread.finish(_nothing)
            raise
        except TimeoutError as error:
            self._thread.finish(_nothing)
            raise OSError(f"did not open within {limit_s:g} s") from error
        except OSError:
            self._thread.finish(_nothing)
            raise

    def _release(self) -> None:
        """Give the device back on the thread that read it."""
        self._thread.finish(self._opened.capture.release)

    def _next(self) -> tuple[Image, float] | None:
        """The next picture and when it came, however long it is away meanwhile; None after ``close``."""
        while not self._stop.is_set():
            try:
                return self._grabbed()
            except InterruptedError:
                return None
            except TimeoutError:
                reason = f"{self._name} gave no picture for {self._config.read_timeout_s:g} s"
            except ConnectionError as error:
                reason = f"{self._name} {error}; plug it in again"
            self._release()
            self._come_back(reason)
        return None

    def _grabbed(self) -> tuple[Image, float]:
        """The next picture that can be decoded; TimeoutError, ConnectionError or InterruptedError where none comes."""
        began_s, num_skipped = time.monotonic(), self._progress.skipped
        while True:
            are_spoilt = self._progress.skipped > num_skipped
            image, captured_s = self._read(time.monotonic() - began_s, are_spoilt=are_spoilt)
            if image is not None:
                self._tell(self._still.seconds(image, captured_s))
                return image, captured_s
            self._progress.skip("a picture of the webcam could not be decoded")

    def _read(self, waited_s: float, *, are_spoilt: bool) -> tuple[Image | None, float]:
        """One picture and when it came, told to be late ``stalled_s`` after the wait, waited_s old by now, began."""
        capture, stalled_s = self._opened.capture, self._config.stalled_s
        slow_s, left_s = (max(limit_s - waited_s, 0.0) for limit_s in (stalled_s, self._config.read_timeout_s))

        def say_silent() -> None:
            self._telling.trouble(SourceState.STALLED, no_picture(stalled_s, are_spoilt=are_spoilt))

        return self._thread.call(lambda: grab(capture), timeout_s=left_s, slow=(slow_s, say_silent))

    def _tell(self, still_s: float) -> None:
        """Say how the source is doing whose picture has been the same for so long."""
        if still_s >= self._config.frozen_s:
            self._telling.trouble(SourceState.STALLED, stands_still(still_s))
        else:
            self._telling.live()

    def _come_back(self, reason: str) -> None:
        """Wait until the webcam is there again and open, or ``close``."""
        backoff = Backoff(self._timing.rng)
        while not self._stop.is_set():
            self._telling.trouble(SourceState.RECONNECTING, reason)
            if self._timing.wait(self._stop, backoff.next_s(is_refused=False)):
                return
            with self._lock:
                self._thread = OwnThread(self._name)
                if self._stop.is_set():
                    self._thread.interrupt()
            try:
                self._camera = _again(self._camera, self._cameras())
                self._opened = self._open(self._camera)
                self._still = Stillness()
                self._progress.come_back()
                _log.log(*_told(self._name, self._opened.granted, self._config))
            except InterruptedError:
                return
            except OSError as error:
                reason = f"{self._name} {error}"
            else:
                return


def _found(wanted: int | str, found: tuple[Camera, ...]) -> Camera:
    """The webcam that is meant; one of unknown name where only its number is known."""
    if isinstance(wanted, int):
        return next((camera for camera in found if camera.index == wanted), Camera(wanted, "", ""))
    real = str(Path(wanted).resolve()) if wanted.startswith("/") else ""
    for camera in found:
        if wanted in (camera.name, camera.path) or (real and camera.path and str(Path(camera.path).resolve()) == real):
            return camera
    number = real.removeprefix("/dev/video")
    if real.startswith("/dev/video") and number.isdecimal():
        return Camera(int(number), "", real)
    raise SourceOpenError(_refusal(f"webcam {wanted}", "there is none of this name or path", found))


def _again(camera: Camera, found: tuple[Camera, ...]) -> Camera:
    """The same webcam under its number of now; as it was where it is not listed."""
    for same in (
        [now for now in found if camera.path and now.path == camera.path and now.name == camera.name],
        [now for now in found if camera.name and now.name == camera.name],
    ):
        if same:
            return same[0]
    return camera


def _refusal(name: str, reason: str, found: tuple[Camera, ...]) -> str:
    """What to say of a webcam that does not open."""
    names = ", ".join(f"{camera.index} ({camera.name})" for camera in found) or "none"
    return f"{name}: {reason}. Webcams found: {names}. Give one of them, a video file, or demo for the shipped clip."


def _told(name: str, granted: Granted, config: SourceConfig) -> tuple[int, str]:
    """Level and words of what a webcam gives, beside what was asked."""
    wanted = f"{config.camera_width_px}x{config.camera_height_px} at {config.camera_rate_hz:g} fps"
    rate = f"{granted.rate_hz:g}" if granted.rate_hz else "an unknown number of"
    given = f"{granted.wh[0]}x{granted.wh[1]} at {rate} fps"
    level = logging.INFO if given == wanted else logging.WARNING
    return level, f"{name}: gives {given} {granted.fourcc}".rstrip() + f"; {wanted} was asked for"


def _nothing() -> None:
    """No device to release."""
