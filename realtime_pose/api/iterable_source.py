"""One's own images as a source."""

import time
from collections.abc import Iterable, Iterator

from realtime_pose.api.images import ImageLike, to_image
from realtime_pose.audio.packets import AudioListener
from realtime_pose.scene import Frame
from realtime_pose.sources.source import SourceInfo, SourceState, SourceStatus
from realtime_pose.sources.status import StatusTracker
from realtime_pose.video.packets import FrameListener

RATE_HZ = 30.0
NAME = "own images"


class IterableSource:
    """Every image of an iterable, as a frame of a file with 30 frames per second.

    Args:
        images: The images, see `to_image`.
    """

    def __init__(self, images: Iterable[ImageLike]) -> None:
        self._images = images
        self._progress = StatusTracker(is_lossless=True)

    @property
    def info(self) -> SourceInfo:
        """The rate; size and number are unknown."""
        return SourceInfo(NAME, is_live=False, wh=(0, 0), rate_hz=RATE_HZ, num_frames=None)

    @property
    def status(self) -> SourceStatus:
        """The status now."""
        return self._progress.status

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the end or ``close``; raises what the iterable raises."""
        if not self._progress.claim():
            return
        try:
            for index, image in enumerate(self._images):
                if self._progress.is_stopped:
                    return
                yield Frame(to_image(image)[0], index, index / RATE_HZ, time.monotonic(), NAME)
        finally:
            self._progress.end(SourceState.ENDED)

    def listen(self, listener: AudioListener) -> None:
        """Nothing: images have no audio."""

    def listen_to_frames(self, listener: FrameListener) -> None:
        """Nothing: the iteration gives every image."""

    def close(self) -> None:
        """Ask the iteration to end; returns at once, may be called twice."""
        self._progress.stop()
