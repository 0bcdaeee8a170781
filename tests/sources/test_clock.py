"""Media time and lag of a live source: jitter, drift, clocks that are set, and losses."""

import time

import numpy as np
import pytest

from realtime_pose.sources.clock import MAX_DRIFT, MediaClock

STEP_S = 1 / 30


def test_network_jitter_does_not_reach_media_time() -> None:
    rng, clock = np.random.default_rng(3), MediaClock()
    times_s = [clock.next_time_s(i * STEP_S, 100 + i * STEP_S + rng.uniform(0, 0.2)) for i in range(300)]
    assert np.diff(times_s) == pytest.approx(STEP_S)
    assert clock.lag_s <= 0.2


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0, 1e9])
def test_media_time_continues_when_the_camera_clock_is_set(jump_s: float) -> None:
    clock = MediaClock()
    times_s = [clock.next_time_s(i * STEP_S + (jump_s if i > 20 else 0), 5 + i * STEP_S) for i in range(60)]
    assert np.diff(times_s) == pytest.approx(STEP_S, abs=1e-6)
    assert clock.lag_s == pytest.approx(0, abs=0.01)


def test_the_wall_clock_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1 / 0)
    assert MediaClock().next_time_s(0.0, 1.0) == 0.0


def test_constant_or_missing_stamps_are_replaced_by_the_arrival_time() -> None:
    for timestamp in (None, 0.0):
        clock = MediaClock()
        times_s = [clock.next_time_s(timestamp, 5 + i * STEP_S) for i in range(30)]
        assert np.diff(times_s) == pytest.approx(STEP_S)
        assert clock.lag_s == pytest.approx(0, abs=1e-6)


def test_media_time_after_a_loss_includes_the_gap() -> None:
    clock = MediaClock()
    for i in range(30):
        clock.next_time_s(i * STEP_S, 100 + i * STEP_S)
    clock.start_connection()
    times_s = [clock.next_time_s(7777 + i * STEP_S, 110 + i * STEP_S) for i in range(3)]
    assert times_s == pytest.approx([10, 10 + STEP_S, 10 + 2 * STEP_S])


def test_bursts_at_the_start_of_connections_do_not_add_up() -> None:
    clock, times_s = MediaClock(), []
    for connection in range(100):
        clock.start_connection()
        begin_s = 50 + connection * 3
        times_s += [clock.next_time_s(i * STEP_S, begin_s + max(0.5, i * STEP_S)) for i in range(60)]
    assert (np.diff(times_s) > 0).all()
    assert times_s[-1] == pytest.approx(99 * 3 + 59 * STEP_S, abs=0.6)


def test_lag_grows_on_a_network_with_half_the_bitrate() -> None:
    clock = MediaClock()
    for i in range(90):
        clock.next_time_s(i * STEP_S, 10 + 2 * i * STEP_S)
    assert clock.lag_s == pytest.approx(89 * STEP_S, rel=0.01)
    clock.start_connection()
    clock.next_time_s(500.0, 20.0)
    assert clock.lag_s == 0


def test_clock_drift_is_not_lag() -> None:
    clock = MediaClock()
    for i in range(8 * 3600):  # eight hours, one frame per second, a clock that is 100 ppm off
        clock.next_time_s(i * 1.0, 10 + i * 1.0001)
    assert clock.lag_s < 0.01


@pytest.mark.parametrize("growth", [0.003, 0.01, 0.03])
def test_slowly_growing_latency_is_lag(growth: float) -> None:
    """Half an hour on a network with a little less bandwidth than the stream needs."""
    clock = MediaClock()
    for i in range(1800):
        clock.next_time_s(i * 1.0, 10 + i * (1 + growth))
    assert clock.lag_s == pytest.approx(1799 * growth - 1799 * MAX_DRIFT, abs=1.0)


def test_stamps_with_a_slightly_wrong_rate_are_not_lag() -> None:
    clock = MediaClock()
    for i in range(4 * 3600 * 3):
        clock.next_time_s(i / 30, 10 + i / 29.97)
    assert clock.lag_s < 0.01
