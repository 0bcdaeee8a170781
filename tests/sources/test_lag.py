"""Late frames: dropped if this computer falls behind, kept if the network path is longer; reconnect if it lasts."""

import pytest

from realtime_pose.sources.lag import LagMonitor

STEP_S = 1 / 30


def kept_frames(lags_s: list[float]) -> list[bool]:
    """Which frames of a stream at 30 fps with these lags are not dropped."""
    monitor = LagMonitor(2.0, stalled_s=1.0)
    return [
        not monitor.should_drop(lag_s=lag_s, captured_s=STEP_S * number + lag_s) for number, lag_s in enumerate(lags_s)
    ]


def test_frames_with_little_lag_are_kept() -> None:
    assert all(kept_frames([0.2 * (number % 2) for number in range(90)]))


def test_with_constant_lag_all_frames_are_kept_after_a_few_seconds() -> None:
    kept = kept_frames([0.0] * 30 + [0.5] * 300)
    assert all(kept[:30])
    assert sum(kept[60:140]) < 25
    assert all(kept[180:])


@pytest.mark.parametrize("jitter_s", [0.03, 0.5])
def test_jitter_on_constant_lag_makes_no_difference(jitter_s: float) -> None:
    assert all(kept_frames([0.5 + jitter_s * (number % 3) / 2 for number in range(300)])[180:])


@pytest.mark.parametrize("growth", [0.05, 0.5])
def test_with_growing_lag_most_frames_are_dropped(growth: float) -> None:
    kept = kept_frames([growth * STEP_S * number for number in range(900)])
    late = kept[int(0.3 / (growth * STEP_S)) :]
    assert 0.1 < sum(late) / len(late) < 0.25


def test_lag_above_the_limit_for_as_long_again_needs_a_reconnect() -> None:
    monitor = LagMonitor(2.0, stalled_s=1.0)
    assert not monitor.needs_reconnect(lag_s=2.1, now_s=10.0)
    assert not monitor.needs_reconnect(lag_s=1.9, now_s=11.9)  # below the limit: the time starts again
    assert not monitor.needs_reconnect(lag_s=2.1, now_s=12.1)
    assert not monitor.needs_reconnect(lag_s=3.0, now_s=14.0)
    assert monitor.needs_reconnect(lag_s=2.1, now_s=14.2)
    monitor.reset()
    assert not monitor.needs_reconnect(lag_s=2.1, now_s=15.0)


def test_lag_around_the_limit_is_a_single_stall() -> None:
    monitor = LagMonitor(2.0, stalled_s=1.0)
    lags_s = (0.9, 1.1, 0.9, 1.1, 0.6, 0.4, 0.9, 1.1)
    stalled = [monitor.is_stalled(lag_s=lag_s, now_s=float(now_s)) for now_s, lag_s in enumerate(lags_s)]
    assert stalled == [False, True, True, True, True, False, False, True]


def test_a_long_stall_needs_a_reconnect_though_its_lag_is_below_the_limit() -> None:
    monitor = LagMonitor(2.0, stalled_s=1.0)
    for now_s in range(40):
        monitor.is_stalled(lag_s=1.4, now_s=now_s)
        assert monitor.needs_reconnect(lag_s=1.4, now_s=now_s) == (now_s > 15)
