"""The messages over the picture, made from the state of the bridge: text of the card and of the badges."""

import re
from collections.abc import Sequence

from realtime_pose.app.bridge import Bridge
from realtime_pose.app.live_pipeline import Phase
from realtime_pose.app.load_advice import reduced_effort
from realtime_pose.app.playback import format_place
from realtime_pose.app.translation import mark, tr
from realtime_pose.app.views.picture_overlays import Badge, CardMessage
from realtime_pose.messages.recorder_messages import short_note_text
from realtime_pose.messages.source_messages import describe_problem, describe_retry
from realtime_pose.pipeline.reopener import NoReplay
from realtime_pose.recording.status import RecorderState
from realtime_pose.redaction import redact_url
from realtime_pose.sources.address import is_webcam
from realtime_pose.sources.endpoint import login_of
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.source import SourceState, SourceStatus

_TITLES = {
    SourceState.STALLED: mark("{label} has stalled"),
    SourceState.RECONNECTING: mark("Reconnecting to {label} …"),
    SourceState.AUTH_FAILED: mark("{label} rejects the user name or password"),
    SourceState.NOT_FOUND: mark("{label} was not found"),
}
_MAX_ADDRESS_CHARS = 40  # in a title
_MIN_PATH_CHARS = 12
_MAX_NAMED = 3  # skipped frames

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
            return CardMessage(
                tr("Opening {label} …").format(label=label) + waited, tr("Loading the models and opening the source")
            )
        case Phase.FAILED:
            return _failure_message(bridge, label)
        case Phase.ENDED:
            return _end_message(bridge, label)
        case Phase.CLOSING:
            return CardMessage(tr("Closing …"), tr("Finishing the files"))
    return _running_message(bridge, label)


def make_badges(bridge: Bridge, hints: Sequence[str] = ()) -> list[Badge]:
    """The badges for the recording, for pause, for a crowd, and for what is done less because of the load.

    Args:
        bridge: State of the recorder.
        hints: Short texts to be shown first, such as the place in a file.
    """
    badges = [Badge(hint) for hint in hints]
    recorder = bridge.recorder
    if recorder.path is not None:
        suffix = tr(" · post-roll") if recorder.state is RecorderState.ENDING else ""
        length = f"{format_place(recorder.length_s)} · {format_size(recorder.length_bytes)}"
        since = length if recorder.length_bytes else tr("waits for a picture")
        badges.append(Badge(tr("● REC") + f" {since}{suffix}", is_error=True))
    if recorder.state is RecorderState.PAUSED:
        badges.append(Badge(tr("■ Not recording: {why}").format(why=short_note_text(recorder.note)), is_error=True))
    if bridge.is_paused and bridge.phase is Phase.RUNNING:
        badges.append(Badge(tr("Paused")))
    if bridge.drawn is not None and not bridge.drawn.is_analysed:
        badges.append(Badge(tr("Not analysed yet")))
    if bridge.scene is not None and len(bridge.scene.unposed):
        num_posed, num_unposed = len(bridge.scene.poses), len(bridge.scene.unposed)
        text = tr("Crowd: time for {posed} of %n person(s)", "", num_posed + num_unposed)
        badges.append(Badge(text.format(posed=num_posed)))
    people_age_s = bridge.report.people_age_s if bridge.report is not None and bridge.phase is Phase.RUNNING else None
    if people_age_s is not None and not bridge.is_paused:
        badges.append(Badge(tr("Skeletons {age} s old").format(age=f"{people_age_s:.1f}")))
    governor = bridge.report.governor if bridge.report is not None and bridge.phase is Phase.RUNNING else None
    if governor is not None and (reduced := reduced_effort(governor)):
        badges.append(Badge(tr("Slow computer: {reduced}").format(reduced=reduced)))
    return badges


def following_text(bridge: Bridge) -> str:
    """Who is followed, and whether that person is in the picture; "" for nobody."""
    people, scene = bridge.settings.people, bridge.scene
    if people.locked is None:
        return ""
    is_here = scene is not None and people.locked in scene.tracks.seen.ids
    text = tr("Following {name}") if is_here else tr("Following {name}: not in the picture")
    return text.format(name=people.name_of(people.locked))


_NO_REPLAY = {
    NoReplay.NO_INDEX: mark("No seek bar: this file has no complete index. Save it, and open the saved file."),
    NoReplay.NO_PARTS: mark("No seek bar: the server sends only the whole file. Save it, and open the saved file."),
}


