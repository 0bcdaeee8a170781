"""Time stamps become seconds that strictly increase, and stay true where they can."""

from fractions import Fraction
from itertools import pairwise

import pytest

from realtime_pose.sources.pts import PtsNormalizer

MS = Fraction(1, 1000)


def _times_s(stamps: list[int | None], *, start: int | None = None, tick_s: Fraction = MS) -> list[float]:
    line = PtsNormalizer(tick_s, start=start, step_s=0.04)
    return [line.seconds(stamp) for stamp in stamps]


@pytest.mark.parametrize(
    ("stamps", "start", "expected"),
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
def test_stamps_become_seconds(stamps: list[int | None], start: int | None, expected: list[float]) -> None:
    assert _times_s(stamps, start=start) == pytest.approx(expected)


def test_seconds_increase_whatever_the_stamps() -> None:
    stamps = [0, 0, None, 40, 40, 39, -500, None, 7, 7, 2**40, 3, None, 2**40]
    times_s = _times_s(stamps)
    assert all(later > earlier for earlier, later in pairwise(times_s))


def test_ticks_that_no_binary_number_holds_do_not_add_up_an_error() -> None:
    times_s = _times_s(list(range(0, 300_300, 1001)), tick_s=Fraction(1, 30_000))
    assert times_s[-1] == 299 * 1001 / 30_000


def test_the_end_is_one_step_after_the_last_frame() -> None:
    line = PtsNormalizer(MS, start=None, step_s=0.04)
    assert line.end_s == 0.0
    line.seconds(100)
    line.seconds(200)
    assert line.end_s == pytest.approx(0.14)
