"""The governor under a simulated load: it steps down in order, holds, climbs back, and does not swing."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from realtime_pose.effort import Effort
from realtime_pose.pipeline.governor import (
    Governor,
    Load,
    Options,
    Target,
    changed_steps,
    intervals_for,
    make_ladder,
)
from realtime_pose.pipeline.load_meter import LoadMeter
from realtime_pose.scene import Frame, Scene
from tests.support.people.stills import nobody, scene

OPTIONS = Options((1, 2, 3), ("auto", "small"), (("thunder", 3), ("thunder", 1), ("lightning", 1)))
LADDER = make_ladder(OPTIONS)
SOURCE_HZ = 30.0
ANY = Target()


class Machine:
    """A computer whose frame takes as long as its effort costs, times a factor that changes with time."""

    def __init__(self, *, num_persons: int = 3, factor: Callable[[float], float] = lambda now_s: 1.0) -> None:
        self.num_persons, self.factor = num_persons, factor

    def load(self, effort: Effort, now_s: float) -> Load:
        factor = self.factor(now_s)
        detect_s = 0.02 * (0.6 if effort.detector_size == "small" else 1) / effort.detect_every * factor
        per_pose_s = {"thunder": 0.015, "lightning": 0.005}[effort.pose] * effort.pose_passes
        pose_s = per_pose_s * max(1, self.num_persons * effort.pose_share) * factor
        rate_hz = min(SOURCE_HZ, 1 / (detect_s + pose_s))
        busy = {"detect": detect_s * rate_hz, "pose": pose_s * rate_hz, "track": 0.02}
        return Load(now_s, rate_hz, SOURCE_HZ, 0.05 + detect_s + pose_s, busy)


def simulate(
    machine: Machine, seconds: float, *, target: Target = ANY, ladder: tuple[Effort, ...] = LADDER
) -> tuple[list[tuple[float, int, float]], Governor]:
    """(seconds, level, rate) once per second, and the governor."""
    governor, effort, history = Governor(ladder, target), ladder[0], []
    for now_s in np.arange(0.0, seconds):
        load = machine.load(effort, float(now_s))
        effort = governor.step(load)
        history.append((float(now_s), governor.level, load.rate_hz))
    return history, governor


def test_the_ladder_has_the_order_of_the_costs() -> None:
    steps = [changed_steps(before, after) for before, after in itertools.pairwise(LADDER)]
    assert steps == [
        ["detect_every"],
        ["detect_every"],
        ["detector_size"],
        ["pose_passes"],
        ["pose"],
        *[["pose_share"]] * 4,
    ]
    assert LADDER[0] == Effort(1, "auto", "thunder", 3)


@pytest.mark.parametrize(("rate_hz", "longest"), [(60.0, 4), (30.0, 4), (10.0, 3), (8.0, 2), (2.0, 1), (0.5, 1)])
def test_intervals_keep_newcomers_within_03_s(rate_hz: float, longest: int) -> None:
    assert intervals_for(rate_hz) == tuple(range(1, longest + 1))


def test_a_fast_computer_is_left_alone() -> None:
    history, governor = simulate(Machine(num_persons=0), 60, ladder=make_ladder(Options(poses=(("lightning", 1),))))
    assert {level for _, level, _ in history} == {0}
    assert not governor.is_slow


def test_three_people_are_brought_to_the_rate_of_the_camera() -> None:
    history, governor = simulate(Machine(), 200)
    assert governor.effort == Effort(3, "small", "lightning", 1)
    assert not governor.is_slow
    reached_s = next(now_s for now_s, _, rate_hz in history if rate_hz >= 0.93 * SOURCE_HZ)
    assert reached_s <= 10
    slow = sum(rate_hz < 0.93 * SOURCE_HZ for now_s, _, rate_hz in history if now_s > reached_s)
    assert slow <= 12, "of 190 seconds: now and then more is tried"


def test_a_hopeless_run_is_changed_at_once_but_keeps_its_people() -> None:
    governor = Governor(LADDER, ANY)
    effort = governor.step(Machine(num_persons=40).load(LADDER[0], 0.0))
    assert effort == Effort(3, "small", "lightning", 1)
    governor = Governor(LADDER, ANY)
    slow = Load(0.0, 15.0, SOURCE_HZ, 0.1)
    assert governor.step(slow) == LADDER[0], "one load may be an accident"
    assert governor.step(slow) == LADDER[2], "half of the wished rate: two steps"
    assert [governor.step(replace(slow, rate_hz=25.0)) for _ in range(2)] == [LADDER[2], LADDER[3]]


def test_one_slow_moment_changes_nothing() -> None:
    machine = Machine(num_persons=0, factor=lambda now_s: 1.8 if now_s == 20 else 0.5)
    history, _ = simulate(machine, 60)
    assert {level for _, level, _ in history} == {0}


def test_after_a_load_it_climbs_back() -> None:
    machine = Machine(num_persons=1, factor=lambda now_s: 6.0 if 20 <= now_s < 40 else 0.3)
    history, governor = simulate(machine, 200)
    levels = {now_s: level for now_s, level, _ in history}
    assert levels[19] == 0
    assert max(levels.values()) > 0
    assert levels[199] == 0
    assert governor.effort == LADDER[0]


def test_a_busy_stage_that_holds_the_rate_is_asked_for_more_after_some_time() -> None:
    """The step may cost another stage, or another core."""
    governor = Governor(LADDER, ANY)
    for _ in range(2):
        governor.step(Load(0.0, 20.0, SOURCE_HZ, 0.1, {"pose": 0.9}))
    level = governor.level
    holding = [Load(float(now_s), SOURCE_HZ, SOURCE_HZ, 0.1, {"pose": 0.9}) for now_s in range(1, 18)]
    levels = [(governor.step(load), governor.level)[1] for load in holding]
    assert level >= 1
    assert levels.index(level - 1) == 15, "with room it would be 5 seconds"


def test_at_the_edge_it_does_not_swing() -> None:
    """Each step up that does not hold doubles the time until the next one."""
    history, _ = simulate(Machine(num_persons=1, factor=lambda _: 0.62), 600)
    changes = [now_s for (now_s, level, _), (_, after, _) in itertools.pairwise(history) if level != after]
    assert len([now_s for now_s in changes if now_s > 300]) <= 8
    slow = sum(rate_hz < 0.93 * SOURCE_HZ for _, _, rate_hz in history[300:])
    assert slow <= 12, "of 300 seconds"


def test_a_crowd_keeps_its_poses_unless_the_run_is_very_slow() -> None:
    _, governor = simulate(Machine(num_persons=14), 60)
    assert governor.effort.pose_share == 1, "13 frames per second are enough for a rate that nobody has asked for"
    assert governor.is_slow
    assert governor.is_exhausted
    _, governor = simulate(Machine(num_persons=40), 60)
    assert governor.effort.pose_share < 1
    assert governor.load is not None
    assert governor.load.rate_hz >= 0.93 * 12


def test_people_come_back_when_the_crowd_gets_smaller() -> None:
    machine = Machine(num_persons=40)
    governor, effort = Governor(LADDER, ANY), LADDER[0]
    for now_s in range(200):
        machine.num_persons = 40 if now_s < 40 else 16  # 11 to 14 frames per second with all of them
        effort = governor.step(machine.load(effort, float(now_s)))
        assert now_s != 39 or effort.pose_share < 1
    assert effort.pose_share == 1
    assert effort.pose == "lightning", "it is still slower than the camera"


def test_a_wished_rate_leaves_people_out() -> None:
    _, governor = simulate(Machine(num_persons=14), 60, target=Target(25.0))
    assert governor.effort.pose_share < 1
    assert not governor.is_slow


def test_a_low_wish_keeps_the_full_effort() -> None:
    history, _ = simulate(Machine(num_persons=14), 60, target=Target(1.0))
    assert {level for _, level, _ in history} == {0}


def test_a_wish_above_the_camera_is_that_of_the_camera() -> None:
    _, governor = simulate(Machine(num_persons=0), 10, target=Target(200.0))
    assert governor.wished_hz == SOURCE_HZ


def test_a_wished_age_is_held() -> None:
    _, governor = simulate(Machine(num_persons=1), 60, target=Target(1.0, age_s=0.085))
    assert governor.level > 0
    assert not governor.is_slow
    assert governor.load is not None
    assert governor.load.age_s <= 0.085


def test_what_cannot_be_loaded_is_left_out() -> None:
    governor = Governor(LADDER, Target())
    governor.remove(LADDER[5])
    history = [governor.step(Machine().load(governor.effort, float(now_s))) for now_s in range(40)]
    assert "lightning" not in {effort.pose for effort in history}
    assert all(effort.pose_share == 1 or effort.pose == "thunder" for effort in history)


def frame_scene(index: int, captured_s: float) -> Scene:
    still = scene(nobody(), index=index)
    frame = Frame(still.frame.image, index, index / 30, captured_s, "camera")
    return Scene(frame, still.boxes, still.poses, still.tracks, timings={"detect": 0.02, "pose": 0.06})


def test_the_meter_measures_rates_ages_and_shares() -> None:
    meter, loads = LoadMeter(), []
    for count in range(21):
        now_s = 100 + 0.1 * count
        load = meter.measure(frame_scene(3 * count, now_s - 0.15), now_s=now_s)  # two of three frames are dropped
        loads += [load] if load is not None else []
    assert len(loads) == 2
    for load in loads:
        assert load.rate_hz == pytest.approx(10)
        assert load.source_hz == pytest.approx(30)
        assert load.age_s == pytest.approx(0.15)
        assert load.busy["pose"] == pytest.approx(0.6)
        assert load.busiest[0] == "pose"


def test_a_very_slow_run_is_measured_over_some_frames() -> None:
    meter = LoadMeter()
    loads = [meter.measure(frame_scene(30 * count, count - 0.5), now_s=float(count)) for count in range(6)]
    assert [load is not None for load in loads] == [False, False, True, False, True, False]


def test_after_a_restart_of_the_source_the_meter_starts_again() -> None:
    meter = LoadMeter()
    for count in range(5):
        meter.measure(frame_scene(count + 100, 0.0), now_s=0.1 * count)
    assert meter.measure(frame_scene(0, 0.0), now_s=9.0) is None
    assert meter.measure(frame_scene(1, 0.0), now_s=9.1) is None
