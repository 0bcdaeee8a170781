"""How the pipeline is doing: the time of each stage, the rate, the age of what is shown, and a `Report` of all that."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from realtime_pose.scene import Frame, Scene
from realtime_pose.sources.source import SourceStatus

T = TypeVar("T")

_WINDOW = 240  # values that a percentile or a rate looks back on
_RATE_SPAN_S = 2.0


@dataclass(frozen=True, slots=True)
class StageReport:
    """How long a stage takes for one frame, over the last frames.

    Attributes:
        p50_s: Median seconds.
        p95_s: 95th percentile.
        count: Frames since the start.
    """

    p50_s: float
    p95_s: float
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """How a pipeline is doing at one moment.

    Attributes:
        source: State of the source, with its reason.
        devices: Where the network of each stage really runs.
        warning: What the user must know, in words; "" for nothing.
        rate_hz: Frames tracked per second over the last two seconds before now, or before the end.
        age_s: Seconds between the making of the newest tracked frame, as far as that is known, and the moment it was
            tracked: what reading and the network add counts, see Frame.age_s. It counts on where the next frame takes
            longer than is usual. None before the first.
        num_frames: Frames tracked since the start.
        stages: Times of each stage.
        dropped: Frames that the source or a channel dropped, or that were given up at a stage.
        recording: Path of the running recording; "" for none.
        sink_errors: Why each closed sink failed; the pipeline goes on without it.
        is_ended: Whether all threads have ended.
        recorder: What the recorder is doing, in a word: idle, armed, recording, ending or paused.
        recorder_note: What the user should know of it, such as a full disk; "" for nothing.
        recorder_dropped: Frames that recordings left out because encoding took too long.
        age_p50_s: Median of the ages of the last frames when they were tracked; None before the first.
        age_p95_s: 95th percentile likewise.
    """

    source: SourceStatus
    devices: Mapping[str, str]
    warning: str
    rate_hz: float
    age_s: float | None
    num_frames: int
    stages: Mapping[str, StageReport]
    dropped: Mapping[str, int]
    recording: str
    sink_errors: tuple[str, ...]
    is_ended: bool
    recorder: str = "idle"
    recorder_note: str = ""
    recorder_dropped: int = 0
    age_p50_s: float | None = None
    age_p95_s: float | None = None


class Statistics:
    """Collects from all threads; one lock, held for microseconds.

    Args:
        now_s: The monotonic clock.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._now_s = now_s
        self._ended_s: float | None = None
        self._durations_s: dict[str, deque[float]] = {}
        self._counts: dict[str, int] = {}
        self._tracked_s: deque[float] = deque(maxlen=_WINDOW)
        self._num_frames = 0
        self._ages_s: deque[float] = deque(maxlen=_WINDOW)

    def timed(self, stage: str, work: Callable[[Scene], Scene]) -> Callable[[Scene], Scene]:
        """The same function, its time noted here and in the scene's timings."""

        def timed_work(scene: Scene) -> Scene:
            started = time.perf_counter()
            result = work(scene)
            duration_s = time.perf_counter() - started
            self._add(stage, duration_s)
            return replace(result, timings={**result.timings, stage: duration_s})

        return timed_work

    def timed_values(self, stage: str, values: Iterable[T]) -> Iterator[T]:
        """The same values; how long each took to come is noted here."""
        iterator = iter(values)
        while True:
            started = time.perf_counter()
            try:
                value = next(iterator)
            except StopIteration:
                return
            self._add(stage, time.perf_counter() - started)
            yield value

    def _add(self, stage: str, duration_s: float) -> None:
        with self._lock:
            self._durations_s.setdefault(stage, deque(maxlen=_WINDOW)).append(duration_s)
            self._counts[stage] = self._counts.get(stage, 0) + 1

    def add_tracked(self, frame: Frame, *, now_s: float) -> None:
        """A frame left the tracker now, by the monotonic clock."""
        with self._lock:
            self._tracked_s.append(now_s)
            self._num_frames += 1
            self._ages_s.append(frame.age_s(now_s))

    def end(self) -> None:
        """No frame will be tracked any more: rate and age stay as they are now."""
        with self._lock:
            self._ended_s = self._now_s()

    @property
    def num_frames(self) -> int:
        """Frames tracked since the start."""
        with self._lock:
            return self._num_frames

    @property
    def age_s(self) -> float | None:
        """Age of the newest tracked frame when it was tracked, and for how long the next one is overdue."""
        with self._lock:
            return self._ages_s[-1] + self._until_s() - self._tracked_s[-1] if self._ages_s else None

    def age_percentiles_s(self) -> tuple[float | None, float | None]:
        """Median and 95th percentile of the ages of the last frames when they were tracked; None before the first."""
        with self._lock:
            ages_s = list(self._ages_s)
        if not ages_s:
            return None, None
        p50, p95 = np.percentile(ages_s, (50, 95))
        return float(p50), float(p95)

    @property
    def rate_hz(self) -> float:
        """Frames tracked per second over the last two seconds; 0 where these saw less than two."""
        with self._lock:
            until_s = self._until_s()
            recent = self._since(until_s - _RATE_SPAN_S)
        return (len(recent) - 1) / (until_s - recent[0]) if len(recent) > 1 and until_s > recent[0] else 0.0

    def _until_s(self) -> float:
        """The end of what is looked at: now less the usual time between two frames, or the newest if later. Locked."""
        now_s = self._now_s() if self._ended_s is None else self._ended_s
        if not self._tracked_s:
            return now_s
        last_s = self._tracked_s[-1]
        recent = self._since(last_s - _RATE_SPAN_S)
        usual_s = (last_s - recent[0]) / (len(recent) - 1) if len(recent) > 1 else 0.0
        return max(last_s, now_s - usual_s)

    def _since(self, earliest_s: float) -> list[float]:
        """When frames were tracked from then on. Locked."""
        return [tracked_s for tracked_s in self._tracked_s if tracked_s >= earliest_s]

    def stages(self) -> dict[str, StageReport]:
        """Times of each stage."""
        with self._lock:
            samples = {name: (list(values), self._counts[name]) for name, values in self._durations_s.items()}
        reports = {}
        for name, (values, count) in samples.items():
            p50, p95 = np.percentile(values, (50, 95))
            reports[name] = StageReport(float(p50), float(p95), count)
        return reports
