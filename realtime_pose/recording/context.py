"""What a recorder is told of the source, and what it asks of the machine."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from realtime_pose.recording.audio_buffer import AudioBuffer
from realtime_pose.recording.disk_guard import FreeBytes
from realtime_pose.sinks.sink import RunHeader
from realtime_pose.skeletons import COCO17


@dataclass(frozen=True, slots=True)
class RecordingContext:
    """Where the scenes come from.

    Attributes:
        rate_hz: Frames per second that the source states; None where it does not.
        is_live: Whether frames must rather be left out than wait.
        sound: A file whose sound belongs to the scenes, or that of a live source; None for no sound.
        run: What the head of the poses' file says.
    """

    rate_hz: float | None = None
    is_live: bool = False
    sound: Path | AudioBuffer | None = None
    run: RunHeader = field(default_factory=lambda: RunHeader("", COCO17, {}))


@dataclass(frozen=True, slots=True)
class SystemClock:
    """What a recorder asks of the machine; a test gives its own.

    Attributes:
        now: The wall clock, with its zone. It names files and tells their age; media time decides everything else.
        free_bytes: Room on the disk of a folder.
        timer: Seconds, to measure how long recording takes.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC).astimezone()
    free_bytes: FreeBytes = lambda folder: shutil.disk_usage(folder).free
    timer: Callable[[], float] = time.perf_counter
