"""Images to a virtual camera: a device of v4l2loopback, which other programs open as a webcam."""

from pathlib import Path

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.errors import SinkError
from realtime_pose.recording.encoder import letterbox
from realtime_pose.scene import Image
from realtime_pose.system.video_loopback import LoopbackDevice, check_device

_ADVICE = "load one with: sudo modprobe v4l2loopback exclusive_caps=1 card_label=realtime-pose"


def check_camera(path: Path) -> None:
    """Raise SinkError unless this device can show images."""
    try:
        check_device(path)
    except OSError as error:
        raise _device_error(path, error) from error


class CameraOutput:
    """A virtual camera. The first image sets its size; later ones of another size are letterboxed.

    Args:
        path: The device.
        wh: Width and height of the first image.

    Attributes:
        is_connected: Whether the device has taken an image; it does so whether somebody looks or not.

    Raises:
        SinkError: The device cannot be opened, or does not take this size.
    """

    def __init__(self, path: Path, wh: tuple[int, int]) -> None:
        self.is_connected = False
        self._path = path
        self._wh = (max(2, wh[0] // 2 * 2), max(2, wh[1] // 2 * 2))  # the colours have half the sides
        try:
            self._device = LoopbackDevice(path, self._wh)
        except OSError as error:
            raise _device_error(path, error) from error

    def write(self, image: Image, *, at_s: float) -> None:  # noqa: ARG002 - a device shows an image at once
        """Show an image.

        Raises:
            SinkError: The device is gone.
        """
        yuv = np.asarray(cv2.cvtColor(letterbox(image, self._wh), cv2.COLOR_BGR2YUV_I420), np.uint8)
        try:
            self._device.write(yuv.tobytes())
        except OSError as error:
            raise _device_error(self._path, error) from error
        self.is_connected = True

    def close(self) -> None:
        """Close the device."""
        self._device.close()

    def interrupt(self) -> None:
        """Nothing waits here."""


def _device_error(path: Path, error: OSError) -> SinkError:
    why = error.strerror or str(error)
    return SinkError(f"virtual camera {path}: expected a device of v4l2loopback, but {why}; {_ADVICE}")
