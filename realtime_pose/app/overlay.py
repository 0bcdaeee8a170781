"""What the window says over the picture, from the state of the bridge: the words of the card and of the pills."""

from realtime_pose.app.bridge import Bridge, Phase
from realtime_pose.app.notice import Words
from realtime_pose.sources.source import SourceState

_TITLES = {
    SourceState.STALLED: "{label} has stalled",
    SourceState.RECONNECTING: "Reconnecting to {label} …",
    SourceState.AUTH_FAILED: "{label} refuses user and password",
    SourceState.NOT_FOUND: "{label} was not found",
}


def card_words(bridge: Bridge, label: str, waited_s: float) -> Words | None:
    """What the card says; None where the picture says it all.

    Args:
        bridge: State of the source.
        label: What the source is called.
        waited_s: Seconds in this phase.
    """
    match bridge.phase:
        case Phase.OPENING:
            waited = f" {waited_s:.0f} s" if waited_s >= 1 else ""
            return Words(f"Opening {label} …{waited}", "Loading the networks and opening the source")
        case Phase.FAILED:
            return _failed(bridge, label)
        case Phase.ENDED:
            return _ended(bridge, label)
        case Phase.CLOSING:
            return Words("Closing …", "Finishing what is being written")
    return _running(bridge, label)


def pill_words(bridge: Bridge, recorded_s: float) -> list[tuple[str, str]]:
    """(text, tone) of each pill."""
    pills = []
    if bridge.recording:
        minutes, seconds = divmod(int(recorded_s), 60)
        pills.append((f"● REC {minutes:02d}:{seconds:02d}", "bad"))
    if bridge.report is not None and bridge.report.recorder == "paused":
        pills.append((f"■ Not recording: {bridge.report.recorder_note.partition(',')[0]}", "bad"))
    if bridge.is_paused and bridge.phase is Phase.RUNNING:
        pills.append(("Paused", ""))
    return pills


def _running(bridge: Bridge, label: str) -> Words | None:
    """What is to be said while the pipeline runs, and there is nothing new to look at."""
    source = bridge.report.source if bridge.report is not None else None
    reason = source.reason if source is not None else ""
    if source is not None and source.state is SourceState.LOST:
        return Words(f"{label} is lost", reason, ("retry",))
    if source is not None and source.state in _TITLES:
        return Words(_TITLES[source.state].format(label=label), reason, ("retry",))
    return Words(f"Waiting for the first picture of {label} …", reason) if bridge.scene is None else None


def _failed(bridge: Bridge, label: str) -> Words:
    """Why there is no picture, and the way out; without a camera that is the demo."""
    title = f"{label} cannot be opened" if bridge.scene is None else f"{label} has stopped"
    choices = ("demo", "retry", "open_file") if bridge.uri.isdecimal() else ("retry", "demo", "open_file")
    return Words(title, bridge.error, choices)


def _ended(bridge: Bridge, label: str) -> Words:
    """What is to be said at the end of a source."""
    report = bridge.report
    if report is None:
        return Words(f"{label} has ended", "", ("retry",))
    if report.source.state is SourceState.LOST:
        return Words(f"{label} is lost", report.source.reason, ("retry", "demo"))
    parts = [f"{report.num_frames} frames."]
    if report.source.skipped:
        parts.append(f"{report.source.skipped} could not be read and were left out.")
    parts.append(report.source.reason)
    return Words(f"{label} has ended", " ".join(parts).strip(), ("replay",), is_brief=not report.source.reason)
