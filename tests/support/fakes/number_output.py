"""An output of a publication that reads the numbers of `numbered_clip`, and may hang."""

import threading
from collections.abc import Callable

from realtime_pose.scene import Image
from tests.support.clips.numbered_clip import number_of

DEADLINE_S = 20.0


class NumberOutput:
    """Keeps the numbers that the images show.

    Attributes:
        hangs: Whether a write waits until it is interrupted.
    """

    def __init__(self, *, hangs: bool = False) -> None:
        self.numbers: list[int] = []
        self.hangs = hangs
        self.is_connected = True
        self._changed = threading.Condition()
        self._is_interrupted = False

    def open(self, wh: tuple[int, int]) -> "NumberOutput":
        return self

    def write(self, image: Image, *, at_s: float) -> None:
        with self._changed:
            self.numbers.append(number_of(image))
            self._changed.notify_all()
            if self.hangs:
                self._changed.wait_for(lambda: self._is_interrupted, DEADLINE_S)

    def wait_for(self, is_done: Callable[[list[int]], bool]) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: is_done(self.numbers), DEADLINE_S)

    def wait_for_last(self, number: int) -> bool:
        return self.wait_for(lambda numbers: numbers[-1:] == [number])

    def close(self) -> None: ...

    def interrupt(self) -> None:
        with self._changed:
            self._is_interrupted = True
            self._changed.notify_all()
