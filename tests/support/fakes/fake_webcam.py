"""A webcam without hardware: behaves as OpenCV's VideoCapture does when it is slow, refused, unplugged or hangs."""

import threading
from collections.abc import Callable, Collection
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime_pose.config import SourceConfig
from realtime_pose.scene import Frame
from realtime_pose.sources import Source, SourceState, SourceStatus, Webcam, WebcamSource
from realtime_pose.sources.backoff import Timing

FOUND = (Webcam(0, "Front", "/dev/video0"), Webcam(4, "Desk", "/dev/video4"))
QUICK = SourceConfig(open_timeout_s=0.2, read_timeout_s=0.2)
DEADLINE_S = 10.0  # for waits that the test itself ends


class FakeUsbPort:
    """Opens one device after another, as if the webcam was plugged in again; closes the source when none is left.

    Attributes:
        source: The source; the test sets it.
        lost: Status of the source at each opening.
        opened: Device numbers that were opened.
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
        return capture or FakeCapture(is_refused=True)  # nothing is plugged in


class FakeCapture:
    """Gives images of one value each, 1, 2, 3, ..., as fast as they are read, all in the same buffer.

    Args:
        count: Number of images until it is unplugged; None: endless.
        wh: Size of the images, whatever size is requested.
        is_refused: Whether it never opens.
        hangs_at: Number of the image at which ``grab`` waits for ``go_on``.
        undecodable: Numbers of images that cannot be decoded.
        shape: Shape of the images; None: (H, W, 3) of wh.
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
        self._buffer = np.zeros(shape or (wh[1], wh[0], 3), np.uint8)  # reused, as by some drivers

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


class FrozenCapture(FakeCapture):
    """Returns the same image again and again while it is frozen."""

    is_frozen = True

    def retrieve(self) -> tuple[bool, NDArray[Any] | None]:
        is_there, image = super().retrieve()
        if image is not None and self.is_frozen:
            image[:] = 7
        return is_there, image


def wait_nothing(stop: threading.Event, _: float) -> bool:
    """Returns at once, so the device is opened again without a wait."""
    return stop.is_set()


def wait_shortly(stop: threading.Event, _: float) -> bool:
    """Waits 10 ms before the device is opened again."""
    return stop.wait(0.01)


def open_port(
    port: FakeUsbPort,
    config: SourceConfig = QUICK,
    wanted: int | str = 0,
    found: Callable[[], tuple[Webcam, ...]] = lambda: FOUND,
    wait: Callable[[threading.Event, float], bool] = wait_nothing,
) -> WebcamSource:
    port.source = WebcamSource(wanted, config, opener=port, cameras=found, timing=Timing(wait=wait))
    return port.source


def open_webcam(capture: FakeCapture, config: SourceConfig = QUICK, index: int = 0) -> WebcamSource:
    """The webcam; after its first loss it does not come back, and the source is closed."""
    return open_port(FakeUsbPort(capture), config, index)


def run_until_lost(capture: FakeCapture) -> tuple[list[Frame], SourceStatus]:
    """All frames until the webcam is lost, and the status then."""
    port = FakeUsbPort(capture)
    frames = list(open_port(port))
    assert port.source is not None
    assert port.source.status.state is SourceState.ENDED
    return frames, port.lost[0]
