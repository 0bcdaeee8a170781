"""Texts and tooltips of the figures in the status bar, made from a report of the pipeline."""

from realtime_pose.app.bridge import Bridge
from realtime_pose.counts import counted
from realtime_pose.messages.load_messages import describe_load
from realtime_pose.messages.recorder_messages import note_text
from realtime_pose.pipeline.images import format_age
from realtime_pose.pipeline.stats import Report
from realtime_pose.recording.status import RecorderState, RecorderStatus

# The widest text of each figure that changes often, in the order on the screen.
WIDEST_TEXTS = {
    "persons": "88 persons",
    "rate": "888.8 fps",
    "latency": "detect 888/888 ms",
    "age": "age 888.8 s",
    "dropped": "88888 dropped",
    "recorder": "● recording",
}
_AGE_TIP = "Time from the capture of the newest picture until its persons were tracked; grows while no picture comes"
_RATE_TIP = "Pictures per second through all models, over the last two seconds"
_RECORDER_TEXTS = {
    RecorderState.ARMED: "○ pre-roll",
    RecorderState.RECORDING: "● recording",
    RecorderState.ENDING: "● post-roll",
    RecorderState.PAUSED: "■ not recording",
}
_BETTER_NETWORKS = "More accurate networks: realtime-pose weights fetch medium (about 150 MB)"
_ARMED_TIP = "The last seconds are kept in memory: a recording also has the seconds before you press R"


def figure_texts(bridge: Bridge, report: Report) -> dict[str, tuple[str, str]]:
    """(text, tooltip) of each figure, by name; an unknown figure is left out or has no text."""
    dropped = sum(report.dropped.values()) + report.recorder.num_dropped
    tracks = bridge.scene.tracks if bridge.scene is not None else None
    num_persons = len(tracks.seen) if tracks is not None else 0
    figures = {
        "persons": (counted(num_persons, "person"), _persons_tip(report)),
        "rate": (f"{report.rate_hz:.1f} fps", _rate_tip(report)),
        "latency": _latency(report),
        "recorder": _recorder(report.recorder),
        "dropped": (f"{dropped} dropped" if dropped or bridge.is_live else "", _dropped_tip(report)),
        "device": (_device(report), _device_tip(report)),
    }
    if bridge.is_live and report.age_s is not None:
        figures["age"] = (format_age(report.age_s), _age_tip(report))
    return figures


def _rate_tip(report: Report) -> str:
    """What the rate is, and why it is low or what is done for it."""
    why = describe_load(report.governor) if report.governor is not None else ""
    return f"{_RATE_TIP}.\n{why}" if why else _RATE_TIP


def _persons_tip(report: Report) -> str:
    """Who is counted, and who is not."""
    tip = "Persons who are tracked now"
    more = report.crowd.unposed
    return f"{tip}.\nFound too, but this computer has no time for their poses: {more}" if more else tip


def _age_tip(report: Report) -> str:
    """What the age is, with its percentiles if they are known."""
    if report.age_p50_s is None or report.age_p95_s is None:
        return _AGE_TIP
    return f"{_AGE_TIP}.\nMedian / 95th percentile: {_milliseconds(report.age_p50_s, report.age_p95_s)} ms"


def _latency(report: Report) -> tuple[str, str]:
    """Median and 95th percentile of the slowest stage; the tooltip has all stages."""
    stages = {name: stage for name, stage in report.stages.items() if stage.count}
    if not stages:
        return "", ""
    lines = ["Milliseconds for one picture, median / 95th percentile:"]
    lines += [f"{name}  {_milliseconds(stage.p50_s, stage.p95_s)}" for name, stage in stages.items()]
    # Capture mostly waits for the camera, so it is no computing time.
    computing = {name: stage for name, stage in stages.items() if name != "capture"} or stages
    slowest = max(computing, key=lambda name: computing[name].p50_s)
    lines.append(f"{slowest} takes longest.")
    return f"{slowest} {_milliseconds(computing[slowest].p50_s, computing[slowest].p95_s)} ms", "\n".join(lines)


def _milliseconds(p50_s: float, p95_s: float) -> str:
    return f"{p50_s * 1000:.0f}/{p95_s * 1000:.0f}"


def _dropped_tip(report: Report) -> str:
    lines = ["Pictures that were skipped because a newer one was there"]
    if report.recorder.num_dropped:
        lines.append(f"recording, which was too slow: {report.recorder.num_dropped}")
    return "\n".join(lines + [f"{name}: {count}" for name, count in report.dropped.items()])


def _recorder(recorder: RecorderStatus) -> tuple[str, str]:
    """What the recorder does; the tooltip has its note."""
    text, note = _RECORDER_TEXTS.get(recorder.state, ""), note_text(recorder.note)
    path = "" if recorder.path is None else str(recorder.path)
    tip = note or path or (_ARMED_TIP if recorder.state is RecorderState.ARMED else "")
    return (f"{text} !" if text and note else text), tip


def _device(report: Report) -> str:
    """The devices of the networks with the precision, each once."""
    return " + ".join(dict.fromkeys(_with_precision(report).values()))


def _with_precision(report: Report) -> dict[str, str]:
    """Device and precision of each stage's network."""
    precisions = {stage: f" {engine.precision}" for stage, engine in report.engines.items()}
    return {stage: f"{device}{precisions.get(stage, '')}" for stage, device in report.devices.items()}


def _device_tip(report: Report) -> str:
    """Where each stage's network runs, and what runs it."""
    titles = {stage: f", {engine.title}" for stage, engine in report.engines.items()}
    lines = [f"{stage}: {device}{titles.get(stage, '')}" for stage, device in report.devices.items()]
    return "\n".join([*lines, _BETTER_NETWORKS])
