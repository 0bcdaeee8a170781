"""Devices of v4l2loopback, which other programs see as webcams: Linux only.

Plain system calls of Video4Linux: the format once, then a write for each image. Elsewhere there are no such devices.
Source: include/uapi/linux/videodev2.h.
"""

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

try:
    from fcntl import ioctl
except ImportError:  # Windows
    ioctl: Callable[..., Any] = None  # type: ignore[no-redef]

_QUERYCAP, _SET_FORMAT = 0x80685600, 0xC0D05605  # VIDIOC_QUERYCAP, VIDIOC_S_FMT
_CAPABILITY = struct.Struct("=16s32s32sIII12x")  # v4l2_capability: the last two numbers are the capabilities
_FORMAT = struct.Struct("=I4x12I152x")  # v4l2_format with a v4l2_pix_format, which is aligned to 8 bytes
_VIDEO_OUTPUT = 2  # V4L2_CAP_VIDEO_OUTPUT, and V4L2_BUF_TYPE_VIDEO_OUTPUT
_PLANAR_420 = int.from_bytes(b"YU12", "little")  # V4L2_PIX_FMT_YUV420: Y, then U and V of half the sides
_NO_FIELDS, _SMPTE170M = 1, 1  # V4L2_FIELD_NONE; V4L2_COLORSPACE_SMPTE170M, the matrix of BT.601
_DEVICES = Path("/sys/class/video4linux")


def loopback_devices() -> list[Path]:
    """The devices that take images, in the order of their numbers; none outside Linux."""
    names = sorted((path.name for path in _DEVICES.glob("video*")), key=lambda name: (len(name), name))
    return [path for path in (Path("/dev", name) for name in names) if _takes_images(path)]


def _takes_images(path: Path) -> bool:
    try:
        check_device(path)
    except OSError:
        return False
    return True


def check_device(path: Path) -> None:
    """Raise OSError unless this is a device that takes images; nothing is sent to it."""
    with _opened(path):
        return


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A device that takes images, which is closed at the end of the block."""
    if ioctl is None:
        raise OSError("this system has no Video4Linux")
    descriptor = os.open(path, os.O_RDWR)
    try:
        answer = bytearray(_CAPABILITY.size)
        ioctl(descriptor, _QUERYCAP, answer)
        _, _, _, _, all_devices, this_device = _CAPABILITY.unpack(answer)
        if not (this_device or all_devices) & _VIDEO_OUTPUT:
            raise OSError("it is a webcam, which takes no images")
        yield descriptor
    finally:
        os.close(descriptor)


class LoopbackDevice:
    """An open device that shows what is written to it.

    Args:
        path: Such as /dev/video10.
        wh: Width and height of all images, both even.

    Raises:
        OSError: It cannot be opened, or does not take images of this size.
    """

    def __init__(self, path: Path, wh: tuple[int, int]) -> None:
        width, height = wh
        wanted = (width, height, _PLANAR_420, _NO_FIELDS, width, width * height * 3 // 2, _SMPTE170M, 0, 0, 0, 0, 0)
        with ExitStack() as undo:
            self._descriptor = undo.enter_context(_opened(path))
            answer = bytearray(_FORMAT.pack(_VIDEO_OUTPUT, *wanted))
            ioctl(self._descriptor, _SET_FORMAT, answer)
            _, *got = _FORMAT.unpack(answer)
            if tuple(got[:3]) != wanted[:3]:
                raise OSError(f"it keeps {got[0]}x{got[1]}, because another program uses it")
            self._open = undo.pop_all()

    def write(self, image: bytes) -> None:
        """Show the next image, in YUV 4:2:0; raises OSError."""
        os.write(self._descriptor, image)

    def close(self) -> None:
        """Close the device; may be called twice."""
        self._open.close()
