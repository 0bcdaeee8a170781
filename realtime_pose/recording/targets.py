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


class RecordingTarget(Protocol):
    """Gives paths for recordings, and deletes old ones."""

    @property
    def folder(self) -> Path:
        """The folder of the recordings."""

    @property
    def name(self) -> str:
        """The part of the file names before the time or the suffix."""

    def claim(self, started: datetime) -> Path:
        """The path of the next recording, which started at this wall clock time; raises SinkError."""

    def prune(self, now_s: float, *, in_use: Iterable[Path]) -> None:
        """Delete the recordings that are not kept any longer at this Unix time, except the files in use."""


class SingleFile:
    """One file at a given path. If recording pauses, it goes on in a numbered file beside it.

    Args:
        path: Path of the file, ending with .mp4; an existing file is replaced.

    Raises:
        SinkError: The path does not end with .mp4.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() != ".mp4":
            raise SinkError(
                f"{path}: expected a path that ends with .mp4 for a recording, got {path.suffix or 'no ending'!r}"
            )
        self._path = path
        self._number = 0  # of the last path given

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self._path.parent

    @property
    def name(self) -> str:
        """The file name without its suffix."""
        return self._path.stem

    def claim(self, started: datetime) -> Path:  # noqa: ARG002 - the name does not depend on the time
        """The path; from the second call on a numbered one that does not exist."""
        self._number += 1
        path = self._path
        # The first call may replace a file of an earlier run; later calls must not replace ours.
        while self._number > 1 and path.exists():
            path = self._path.with_name(f"{self._path.stem}-{self._number}{self._path.suffix}")
            self._number += path.exists()
        return path

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

    def claim(self, started: datetime) -> Path:
        """The path of the next recording."""
        return self._index.claim(started, *self._suffixes)

    def prune(self, now_s: float, *, in_use: Iterable[Path]) -> None:
        """Delete recordings that are too old or take too much space."""
        self._index.prune(now_s, in_use=in_use)
