"""A webcam as a source, through OpenCV; every wait for the device has a deadline."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Frame, Image
from realtime_pose.sources.own_thread import OwnThread
from realtime_pose.sources.progress import Progress
from realtime_pose.sources.source import SourceState, SourceStatus

_BACKENDS = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_MSMF, "darwin": cv2.CAP_AVFOUNDATION}
_BACKEND = _BACKENDS.get(sys.platform, cv2.CAP_ANY)


class Capture(Protocol):
    """What is used of ``cv2.VideoCapture``, whose names these are."""

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Whether the device is open."""

    def set(self, propId: int, value: float, /) -> bool:  # noqa: N803 - OpenCV's name
        """Ask for a property; False where it is refused at once."""

    def get(self, propId: int, /) -> float:  # noqa: N803 - OpenCV's name
        """The value of a property now."""

    def grab(self) -> bool:
        """Wait for the next picture; False where none came."""

    def retrieve(self) -> tuple[bool, NDArray[Any] | None]:
        """Decode the picture that was grabbed; the array may be used again for the next."""

    def release(self) -> None:
        """Close the device."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A webcam that is plugged in.

    Attributes:
        index: The number to open it by.
        name: What the maker calls it.
        path: Where the system has it; "" where it does not say.
    """

    index: int
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Granted:
    """What a webcam really gives, whatever was asked.

    Attributes:
        wh: Width and height in pixels.
        rate_hz: Frames per second as the driver states them; None where it does not.
        fourcc: Four letters of the picture format, such as MJPG; "" where the driver does not say.
    """

    wh: tuple[int, int]
    rate_hz: float | None
    fourcc: str


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """A webcam that has given its first picture."""

    capture: Capture
    granted: Granted


def open_capture(index: int) -> Capture:
    """The webcam of this number, through the system's own interface."""
    return cv2.VideoCapture(index, _BACKEND)


def list_cameras() -> tuple[Camera, ...]:
    """The webcams that are plugged in, by number; none is opened."""
    from cv2_enumerate_cameras import enumerate_cameras, supported_backends  # here, since few need it

    backend = _BACKEND if _BACKEND in supported_backends else cv2.CAP_ANY
    found = {entry.index: Camera(entry.index, entry.name, entry.path or "") for entry in enumerate_cameras(backend)}
    return tuple(found[index] for index in sorted(found))


