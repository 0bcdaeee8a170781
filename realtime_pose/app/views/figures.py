"""Texts and tooltips of the figures in the status bar, made from a report of the pipeline."""

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.translation import mark, tr
from realtime_pose.messages.load_messages import describe_load
from realtime_pose.messages.recorder_messages import note_text
from realtime_pose.pipeline.stats import Report
from realtime_pose.recording.status import RecorderState, RecorderStatus

# The figures by name, in the order on the screen.
FIGURE_NAMES = {
    "persons": mark("Persons"),
    "rate": mark("Rate"),
    "latency": mark("Latency"),
    "age": mark("Age"),
    "dropped": mark("Dropped"),
    "recorder": mark("Recorder"),
    "device": mark("Device"),
}
_AGE_TIP = mark(
    "Time from the capture of the newest picture until its persons were tracked; grows while no picture comes"
)
_RATE_TIP = mark("Pictures per second through all models, over the last two seconds")
_RECORDER_TEXTS = {
    RecorderState.ARMED: mark("○ pre-roll"),
    RecorderState.RECORDING: mark("● recording"),
    RecorderState.ENDING: mark("● post-roll"),
    RecorderState.PAUSED: mark("■ not recording"),
}
_BETTER_NETWORKS = mark("More accurate networks: settings, or realtime-pose weights fetch medium (about 150 MB)")
_ARMED_TIP = mark("The last seconds are kept in memory: a recording also has the seconds before you press R")


def figure_texts(bridge: Bridge, report: Report) -> dict[str, tuple[str, str]]:
    """(text, tooltip) of each figure, by name; an unknown figure is left out or has no text."""
    dropped = sum(report.dropped.values()) + report.recorder.num_dropped
    tracks = bridge.scene.tracks if bridge.scene is not None else None
    num_persons = len(tracks.seen) if tracks is not None else 0
    figures = {
        "persons": (tr("%n person(s)", "", num_persons), _persons_tip(report)),
        "rate": (tr("{rate} fps").format(rate=f"{report.rate_hz:.1f}"), _rate_tip(report)),
        "latency": _latency(report),
        "recorder": _recorder(report.recorder),
        "dropped": (
            tr("{count} dropped").format(count=dropped) if dropped or bridge.is_live else "",
            _dropped_tip(report),
        ),
        "device": (_device(report), _device_tip(report)),
    }
    if bridge.is_live and report.age_s is not None:
        figures["age"] = (_age_text(report.age_s), _age_tip(report))
    return figures


def widest_texts() -> dict[str, str]:
    """The widest text of each figure that changes often, by name."""
    return {
        "persons": tr("%n person(s)", "", 88),
        "rate": tr("{rate} fps").format(rate="888.8"),
        "latency": "detect 888/888 ms",
        "age": _age_text(888.8),
        "dropped": tr("{count} dropped").format(count=88888),
        "recorder": tr("● recording"),
    }


def _age_text(age_s: float) -> str:
    """The age of a picture."""
    age = f"{age_s * 1000:.0f} ms" if age_s < 1 else f"{age_s:.1f} s"
    return tr("age {age}").format(age=age)


def _rate_tip(report: Report) -> str:
    """What the rate is, and why it is low or what is done for it."""
    why = describe_load(report.governor) if report.governor is not None else ""
    return f"{tr(_RATE_TIP)}.\n{why}" if why else tr(_RATE_TIP)


def _persons_tip(report: Report) -> str:
    """Who is counted, and who is not."""
    tip = tr("Persons who are tracked now")
    more = report.crowd.unposed
    found = tr("Found too, but this computer has no time for their poses: {count}").format(count=more)
    return f"{tip}.\n{found}" if more else tip


def _age_tip(report: Report) -> str:
    """What the age is, with its percentiles if they are known."""
    if report.age_p50_s is None or report.age_p95_s is None:
        return tr(_AGE_TIP)
    percentiles = _milliseconds(report.age_p50_s, report.age_p95_s)
    return f"{tr(_AGE_TIP)}.\n" + tr("Median / 95th percentile: {times} ms").format(times=percentiles)


def _latency(report: Report) -> tuple[str, str]:
    """Median and 95th percentile of the slowest stage; the tooltip has all stages."""
    stages = {name: stage for name, stage in report.stages.items() if stage.count}
    if not stages:
        return "", ""
    lines = [tr("Milliseconds for one picture, median / 95th percentile:")]
    lines += [f"{name}  {_milliseconds(stage.p50_s, stage.p95_s)}" for name, stage in stages.items()]
    # Capture mostly waits for the camera, so it is no computing time.
    computing = {name: stage for name, stage in stages.items() if name != "capture"} or stages
    slowest = max(computing, key=lambda name: computing[name].p50_s)
    lines.append(tr("{stage} takes longest.").format(stage=slowest))
    return f"{slowest} {_milliseconds(computing[slowest].p50_s, computing[slowest].p95_s)} ms", "\n".join(lines)


def _milliseconds(p50_s: float, p95_s: float) -> str:
    return f"{p50_s * 1000:.0f}/{p95_s * 1000:.0f}"


def _dropped_tip(report: Report) -> str:
    lines = [tr("Pictures that were skipped because a newer one was there")]
    if report.recorder.num_dropped:
        text = tr("recording, which was too slow: {count}")
        lines.append(text.format(count=report.recorder.num_dropped))
    return "\n".join(lines + [f"{name}: {count}" for name, count in report.dropped.items()])


def _recorder(recorder: RecorderStatus) -> tuple[str, str]:
    """What the recorder does; the tooltip has its note."""
    text, note = tr(_RECORDER_TEXTS.get(recorder.state, "")), note_text(recorder.note)
    path = "" if recorder.path is None else str(recorder.path)
    tip = note or path or (tr(_ARMED_TIP) if recorder.state is RecorderState.ARMED else "")
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
    return "\n".join([*lines, tr(_BETTER_NETWORKS)])
