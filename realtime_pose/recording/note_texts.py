"""Notes of a recorder in plain words: for the log here, and for `messages` at the edge."""

from realtime_pose.reasons import Reason
from realtime_pose.recording.status import RecorderNote

# The names in braces are the values of the note; a value in bytes is there in megabytes, such as {free_mb}.
_TEXTS: dict[str, str] = {
    RecorderNote.DISK_NEARLY_FULL: (
        "disk nearly full: {free_mb:.0f} MB free at {folder}, recording goes on above {resume_mb:.0f} MB; make room"
    ),
    RecorderNote.DISK_UNKNOWN: "{folder}: the free disk space is unknown ({error}); is it still there?",
    RecorderNote.WRITE_FAILED: "{error}",
    RecorderNote.PRESET_CHANGED: "encoding is too slow for the source; the preset is {preset} from now on",
    RecorderNote.FRAMES_DROPPED: "encoding is too slow for the source; frames are dropped, as no preset is faster",
}


def describe_note(note: Reason) -> str:
    """The note as text; "" for none.

    >>> describe_note(Reason(RecorderNote.PRESET_CHANGED, {"preset": "ultrafast"}))
    'encoding is too slow for the source; the preset is ultrafast from now on'
    """
    return fill_in(_TEXTS[note.code], note) if note else ""


def fill_in(text: str, note: Reason) -> str:
    """The text with the values of the note in the places of its braces."""
    megabytes = {
        name.removesuffix("bytes") + "mb": value / 1e6
        for name, value in note.values.items()
        if name.endswith("_bytes") and not isinstance(value, str)
    }
    return text.format(**note.values, **megabytes)
