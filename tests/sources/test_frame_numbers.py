"""Numbers of frames: those that cannot be decoded keep theirs, in order of presentation."""

import pytest

from realtime_pose.sources.frame_numbers import FrameNumbers


def number_frames(packets: list[int | None], failed: set[int | None], delay: int) -> list[int]:
    """Numbers of the frames of a decoder that reorders them and returns each one this many packets late."""
    numbers, held, out = FrameNumbers(), [], []
    for pts in packets:
        numbers.add_packet(pts)
        if pts in failed:
            numbers.count_failure()
        else:
            held.append(pts)
        while len(held) > delay:
            held.sort(key=lambda value: value or 0)
            out.append(numbers.next_number(held.pop(0)))
    held.sort(key=lambda value: value or 0)
    return out + [numbers.next_number(pts) for pts in held]


@pytest.mark.parametrize(
    ("packets", "failed", "delay", "expected"),
    [
        ([], set(), 0, []),
        ([0, 1, 2], set(), 0, [0, 1, 2]),
        ([0, 1, 2, 3], {1}, 0, [0, 2, 3]),
        ([0, 1, 2, 3], {0, 1}, 0, [2, 3]),
        ([0, 1, 2, 3], {3}, 0, [0, 1, 2]),
        ([0, 3, 1, 2, 6, 4, 5], set(), 1, [0, 1, 2, 3, 4, 5, 6]),
        ([0, 3, 1, 2, 6, 4, 5], {1}, 1, [0, 2, 3, 4, 5, 6]),
        ([0, 3, 1, 2, 6, 4, 5], {3}, 1, [0, 1, 2, 4, 5, 6]),
        ([0, 4, 2, 1, 3, 5], {2, 3}, 2, [0, 1, 4, 5]),
        ([0, 40, 20, 10, 30, 50], {20}, 2, [0, 1, 3, 4, 5]),
    ],
)
def test_a_failed_frame_keeps_its_number(
    packets: list[int | None], failed: set[int | None], delay: int, expected: list[int]
) -> None:
    assert number_frames(packets, failed, delay) == expected


def test_without_timestamps_a_failure_comes_before_the_next_frame() -> None:
    numbers = FrameNumbers()
    assert numbers.next_number(None) == 0
    numbers.count_failure()
    assert [numbers.next_number(None), numbers.next_number(None)] == [2, 3]


def test_packets_that_give_no_frame_by_design_have_no_number() -> None:
    numbers = FrameNumbers()
    for pts in (0, 1, 2, 3):
        numbers.add_packet(pts)
    assert [numbers.next_number(0), numbers.next_number(2), numbers.next_number(3)] == [0, 1, 2]
