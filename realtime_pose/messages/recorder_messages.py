"""What the user reads about a recorder: its note as a sentence, and in short for a badge."""

from realtime_pose.reasons import Reason
from realtime_pose.recording.note_texts import describe_note, fill_in
from realtime_pose.recording.status import RecorderNote

# A badge has room for a few words. A note that is not here is shown in full.
_SHORT_TEXTS: dict[str, str] = {RecorderNote.DISK_NEARLY_FULL: "disk nearly full: {free_mb:.0f} MB free"}


def note_text(note: Reason) -> str:
    """What the user should know about the recorder; "" for nothing."""
    return describe_note(note)


def short_note_text(note: Reason) -> str:
    """Why the recorder is paused, in a few words; "" for nothing.

    >>> values = {"free_bytes": 12e6, "resume_bytes": 600e6, "folder": "/rec"}
    >>> short_note_text(Reason(RecorderNote.DISK_NEARLY_FULL, values))
    'disk nearly full: 12 MB free'
    """
    return fill_in(_SHORT_TEXTS[note.code], note) if note.code in _SHORT_TEXTS else describe_note(note)
