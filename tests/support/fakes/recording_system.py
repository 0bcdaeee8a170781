"""A recorder with a clock, a disk and a timer that a test sets, and what it has recorded."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av

from realtime_pose.config import RecordConfig
from realtime_pose.recording.context import RecordingContext, SystemClock
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.status import RecorderState
from realtime_pose.recording.targets import SegmentSeries
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import COCO17
from tests.support.people.stills import nobody, scene

RATE_HZ = 10
LIVE = RecordingContext(rate_hz=float(RATE_HZ), is_live=True, run=RunHeader("door", COCO17, {}))
NOON = datetime(2030, 1, 2, 12, 0, 0, tzinfo=UTC)
MB = 1_000_000


class FakeSystem:
    """A wall clock, a disk and a timer that a test sets."""

    def __init__(self) -> None:
        self.now = NOON
        self.free = 10_000 * MB
        self.encode_s = 0.0
        self._time_s = 0.0

    @property
    def system_clock(self) -> SystemClock:
        return SystemClock(now=lambda: self.now, free_bytes=lambda folder: self.free, timer=self._read)

    def _read(self) -> float:
        """A time that is `encode_s` later at each call."""
        self._time_s += self.encode_s
        return self._time_s


def make_recorder(folder: Path, system: FakeSystem, *, context: RecordingContext = LIVE, **settings: Any) -> Recorder:
    config = RecordConfig(path=folder, **settings)
    return Recorder(SegmentSeries(folder, config), config, context=context, system_clock=system.system_clock)


def record(recorder: Recorder, system: FakeSystem, seconds: Sequence[float], *, first: int = 0) -> None:
    """Record scenes at these media times; the wall clock moves with them."""
    start = system.now
    for index, time_s in enumerate(seconds, start=first):
        system.now = start + timedelta(seconds=time_s - seconds[0])
        recorder.write(scene(nobody(), index=index, time_s=time_s))


def span(begin: float, end: float) -> list[float]:
    """Media times from begin to end, without the end."""
    return [begin + index / RATE_HZ for index in range(round((end - begin) * RATE_HZ))]


def state(recorder: Recorder) -> RecorderState:
    return recorder.status.state


def videos(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.mp4"))


def greys(path: Path) -> list[int]:
    """Grey value of the bottom right quarter of each image; it identifies the image."""
    with av.open(str(path)) as container:
        images = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    return [int(image[image.shape[0] * 3 // 4, image.shape[1] * 3 // 4, 0]) for image in images]
