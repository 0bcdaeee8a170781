"""The messages over the picture, made from the state of the bridge: text of the card and of the badges."""

import re

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.views.picture_overlays import Badge, CardMessage
from realtime_pose.sources.address import is_webcam, redact_url
from realtime_pose.sources.source import SourceState

_TITLES = {
    SourceState.STALLED: "{label} has stalled",
    SourceState.RECONNECTING: "Reconnecting to {label} …",
    SourceState.AUTH_FAILED: "{label} rejects the user name or password",
    SourceState.NOT_FOUND: "{label} was not found",
}
_MAX_ADDRESS_CHARS = 40  # in a title
_MIN_PATH_CHARS = 12

# Scheme, user and password (both dropped), host with port, path.
_ADDRESS = re.compile(r"[a-z]+://(?:[^@]*@)?([^/]+)(.*)", re.DOTALL)
# A first word in lower case letters only: neither a path nor an address.
_WORD = re.compile(r"[a-z]+(?=[\s,;]|$)")


def card_message(bridge: Bridge, label: str, waited_s: float) -> CardMessage | None:
    """The message of the card; None if the picture needs no explanation.

    Args:
        bridge: State of the source.
        label: Name of the source for the user.
        waited_s: Seconds since this phase began.
    """
    label = shorten_address(label)
    match bridge.phase:
        case Phase.OPENING:
            # The first second needs no counter: most files open faster.
            waited = f" {waited_s:.0f} s" if waited_s >= 1 else ""
            return CardMessage(f"Opening {label} …{waited}", "Loading the models and opening the source")
        case Phase.FAILED:
            return _failure_message(bridge, label)
        case Phase.ENDED:
            return _end_message(bridge, label)
        case Phase.CLOSING:
            return CardMessage("Closing …", "Finishing the files")
    return _running_message(bridge, label)


def make_badges(bridge: Bridge, recorded_s: float) -> list[Badge]:
    """The badges for the recording and for pause.

    Args:
        bridge: State of the recorder.
        recorded_s: Seconds since the recording began.
    """
    badges = []
    recorder = bridge.report.recorder if bridge.report is not None else ""
    if bridge.recording:
        minutes, seconds = divmod(int(recorded_s), 60)
        suffix = " · post-roll" if recorder == "ending" else ""
        badges.append(Badge(f"● REC {minutes:02d}:{seconds:02d}{suffix}", is_error=True))
    if bridge.report is not None and recorder == "paused":
        # The badge is short: only the first part of the note, without the path.
        reason = bridge.report.recorder_note.partition(",")[0].partition(" at ")[0]
        badges.append(Badge(f"■ Not recording: {reason}", is_error=True))
    if bridge.is_paused and bridge.phase is Phase.RUNNING:
        badges.append(Badge("Paused"))
    return badges


def shorten_address(label: str) -> str:
    """An address without scheme and user, and without the middle of a long path; other names stay as they are.

    >>> shorten_address("rtsp://admin:***@192.168.1.20:554/stream1")
    '192.168.1.20:554/stream1'
    >>> shorten_address("Demo clip")
    'Demo clip'
    """
    match = _ADDRESS.fullmatch(label)
    if match is None:
        return label
    host, path = match[1], match[2].rstrip("/")
    max_path_chars = max(_MIN_PATH_CHARS, _MAX_ADDRESS_CHARS - len(host))
    return host + (path if len(path) <= max_path_chars else f"/…{path[-max_path_chars:]}")


def sentence(reason: str, label: str = "") -> str:
    r"""A reason as text of its own: without the address before it, and with a second line for the next attempt.

    >>> sentence("cam: no picture came for 5 s; asked again in 1.9 s", "cam")
    'No picture came for 5 s\nAsked again in 1.9 s'
    """
    lines = reason.removeprefix(f"{label}: ").replace("; asked again", "\nasked again").split("\n")
    # A capital letter for a word, but not for an address or a path.
    return "\n".join(line[:1].upper() + line[1:] if _WORD.match(line) else line for line in lines)


def _running_message(bridge: Bridge, label: str) -> CardMessage | None:
    """The message while the pipeline runs; None while new pictures come."""
    source = bridge.report.source if bridge.report is not None else None
    reason = sentence(source.reason) if source is not None else ""
    # The default source is the webcam. A user without a webcam needs to know what else there is.
    choices = ("demo", "open_file") if bridge.scene is None and is_webcam(bridge.uri) and reason else ()
    if source is not None and source.state is SourceState.LOST:
        return CardMessage(f"{label} is lost", reason, ("retry",))
    if source is not None and source.state in _TITLES:
        return CardMessage(_TITLES[source.state].format(label=label), reason, choices or ("retry",))
    if bridge.scene is None:
        return CardMessage(f"Waiting for the first picture from {label} …", reason, choices)
    return None


def _failure_message(bridge: Bridge, label: str) -> CardMessage:
    """Why there is no picture, and what the user can do; for a webcam the demo comes first."""
    title = f"{label} cannot be opened" if bridge.scene is None else f"{label} has stopped"
    choices = ("demo", "retry", "open_file") if is_webcam(bridge.uri) else ("retry", "demo", "open_file")
    return CardMessage(title, sentence(bridge.error, redact_url(bridge.uri)), choices)


def _end_message(bridge: Bridge, label: str) -> CardMessage:
    """The message at the end of a source."""
    report = bridge.report
    if report is None:
        return CardMessage(f"{label} has ended", "", ("retry",))
    if report.source.state is SourceState.LOST:
        return CardMessage(f"{label} is lost", sentence(report.source.reason), ("retry", "demo"))
    counts = [f"{report.num_frames} frames."]
    if report.source.skipped:
        counts.append(f"{report.source.skipped} could not be read and were skipped.")
    detail = "\n".join(text for text in (" ".join(counts), sentence(report.source.reason)) if text)
    return CardMessage(f"{label} has ended", detail, ("replay",), is_brief=not report.source.reason)
