"""Why a run is slow, in a sentence, and the setting that would help. Pure: a report and the configuration in."""

from dataclasses import dataclass

from realtime_pose.app.preferences import Value
from realtime_pose.app.settings_rows import PRESET
from realtime_pose.app.translation import mark, tr
from realtime_pose.config import PRESETS, Config
from realtime_pose.pipeline.live_governor import GovernorReport
from realtime_pose.pipeline.stats import Report

_ENOUGH = 0.93  # of the rate of the source; above it nothing is slow
_MOST = 0.5  # share of the time from which a stage is the reason
_FAST, _SMALL = "fast", "small"
_STAGES = {
    "detect": mark("Finding people takes {share} of the time."),
    "pose": mark("The poses take {share} of the time."),
    "track": mark("Tracking takes {share} of the time."),
}
_REDUCED = {
    "detect_every": mark("detector 1 in {number}"),
    "detector_size": mark("small detector input"),
    "pose": mark("small pose network"),
    "pose_passes": mark("passes: {number}"),
    "pose_share": mark("fewer poses"),
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What the user reads.

    Attributes:
        text: Why the run is slow, or that it is not.
        button: What would help, as the text of a button; "" if no setting would.
        setting: The name of the setting.
        value: Its better value.
    """

    text: str
    button: str = ""
    setting: str = ""
    value: Value = ""


def reduced_effort(report: GovernorReport) -> str:
    """What runs with less effort, in a few words for a badge; "" for nothing."""
    # A small pose network has a single pass, which needs no word of its own.
    names = [name for name in report.reduced if not (name == "pose_passes" and "pose" in report.reduced)]
    numbers = {"detect_every": report.effort.detect_every, "pose_passes": report.effort.pose_passes}
    return ", ".join(tr(_REDUCED[name]).format(number=numbers.get(name)) for name in names)


def advise(report: Report, config: Config, source_hz: float | None) -> Advice:
    """Why a run is as fast as it is, and what would make it faster.

    Args:
        report: The newest report.
        config: The settings that run now.
        source_hz: Pictures per second of the source; None if unknown.
    """
    governor = report.governor
    wished_hz = source_hz if governor is None else governor.wished_hz
    if report.num_frames == 0:
        return Advice(tr("No picture has come yet."))
    speed = _speed(report, wished_hz)
    is_slow = governor.is_slow if governor is not None else wished_hz is None or report.rate_hz < _ENOUGH * wished_hz
    reduced = () if governor is None else governor.reduced
    if not (is_slow or reduced):
        return Advice(_not_slow(report, wished_hz))
    stage, share = _busiest(report)
    if share < _MOST:
        others = tr("Other programs, the recording or the window take the time of this computer.")
        return Advice(f"{speed} {others}")
    sentences = [speed, tr(_STAGES[stage]).format(share=f"{min(share, 1.0):.0%}")]
    if reduced:
        sentences.append(tr("To keep up, less is done for the moment."))
    return _with_help(" ".join(sentences), stage, config)


def _with_help(text: str, stage: str, config: Config) -> Advice:
    """The text with the setting that makes this stage cheaper, or with other help where none is left."""
    if stage == "detect" and config.detect.size != _SMALL:
        return Advice(text, tr("Use a smaller detector input"), "detect.size", _SMALL)
    if config.pose.model != PRESETS[_FAST]["pose"]["model"] or config.pose.passes > 1:
        return Advice(text, tr("Use the preset “fast”"), PRESET, _FAST)
    others = tr("A graphics processor or fewer people in view would help.")
    return Advice(f"{text} {others}")


def _speed(report: Report, wished_hz: float | None) -> str:
    """The rate, beside the wished one if there is one."""
    rate = f"{report.rate_hz:.1f}"
    if wished_hz is None:
        return tr("{rate} pictures per second.").format(rate=rate)
    return tr("{rate} of {wished} pictures per second.").format(rate=rate, wished=f"{wished_hz:.0f}")


def _not_slow(report: Report, wished_hz: float | None) -> str:
    """That all is well, with the rate of the source: a file may be analysed faster than it is played."""
    rate = f"{report.rate_hz:.1f}"
    if wished_hz is None:
        return tr("Not slow: {rate} pictures per second.").format(rate=rate)
    text = tr("Not slow: {rate} pictures per second; the source has {wished}.")
    return text.format(rate=rate, wished=f"{wished_hz:.0f}")


def _busiest(report: Report) -> tuple[str, float]:
    """The stage that takes most, and its share of the time: as the governor measured, or of the medians."""
    if report.governor is not None:
        stage, share = report.governor.load.busiest
        return (stage, share) if stage in _STAGES else ("", 0.0)
    times_s = {name: report.stages[name].p50_s for name in _STAGES if name in report.stages}
    total_s = sum(times_s.values())
    if not total_s:
        return "", 0.0
    stage = max(times_s, key=lambda name: times_s[name])
    return stage, times_s[stage] / total_s
