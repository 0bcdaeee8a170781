"""The frames that a pipeline takes from its source: up to a number of them, and none while a file is paused."""

import math
import threading
from collections.abc import Callable, Iterator

from realtime_pose.pipeline.stage import timed_values
from realtime_pose.scene import Frame
from realtime_pose.sources import Source


def capture(
    source: Source, *, max_frames: int, unpaused: threading.Event, add_time: Callable[[str, float], None]
) -> Iterator[Frame]:
    """The frames of the source.

    Args:
        source: It is closed after the last frame.
        max_frames: How many frames, with those that the source dropped; 0: all.
        unpaused: A file is read only while it is set.
        add_time: Gets "capture" and the seconds that each frame took to come.
    """
    limit = max_frames or math.inf
    first: int | None = None  # index of the first frame; that of a part is not 0
    for count, frame in enumerate(timed_values("capture", source, add_time), start=1):
        if not source.info.is_live:
            unpaused.wait()
        first = frame.index if first is None else first
        num_frames = frame.index - first + 1 if source.info.keeps_newest else count
        if num_frames <= limit:
            yield frame
        # Close after the last frame, not at the next one: a camera may never send another.
        if num_frames >= limit:
            source.close()
            return
