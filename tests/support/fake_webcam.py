"""A webcam without hardware: what OpenCV's VideoCapture does when it is slow, refused, unplugged or hung."""

import threading
from collections.abc import Collection
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime_pose.sources import Source, SourceStatus

DEADLINE_S = 10.0  # of waits that a test ends itself


class Usb:
    """Opens one device after another, as if plugged in again; with none left it closes the source.

    Attributes:
        source: To be set, and closed.
        lost: The status of the source whenever it was opened again.
        opened: The numbers that were opened.
    """

    def __init__(self, *captures: "FakeCapture") -> None:
        self.source: Source | None = None
        self.lost: list[SourceStatus] = []
        self.opened: list[int] = []
        self._captures = iter(captures)

    def __call__(self, index: int) -> "FakeCapture":
        self.opened.append(index)
        if self.source is not None:
            self.lost.append(self.source.status)
        capture = next(self._captures, None)
        if capture is None and self.source is not None:
            self.source.close()
        return capture or FakeCapture(is_refused=True)


class FakeCapture:
    """Gives pictures of one value each, 1, 2, 3, ..., as fast as they are taken, all from one buffer.

    Args:
        count: Pictures until it is unplugged; None: endless.
        wh: Size of the pictures, whatever is asked.
        is_refused: Never opens.
        hangs_at: Number of the picture at which ``grab`` waits for ``go_on``.
        undecodable: Numbers of pictures that cannot be decoded.
        shape: Of the pictures; (H, W, 3) of wh where None.
    """

    def __init__(
        self,
        *,
        count: int | None = None,
        wh: tuple[int, int] = (64, 48),
        is_refused: bool = False,
        hangs_at: int | None = None,
        undecodable: Collection[int] = (),
        shape: tuple[int, ...] | None = None,
    ) -> None:
        self.settings: list[tuple[int, float]] = []
        self.reading_threads: set[int] = set()
        self.releasing_threads: list[int] = []
        self.released = threading.Event()
        self.hanging = threading.Event()
        self.go_on = threading.Event()
        self._count = count
        self._is_refused = is_refused
        self._hangs_at = hangs_at
        self._undecodable = undecodable
        self._number = 0
        self._buffer = np.zeros(shape or (wh[1], wh[0], 3), np.uint8)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return not self._is_refused and not self.released.is_set()

    def set(self, propId: int, value: float, /) -> bool:  # noqa: N803 - OpenCV's name
        self.settings.append((propId, value))
        return True

    def get(self, propId: int, /) -> float:  # noqa: N803 - OpenCV's name
        return {cv2.CAP_PROP_FPS: 30.0, cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*"MJPG"))}.get(propId, 0.0)

    def grab(self) -> bool:
        assert not self.released.is_set(), "read after release"
        self.reading_threads.add(threading.get_ident())
        self._number += 1
        if self._number == self._hangs_at:
            self.hanging.set()
            self.go_on.wait(DEADLINE_S)
        return self._count is None or self._number <= self._count

    def retrieve(self) -> tuple[bool, NDArray[Any] | None]:
        if self._number in self._undecodable:
            return False, None
        self._buffer[:] = self._number % 256
        return True, self._buffer

    def release(self) -> None:
        self.releasing_threads.append(threading.get_ident())
        self.released.set()
