"""The clock of a file: how it runs, waits for the analysis, ends, loops and is moved."""

from dataclasses import replace

import pytest

from realtime_pose.app.playback import FASTEST, SPEEDS, Playback, Timeline

ANALYSED = Timeline(first_s=0.0, analysed_s=9.9, end_s=10.0, is_complete=True)
HALF = Timeline(first_s=0.0, analysed_s=5.0, end_s=10.0, is_complete=False)


@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0])
def test_the_clock_runs_at_its_speed(speed: float) -> None:
    playback = Playback(1.0, speed)
    playback.advance(0.5, ANALYSED)
    assert playback.position_s == 1.0 + 0.5 * speed


def test_a_pause_holds_it() -> None:
    playback = Playback(1.0)
    playback.set_playing(ANALYSED, is_playing=False)
    playback.advance(3.0, ANALYSED)
    assert playback.position_s == 1.0


def test_it_waits_for_the_analysis_and_goes_on_with_it() -> None:
    playback = Playback(4.9)
    playback.advance(1.0, HALF)
    assert playback.position_s == 5.0
    playback.advance(1.0, HALF)
    assert playback.position_s == 5.0
    playback.advance(1.0, replace(HALF, analysed_s=5.5))
    assert playback.position_s == 5.5
    assert not playback.has_ended


def test_a_user_who_goes_ahead_of_the_analysis_sees_the_file_play_on() -> None:
    playback = Playback(1.0)
    playback.seek(7.0, HALF)
    playback.advance(1.0, HALF)
    assert playback.position_s == 8.0
    playback.advance(5.0, HALF)
    assert playback.position_s == 10.0
    assert not playback.has_ended  # the analysis may find that the file is longer


def test_as_fast_as_possible_is_the_newest_frame_that_was_analysed() -> None:
    playback = Playback(1.0)
    playback.set_speed(FASTEST)
    playback.advance(0.01, HALF)
    assert (playback.follows, playback.position_s) == (True, 5.0)
    playback.advance(0.01, replace(HALF, analysed_s=6.0))
    assert playback.position_s == 6.0


def test_as_fast_as_possible_after_the_analysis_is_eight_times_the_speed_and_ends() -> None:
    playback = Playback(1.0, FASTEST, follows=True)
    playback.advance(0.5, ANALYSED)
    assert playback.position_s == 5.0
    playback.advance(1.0, ANALYSED)
    assert playback.has_ended


def test_going_back_in_the_fastest_mode_plays_until_it_has_caught_up() -> None:
    playback = Playback(5.0, FASTEST, follows=True)
    playback.seek(1.0, HALF)
    playback.advance(0.25, HALF)
    assert playback.position_s == 3.0
    playback.advance(0.25, HALF)
    assert playback.position_s == 5.0
    playback.advance(0.01, replace(HALF, analysed_s=5.0))
    assert playback.follows


def test_the_end_is_behind_the_last_frame_and_play_starts_again() -> None:
    playback = Playback(9.85)
    playback.advance(0.1, ANALYSED)
    assert not playback.has_ended  # the last frame is still shown for its time
    playback.advance(0.1, ANALYSED)
    assert (playback.has_ended, playback.is_playing, playback.position_s) == (True, False, 10.0)
    playback.set_playing(ANALYSED, is_playing=True)
    assert (playback.has_ended, playback.is_playing, playback.position_s) == (False, True, 0.0)


def test_a_loop_starts_again_by_itself() -> None:
    playback = Playback(9.9, is_looping=True)
    playback.advance(1.0, ANALYSED)
    assert (playback.position_s, playback.is_playing, playback.has_ended) == (0.0, True, False)


def test_a_part_begins_and_loops_at_its_own_start() -> None:
    part = Timeline(3.0, 3.9, 4.0, is_complete=True)
    playback = Playback(3.0, is_looping=True)
    playback.seek(0.0, part)
    assert playback.position_s == 3.0
    playback.advance(2.0, part)
    assert playback.position_s == 3.0


def test_going_back_after_the_end_does_not_play() -> None:
    playback = Playback(10.0, has_ended=True, is_playing=False)
    playback.seek(4.0, ANALYSED)
    assert (playback.has_ended, playback.is_playing, playback.position_s) == (False, False, 4.0)


def test_the_speed_goes_up_and_down_to_its_ends() -> None:
    playback = Playback()
    speeds = []
    for _ in range(len(SPEEDS)):
        playback.change_speed(1)
        speeds.append(playback.speed)
    assert speeds[-2:] == [FASTEST, FASTEST]
    assert playback.follows
    for _ in range(len(SPEEDS)):
        playback.change_speed(-1)
    assert playback.speed == 0.25
    assert not playback.follows
