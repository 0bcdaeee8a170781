"""Any frame of a file, by its place: decoded when it is asked for, the last ones kept."""

import math
from collections import deque
from collections.abc import Callable, Generator, Iterator

from realtime_pose.errors import SourceError
from realtime_pose.pipeline.kept_scenes import SAME_S, place_s
from realtime_pose.scene import Frame
from realtime_pose.sources import Source

MAX_BYTES = 256 * 2**20  # of decoded frames: 41 of 1920 x 1080
_JUMP_S = 1.0  # what lies further ahead is not decoded up to there: the file is opened there
_BACK_S = (1.0, 10.0, math.inf)  # how much earlier the file is opened to find the frame before another one
_EARLIER_S = (0.0, 1.0, 10.0, math.inf)  # how much earlier it is opened if there is no frame at the wanted place


class FrameReader:
    """Reads the frames of a file in any order; for one thread.

    Args:
        reopen: Opens the file from a place on.
        max_bytes: Limit of the memory for decoded frames; two are always kept.
    """

    def __init__(self, reopen: Callable[[float], Source], *, max_bytes: int = MAX_BYTES) -> None:
        self._reopen, self._max_bytes = reopen, max_bytes
        self._frames: deque[Frame] = deque()  # neighbours, the last one read from _source
        self._num_bytes = 0
        self._from_s = 0.0  # there is no other frame from here to the first one at hand
        self._first_s = -math.inf  # the first frame of the file, once it is known
        self._is_at_end = False
        self._source: Source | None = None
        self._rest: Iterator[Frame] = iter(())

    def until(self, time_s: float) -> Frame:
        """The last frame up to this time, or the nearest one if there is none.

        Raises:
            SourceError: The file cannot be read any more.
        """
        if not self._frames or not self._holds(time_s):
            self._open(time_s)
        while place_s(self._frames[-1]) < time_s + SAME_S and self._read():
            pass
        earlier = (frame for frame in reversed(self._frames) if place_s(frame) <= time_s + SAME_S)
        return next(earlier, self._frames[0])

    def after(self, frame: Frame) -> Frame:
        """The next frame; the same one at the end. Raises as `until`."""
        self.until(place_s(frame))  # which reads one frame more, unless there is none
        later = (other for other in self._frames if place_s(other) > place_s(frame) + SAME_S)
        return next(later, frame)

    def before(self, frame: Frame) -> Frame:
        """The frame before; the same one at the start. Raises as `until`."""
        if place_s(frame) <= self._first_s + SAME_S:
            return frame
        found = self._earlier(frame)
        for back_s in _BACK_S:
            if found is not None:
                break
            self._open(max(0.0, place_s(frame) - back_s))
            while place_s(self._frames[-1]) < place_s(frame) - SAME_S and self._read():
                pass
            found = self._earlier(frame)
        if found is None:
            self._first_s = place_s(frame)
        return found or frame

    def close(self) -> None:
        """Release the file and the frames."""
        if self._source is not None:
            self._source.close()
        if isinstance(self._rest, Generator):
            self._rest.close()  # the source is released by the thread that reads it
        self._source, self._rest = None, iter(())
        self._frames.clear()
        self._num_bytes = 0

    def _earlier(self, frame: Frame) -> Frame | None:
        """The last of the frames at hand before this one."""
        return next((other for other in reversed(self._frames) if place_s(other) < place_s(frame) - SAME_S), None)

    def _holds(self, time_s: float) -> bool:
        """Whether the frame at this time is at hand, or soon read."""
        is_near = self._is_at_end or time_s <= place_s(self._frames[-1]) + _JUMP_S
        return is_near and time_s >= self._from_s - SAME_S

    def _open(self, time_s: float) -> None:
        """Open the file at this place, or at the nearest one before it that has a frame."""
        for earlier_s in _EARLIER_S:
            self.close()
            self._from_s, self._is_at_end = max(0.0, time_s - earlier_s), False
            try:
                self._source = self._reopen(self._from_s)
                self._rest = iter(self._source)
                if self._read():
                    return
            except SourceError as error:
                failure = error
            else:
                failure = SourceError(
                    f"{self._source.info.name}: no frame can be read at {time_s:.3f} s; play the file"
                )
        raise failure

    def _read(self) -> bool:
        """Read one frame more; False at the end."""
        frame = next(self._rest, None)
        if frame is None:
            self._is_at_end = True
            return False
        self._frames.append(frame)
        self._num_bytes += frame.image.nbytes
        while self._num_bytes > self._max_bytes and len(self._frames) > 2:
            self._num_bytes -= self._frames.popleft().image.nbytes
            self._from_s = place_s(self._frames[0])
        return True
