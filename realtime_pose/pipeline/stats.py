"""Statistics of a running pipeline: stage times, frame rate and frame age."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from realtime_pose.models.engine import Engine
from realtime_pose.pipeline.live_governor import GovernorReport
from realtime_pose.pipeline.reopener import NoReplay
from realtime_pose.publishing import PublicationStatus
from realtime_pose.recording.status import RecorderStatus
from realtime_pose.scene import Frame
from realtime_pose.sources.source import SourceStatus

_WINDOW = 240  # latest values for percentiles and rates
_RATE_SPAN_S = 2.0


@dataclass(frozen=True, slots=True)
class StageReport:
    """Time of a stage per frame, over the latest frames.

    Attributes:
        p50_s: Median.
        p95_s: 95th percentile.
        count: Frames since the start.
    """

    p50_s: float
    p95_s: float
    count: int


@dataclass(frozen=True, slots=True)
class CrowdReport:
    """Persons for whose poses there was no time.

    Attributes:
        unposed: Of the latest frame.
        most_unposed: Of the frame with the most.
        frames: Frames with such persons, since the start.
    """

    unposed: int = 0
    most_unposed: int = 0
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """State of a pipeline at one moment.

    Attributes:
        source: Status of the source.
        devices: The device that runs each stage's network.
        warning: A warning for the user; "" for none.
        rate_hz: Tracked frames per second over the last two seconds, or the two seconds before the end.
        age_s: Age of the latest frame when it was tracked, see Frame.age_s: reading and the network count. It grows
            while the next frame is overdue. None before the first frame.
        num_frames: Frames tracked since the start.
        stages: Time of each stage.
        dropped: Dropped frames by place and reason: the source, a channel or a stage.
        sink_errors: One message per failed sink, without which the pipeline goes on, and per lost picture.
        written: What holds results: paths of files, the folder of a series, or standard output.
        are_outputs_lost: Whether there were outputs and all have failed.
        is_reader_gone: Whether a pipe failed because the program that read it has ended.
        is_ended: Whether all threads have ended.
        recorder: Status of the recorder.
        age_p50_s: Median age of the latest frames when they were tracked; None before the first frame.
        age_p95_s: 95th percentile of these ages.
        crowd: Persons for whose poses there was no time.
        people_age_s: How much older than the picture in the window its people are; None if they belong to it.
        engines: What runs each stage's network, with its precision.
        no_replay: Why a file on a server has no seek bar; None if it has one, or is no such file.
        governor: What the governor of a live run does, and why; None without one.
        publications: What leaves the program: to a server, to a virtual camera.
    """

    source: SourceStatus
    devices: Mapping[str, str]
    warning: str
    rate_hz: float
    age_s: float | None
    num_frames: int
    stages: Mapping[str, StageReport]
    dropped: Mapping[str, int]
    sink_errors: tuple[str, ...]
    is_ended: bool
    recorder: RecorderStatus
    age_p50_s: float | None = None
    age_p95_s: float | None = None
    crowd: CrowdReport = CrowdReport()
    engines: Mapping[str, Engine] = field(default_factory=dict)
    written: tuple[str, ...] = ()
    people_age_s: float | None = None
    are_outputs_lost: bool = False
    governor: GovernorReport | None = None
    is_reader_gone: bool = False
    publications: tuple[PublicationStatus, ...] = ()
    no_replay: NoReplay | None = None


class Statistics:
    """Collects measurements from all threads under one lock.

    The lock is held for microseconds only.

    Args:
        now_s: The monotonic clock.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._now_s = now_s
        self._ended_s: float | None = None
        self._durations_s: dict[str, deque[float]] = {}  # by stage
        self._counts: dict[str, int] = {}  # by stage, since the start
        self._tracked_s: deque[float] = deque(maxlen=_WINDOW)  # when each frame was tracked, by the monotonic clock
        self._num_frames = 0
        self._crowd = CrowdReport()
        self._ages_s: deque[float] = deque(maxlen=_WINDOW)  # age of the same frames at that time

    def add_time(self, stage: str, duration_s: float) -> None:
        """Record how long a stage took for one frame."""
        with self._lock:
            self._durations_s.setdefault(stage, deque(maxlen=_WINDOW)).append(duration_s)
            self._counts[stage] = self._counts.get(stage, 0) + 1

    def add_tracked(self, frame: Frame, *, now_s: float, unposed: int = 0) -> None:
        """Record that a frame left the tracker.

        Args:
            frame: The frame.
            now_s: The monotonic clock.
            unposed: Persons for whose poses there was no time.
        """
        with self._lock:
            most, frames = max(self._crowd.most_unposed, unposed), self._crowd.frames + bool(unposed)
            self._crowd = CrowdReport(unposed, most, frames)
            self._tracked_s.append(now_s)
            self._num_frames += 1
            self._ages_s.append(frame.age_s(now_s))

    def end(self) -> None:
        """Freeze rate and age at their present values, because no frame follows."""
        with self._lock:
            self._ended_s = self._now_s()

    @property
    def num_frames(self) -> int:
        """Frames tracked since the start."""
        with self._lock:
            return self._num_frames

    @property
    def crowd(self) -> CrowdReport:
        """Persons for whose poses there was no time."""
        with self._lock:
            return self._crowd

    @property
    def age_s(self) -> float | None:
        """Age of the latest frame when tracked, plus the delay of an overdue next one."""
        with self._lock:
            return self._ages_s[-1] + self._window_end_s() - self._tracked_s[-1] if self._ages_s else None

    def age_percentiles_s(self) -> tuple[float | None, float | None]:
        """Median and 95th percentile of frame ages when tracked; None without frames."""
        with self._lock:
            ages_s = list(self._ages_s)
        if not ages_s:
            return None, None
        p50, p95 = np.percentile(ages_s, (50, 95))
        return float(p50), float(p95)

    @property
    def rate_hz(self) -> float:
        """Tracked frames per second over the last two seconds; 0 below two frames."""
        with self._lock:
            end_s = self._window_end_s()
            recent = self._tracked_since(end_s - _RATE_SPAN_S)
        # n frames have n - 1 intervals between them.
        return (len(recent) - 1) / (end_s - recent[0]) if len(recent) > 1 and end_s > recent[0] else 0.0

    def _window_end_s(self) -> float:
        """End of the time window for rate and age; the caller holds the lock.

        It is the time of the latest frame while the next one is not overdue. Otherwise both figures would change
        between two frames of a steady source.
        """
        now_s = self._now_s() if self._ended_s is None else self._ended_s
        if not self._tracked_s:
            return now_s
        latest_s = self._tracked_s[-1]
        recent = self._tracked_since(latest_s - _RATE_SPAN_S)
        usual_interval_s = (latest_s - recent[0]) / (len(recent) - 1) if len(recent) > 1 else 0.0
        return max(latest_s, now_s - usual_interval_s)

    def _tracked_since(self, earliest_s: float) -> list[float]:
        """Times of the frames tracked since then; the caller holds the lock."""
        return [tracked_s for tracked_s in self._tracked_s if tracked_s >= earliest_s]

    def stages(self) -> dict[str, StageReport]:
        """Time of each stage."""
        # Copy under the lock, compute percentiles outside: all stages wait for this lock.
        with self._lock:
            samples = {name: (list(values), self._counts[name]) for name, values in self._durations_s.items()}
        reports = {}
        for name, (values, count) in samples.items():
            p50, p95 = np.percentile(values, (50, 95))
            reports[name] = StageReport(float(p50), float(p95), count)
        return reports
