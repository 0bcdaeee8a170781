"""Media time of a live source: jitter, drift, clocks that are set, and losses; and how late pictures come."""

import time

import numpy as np
import pytest

from realtime_pose.sources.clock import DRIFT, MediaClock

STEP_S = 1 / 30


def test_jitter_of_the_network_is_not_in_the_media_time() -> None:
    rng, clock = np.random.default_rng(3), MediaClock()
    times_s = [clock.seconds(i * STEP_S, 100 + i * STEP_S + rng.uniform(0, 0.2)) for i in range(300)]
    assert np.diff(times_s) == pytest.approx(STEP_S)
    assert clock.lag_s <= 0.2


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0, 1e9])
def test_a_camera_whose_clock_is_set_goes_on(jump_s: float) -> None:
    clock = MediaClock()
    times_s = [clock.seconds(i * STEP_S + (jump_s if i > 20 else 0), 5 + i * STEP_S) for i in range(60)]
    assert np.diff(times_s) == pytest.approx(STEP_S, abs=1e-6)
    assert clock.lag_s == pytest.approx(0, abs=0.01)


def test_the_wall_clock_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1 / 0)
    assert MediaClock().seconds(0.0, 1.0) == 0.0


def test_stamps_that_stand_still_or_are_missing_give_way_to_the_arrival() -> None:
    for stamp in (None, 0.0):
        clock = MediaClock()
        times_s = [clock.seconds(stamp, 5 + i * STEP_S) for i in range(30)]
        assert np.diff(times_s) == pytest.approx(STEP_S)
        assert clock.lag_s == pytest.approx(0, abs=1e-6)


def test_after_a_loss_the_time_goes_on_with_the_gap() -> None:
    clock = MediaClock()
    for i in range(30):
        clock.seconds(i * STEP_S, 100 + i * STEP_S)
    clock.connect()
    times_s = [clock.seconds(7777 + i * STEP_S, 110 + i * STEP_S) for i in range(3)]
    assert times_s == pytest.approx([10, 10 + STEP_S, 10 + 2 * STEP_S])


def test_bursts_at_the_start_of_many_connections_do_not_add_up() -> None:
    clock, times_s = MediaClock(), []
    for connection in range(100):
        clock.connect()
        begin_s = 50 + connection * 3
        times_s += [clock.seconds(i * STEP_S, begin_s + max(0.5, i * STEP_S)) for i in range(60)]
    assert (np.diff(times_s) > 0).all()
    assert times_s[-1] == pytest.approx(99 * 3 + 59 * STEP_S, abs=0.6)


def test_a_network_of_half_the_rate_makes_the_lag_grow() -> None:
    clock = MediaClock()
    for i in range(90):
        clock.seconds(i * STEP_S, 10 + 2 * i * STEP_S)
    assert clock.lag_s == pytest.approx(89 * STEP_S, rel=0.01)
    clock.connect()
    clock.seconds(500.0, 20.0)
    assert clock.lag_s == 0


def test_clocks_that_drift_apart_are_no_lag() -> None:
    clock = MediaClock()
    for i in range(8 * 3600):  # eight hours, a picture a second, a crystal 100 ppm off
        clock.seconds(i * 1.0, 10 + i * 1.0001)
    assert clock.lag_s < 0.01


@pytest.mark.parametrize("growth", [0.003, 0.01, 0.03])
def test_a_way_that_grows_slowly_is_not_forgotten(growth: float) -> None:
    """Half an hour on a network that takes a little less than what is sent."""
    clock = MediaClock()
    for i in range(1800):
        clock.seconds(i * 1.0, 10 + i * (1 + growth))
    assert clock.lag_s == pytest.approx(1799 * growth - 1799 * DRIFT, abs=1.0)


def test_stamps_of_a_rate_that_is_nearly_right_are_no_lag() -> None:
    clock = MediaClock()
    for i in range(4 * 3600 * 3):
        clock.seconds(i / 30, 10 + i / 29.97)
    assert clock.lag_s < 0.01
