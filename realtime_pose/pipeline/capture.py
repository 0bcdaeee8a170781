"""The first stage of a pipeline: frames from its source, up to a number of them, and none while a file is paused."""

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from realtime_pose.channels import Channel, Inlet, Mailbox, Queue
from realtime_pose.pipeline.perception import CapturedFrame
from realtime_pose.pipeline.stage import Stage, timed_values
from realtime_pose.scene import Frame
from realtime_pose.sources import Source

_QUEUE_CAPACITY = 2  # frames of a file that wait for the next stage


def capture_stage(
    source: Source, *, max_frames: int, unpaused: threading.Event, add_time: Callable[[str, float], None]
) -> tuple[dict[str, Inlet[Any]], list[Stage[Any, Any]], Iterable[CapturedFrame]]:
    """The channel by its name and the stage, if one is needed, and the captured frames; arguments as of `capture`."""
    info = source.info
    frames = capture(source, max_frames=max_frames, unpaused=unpaused, add_time=add_time)
    if info.keeps_newest:  # a second slot behind that of the source would only make frames older
        return {}, [], map(CapturedFrame, frames)
    captured: Channel[CapturedFrame] = Mailbox() if info.is_live else Queue(_QUEUE_CAPACITY)
    return {"captured": captured}, [Stage("capture", CapturedFrame, inlet=frames, outlets=[captured])], captured


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
