"""Connections to a live stream without a network: frames from a counter, failures, and calls that hang."""

import threading
import time
from collections.abc import Callable
from itertools import count

import numpy as np

from realtime_pose.audio.packets import AudioFormat
from realtime_pose.config import SourceConfig
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.sources import SourceReason, SourceState
from realtime_pose.sources.decoded_frame import DecodedFrame
from realtime_pose.sources.faults import StreamError
from realtime_pose.sources.status import StatusTracker
from realtime_pose.video.packets import VideoFormat

HANG_S = 10.0  # longest time that a call hangs, if the test does not end it
REFUSED = StreamError("cam", Reason(SourceReason.UNAUTHORIZED), state=SourceState.AUTH_FAILED)
UNREACHABLE = StreamError("cam", Reason(SourceReason.CONNECTION_REFUSED))


class FakeConnection:
    """A connection that makes its frames, each different from the one before.

    Attributes:
        closed: Set by ``close``.
        hang: If set, ``read`` waits for this event first.

    Args:
        num_frames: Frames until the end.
        step_s: Seconds from frame to frame.
        is_frozen: All frames are alike.
    """

    def __init__(self, *, num_frames: int = 10**9, step_s: float = 0.01, is_frozen: bool = False) -> None:
        self.wh = (8, 8)
        self.rate_hz: float | None = 30.0
        self.is_live, self.is_segmented, self.has_clock, self.read_error = True, False, True, NO_REASON
        self.audio_format: AudioFormat | None = None
        self.poll_s = 0.0
        self.video_format: VideoFormat | None = None
        self.closed = threading.Event()
        self.hang: threading.Event | None = None
        self._num_frames, self._step_s, self._is_frozen = num_frames, step_s, is_frozen
        self._numbers = count()
        self._pause = threading.Event()

    def read(self) -> DecodedFrame | None:
        if self.hang is not None:
            self.hang.wait(HANG_S)
        number = next(self._numbers)
        if number >= self._num_frames:
            return None
        self._pause.wait(self._step_s)
        value = 0 if self._is_frozen else number % 250
        return DecodedFrame(np.full((8, 8, 3), value, np.uint8), number * self._step_s, time.monotonic())

    def close(self) -> None:
        self.closed.set()


def connect_in_turn(*results: FakeConnection | Exception) -> Callable[[StatusTracker], FakeConnection]:
    """A connect function that returns or raises one result after another, the last one again and again."""
    left = list(results)

    def connect(_: StatusTracker) -> FakeConnection:
        result = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(result, Exception):
            raise result
        return result

    return connect


class ShortWaits:
    """Waits that take a millisecond.

    Attributes:
        waits_s: How long each should have taken.
    """

    def __init__(self) -> None:
        self.waits_s: list[float] = []

    def __call__(self, stop: threading.Event, wait_s: float) -> bool:
        self.waits_s.append(wait_s)
        return stop.wait(0.001)


def stream_config(**changes: object) -> SourceConfig:
    """Short timeouts, and these changes."""
    settings: dict[str, object] = {
        "uri": "rtsp://cam/x", "open_timeout_s": 0.3, "read_timeout_s": 0.3, "stalled_s": 0.1, "keep_trying": True,
    }  # fmt: skip
    return SourceConfig(**(settings | changes))  # type: ignore[arg-type]
