"""What a recorder must know about the source, and what it needs from the computer."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from realtime_pose.recording.audio_track import AudioSource, NoAudio
from realtime_pose.recording.disk_guard import FreeBytes
from realtime_pose.sinks.sink import RunHeader
from realtime_pose.skeletons import COCO17


@dataclass(frozen=True, slots=True)
class RecordingContext:
    """The source of the scenes.

    Attributes:
        rate_hz: Frames per second that the source states; None if it states none.
        is_live: Whether frames are dropped if recording is too slow. If not, recording takes the time it needs.
        audio: The audio of the scenes.
        run: Header of the poses file.
        may_copy: Whether a clean video may copy the packets of the source: nothing in the image is changed.
    """

    rate_hz: float | None = None
    is_live: bool = False
    audio: AudioSource = field(default_factory=NoAudio)
    run: RunHeader = field(default_factory=lambda: RunHeader("", COCO17, {}))
    may_copy: bool = True


@dataclass(frozen=True, slots=True)
class SystemClock:
    """Clocks and free disk space of the computer; tests use their own.

    Attributes:
        now: Wall clock with its time zone. It only gives file names and their age; everything else uses media time.
        free_bytes: Free bytes on the disk of a folder.
        timer: Seconds, to measure how long recording takes.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC).astimezone()
    free_bytes: FreeBytes = lambda folder: shutil.disk_usage(folder).free
    timer: Callable[[], float] = time.perf_counter
