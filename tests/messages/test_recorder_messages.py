"""The words of a recorder: each note as a sentence, and in short."""

import pytest

from realtime_pose.messages.recorder_messages import note_text, short_note_text
from realtime_pose.reasons import NO_REASON, Reason
from realtime_pose.recording.status import RecorderNote


@pytest.mark.parametrize(
    ("note", "text", "short"),
    [
        (NO_REASON, "", ""),
        (
            Reason(
                RecorderNote.DISK_NEARLY_FULL,
                {"free_bytes": 499e6, "resume_bytes": 600e6, "folder": "/rec, the old one at home"},
            ),
            "disk nearly full: 499 MB free at /rec, the old one at home, recording goes on above 600 MB; make room",
            "disk nearly full: 499 MB free",
        ),
        (
            Reason(RecorderNote.DISK_UNKNOWN, {"folder": "/rec", "error": "Input/output error"}),
            "/rec: the free disk space is unknown (Input/output error); is it still there?",
            "/rec: the free disk space is unknown (Input/output error); is it still there?",
        ),
        (Reason(RecorderNote.WRITE_FAILED, {"error": "/a.mp4: {gone}"}), "/a.mp4: {gone}", "/a.mp4: {gone}"),
        (
            Reason(RecorderNote.PRESET_CHANGED, {"preset": "ultrafast"}),
            "encoding is too slow for the source; the preset is ultrafast from now on",
            "encoding is too slow for the source; the preset is ultrafast from now on",
        ),
        (
            Reason(RecorderNote.FRAMES_DROPPED),
            "encoding is too slow for the source; frames are dropped, as no preset is faster",
            "encoding is too slow for the source; frames are dropped, as no preset is faster",
        ),
    ],
)
def test_the_words_of_a_note(note: Reason, text: str, short: str) -> None:
    assert note_text(note) == text
    assert short_note_text(note) == short


def test_every_code_has_words() -> None:
    values: dict[str, float | str] = {
        "free_bytes": 1e6,
        "resume_bytes": 2e6,
        "folder": "/rec",
        "error": "x",
        "preset": "fast",
    }
    assert all(note_text(Reason(code, values)) for code in RecorderNote)
