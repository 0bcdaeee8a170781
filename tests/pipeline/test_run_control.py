"""Pauses of a run, and what ends them."""

from realtime_pose.pipeline.run_control import RunControl


def test_a_pause_is_taken_back() -> None:
    control = RunControl()
    control.pause(is_paused=True)
    assert not control.unpaused.is_set()
    control.pause(is_paused=False)
    assert control.unpaused.is_set()


def test_the_end_of_the_run_ends_a_pause() -> None:
    control = RunControl()
    control.pause(is_paused=True)
    control.stop()
    assert control.unpaused.is_set()


def test_a_pause_after_the_end_holds_nothing_up() -> None:
    control = RunControl()
    control.stop()
    control.pause(is_paused=True)
    assert control.unpaused.is_set()
