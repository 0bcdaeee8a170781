"""The words for the load of a live run: what is done less, why, and what would help."""

from dataclasses import replace
from typing import Any

import pytest

from realtime_pose.effort import Effort
from realtime_pose.messages.load_messages import describe_load
from realtime_pose.pipeline.governor import Load
from realtime_pose.pipeline.live_governor import GovernorReport

FULL = Effort(1, "auto", "movenet-thunder", 3)
LOAD = Load(1.0, 14.2, 30.0, 0.21, {"detect": 0.2, "pose": 0.82, "track": 0.03})
HELP = "a smaller network (--preset fast) or fewer people in view (--region) or a graphics processor (--device)"
CALM = GovernorReport(FULL, FULL, LOAD, 30.0, is_slow=False, is_exhausted=False)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, ""),
        ({"detect_every": 2}, "detector at every 2nd picture"),
        ({"detect_every": 4, "detector_size": "small"}, "detector at every 4th picture, smaller detector input"),
        (
            {"pose": "movenet-lightning", "pose_passes": 1},
            "smaller pose network (movenet-lightning), 1 pass per person",
        ),
        ({"pose_passes": 2}, "2 passes per person"),
        ({"pose_share": 0.5}, "poses for fewer people"),
    ],
)
def test_what_is_done_less(change: dict[str, Any], sentence: str) -> None:
    report = replace(CALM, effort=replace(FULL, **change))
    words = describe_load(report)
    assert (f"less is done: {sentence}." in words) if sentence else words == ""


def test_a_run_that_keeps_up_says_nothing() -> None:
    assert describe_load(CALM) == ""


def test_a_slow_run_names_the_stage_its_share_and_what_would_help() -> None:
    assert describe_load(replace(CALM, is_slow=True)).splitlines() == [
        "14.2 of 30.0 pictures per second, age 210 ms.",
        "The poses take most of the time: 82%.",
        f"This would help: {HELP}.",
    ]


def test_what_was_done_already_is_not_advised() -> None:
    done = replace(FULL, pose="movenet-lightning", pose_passes=1)
    words = describe_load(replace(CALM, effort=done, is_slow=True, is_exhausted=True))
    assert "To keep up with the source, less is done: smaller pose network" in words
    assert "Nothing is left that could be done with less." in words
    assert "--preset fast" not in words


def test_other_programs_are_named_if_no_stage_is_busy() -> None:
    load = replace(LOAD, busy={"detect": 0.2, "pose": 0.3})
    words = describe_load(replace(CALM, load=load, is_slow=True))
    assert "Other programs, the recording or the window" in words
    assert "--record-as clean" in words
