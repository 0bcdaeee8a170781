"""Fakes that behave like the real parts: a source, a backend, sinks."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_pose.audio.packets import AudioListener
from realtime_pose.errors import SinkError
from realtime_pose.models.backend import Batch
from realtime_pose.models.engine import Engine
from realtime_pose.scene import Boxes, Frame, Poses, Scene
from realtime_pose.skeletons import COCO17, Skeleton
from realtime_pose.sources import SourceInfo, SourceState, SourceStatus
from realtime_pose.video.packets import FrameListener


def frame(index: int = 0, *, wh: tuple[int, int] = (64, 48), time_s: float | None = None, value: int = 0) -> Frame:
    """A frame whose pixels all have this value."""
    image = np.full((wh[1], wh[0], 3), value, np.uint8)
    return Frame(image, index, index / 30 if time_s is None else time_s, captured_s=0.0, source="fake")


class FakeSource:
    """Gives these frames until ``close``; calls ``gate`` with the index before each frame, which may wait."""

    def __init__(
        self,
        frames: Iterable[Frame],
        *,
        is_live: bool = False,
        keeps_newest: bool = False,
        gate: Callable[[int], object] | None = None,
    ) -> None:
        self._frames = frames
        self.info = SourceInfo(
            "fake", is_live=is_live, wh=(64, 48), rate_hz=30.0, num_frames=None, keeps_newest=keeps_newest
        )
        self.closed = threading.Event()
        self.released_in: str | None = None  # name of the thread that ended the iteration
        self._gate = gate
        self._state = SourceState.LIVE
        self._listener: FrameListener | None = None

    @property
    def status(self) -> SourceStatus:
        return SourceStatus(self._state)

    def __iter__(self) -> Iterator[Frame]:
        try:
            for value in self._frames:
                if self._gate is not None:
                    self._gate(value.index)
                if self.closed.is_set():
                    return
                if self._listener is not None:
                    self._listener.receive(value, None)
                yield value
        finally:
            self._state = SourceState.ENDED
            self.released_in = threading.current_thread().name

    def listen(self, listener: AudioListener) -> None:
        pass

    def listen_to_frames(self, listener: FrameListener) -> None:
        self._listener = listener

    def close(self) -> None:
        self.closed.set()


class FakeBackend:
    """Gives ``outputs(batch)`` for every batch, and keeps the batches."""

    def __init__(self, outputs: Callable[[NDArray[Any]], Mapping[str, NDArray[Any]]], *, device: str = "CPU") -> None:
        self._outputs = outputs
        self.device = device
        self.engine = Engine("fake")
        self.batches: list[NDArray[Any]] = []

    def run(self, batch: Batch) -> Mapping[str, NDArray[Any]]:
        inputs = batch[:]
        self.batches.append(inputs)
        return self._outputs(inputs)


class FakeDetector:
    """One box per frame, near the centre; calls ``before`` first."""

    def __init__(self, before: Callable[[Frame], None] = lambda frame: None) -> None:
        self._before = before
        self.thresholds: list[float] = []

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        self._before(frame)
        self.thresholds.append(threshold)
        width, height = frame.wh
        xyxy = np.array([[width * 0.3, height * 0.1, width * 0.6, height * 0.9]], np.float32)
        return Boxes(xyxy, np.array([0.9], np.float32))


class FakeEstimator:
    """Every keypoint at the centre of its box."""

    skeleton: Skeleton = COCO17

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        centre = (boxes.xyxy[:, None, :2] + boxes.xyxy[:, None, 2:]) / 2  # (N, 1, 2)
        keypoints = np.repeat(centre, len(COCO17), axis=1).astype(np.float32)  # (N, K, 2)
        return Poses(keypoints, np.full(keypoints.shape[:2], 0.8, np.float32), boxes, COCO17)


class FakeSink:
    """Keeps scenes; fails at the frame with index ``fails_at``."""

    def __init__(self, *, fails_at: int | None = None, before: Callable[[Scene], None] = lambda scene: None) -> None:
        self.scenes: list[Scene] = []
        self.num_closed = 0
        self._fails_at = fails_at
        self._before = before

    def write(self, scene: Scene) -> None:
        self._before(scene)
        if scene.frame.index == self._fails_at:
            raise SinkError("fake sink: no space left")
        self.scenes.append(scene)

    def close(self) -> None:
        self.num_closed += 1
