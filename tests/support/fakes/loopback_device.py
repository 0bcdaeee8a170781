"""A device of v4l2loopback that is a file: the two system calls are answered, and what is written can be read."""

import errno
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.system import video_loopback

Image = NDArray[np.uint8]


class FakeLoopback:
    """Stands for the kernel while a test runs.

    Attributes:
        path: The device.
        capabilities: What it says it can do; 2 is to take images.
        kept_wh: The size that it keeps whatever is asked for, as if another program used it; None: any size.
        wh: The size that was set last.
    """

    def __init__(self, path: Path, patch: pytest.MonkeyPatch) -> None:
        path.touch()
        self.path = path
        self.capabilities = 2
        self.kept_wh: tuple[int, int] | None = None
        self.wh: tuple[int, int] | None = None
        patch.setattr(video_loopback, "ioctl", self._ioctl)

    def images(self) -> list[Image]:
        """The images so far, BGR."""
        assert self.wh is not None
        width, height = self.wh
        frames = np.frombuffer(self.path.read_bytes(), np.uint8).reshape(-1, height * 3 // 2, width)
        return [np.asarray(cv2.cvtColor(frame, cv2.COLOR_YUV2BGR_I420), np.uint8) for frame in frames]

    def _ioctl(self, descriptor: int, request: int, argument: bytearray) -> int:
        if len(argument) == 104:  # VIDIOC_QUERYCAP
            struct.pack_into("=I", argument, 88, 0)
            struct.pack_into("=I", argument, 84, self.capabilities)
            return 0
        if len(argument) == 208:  # VIDIOC_S_FMT
            kind, width, height, pixels = struct.unpack_from("=I4xIII", argument)
            assert (kind, pixels) == (2, int.from_bytes(b"YU12", "little"))
            self.wh = self.kept_wh or (width, height)
            struct.pack_into("=II", argument, 8, *self.wh)
            return 0
        raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")
