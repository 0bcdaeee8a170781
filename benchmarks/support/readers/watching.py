"""Iterates over a source in its own thread, for tests that check the states of the source meanwhile."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from realtime_pose.errors import SourceError
from realtime_pose.reasons import Outage
from realtime_pose.scene import Frame
from realtime_pose.sources import Source, SourceReason, SourceState

POLL_S = 0.01


class SourceWatcher:
    """Takes every frame of a source, and keeps the frames' data but not the images.

    Attributes:
        frames: (index, time_s, captured_s, wh, outage) of each frame.
        ages_s: Age of each frame when it was taken.
        lags_s: Lag of each frame.
        error: The error that ended the iteration, if there was one.
        thread: The thread that iterates.

    Args:
        source: The source; it is closed at the end of the with block.
        work_s: Time that the consumer spends on each frame.
    """

    def __init__(self, source: Source, *, work_s: float = 0.0) -> None:
        self.source = source
        self.frames: list[tuple[int, float, float, tuple[int, int], Outage]] = []
        self.ages_s: list[float] = []
        self.lags_s: list[float] = []
        self.error: SourceError | None = None
        self._pause = threading.Event()
        self._work_s = work_s
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.stop_s() < 2.0, "a source must stop within 2 s"

    def stop_s(self) -> float:
        """Close the source; seconds until the iteration ended."""
        started_s = time.monotonic()
        self.source.close()
        self.thread.join(5.0)
        assert not self.thread.is_alive()
        return time.monotonic() - started_s

    def until(self, condition: Callable[[], bool], within_s: float = 8.0) -> float:
        """Wait until the condition holds; the waiting time in seconds. Fails after the deadline."""
        started_s = time.monotonic()
        while not condition():
            waited_s = time.monotonic() - started_s
            assert waited_s < within_s, f"not within {within_s} s; {self.source.status}, {len(self.frames)} frames"
            self._pause.wait(POLL_S)
        return time.monotonic() - started_s

    def until_state(self, state: SourceState, within_s: float = 8.0) -> float:
        """Wait until the source is in this state; the waiting time in seconds."""
        return self.until(lambda: self.source.status.state is state, within_s)

    def until_reason(self, code: SourceReason, within_s: float = 8.0) -> float:
        """Wait until the source has a reason with this code; the waiting time in seconds."""
        return self.until(lambda: self.source.status.reason.code == code, within_s)

    def until_frames(self, count: int, within_s: float = 8.0) -> float:
        """Wait until this many more frames came; the waiting time in seconds."""
        before = len(self.frames)
        return self.until(lambda: len(self.frames) >= before + count, within_s)

    def _watch(self) -> None:
        try:
            for frame in self.source:
                self._keep(frame)
        except SourceError as error:
            self.error = error

    def _keep(self, frame: Frame) -> None:
        self.ages_s.append(frame.age_s(time.monotonic()))
        self.lags_s.append(frame.lag_s)
        self.frames.append((frame.index, frame.time_s, frame.captured_s, frame.wh, frame.outage))
        if self._work_s:
            self._pause.wait(self._work_s)
