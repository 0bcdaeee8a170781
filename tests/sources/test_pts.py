"""Timestamps become seconds that strictly increase, and stay true where possible."""

from fractions import Fraction
from itertools import pairwise

import pytest

from realtime_pose.sources.pts import PtsNormalizer

MS = Fraction(1, 1000)


def convert(pts_values: list[int | None], *, start: int | None = None, tick_s: Fraction = MS) -> list[float]:
    normalizer = PtsNormalizer(tick_s, start=start, step_s=0.04)
    return [normalizer.next_time_s(pts) for pts in pts_values]


@pytest.mark.parametrize(
    ("pts_values", "start", "expected"),
    [
        ([], None, []),
        ([0], None, [0.0]),
        ([None], None, [0.0]),
        ([0, 33, 70, 500, 1200], None, [0.0, 0.033, 0.07, 0.5, 1.2]),
        ([900, 940], None, [0.0, 0.04]),
        ([900, 940], 900, [0.0, 0.04]),
        ([940, 980], 900, [0.04, 0.08]),
        ([860, 900], 900, [0.0, 0.04]),
        ([None, None, None], None, [0.0, 0.04, 0.08]),
        ([0, None, 80], None, [0.0, 0.04, 0.08]),
        ([None, 540, 580], None, [0.0, 0.04, 0.08]),
        ([None, 40, 80], 0, [0.0, 0.04, 0.08]),
        ([0, 40, 40, 80], None, [0.0, 0.04, 0.0404, 0.08]),
        ([0, 40, 80, 60, 120], None, [0.0, 0.04, 0.08, 0.0804, 0.12]),
        ([0, 0, 0, 40], None, [0.0, 0.0004, 0.0008, 0.04]),
        ([5000, 5040, 0, 40, 80], None, [0.0, 0.04, 0.08, 0.12, 0.16]),
        ([0, 40, 10_000, 0, 40], None, [0.0, 0.04, 10.0, 10.04, 10.08]),
    ],
)
def test_timestamps_become_seconds(pts_values: list[int | None], start: int | None, expected: list[float]) -> None:
    assert convert(pts_values, start=start) == pytest.approx(expected)


def test_a_clock_that_was_set_forward_makes_no_hour_of_recording(caplog: pytest.LogCaptureFixture) -> None:
    normalizer = PtsNormalizer(MS, start=None, step_s=0.04)
    times_s = [normalizer.next_time_s(pts) for pts in (0, 40, 3_600_080, 3_600_120)]
    assert times_s == pytest.approx([0.0, 0.04, 0.08, 0.12])
    assert normalizer.left_out_s == pytest.approx(3600.0)
    assert "the clock of the video jumps by 3600 s at 0.0 s; the gap is left out" in caplog.text


@pytest.mark.parametrize(
    ("pts_values", "step_s", "has_gaps"),
    [
        ([0, 40, 500_000, 500_040], 0.04, False),  # a still image in a video of a screen
        ([0, 3_600_000, 7_200_000], 3600.0, False),  # a time-lapse video with a frame an hour
        ([0, 40, 3_600_000, 3_600_040], 0.04, True),  # a live stream that was silent for an hour
    ],
)
def test_real_gaps_stay(pts_values: list[int], step_s: float, has_gaps: bool) -> None:  # noqa: FBT001 - a parameter of a test
    normalizer = PtsNormalizer(MS, start=None, step_s=step_s, has_gaps=has_gaps)
    assert [normalizer.next_time_s(pts) for pts in pts_values] == [pts / 1000 for pts in pts_values]


def test_seconds_increase_for_any_timestamps() -> None:
    pts_values = [0, 0, None, 40, 40, 39, -500, None, 7, 7, 2**40, 3, None, 2**40]
    times_s = convert(pts_values)
    assert all(later > earlier for earlier, later in pairwise(times_s))


def test_rounding_errors_of_ticks_do_not_add_up() -> None:
    times_s = convert(list(range(0, 300_300, 1001)), tick_s=Fraction(1, 30_000))
    assert times_s[-1] == 299 * 1001 / 30_000


def test_the_end_is_one_step_after_the_last_frame() -> None:
    normalizer = PtsNormalizer(MS, start=None, step_s=0.04)
    assert normalizer.end_s == 0.0
    normalizer.next_time_s(100)
    normalizer.next_time_s(200)
    assert normalizer.end_s == pytest.approx(0.14)
