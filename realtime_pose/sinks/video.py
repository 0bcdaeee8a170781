"""Scenes to one H.264 video in MP4, with the times that the frames had.

While it grows, the file is a fragmented MP4 that any player can open, a fragment a second of media time; `close` makes
it an ordinary one. A killed process loses what came after the last key frame: at most a second and a frame.
"""

from pathlib import Path

from realtime_pose.record_config import RecordConfig
from realtime_pose.sinks.encoder import ENCODERS, working_encoders
from realtime_pose.sinks.origin import Origin
from realtime_pose.sinks.place import OneFile
from realtime_pose.sinks.recorder import Recorder

__all__ = ["ENCODERS", "VideoSink", "working_encoders"]


class VideoSink(Recorder):
    """Records ``scene.drawn``, or the bare frame where nothing was drawn, from the first scene to the last.

    The first picture settles the size of the video; an odd side is made even by repeating its last row or column. A
    later picture of another size is scaled into the first one's, aspect kept, with black bars.

    Args:
        path: Where to, .mp4; a file that stands there is replaced. Without a single scene none is left.
        config: Quality and speed.
        rate_hz: Frames per second of the source, where it states them: it settles how long the last frame is shown,
            which otherwise is as long as the one before.

    Raises:
        SinkError: The path does not end with .mp4, or no file can be made there.
    """

    def __init__(self, path: Path, *, config: RecordConfig, rate_hz: float | None) -> None:
        super().__init__(OneFile(path), config, origin=Origin(rate_hz))
        self.start()
