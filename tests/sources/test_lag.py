"""Late pictures: few of those that pile up here, all whose way is longer, a new connection where it stays so."""

import pytest

from realtime_pose.sources.lag import LagMonitor

STEP_S = 1 / 30


def handed_on(lags_s: list[float]) -> list[bool]:
    """Which pictures are, of a stream at 30 fps whose pictures come so late."""
    late, times_s = LagMonitor(2.0, stalled_s=1.0), (STEP_S * number + lag_s for number, lag_s in enumerate(lags_s))
    return [not late.leaves_out(lag_s=lag_s, captured_s=time_s) for lag_s, time_s in zip(lags_s, times_s, strict=True)]


def test_what_is_hardly_late_is_handed_on() -> None:
    assert all(handed_on([0.2 * (number % 2) for number in range(90)]))


def test_of_a_constant_delay_all_is_handed_on_after_a_few_seconds() -> None:
    handed = handed_on([0.0] * 30 + [0.5] * 300)
    assert all(handed[:30])
    assert sum(handed[60:140]) < 25
    assert all(handed[180:])


@pytest.mark.parametrize("jitter_s", [0.03, 0.5])
def test_jitter_makes_no_difference(jitter_s: float) -> None:
    assert all(handed_on([0.5 + jitter_s * (number % 3) / 2 for number in range(300)])[180:])


@pytest.mark.parametrize("growth", [0.05, 0.5])
def test_of_a_lag_that_grows_few_are_handed_on(growth: float) -> None:
    handed = handed_on([growth * STEP_S * number for number in range(900)])
    late = handed[int(0.3 / (growth * STEP_S)) :]
    assert 0.1 < sum(late) / len(late) < 0.25


def test_what_stays_too_late_for_as_long_is_connected_anew_and_what_comes_closer_again_is_not() -> None:
    late = LagMonitor(2.0, stalled_s=1.0)
    assert not late.is_too_much(lag_s=2.1, now_s=10.0)
    assert not late.is_too_much(lag_s=1.9, now_s=11.9)
    assert not late.is_too_much(lag_s=2.1, now_s=12.1)
    assert not late.is_too_much(lag_s=3.0, now_s=14.0)
    assert late.is_too_much(lag_s=2.1, now_s=14.2)
    late.connect()
    assert not late.is_too_much(lag_s=2.1, now_s=15.0)


def test_lateness_about_the_limit_is_one_stall() -> None:
    late = LagMonitor(2.0, stalled_s=1.0)
    lags_s = (0.9, 1.1, 0.9, 1.1, 0.6, 0.4, 0.9, 1.1)
    stalled = [late.is_stalled(lag_s=lag_s, now_s=float(now_s)) for now_s, lag_s in enumerate(lags_s)]
    assert stalled == [False, True, True, True, True, False, False, True]


def test_what_is_stalled_for_long_is_connected_anew_though_it_is_not_late_by_the_limit() -> None:
    late = LagMonitor(2.0, stalled_s=1.0)
    for now_s in range(40):
        late.is_stalled(lag_s=1.4, now_s=now_s)
        assert late.is_too_much(lag_s=1.4, now_s=now_s) == (now_s > 15)
