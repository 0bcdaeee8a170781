"""The webcams of this machine through OpenCV: found, opened at what was asked for, and read."""

import errno
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.config import SourceConfig
from realtime_pose.scene import Image

_BACKENDS = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_MSMF, "darwin": cv2.CAP_AVFOUNDATION}
_BACKEND = _BACKENDS.get(sys.platform, cv2.CAP_ANY)
_REASONS = {
    errno.EBUSY: "another program uses it; close that one",
    errno.EACCES: "you may not use it; add yourself to the group of its device file (video)",
    errno.EPERM: "you may not use it; add yourself to the group of its device file (video)",
    errno.ENODEV: "it is not there",
}


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
class Webcam:
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
class NegotiatedFormat:
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
class OpenWebcam:
    """A webcam that has given its first picture."""

    capture: Capture
    negotiated: NegotiatedFormat


def open_capture(index: int) -> Capture:
    """The webcam of this number, through the system's own interface."""
    return cv2.VideoCapture(index, _BACKEND)


def list_webcams() -> tuple[Webcam, ...]:
    """The webcams that are plugged in, by number; none is opened."""
    from cv2_enumerate_cameras import enumerate_cameras, supported_backends  # here, since few need it

    backend = _BACKEND if _BACKEND in supported_backends else cv2.CAP_ANY
    found = {entry.index: Webcam(entry.index, entry.name, entry.path or "") for entry in enumerate_cameras(backend)}
    return tuple(found[index] for index in sorted(found))


def prepared(opener: Callable[[int], Capture], camera: Webcam, config: SourceConfig) -> OpenWebcam:
    """Open the device, ask for what is wanted, and take one picture as proof; OSError where that fails."""
    with ExitStack() as undo:
        capture = opener(camera.index)
        undo.callback(capture.release)
        if not capture.isOpened():
            raise _refused(camera)
        # The format comes first: uncompressed pictures rule out large sizes at full rate.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, config.camera_width_px)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, config.camera_height_px)
        capture.set(cv2.CAP_PROP_FPS, config.camera_rate_hz)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        image, _ = grab(capture)
        opened = OpenWebcam(capture, _negotiated(capture, image))
        undo.pop_all()
        return opened


def _negotiated(capture: Capture, image: Image | None) -> NegotiatedFormat:
    """What the device gives; the size is the picture's own, as a driver's word may be wrong."""
    width, height = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if image is not None:
        height, width = image.shape[:2]
    letters = (int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF).to_bytes(4, "little")
    return NegotiatedFormat(
        (width, height), capture.get(cv2.CAP_PROP_FPS) or None, letters.decode() if letters.isalnum() else ""
    )


def grab(capture: Capture) -> tuple[Image | None, float]:
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


def _refused(camera: Webcam) -> OSError:
    """Why a webcam cannot be opened, as far as the system tells by opening its device file."""
    path = camera.path or (f"/dev/video{camera.index}" if sys.platform == "linux" else "")
    if not path.startswith("/dev/"):
        return OSError("cannot be opened: it is not there, in use by another program, or not permitted")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except FileNotFoundError:
        return FileNotFoundError("cannot be opened: it is not there")
    except OSError as error:
        return OSError(f"cannot be opened: {_REASONS.get(error.errno or 0, error.strerror)}")
    # The system lets many open it and one read it, so this is what is left.
    return OSError(f"cannot be opened: {_REASONS[errno.EBUSY]}")


def chosen(wanted: int | str, found: tuple[Webcam, ...]) -> Webcam:
    """The webcam that is meant; one of unknown name where only its number is known.

    Raises:
        FileNotFoundError: There is none of this name or path.
    """
    if isinstance(wanted, int):
        return next((camera for camera in found if camera.index == wanted), Webcam(wanted, "", ""))
    real = str(Path(wanted).resolve()) if wanted.startswith("/") else ""
    for camera in found:
        if wanted in (camera.name, camera.path) or (real and camera.path and str(Path(camera.path).resolve()) == real):
            return camera
    number = real.removeprefix("/dev/video")
    if real.startswith("/dev/video") and number.isdecimal():
        return Webcam(int(number), "", real)
    raise FileNotFoundError("is not there: no webcam has this name or path")


def find_again(camera: Webcam, found: tuple[Webcam, ...]) -> Webcam:
    """The same webcam under its number of now; as it was where it is not listed."""
    for same in (
        [now for now in found if camera.path and now.path == camera.path and now.name == camera.name],
        [now for now in found if camera.name and now.name == camera.name],
    ):
        if same:
            return same[0]
    return camera


def name_of(wanted: int | str, found: tuple[Webcam, ...]) -> str:
    """What the webcam that is meant is called: its number and the maker's name, as far as they are known."""
    try:
        camera = chosen(wanted, found)
    except FileNotFoundError:
        return f"webcam {wanted}"
    return f"webcam {camera.index}" + (f" ({camera.name})" if camera.name else "")


def refusal(name: str, reason: str, found: tuple[Webcam, ...]) -> str:
    """What to say of a webcam that does not open."""
    names = ", ".join(f"{camera.index} ({camera.name})" for camera in found) or "none"
    return f"{name} {reason}. Webcams found: {names}. Give one of them, a video file, or demo for the shipped clip."
