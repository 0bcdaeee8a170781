"""The status of a recorder: its state, the video it writes, and what the user should know about it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from realtime_pose.reasons import NO_REASON, Reason


class RecorderState(StrEnum):
    """What a recorder is doing.

    Attributes:
        IDLE: Nothing.
        ARMED: It waits for a start or a trigger, and keeps the pre-roll if there is one.
        RECORDING: It records.
        ENDING: It records the post-roll.
        PAUSED: It is started, but cannot write: the disk is nearly full, or a write failed.
    """

    IDLE = "idle"
    ARMED = "armed"
    RECORDING = "recording"
    ENDING = "ending"
    PAUSED = "paused"


class RecorderNote(StrEnum):
    """What the user should know about a recorder: the codes of `RecorderStatus.note`, with their values.

    Attributes:
        DISK_NEARLY_FULL: Recording pauses until there is more free space. Values: free_bytes, resume_bytes, folder.
        DISK_UNKNOWN: Recording pauses, because the free space cannot be read. Values: folder, error.
        WRITE_FAILED: Recording pauses after a failed write and tries again. Values: error.
        PRESET_CHANGED: Encoding was too slow, so the encoder has a faster preset now. Values: preset.
        FRAMES_DROPPED: Encoding is too slow, and no preset is faster. No values.
    """

    DISK_NEARLY_FULL = "disk_nearly_full"
    DISK_UNKNOWN = "disk_unknown"
    WRITE_FAILED = "write_failed"
    PRESET_CHANGED = "preset_changed"
    FRAMES_DROPPED = "frames_dropped"


@dataclass(frozen=True, slots=True)
class RecorderStatus:
    """Status of a recorder at one moment.

    Attributes:
        state: What it is doing.
        path: Path of the video that is being written; None if there is none.
        note: What the user should know, with a code of `RecorderNote`; NO_REASON for nothing.
        num_dropped: Frames missing in the recordings because encoding was too slow (load shedding).
        length_s: How long the video at the path is so far; 0 before its first frame.
        length_bytes: Its size so far.
    """

    state: RecorderState = RecorderState.IDLE
    path: Path | None = None
    note: Reason = NO_REASON
    num_dropped: int = 0
    length_s: float = 0.0
    length_bytes: int = 0

    @property
    def is_started(self) -> bool:
        """Whether a recording runs, or waits for free space on the disk."""
        return self.state not in {RecorderState.IDLE, RecorderState.ARMED}
