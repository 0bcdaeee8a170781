"""Where recordings go: to one file, or to a series of files that are named by the time."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.recording.retention import RecordingIndex
from realtime_pose.recording.segment import ENDINGS


class RecordingTarget(Protocol):
    """Gives paths for recordings, and deletes old ones."""

    @property
    def folder(self) -> Path:
        """Where they lie."""

    @property
    def name(self) -> str:
        """What stands before the time or the ending."""

    def claim(self, begun: datetime) -> Path:
        """The path of the next recording, which began then; raises SinkError."""

    def prune(self, now_s: float, *, sparing: Iterable[Path]) -> None:
        """Delete what is not to be kept at this Unix time, but not these."""


class SingleFile:
    """The path that was asked for; a recording that had to be interrupted goes on in a numbered one beside it.

    Args:
        path: Where to, .mp4; a file that stands there is replaced.

    Raises:
        SinkError: The path does not end with .mp4.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() != ".mp4":
            raise SinkError(
                f"{path}: expected a path that ends with .mp4 for a recording, got {path.suffix or 'no ending'!r}"
            )
        self._path = path
        self._number = 0

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._path.parent

    @property
    def name(self) -> str:
        """Its name without the ending."""
        return self._path.stem

    def claim(self, begun: datetime) -> Path:  # noqa: ARG002 - the name is settled
        """The path; the next time a numbered one that nobody has."""
        self._number += 1
        path = self._path
        while self._number > 1 and path.exists():
            path = self._path.with_name(f"{self._path.stem}-{self._number}{self._path.suffix}")
            self._number += path.exists()
        return path

    def prune(self, now_s: float, *, sparing: Iterable[Path]) -> None:
        """Nothing: a file that was asked for by its name is kept."""


class SegmentSeries:
    """A folder of recordings named by the time, such as door_2030-01-02_03-04-05.mp4.

    Args:
        path: The folder, made where it is missing; or, where it ends with .mp4, the folder and what names begin with.
        config: What is recorded, and how much is kept.

    Raises:
        SinkError: The folder cannot be made.
    """

    def __init__(self, path: Path, config: RecordConfig) -> None:
        is_name = path.suffix.lower() == ".mp4"
        self._name = path.stem if is_name else ""
        self._endings = ENDINGS[config.picture]
        folder = path.parent if is_name else path
        self._index = RecordingIndex(folder, self._name, keep_bytes=config.keep_bytes, keep_days=config.keep_days)

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self._index.folder

    @property
    def name(self) -> str:
        """What stands before the time."""
        return self._name

    def claim(self, begun: datetime) -> Path:
        """The path of the next recording."""
        return self._index.claim(begun, *self._endings)

    def prune(self, now_s: float, *, sparing: Iterable[Path]) -> None:
        """Delete what is too old or too much."""
        self._index.prune(now_s, sparing=sparing)
