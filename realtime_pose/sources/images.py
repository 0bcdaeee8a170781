"""A folder of images as a source: in natural order (2 before 10), at a given rate, with images of any size."""

import time
from collections.abc import Iterator
from pathlib import Path

from natsort import natsorted, ns

from realtime_pose.counts import counted
from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Frame
from realtime_pose.sources.faults import FrameError
from realtime_pose.sources.image_decoding import FOREIGN_SUFFIXES, SUFFIXES, read_image
from realtime_pose.sources.read_once import ReadOnceSource
from realtime_pose.sources.source import SourceInfo


class FolderSource(ReadOnceSource):
    """Every image of a folder, once. Grey, 16-bit and 4-channel images become 8-bit BGR; alpha is dropped.

    A file that cannot be decoded is skipped, counted and named in the status. It keeps its number and its time.

    Args:
        folder: Folder with the images; folders inside it are ignored.
        name: The address as shown to the user.
        rate_hz: Frames per second at which the folder counts as a video.
        start_s: Time of the first image to give; those before are not read.

    Raises:
        SourceOpenError: The folder cannot be read, or has no image that can be decoded.
    """

    def __init__(self, folder: Path, name: str, *, rate_hz: float, start_s: float = 0.0) -> None:
        super().__init__()
        self._name = name
        self._start_s = start_s
        self._rate_hz = rate_hz
        self._paths = list_images(folder, name)
        self._wh = self._read_first_wh()

    @property
    def info(self) -> SourceInfo:
        """The folder, the size of its first image, and the given rate."""
        return SourceInfo(self._name, is_live=False, wh=self._wh, rate_hz=self._rate_hz, num_frames=len(self._paths))

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the end or ``close``. The index is the position in the folder."""
        if not self._progress.claim():
            return
        try:
            for index, path in enumerate(self._paths):
                if self._progress.is_stopped:
                    return
                if (index + 1) / self._rate_hz <= self._start_s:
                    continue
                try:
                    image = read_image(path)
                except FrameError as error:
                    self._progress.count_undecodable(error.reason)
                else:
                    yield Frame(image, index, index / self._rate_hz, time.monotonic(), self._name)
        finally:
            self._progress.end()

    def _read_first_wh(self) -> tuple[int, int]:
        """Width and height of the first image that can be decoded."""
        problems = []
        for path in self._paths:
            try:
                image = read_image(path)
            except FrameError as error:
                problems.append(str(error))
            else:
                return image.shape[1], image.shape[0]
        raise SourceOpenError(
            f"{self._name}: {counted(len(self._paths), 'image')}, but none can be decoded; the first: {problems[0]}"
        )


def list_images(folder: Path, name: str) -> list[Path]:
    """The images of a folder in natural order, without hidden files.

    Args:
        folder: The folder; folders inside it are ignored.
        name: The folder as shown to the user.

    Raises:
        SourceOpenError: The folder cannot be read, or has no images.
    """
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise SourceOpenError(f"{name}: the folder cannot be read ({error.strerror}); check its permissions") from error
    suffixes = {*SUFFIXES, *FOREIGN_SUFFIXES}  # the source names those that it cannot read
    paths = [path for path in entries if path.suffix.lower() in suffixes and path.name[0] != "." and path.is_file()]
    if not paths:
        raise SourceOpenError(
            f"{name}: expected a folder of images, got {counted(len(entries), 'entry', 'entries')}, of which "
            f"none ends in {', '.join(SUFFIXES)}"
        )
    # natsorted is stable, and iterdir has no fixed order: sorted by plain name first, names such as 7 and 07 or a and A
    # come in the same order on every computer.
    paths.sort(key=lambda path: path.name)
    return natsorted(paths, key=lambda path: path.name, alg=ns.IGNORECASE)
