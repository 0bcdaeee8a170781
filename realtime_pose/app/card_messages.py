"""What the window says over the picture, from the state of the bridge: the words of the card and of the pills."""

import re

from realtime_pose.app.bridge import Bridge, Phase
from realtime_pose.app.notice import CardMessage
from realtime_pose.sources.address import is_webcam, redact_url
from realtime_pose.sources.source import SourceState

_TITLES = {
    SourceState.STALLED: "{label} has stalled",
    SourceState.RECONNECTING: "Reconnecting to {label} …",
    SourceState.AUTH_FAILED: "{label} refuses user and password",
    SourceState.NOT_FOUND: "{label} was not found",
}
_LONGEST = 40  # letters of an address in a title

_ADDRESS = re.compile(r"[a-z]+://(?:[^@]*@)?([^/]+)(.*)", re.DOTALL)
_WORD = re.compile(r"[a-z]+(?=[\s,;]|$)")


def card_message(bridge: Bridge, label: str, waited_s: float) -> CardMessage | None:
    """What the card says; None where the picture says it all.

    Args:
        bridge: State of the source.
        label: What the source is called.
        waited_s: Seconds in this phase.
    """
    label = short(label)
    match bridge.phase:
        case Phase.OPENING:
            waited = f" {waited_s:.0f} s" if waited_s >= 1 else ""
            return CardMessage(f"Opening {label} …{waited}", "Loading the networks and opening the source")
        case Phase.FAILED:
            return _failed(bridge, label)
        case Phase.ENDED:
            return _ended(bridge, label)
        case Phase.CLOSING:
            return CardMessage("Closing …", "Finishing what is being written")
    return _running(bridge, label)


def badge_texts(bridge: Bridge, recorded_s: float) -> list[tuple[str, str]]:
    """(text, tone) of each pill."""
    badges = []
    recorder = bridge.report.recorder if bridge.report is not None else ""
    if bridge.recording:
        minutes, seconds = divmod(int(recorded_s), 60)
        rest = " · post-roll" if recorder == "ending" else ""
        badges.append((f"● REC {minutes:02d}:{seconds:02d}{rest}", "bad"))
    if bridge.report is not None and recorder == "paused":
        why = bridge.report.recorder_note.partition(",")[0].partition(" at ")[0]
        badges.append((f"■ Not recording: {why}", "bad"))
    if bridge.is_paused and bridge.phase is Phase.RUNNING:
        badges.append(("Paused", ""))
    return badges


def short(label: str) -> str:
    """An address without what every other has too, and without the middle of a long one; a name as it is.

    >>> short("rtsp://admin:***@192.168.1.20:554/stream1")
    '192.168.1.20:554/stream1'
    >>> short("Demo clip")
    'Demo clip'
    """
    found = _ADDRESS.fullmatch(label)
    if found is None:
        return label
    host, path = found[1], found[2].rstrip("/")
    room = max(12, _LONGEST - len(host))
    return host + (path if len(path) <= room else f"/…{path[-room:]}")


def sentence(reason: str, label: str = "") -> str:
    r"""A reason to stand alone: without the address before it, a line each for why and what follows.

    >>> sentence("cam: no picture came for 5 s; asked again in 1.9 s", "cam")
    'No picture came for 5 s\nAsked again in 1.9 s'
    """
    parts = reason.removeprefix(f"{label}: ").replace("; asked again", "\nasked again").split("\n")
    return "\n".join(part[:1].upper() + part[1:] if _WORD.match(part) else part for part in parts)


def _running(bridge: Bridge, label: str) -> CardMessage | None:
    """What is to be said while the pipeline runs, and there is nothing new to look at."""
    source = bridge.report.source if bridge.report is not None else None
    reason = sentence(source.reason) if source is not None else ""
    # Who has no webcam, as is the default, is to see what there is without one.
    choices = ("demo", "open_file") if bridge.scene is None and is_webcam(bridge.uri) and reason else ()
    if source is not None and source.state is SourceState.LOST:
        return CardMessage(f"{label} is lost", reason, ("retry",))
    if source is not None and source.state in _TITLES:
        return CardMessage(_TITLES[source.state].format(label=label), reason, choices or ("retry",))
    return CardMessage(f"Waiting for the first picture of {label} …", reason, choices) if bridge.scene is None else None


def _failed(bridge: Bridge, label: str) -> CardMessage:
    """Why there is no picture, and the way out; without a camera that is the demo."""
    title = f"{label} cannot be opened" if bridge.scene is None else f"{label} has stopped"
    choices = ("demo", "retry", "open_file") if is_webcam(bridge.uri) else ("retry", "demo", "open_file")
    return CardMessage(title, sentence(bridge.error, redact_url(bridge.uri)), choices)


def _ended(bridge: Bridge, label: str) -> CardMessage:
    """What is to be said at the end of a source."""
    report = bridge.report
    if report is None:
        return CardMessage(f"{label} has ended", "", ("retry",))
    if report.source.state is SourceState.LOST:
        return CardMessage(f"{label} is lost", sentence(report.source.reason), ("retry", "demo"))
    parts = [f"{report.num_frames} frames."]
    if report.source.skipped:
        parts.append(f"{report.source.skipped} could not be read and were left out.")
    detail = "\n".join(part for part in (" ".join(parts), sentence(report.source.reason)) if part)
    return CardMessage(f"{label} has ended", detail, ("replay",), is_brief=not report.source.reason)
