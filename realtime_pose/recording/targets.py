"""Where recordings are written: to one file, or to a series of files named by the time."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.recording.retention import RecordingIndex

# File suffixes of one recording by what is recorded; the videos come first, in the order of RECORDED_IMAGES.
SUFFIXES = {
    "overlay": (".mp4",),
    "clean": (".mp4", ".jsonl"),
    "both": (".mp4", ".clean.mp4", ".jsonl"),
}


def recording_paths(path: Path, picture: str) -> list[Path]:
    """Paths of all files of one recording, whose first video has this path.

    >>> [path.name for path in recording_paths(Path("a.b.MP4"), "both")]
    ['a.b.MP4', 'a.b.clean.mp4', 'a.b.jsonl']
    """
    return [path, *(path.with_suffix(suffix) for suffix in SUFFIXES[picture][1:])]


class RecordingTarget(Protocol):
    """Gives paths for recordings, and deletes old ones."""

    @property
    def folder(self) -> Path:
        """The folder of the recordings."""

    @property
    def name(self) -> str:
        """The part of the file names before the time or the suffix."""

    def place(self, path: Path) -> Path:
        """What the user is told about a recording at this path: the path, or the folder of a series."""

    @property
    def may_replace(self) -> bool:
        """Whether the files of the present recording may replace files that have content."""

    def claim(self, started: datetime) -> list[Path]:
        """Paths of the files of the next recording, in the order of `SUFFIXES`; it started at this wall clock time.

        Raises:
            SinkError: The names cannot be reserved.
        """

    def prune(self, now_s: float, *, in_use: Iterable[Path]) -> None:
        """Delete the recordings that are not kept any longer at this Unix time, except the files in use."""


class SingleFile:
    """One recording at a given path. If recording pauses, it goes on in numbered files beside it.

    Args:
        path: Path of the first video, ending with .mp4.
        config: What is recorded.
        may_replace: Whether existing files may be replaced; numbered files replace none.

    Raises:
        SinkError: The path does not end with .mp4.
    """

    def __init__(self, path: Path, config: RecordConfig, *, may_replace: bool = False) -> None:
        if path.suffix.lower() != ".mp4":
            raise SinkError(
                f"{path}: expected a path that ends with .mp4 for a recording, got {path.suffix or 'no ending'!r}"
            )
        self._path, self._picture, self._may_replace = path, config.picture, may_replace
        self._number = 0  # of the last recording

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self._path.parent

    @property
    def name(self) -> str:
        """The file name without its suffix."""
        return self._path.stem

    @property
    def paths(self) -> list[Path]:
        """Paths of the files of the first recording."""
        return recording_paths(self._path, self._picture)

    def place(self, path: Path) -> Path:
        """The path itself."""
        return path

    @property
    def may_replace(self) -> bool:
        """Whether it was allowed, and only for the files that the user named."""
        return self._may_replace and self._number <= 1

    def claim(self, started: datetime) -> list[Path]:  # noqa: ARG002 - the name does not depend on the time
        """The given path and those beside it; from the second call on numbered ones."""
        self._number += 1
        return self.paths if self._number == 1 else self._numbered_paths()

    def _numbered_paths(self) -> list[Path]:
        """The paths with the next number with which no file exists."""
        while True:
            path = self._path.with_name(f"{self._path.stem}-{self._number}{self._path.suffix}")
            paths = recording_paths(path, self._picture)
            if not any(path.exists() for path in paths):
                return paths
            self._number += 1

    def prune(self, now_s: float, *, in_use: Iterable[Path]) -> None:
        """Delete nothing: the user named this file."""


class SegmentSeries:
    """A folder of recordings named by the time, such as door_2030-01-02_03-04-05.mp4.

    Args:
        path: The folder, created if it is missing; or FOLDER/NAME.mp4 for file names that begin with NAME.
        config: What is recorded, and how much is kept.

    Raises:
        SinkError: The folder cannot be created.
    """

    def __init__(self, path: Path, config: RecordConfig) -> None:
        has_name = path.suffix.lower() == ".mp4"
        self._name = path.stem if has_name else ""
        self._picture = config.picture
        self._suffixes = SUFFIXES[config.picture]
        folder = path.parent if has_name else path
        self._index = RecordingIndex(folder, self._name, keep_bytes=config.keep_bytes, keep_days=config.keep_days)

    @property
    def folder(self) -> Path:
        """The folder of the recordings."""
        return self._index.folder

    @property
    def name(self) -> str:
        """The part of the file names before the time."""
        return self._name

    def place(self, path: Path) -> Path:  # noqa: ARG002 - the folder has many recordings
        """The folder."""
        return self.folder

    @property
    def may_replace(self) -> bool:
        """Never."""
        return False

    def claim(self, started: datetime) -> list[Path]:
        """Paths of the files of the next recording, which exist, are empty, and are listed in the index."""
        return recording_paths(self._index.claim(started, *self._suffixes), self._picture)

    def prune(self, now_s: float, *, in_use: Iterable[Path]) -> None:
        """Delete recordings that are too old or take too much space."""
        self._index.prune(now_s, in_use=in_use)
