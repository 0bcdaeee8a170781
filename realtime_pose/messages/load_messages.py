"""What the user reads about the load of a live run: what runs with less effort, why, and what would help."""

from realtime_pose.counts import counted
from realtime_pose.effort import Effort
from realtime_pose.pipeline.live_governor import GovernorReport

_ORDINALS = {2: "2nd", 3: "3rd"}
_BUSY = 0.5  # share of the time from which a stage is named as the reason
_STAGES = {
    "detect": "Finding people takes",
    "pose": "The poses take",
    "track": "Tracking takes",
}
_GPU = "a graphics processor (--device)"
# What would help a stage; with the name of the field of the effort if the governor may have done it already.
_HELP = {
    "detect": [("detector_size", "a smaller detector input (--detector-size small)"), ("", _GPU)],
    "pose": [("pose", "a smaller network (--preset fast)"), ("", "fewer people in view (--region)"), ("", _GPU)],
    "track": [("", "fewer people in view (--region)")],
}
_OTHER_LOAD = "Other programs, the recording or the window take the time of this computer."
_OTHER_HELP = "fewer other programs, a recording without an overlay (--record-as clean), or a smaller camera picture"


def describe_load(report: GovernorReport) -> str:
    """Why the run is slow or does less, and what would help: a few sentences; "" if nothing is to be said."""
    reduced = ", ".join(_step_text(name, report.effort) for name in report.reduced)
    if not (reduced or report.is_slow):
        return ""
    load = report.load
    lines = [f"{load.rate_hz:.1f} of {report.wished_hz:.1f} pictures per second, age {load.age_s * 1000:.0f} ms."]
    if reduced:
        lines.append(f"To keep up with the source, less is done: {reduced}.")
    stage, share = load.busiest
    is_stage = share >= _BUSY
    lines.append(f"{_STAGES[stage]} most of the time: {share:.0%}." if is_stage else _OTHER_LOAD)
    if report.is_exhausted:
        lines.append("Nothing is left that could be done with less.")
    helps = [text for done, text in _HELP.get(stage, []) if done not in report.reduced]
    lines.append(f"This would help: {' or '.join(helps) if is_stage else _OTHER_HELP}.")
    return "\n".join(lines)


def _step_text(name: str, effort: Effort) -> str:
    """One thing that runs with less effort."""
    match name:
        case "detect_every":
            ordinal = _ORDINALS.get(effort.detect_every, f"{effort.detect_every}th")
            return f"detector at every {ordinal} picture"
        case "detector_size":
            return "smaller detector input"
        case "pose":
            return f"smaller pose network ({effort.pose})"
        case "pose_passes":
            return f"{counted(effort.pose_passes, 'pass', 'passes')} per person"
        case _:
            return "poses for fewer people"
