"""Picture files as a source: single pictures of any size, or the frames of a video at a given rate."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime_pose.counts import counted
from realtime_pose.errors import SourceOpenError
from realtime_pose.picture import Picture
from realtime_pose.reasons import Reason
from realtime_pose.scene import Frame, Image
from realtime_pose.sources.faults import FrameError
from realtime_pose.sources.image_decoding import read_image
from realtime_pose.sources.read_once import ReadOnceSource
from realtime_pose.sources.source import SourceInfo


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture and where it lies.

    Attributes:
        path: The file.
        index: Its number in the set, from 0.
        picture: The names of its results.
    """

    path: Path
    index: int
    picture: Picture


class PictureSource(ReadOnceSource):
    """Every picture once, upright, in 8-bit BGR; of an animation the first frame. Alpha is dropped.

    A file that cannot be decoded is skipped, counted and named in the status. It keeps its number, and in a video its
    time.

    Args:
        files: The pictures.
        name: The set as shown to the user.
        rate_hz: Frames per second of the video that the pictures are; None: they are single pictures.
        start_s: Time of the first frame of a video to give; those before are not read.

    Raises:
        SourceOpenError: None of the pictures can be decoded.
    """

    def __init__(
        self, files: Sequence[PictureFile], name: str, *, rate_hz: float | None = None, start_s: float = 0.0
    ) -> None:
        super().__init__()
        self._name = name
        self._rate_hz = rate_hz
        self._files = files
        self._start_s = start_s
        self._wh = self._read_first_wh()

    @property
    def info(self) -> SourceInfo:
        """The name, the size of the first picture, and the rate of a video."""
        return SourceInfo(
            self._name,
            is_live=False,
            wh=self._wh,
            rate_hz=self._rate_hz,
            num_frames=len(self._files),
            is_pictures=self._rate_hz is None,
        )

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the end or ``close``."""
        if not self._progress.claim():
            return
        try:
            for file in self._files:
                if self._progress.is_stopped:
                    return
                if self._rate_hz is not None and (file.index + 1) / self._rate_hz <= self._start_s:
                    continue
                try:
                    image = read_image(file.path)
                except FrameError as error:
                    named = {**error.reason.values, "file": file.picture.file_name}
                    self._progress.count_undecodable(Reason(error.reason.code, named))
                else:
                    yield self._to_frame(file, image)
        finally:
            self._progress.end()

    def _to_frame(self, file: PictureFile, image: Image) -> Frame:
        now_s = time.monotonic()
        if self._rate_hz is None:
            return Frame(image, file.index, 0.0, now_s, file.picture.file_name, picture=file.picture)
        return Frame(image, file.index, file.index / self._rate_hz, now_s, self._name)

    def _read_first_wh(self) -> tuple[int, int]:
        """Width and height of the first picture that can be decoded."""
        problems = []
        for file in self._files:
            try:
                image = read_image(file.path)
            except FrameError as error:
                problems.append(str(error))
            else:
                return image.shape[1], image.shape[0]
        first = self._files[0].path.name
        if len(self._files) == 1 and self._name.endswith(first):  # the reason names it too
            raise SourceOpenError(f"{self._name}: {problems[0].removeprefix(f'{first}: ')}")
        raise SourceOpenError(
            f"{self._name}: {counted(len(self._files), 'image')}, but none can be decoded; the first: {problems[0]}"
        )
