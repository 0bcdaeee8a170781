"""One's own images as a source."""

import time
from collections.abc import Iterable, Iterator

from realtime_pose.api.images import ImageLike, to_image
from realtime_pose.scene import Frame
from realtime_pose.sources.read_once import ReadOnceSource
from realtime_pose.sources.source import SourceInfo, SourceState

RATE_HZ = 30.0
NAME = "own images"


class IterableSource(ReadOnceSource):
    """Every image of an iterable, as a frame of a file with 30 frames per second.

    Args:
        images: The images, see `to_image`.
    """

    def __init__(self, images: Iterable[ImageLike]) -> None:
        super().__init__()
        self._images = images

    @property
    def info(self) -> SourceInfo:
        """The rate; size and number are unknown."""
        return SourceInfo(NAME, is_live=False, wh=(0, 0), rate_hz=RATE_HZ, num_frames=None)

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
