"""The frames that a pipeline takes from its source: up to a number of them, and none while a file is paused.

In a window, single pictures come one after another like slides.
"""

import math
import threading
from collections.abc import Callable, Iterator

from realtime_pose.pipeline.stage import timed_values
from realtime_pose.scene import Frame
from realtime_pose.sources import Source

SLIDE_S = 2.0  # how long a picture is shown in a window


class CaptureControl:
    """What holds the capture of frames up.

    Attributes:
        unpaused: A file is read only while it is set.
        stopping: Set at the end of the run, so that no wait goes on.
    """

    def __init__(self) -> None:
        self.unpaused, self.stopping = threading.Event(), threading.Event()
        self.unpaused.set()

    def stop(self) -> None:
        """Let every wait return."""
        self.stopping.set()
        self.unpaused.set()


def capture(
    source: Source,
    control: CaptureControl,
    *,
    max_frames: int,
    has_window: Callable[[], bool],
    add_time: Callable[[str, float], None],
) -> Iterator[Frame]:
    """The frames of the source.

    Args:
        source: It is closed after the last frame.
        control: Pauses and ends the capture.
        max_frames: How many frames, with those that the source dropped; 0: all.
        has_window: Whether a person is looking, so that each picture stays for a while.
        add_time: Gets "capture" and the seconds that each frame took to come.
    """
    limit = max_frames or math.inf
    first: int | None = None  # index of the first frame; that of a part is not 0
    for count, frame in enumerate(timed_values("capture", source, add_time), start=1):
        if source.info.is_pictures and count > 1 and has_window():
            control.stopping.wait(SLIDE_S)
        if not source.info.is_live:
            control.unpaused.wait()
        first = frame.index if first is None else first
        num_frames = frame.index - first + 1 if source.info.keeps_newest else count
        if num_frames <= limit:
            yield frame
        # Close after the last frame, not at the next one: a camera may never send another.
        if num_frames >= limit:
            source.close()
            return
