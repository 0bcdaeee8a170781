"""The governor of a live run: measured load in, effort out. Pure: numbers in, choice out; the caller has the clock.

The efforts form a ladder, the full effort first. Each step down makes one thing cheaper, in a fixed order: the detector
looks less often, sees a smaller image, a smaller pose network or fewer passes, fewer persons of a crowd.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from realtime_pose.effort import Effort

MAX_INTERVAL_S = 0.3  # longest time from one look of the detector to the next, for people whom no motion gives away
_MAX_INTERVAL = 4  # a longer one saves little more: the detector is then at most a quarter of what it was
_SHARES = (0.7, 0.5, 0.35, 0.25)  # of the time for poses
_MIN_RATE = 0.93  # of the wished rate; below it the run is too slow
_FAR_BELOW = 0.6  # of the wished rate; below it two steps are taken at once
_HOPELESS = 0.25  # of the wished rate; below it one load is enough, and all steps are taken that keep all people
_SLOW_LOADS = 2  # so many in a row lead a step down: one late frame is no load
_UP_S = 5.0  # so long the rate must hold, with room, before a step up
# A stage that is busy may have room all the same: on several cores, and for a step that costs another stage. So without
# room the step is tried after this many times as long.
_PATIENCE = 3
_MAX_UP_S = 80.0  # doubled up to this after each step up that did not hold
_ROOM = 0.75  # share of the time that the busiest stage may work for a step up to be tried
_AGE_ROOM = 0.8  # share of the wished age below which there is room
# For a rate that nobody has asked for, people keep their poses as long as the run is about this quick: a person without
# a pose is a larger loss than a rate below that of the camera.
_ENOUGH_HZ = 12.0


@dataclass(frozen=True, slots=True)
class Target:
    """What a run is to hold.

    Attributes:
        rate_hz: Frames per second; 0: those of the source.
        age_s: Age of the frames when they are tracked; 0: any.
    """

    rate_hz: float = 0.0
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """What was measured over about a second.

    Attributes:
        now_s: When it ended, by any steady clock.
        rate_hz: Frames tracked per second.
        source_hz: Frames that the source gave per second.
        age_s: 95th percentile of the ages of the tracked frames.
        busy: Share of the time that each stage worked.
    """

    now_s: float
    rate_hz: float
    source_hz: float
    age_s: float
    busy: Mapping[str, float] = field(default_factory=dict)

    @property
    def busiest(self) -> tuple[str, float]:
        """The stage that worked most, and its share of the time; ("", 0) if none did."""
        return max(self.busy.items(), key=lambda item: item[1], default=("", 0.0))


@dataclass(frozen=True, slots=True)
class Options:
    """What may be chosen in a run, the full effort first in each.

    Attributes:
        intervals: Of the detector.
        detector_sizes: Input sizes of the detector.
        poses: Names of pose estimators with their passes.
        may_leave_out: Whether people of a crowd may be left without a pose.
    """

    intervals: Sequence[int] = (1,)
    detector_sizes: Sequence[str] = ("",)
    poses: Sequence[tuple[str, int]] = (("", 0),)
    may_leave_out: bool = True


def intervals_for(rate_hz: float) -> tuple[int, ...]:
    """Intervals of the detector at this rate of the source, which keep MAX_INTERVAL_S.

    >>> intervals_for(30), intervals_for(8), intervals_for(1)
    ((1, 2, 3, 4), (1, 2), (1,))
    """
    return tuple(range(1, max(1, min(_MAX_INTERVAL, int(MAX_INTERVAL_S * rate_hz + 1e-6))) + 1))


def make_ladder(options: Options) -> tuple[Effort, ...]:
    """All efforts from the full one down, each with one change.

    >>> [effort.detect_every for effort in make_ladder(Options(intervals=(1, 2), may_leave_out=False))]
    [1, 2]
    """
    pose, passes = options.poses[0]
    ladder = [Effort(options.intervals[0], options.detector_sizes[0], pose, passes)]
    for interval in options.intervals[1:]:
        ladder.append(replace(ladder[-1], detect_every=interval))
    for size in options.detector_sizes[1:]:
        ladder.append(replace(ladder[-1], detector_size=size))
    for pose, passes in options.poses[1:]:
        ladder.append(replace(ladder[-1], pose=pose, pose_passes=passes))
    for share in _SHARES if options.may_leave_out else ():
        ladder.append(replace(ladder[-1], pose_share=share))
    return tuple(ladder)


class Governor:
    """Chooses the effort of a run from one load after another, with hysteresis.

    Two slow loads lead a step down, and a very slow one several. A step up needs some seconds with room, or more
    seconds in which the rate just holds. If that step does not hold, the next one is tried after twice the time.

    Args:
        ladder: All efforts, the full one first.
        target: What to hold.

    Attributes:
        level: Row of the present effort in the ladder.
        load: The latest load; None before the first.
    """

    def __init__(self, ladder: Sequence[Effort], target: Target) -> None:
        self.level = 0
        self.load: Load | None = None
        self._ladder = tuple(ladder)
        self._target = target
        self._num_slow = 0
        self._roomy_since_s: float | None = None
        self._steady_since_s: float | None = None  # the rate holds, with room or without
        self._up_s = _UP_S
        self._stepped_up_s: float | None = None

    @property
    def effort(self) -> Effort:
        """The present effort."""
        return self._ladder[self.level]

    @property
    def full_effort(self) -> Effort:
        """What runs without load."""
        return self._ladder[0]

    @property
    def wished_hz(self) -> float:
        """The rate to hold; 0 before the rate of the source is known."""
        source_hz = self.load.source_hz if self.load is not None else 0.0
        return min(self._target.rate_hz, source_hz) if self._target.rate_hz else source_hz

    @property
    def is_slow(self) -> bool:
        """Whether the latest load was below the wished rate, or its frames too old."""
        if self.load is None:
            return False
        is_old = 0 < self._target.age_s < self.load.age_s
        return is_old or self.load.rate_hz < _MIN_RATE * self.wished_hz

    @property
    def is_exhausted(self) -> bool:
        """Whether the run is slow and nothing is left to choose."""
        return self.is_slow and not self._may_step_down()

    def step(self, load: Load) -> Effort:
        """The effort from now on, after this load."""
        self.load = load
        if self.is_slow and not self._holds_enough(load):
            self._roomy_since_s = self._steady_since_s = None
            self._num_slow += 1
            is_hopeless = load.rate_hz < _HOPELESS * self.wished_hz
            if (is_hopeless or self._num_slow >= _SLOW_LOADS) and self._may_step_down():
                self._step_down(load)
        else:
            self._num_slow = 0
            self._consider_step_up(load)
        return self.effort

    def remove(self, effort: Effort) -> None:
        """Never choose the network and sizes of this effort again: they cannot be loaded."""
        usable = [each for each in self._ladder if each == self.full_effort or not _same_networks(each, effort)]
        self.level = min(self.level, len(usable) - 1)
        self._ladder = tuple(usable)

    def _may_step_down(self) -> bool:
        if self.level + 1 >= len(self._ladder) or self.load is None:
            return False
        leaves_people_out = self._ladder[self.level + 1].pose_share < 1
        return not leaves_people_out or self._is_wished or self.load.rate_hz < _MIN_RATE * self._enough_hz

    @property
    def _is_wished(self) -> bool:
        """Whether somebody has asked for a rate or an age."""
        return self._target.rate_hz > 0 or self._target.age_s > 0

    @property
    def _enough_hz(self) -> float:
        return min(_ENOUGH_HZ, self.wished_hz)

    def _holds_enough(self, load: Load) -> bool:
        """Whether people are left out for a rate that nobody has asked for, and some could come back."""
        return self.effort.pose_share < 1 and not self._is_wished and load.rate_hz >= _MIN_RATE * self._enough_hz

    def _step_down(self, load: Load) -> None:
        """One step; more if the rate is far below, but then none that leaves people out."""
        if self._stepped_up_s is not None:
            did_hold = load.now_s - self._stepped_up_s > self._up_s
            self._up_s = _UP_S if did_hold else min(2 * self._up_s, _MAX_UP_S)
            self._stepped_up_s = None
        share = load.rate_hz / max(self.wished_hz, 1e-9)
        num_more = len(self._ladder) if share < _HOPELESS else int(share < _FAR_BELOW)
        with_all_people = sum(effort.pose_share == 1 for effort in self._ladder)
        self.level = max(self.level + 1, min(self.level + 1 + num_more, with_all_people - 1))
        self._num_slow = 0

    def _consider_step_up(self, load: Load) -> None:
        has_room = load.busiest[1] < _ROOM and (not self._target.age_s or load.age_s < _AGE_ROOM * self._target.age_s)
        has_room |= self._holds_enough(load) and _ROOM * load.rate_hz >= self._enough_hz
        if not self.level:
            self._roomy_since_s = self._steady_since_s = None
            return
        if self._steady_since_s is None:
            self._steady_since_s = load.now_s
        if not has_room:
            self._roomy_since_s = None
        elif self._roomy_since_s is None:
            self._roomy_since_s = load.now_s
        is_roomy = self._roomy_since_s is not None and load.now_s - self._roomy_since_s >= self._up_s
        if is_roomy or load.now_s - self._steady_since_s >= _PATIENCE * self._up_s:
            self.level -= 1
            self._stepped_up_s = load.now_s
            self._roomy_since_s = self._steady_since_s = None


def changed_steps(full: Effort, effort: Effort) -> list[str]:
    """Names of the fields in which an effort is below the full one."""
    names = ("detect_every", "detector_size", "pose", "pose_passes", "pose_share")
    return [name for name in names if getattr(full, name) != getattr(effort, name)]


def _same_networks(first: Effort, second: Effort) -> bool:
    return all(getattr(first, name) == getattr(second, name) for name in ("detector_size", "pose", "pose_passes"))