def no_replay_text(bridge: Bridge) -> str:
    """Why a video file on a server has no seek bar; "" for all others."""
    reason = bridge.report.no_replay if bridge.report is not None else None
    return "" if reason is None else tr(_NO_REPLAY[reason])


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


def format_size(num_bytes: int) -> str:
    """The size of a file in MB, or GB.

    >>> format_size(34_000), format_size(3_420_000), format_size(1_234_000_000)
    ('0.1 MB', '3.4 MB', '1.23 GB')
    """
    if num_bytes >= 1e9:
        return f"{num_bytes / 1e9:.2f} GB"
    return f"{max(num_bytes / 1e6, 0.1):.1f} MB"


def capitalize(text: str) -> str:
    """The text with a capital letter at its start, unless that is an address or a path.

    >>> capitalize("no picture came for 5 s"), capitalize("/rec is away")
    ('No picture came for 5 s', '/rec is away')
    """
    return text[:1].upper() + text[1:] if _WORD.match(text) else text


def _detail(source: SourceStatus) -> str:
    """Why the source has its state, and in a second line when it is tried again."""
    lines = (describe_problem(source, max_named=_MAX_NAMED), describe_retry(source))
    return "\n".join(capitalize(line) for line in lines if line)


def _running_message(bridge: Bridge, label: str) -> CardMessage | None:
    """The message while the pipeline runs; None while new pictures come."""
    source = bridge.report.source if bridge.report is not None else None
    detail = _detail(source) if source is not None else ""
    # The default source is the webcam. A user without a webcam needs to know what else there is.
    choices = ("demo", "open_file") if bridge.scene is None and is_webcam(bridge.uri) and detail else ()
    if source is not None and source.state is SourceState.LOST:
        return CardMessage(tr("{label} is lost").format(label=label), detail, ("retry",))
    if source is not None and source.state in _TITLES:
        user = login_of(bridge.uri)[0] if source.state is SourceState.AUTH_FAILED else None
        title = tr(_TITLES[source.state]).format(label=label)
        return CardMessage(title, detail, choices or ("retry",), login_user=user)
    if bridge.scene is None:
        return CardMessage(tr("Waiting for the first picture from {label} …").format(label=label), detail, choices)
    return None


def _failure_message(bridge: Bridge, label: str) -> CardMessage:
    """Why there is no picture, and what the user can do; for a webcam the demo comes first."""
    title = tr("{label} cannot be opened") if bridge.scene is None else tr("{label} has stopped")
    first = ("demo", "retry") if is_webcam(bridge.uri) else ("retry", "demo")
    # The message of the exception starts with the address, which the title has too.
    public = redact_url(bridge.uri)
    detail = capitalize(bridge.error.removeprefix(f"{public}: ").removeprefix(f"'{public}': "))
    source = bridge.report.source if bridge.report is not None else None
    title = title.format(label=label)
    if source is not None and source.reason.code is SourceReason.UNAUTHORIZED:
        title = tr(_TITLES[SourceState.AUTH_FAILED]).format(label=label)
        reason = capitalize(describe_problem(source, max_named=_MAX_NAMED))
        return CardMessage(title, reason, ("retry", "copy"), login_user=login_of(bridge.uri)[0])
    return CardMessage(title, detail, (*first, "open_file", "copy"))


def _end_message(bridge: Bridge, label: str) -> CardMessage | None:
    """The message at the end of a source; None below a single picture, which is what the user wants to see."""
    report = bridge.report
    if report is None:
        return CardMessage(tr("{label} has ended").format(label=label), "", ("retry",))
    problem = _detail(report.source)
    if report.source.state is SourceState.LOST:
        return CardMessage(tr("{label} is lost").format(label=label), problem, ("retry", "demo"))
    if bridge.picture is not None and bridge.num_frames == 1:
        return None
    frames = tr("%n frame(s).", "", report.num_frames)
    counts = [frames if bridge.picture is None else tr("%n picture(s).", "", report.num_frames)]
    if report.source.skipped:
        counts.append(tr("Left out, because they could not be read: {count}.").format(count=report.source.skipped))
    detail = "\n".join(text for text in (" ".join(counts), problem) if text)
    return CardMessage(tr("{label} has ended").format(label=label), detail, ("replay",), is_brief=not problem)
