"""The webcams of this computer through OpenCV: listed, opened with the requested format, and read."""

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
from realtime_pose.reasons import Reason
from realtime_pose.scene import Image
from realtime_pose.sources.faults import WebcamError
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.source import NegotiatedFormat

_BACKENDS = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_MSMF, "darwin": cv2.CAP_AVFOUNDATION}
_BACKEND = _BACKENDS.get(sys.platform, cv2.CAP_ANY)
_CODES = {
    errno.EBUSY: SourceReason.BUSY,
    errno.EACCES: SourceReason.NOT_PERMITTED,
    errno.EPERM: SourceReason.NOT_PERMITTED,
    errno.ENODEV: SourceReason.NOT_THERE,
    errno.ENOENT: SourceReason.NOT_THERE,
}


class Capture(Protocol):
    """The part of ``cv2.VideoCapture`` that is used here, with OpenCV's names."""

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Whether the device is open."""

    def set(self, propId: int, value: float, /) -> bool:  # noqa: N803 - OpenCV's name
        """Request a value of a property; False if it is refused at once."""

    def get(self, propId: int, /) -> float:  # noqa: N803 - OpenCV's name
        """The value of a property now."""

    def grab(self) -> bool:
        """Wait for the next frame; False if none came."""

    def retrieve(self) -> tuple[bool, NDArray[Any] | None]:
        """Decode the frame that was grabbed; its array may be used again for the next frame."""

    def release(self) -> None:
        """Close the device."""


@dataclass(frozen=True, slots=True)
class Webcam:
    """A webcam that is plugged in.

    Attributes:
        index: Number that opens it.
        name: Product name.
        path: Path of its device; "" if unknown.
    """

    index: int
    name: str
    path: str


@dataclass(frozen=True, slots=True, eq=False)
class OpenWebcam:
    """A webcam that has delivered its first frame."""

    capture: Capture
    negotiated: NegotiatedFormat


def open_capture(index: int) -> Capture:
    """The webcam with this number, through the camera interface of the operating system."""
    return cv2.VideoCapture(index, _BACKEND)


def list_webcams() -> tuple[Webcam, ...]:
    """The webcams that are plugged in, sorted by number; opens none."""
    from cv2_enumerate_cameras import enumerate_cameras, supported_backends  # imported here because it is rarely needed

    backend = _BACKEND if _BACKEND in supported_backends else cv2.CAP_ANY
    webcams = {entry.index: Webcam(entry.index, entry.name, entry.path or "") for entry in enumerate_cameras(backend)}
    return tuple(webcams[index] for index in sorted(webcams))


def open_webcam(opener: Callable[[int], Capture], webcam: Webcam, config: SourceConfig) -> OpenWebcam:
    """Open the device, request the format, and read one frame as a check; raises WebcamError if that fails."""
    with ExitStack() as cleanup:
        capture = opener(webcam.index)
        cleanup.callback(capture.release)
        if not capture.isOpened():
            raise WebcamError(_refusal(webcam))
        # The pixel format comes first: with uncompressed frames, USB is too slow for large sizes at full rate.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, config.camera_width_px)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, config.camera_height_px)
        capture.set(cv2.CAP_PROP_FPS, config.camera_rate_hz)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # a larger buffer only adds latency
        image, _ = grab(capture)
        device = OpenWebcam(capture, _read_format(capture, image, config))
        cleanup.pop_all()
        return device


def _read_format(capture: Capture, image: Image | None, config: SourceConfig) -> NegotiatedFormat:
    """The negotiated format; the size is that of the image, because drivers may state a wrong one."""
    width, height = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if image is not None:
        height, width = image.shape[:2]
    # The FOURCC comes as a float that holds four ASCII bytes.
    letters = (int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF).to_bytes(4, "little")
    fourcc = letters.decode() if letters.isalnum() else ""
    requested_wh = config.camera_width_px, config.camera_height_px
    rate_hz = capture.get(cv2.CAP_PROP_FPS) or None
    return NegotiatedFormat((width, height), rate_hz, fourcc, requested_wh, config.camera_rate_hz)


def grab(capture: Capture) -> tuple[Image | None, float]:
    """A copy of the next image and its monotonic time; None if it cannot be decoded.

    Raises:
        WebcamError: No frame came.
    """
    try:
        has_frame = capture.grab()
        captured_s = time.monotonic()  # before decoding, which takes time
        if not has_frame:
            raise WebcamError(Reason(SourceReason.UNPLUGGED))
        _, image = capture.retrieve()
    except cv2.error as error:
        raise WebcamError(Reason(SourceReason.DRIVER_FAILED, {"error": error.err})) from error
    return (None if image is None or image.size == 0 else _copy_bgr(image)), captured_s


def _copy_bgr(image: NDArray[Any]) -> Image:
    """(H, W, 3) uint8 BGR that shares no memory with the buffer of the camera."""
    if image.ndim == 2 or image.shape[2] == 1:  # grey: (H, W) or (H, W, 1)
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)
    return np.array(image[..., :3], np.uint8, order="C")


def _refusal(webcam: Webcam) -> Reason:
    """Why a webcam cannot be opened, found by opening its device file."""
    path = webcam.path or (f"/dev/video{webcam.index}" if sys.platform == "linux" else "")
    if not path.startswith("/dev/"):
        return Reason(SourceReason.NOT_OPENED_UNKNOWN)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        code = _CODES.get(error.errno or 0)
        return Reason(SourceReason.NOT_OPENED, {"strerror": error.strerror or ""}) if code is None else Reason(code)
    # Several programs may open the device file, but only one may read frames; so this is the only reason left.
    return Reason(SourceReason.BUSY)


def find_webcam(wanted: int | str, webcams: tuple[Webcam, ...]) -> Webcam:
    """The webcam with this number, name or path. One that is not listed can still be opened by its number.

    Raises:
        WebcamError: No webcam has this name or path.
    """
    if isinstance(wanted, int):
        return next((webcam for webcam in webcams if webcam.index == wanted), Webcam(wanted, "", ""))
    real = str(Path(wanted).resolve()) if wanted.startswith("/") else ""  # follows links such as those in by-id
    for webcam in webcams:
        if wanted in (webcam.name, webcam.path) or (real and webcam.path and str(Path(webcam.path).resolve()) == real):
            return webcam
    number = real.removeprefix("/dev/video")
    if real.startswith("/dev/video") and number.isdecimal():
        return Webcam(int(number), "", real)
    raise WebcamError(Reason(SourceReason.NOT_LISTED))


def find_same_webcam(webcam: Webcam, webcams: tuple[Webcam, ...]) -> Webcam:
    """The same webcam with its present number: by path and name, else by name; unchanged if it is not listed."""
    same_path = [now for now in webcams if webcam.path and (now.path, now.name) == (webcam.path, webcam.name)]
    same_name = [now for now in webcams if webcam.name and now.name == webcam.name]
    return next(iter(same_path + same_name), webcam)


def webcam_name(wanted: int | str, webcams: tuple[Webcam, ...]) -> str:
    """Number and product name of a webcam, as far as they are known."""
    try:
        webcam = find_webcam(wanted, webcams)
    except WebcamError:
        return f"webcam {wanted}"
    return f"webcam {webcam.index}" + (f" ({webcam.name})" if webcam.name else "")


def open_error_message(name: str, reason: str, webcams: tuple[Webcam, ...]) -> str:
    """Message for a webcam that cannot be opened."""
    names = ", ".join(f"{webcam.index} ({webcam.name})" for webcam in webcams) or "none"
    return f"{name} {reason}. Webcams found: {names}. Give one of them, a video file, or demo for the shipped clip."