class CameraSource:
    """The pictures of a webcam, at its own pace, until it is closed or unplugged.

    The device lives on a thread of its own; a read that hangs ends the iteration after ``read_timeout_s`` and is left
    behind. ``time_s`` counts from the first frame; ``captured_s`` is taken as soon as the driver hands over a picture.

    Args:
        index: Number of the webcam.
        config: Size and rate to ask for, and the two time-outs.
        opener: Opens the device; another one in tests.
        cameras: Lists the devices for names and messages.

    Raises:
        SourceOpenError: It is not there, is in use, or gave no picture in time; lists the webcams found.
    """

    def __init__(
        self,
        index: int,
        config: SourceConfig,
        *,
        opener: Callable[[int], Capture] = open_capture,
        cameras: Callable[[], tuple[Camera, ...]] = list_cameras,
    ) -> None:
        found = cameras()
        label = next((f" ({camera.name})" for camera in found if camera.index == index), "")
        self._name = f"webcam {index}{label}"
        self._read_timeout_s = config.read_timeout_s
        self._progress = Progress()
        self._thread = OwnThread(self._name)
        self._opened = self._open(lambda: _prepared(opener, index, config), config.open_timeout_s, found)

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
        """Frames until ``close`` or a loss."""
        if not self._progress.begin():
            return
        index, started_s, last_s = 0, 0.0, 0.0
        try:
            while (grabbed := self._next()) is not None:
                image, captured_s = grabbed
                started_s = captured_s if index == 0 else started_s
                last_s = captured_s - started_s if index == 0 else max(captured_s - started_s, last_s + 1e-6)
                yield Frame(image, index, last_s, captured_s, self._name)
                index += 1
        finally:
            self._thread.finish(self._opened.capture.release)
            self._progress.end()

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice."""
        self._progress.stop()
        self._thread.interrupt()
        if self._progress.begin():
            self._thread.finish(self._opened.capture.release)
            self._progress.end()

    def _open(self, opening: Callable[[], _Opened], timeout_s: float, found: tuple[Camera, ...]) -> _Opened:
        """The device, opened on its thread; a late one is released there."""
        try:
            return self._thread.call(opening, timeout_s=timeout_s, discard=lambda late: late.capture.release())
        except TimeoutError as error:
            self._thread.finish(_nothing)
            reason = f"did not open within {timeout_s:g} s"
            raise SourceOpenError(_refusal(self._name, reason, found)) from error
        except OSError as error:
            self._thread.finish(_nothing)
            raise SourceOpenError(_refusal(self._name, str(error), found)) from error

    def _next(self) -> tuple[Image, float] | None:
        """The next picture and when it came; None at the end."""
        deadline_s = time.monotonic() + self._read_timeout_s
        try:
            while not self._progress.is_stopped:
                image, captured_s = self._thread.call(
                    lambda: _grab(self._opened.capture), timeout_s=max(deadline_s - time.monotonic(), 0.0)
                )
                if image is not None:
                    return image, captured_s
                self._progress.skip("a picture of the webcam could not be decoded")
        except InterruptedError:
            pass
        except TimeoutError:
            self._progress.end(SourceState.LOST, f"{self._name} gave no picture for {self._read_timeout_s:g} s")
        except ConnectionError as error:
            self._progress.end(SourceState.LOST, f"{self._name} {error}; plug it in again and restart")
        return None


def _prepared(opener: Callable[[int], Capture], index: int, config: SourceConfig) -> _Opened:
    """Open the device, ask for what is wanted, and take one picture as proof; OSError where that fails."""
    with ExitStack() as undo:
        capture = opener(index)
        undo.callback(capture.release)
        if not capture.isOpened():
            raise OSError("cannot be opened: it is not there, in use by another program, or not permitted")
        # The format comes first: uncompressed pictures rule out large sizes at full rate.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, config.camera_width_px)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, config.camera_height_px)
        capture.set(cv2.CAP_PROP_FPS, config.camera_rate_hz)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        image, _ = _grab(capture)
        opened = _Opened(capture, _granted(capture, image))
        undo.pop_all()
        return opened


def _granted(capture: Capture, image: Image | None) -> Granted:
    """What the device gives; the size is the picture's own, as a driver's word may be wrong."""
    width, height = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if image is not None:
        height, width = image.shape[:2]
    letters = (int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF).to_bytes(4, "little")
    return Granted(
        (width, height), capture.get(cv2.CAP_PROP_FPS) or None, letters.decode() if letters.isalnum() else ""
    )


def _grab(capture: Capture) -> tuple[Image | None, float]:
    """A copy of the next picture (None if it cannot be decoded) and when it came; ConnectionError if none comes."""
    try:
        is_there = capture.grab()
        captured_s = time.monotonic()
        if not is_there:
            raise ConnectionError("gives no more pictures: it was unplugged or taken away")
        _, image = capture.retrieve()
    except cv2.error as error:
        raise ConnectionError(f"failed: {error.err}") from error
    return (None if image is None or image.size == 0 else _bgr(image)), captured_s


def _bgr(image: NDArray[Any]) -> Image:
    """(H, W, 3) uint8 BGR that shares no memory with the picture of the camera."""
    if image.ndim == 2 or image.shape[2] == 1:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)
    return np.array(image[..., :3], np.uint8, order="C")


def _refusal(name: str, reason: str, found: tuple[Camera, ...]) -> str:
    """What to say of a webcam that does not open."""
    names = ", ".join(f"{camera.index} ({camera.name})" for camera in found) or "none"
    return f"{name}: {reason}. Webcams found: {names}. Give one of them, a video file, or demo for the shipped clip."


def _nothing() -> None:
    """No device to release."""
