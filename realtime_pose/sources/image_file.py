"""One image file as a source: a photo is one frame, an animation (WebP, PNG, AVIF) has as many as it holds."""

import time
from collections.abc import Iterator
from pathlib import Path

from realtime_pose.errors import SourceOpenError
from realtime_pose.reasons import Reason
from realtime_pose.scene import Frame, Image
from realtime_pose.sources.faults import FrameError
from realtime_pose.sources.image_decoding import read_animation
from realtime_pose.sources.read_once import ReadOnceSource
from realtime_pose.sources.reasons import SourceReason, with_cause
from realtime_pose.sources.source import SourceInfo, SourceState


class NotAnImageError(SourceOpenError):
    """The content of a file is not that of an image."""


class ImageFileSource(ReadOnceSource):
    """The frames of one image file, upright, in 8-bit BGR without alpha.

    Args:
        path: The file.
        name: The address as shown to the user.

    Raises:
        SourceOpenError: It cannot be read or decoded.
    """

    def __init__(self, path: Path, name: str) -> None:
        super().__init__()
        self._name = name
        self._frames = read_animation(path)
        try:
            self._first = next(self._frames)
        except FrameError as error:
            problem = str(error).removeprefix(f"{path.name}: ")
            kind = NotAnImageError if error.reason.code == SourceReason.IMAGE_FAILED else SourceOpenError
            raise kind(f"{name}: {problem}") from error

    @property
    def info(self) -> SourceInfo:
        """Name and size; the number of frames of an animation is unknown before its end."""
        height, width = self._first.image.shape[:2]
        return SourceInfo(self._name, is_live=False, wh=(width, height), rate_hz=None, num_frames=None)

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the end or ``close``."""
        if not self._progress.claim():
            return
        try:
            yield self._to_frame(0, self._first.image, 0.0)
            for index, (image, time_s) in enumerate(self._frames, start=1):
                if self._progress.is_stopped:
                    return
                yield self._to_frame(index, image, time_s)
        except FrameError as error:
            self._progress.end(SourceState.ENDED, with_cause(Reason(SourceReason.READ_STOPPED), error.reason))
        finally:
            self._release()
            self._progress.end()

    def _release(self) -> None:
        """Close the file."""
        self._frames.close()

    def _to_frame(self, index: int, image: Image, time_s: float) -> Frame:
        return Frame(image, index, time_s, time.monotonic(), self._name)
