"""Why a run is slow in a sentence, the setting that helps, and the history of the last minute."""

from dataclasses import replace
from typing import Any

import pytest

from realtime_pose.app.load_advice import advise, reduced_effort
from realtime_pose.app.load_history import LoadHistory
from realtime_pose.app.settings_rows import PRESET
from realtime_pose.config import Config, DetectConfig, load
from realtime_pose.effort import Effort
from realtime_pose.pipeline.governor import Load
from realtime_pose.pipeline.live_governor import GovernorReport
from realtime_pose.pipeline.stats import Report, StageReport
from tests.support.fakes.fake_pipeline import make_report

FAST, SMALL = load(preset="fast"), replace(Config(), detect=DetectConfig(size="small"))
RATE = "10.0 of 30 pictures per second."


def report_of(*, rate_hz: float = 10.0, **times_s: float) -> Report:
    stages = {name: StageReport(time_s, 2 * time_s, 30) for name, time_s in times_s.items()}
    return make_report(rate_hz=rate_hz, stages=stages)


def governed(busy: dict[str, float], *, is_slow: bool = True, effort: Effort | None = None) -> Report:
    load_now = Load(0.0, rate_hz=10.0, source_hz=30.0, age_s=0.2, busy=busy)
    effort = effort or Effort()
    report = GovernorReport(effort, Effort(), load_now, 30.0, is_slow=is_slow, is_exhausted=False)
    return replace(report_of(capture=0.03), governor=report)


@pytest.mark.parametrize(
    ("report", "config", "text", "setting"),
    [
        (report_of(detect=0.01, pose=0.09), Config(), f"{RATE} The poses take 90% of the time.", (PRESET, "fast")),
        (report_of(detect=0.08, pose=0.02), Config(), "Finding people takes 80% of", ("detect.size", "small")),
        (report_of(detect=0.08, pose=0.02), SMALL, "Finding people takes 80% of", (PRESET, "fast")),
        (report_of(detect=0.01, pose=0.09), FAST, "A graphics processor or fewer people in view would help.", ("", "")),
        (report_of(detect=0.04, pose=0.04, track=0.04), Config(), "Other programs", ("", "")),
        (report_of(rate_hz=29.5, pose=0.02), Config(), "Not slow: 29.5 pictures per second; the source", ("", "")),
        (governed({"detect": 0.2, "pose": 0.97}), Config(), "The poses take 97% of the time.", (PRESET, "fast")),
        (governed({"pose": 0.9}, effort=Effort(2)), Config(), "To keep up, less is done", (PRESET, "fast")),
        (governed({"pose": 0.3}), Config(), "Other programs", ("", "")),
        (governed({"pose": 0.3}, is_slow=False), Config(), "Not slow", ("", "")),
        (make_report(num_frames=0), Config(), "No picture has come yet.", ("", "")),
    ],
)  # fmt: skip
def test_the_sentence_and_the_setting(report: Report, config: Config, text: str, setting: tuple[str, str]) -> None:
    advice = advise(report, config, 30.0)
    assert text in advice.text
    assert (advice.setting, advice.value) == setting
    assert bool(advice.button) == bool(setting[0])


def test_a_source_without_a_rate_is_described_without_one() -> None:
    assert advise(report_of(pose=0.1), Config(), None).text.startswith("10.0 pictures per second. The poses")


def test_the_history_is_one_minute_long() -> None:
    history = LoadHistory()
    assert history.newly_dropped == 0
    for second in range(100):
        history.add(
            make_report(rate_hz=float(second), age_s=0.1 if second % 2 else None, dropped={"a": second}), now_s=second
        )
    rates, ages = history.rates(), history.ages_ms()
    assert rates[0] == (60.0, 39.0)
    assert rates[-1] == (0.0, 99.0)
    assert len(ages) == 31
    assert ages[-1] == pytest.approx((0.0, 100.0))
    assert history.newly_dropped == 60
    history.clear()
    assert history.rates() == []


@pytest.mark.parametrize(
    ("change", "badge"),
    [
        ({}, ""),
        ({"detect_every": 2}, "detector 1 in 2"),
        ({"detect_every": 4, "detector_size": "small"}, "detector 1 in 4, small detector input"),
        ({"pose": "movenet-lightning", "pose_passes": 1}, "small pose network"),
        ({"pose_passes": 2}, "passes: 2"),
        ({"pose_share": 0.5}, "fewer poses"),
    ],
)
def test_a_badge_says_what_is_done_less(change: dict[str, Any], badge: str) -> None:
    full = Effort(1, "auto", "movenet-thunder", 3)
    load_now = Load(1.0, 14.2, 30.0, 0.21, {"pose": 0.82})
    report = GovernorReport(replace(full, **change), full, load_now, 30.0, is_slow=False, is_exhausted=False)
    assert reduced_effort(report) == badge
