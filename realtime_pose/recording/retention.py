"""The index of the recordings in a folder: their names, which files are ours, and which are deleted.

The index is a file beside the recordings, `.NAME.recordings.jsonl`. It has one line per file: name, start time, inode
and segment. The line is on the disk before the first byte of the recording. A file without a line, or with another
inode, is not ours or was replaced later: it is never deleted. A damaged line is ignored. A segment (a video, its clean
video and its poses) is kept or deleted as a whole.
"""

from collections.abc import Iterable, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from realtime_pose.errors import SinkError
from realtime_pose.files.line_index import LineIndex
from realtime_pose.system.file_locks import is_locked

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """One file of a segment.

    Attributes:
        path: Path of the file.
        inode: Its number in the file system.
        start_s: Unix time of its first frame, by the wall clock at that moment.
        segment: Name of the segment: that of the file without its suffix.
        length_bytes: Its size when it was last read.
    """

    path: Path
    inode: int
    start_s: float
    segment: str
    length_bytes: int


class RecordingIndex:
    """The recordings in a folder whose names begin with the same prefix.

    Args:
        folder: The folder, created if it is missing.
        prefix: Beginning of all names; "": names are only the time.
        keep_bytes: Total size above which the oldest files are deleted; 0: no limit.
        keep_days: Age in days above which files are deleted; 0: no limit.

    Raises:
        SinkError: The folder cannot be created.
    """

    def __init__(self, folder: Path, prefix: str, *, keep_bytes: int = 0, keep_days: float = 0.0) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SinkError(
                f"{folder}: expected a folder for recordings, but {error.strerror}; choose another"
            ) from error
        self.folder = folder
        self._prefix = prefix
        self._keep_bytes = keep_bytes
        self._keep_days = keep_days
        self._index = LineIndex(folder / f".{prefix}{'.' if prefix else ''}recordings.jsonl")

    def claim(self, started: datetime, *suffixes: str) -> Path:
        """Create empty files under a new name and add them to the index.

        Args:
            started: Wall clock time of the first frame; it becomes the name.
            suffixes: File suffixes such as .mp4 and .jsonl, one per file.

        Returns:
            The path of the first file.

        Raises:
            SinkError: A file cannot be created.
        """
        stem = f"{self._prefix}{'_' if self._prefix else ''}{started:%Y-%m-%d_%H-%M-%S}"
        # Locked, because another run may record into this folder: two runs must not take one name.
        with self._index.locked():
            name, number = stem, 1
            while any((self.folder / f"{name}{suffix}").exists() for suffix in suffixes):
                number += 1
                name = f"{stem}-{number}"
            paths = [self.folder / f"{name}{suffix}" for suffix in suffixes]
            self._create(paths, name, started.timestamp())
        return paths[0]

    def recorded(self) -> list[RecordedFile]:
        """The files that still exist as they were written, in the order in which they were begun."""
        files = []
        for entry in self._index.read():
            with suppress(OSError, ValueError, KeyError, TypeError):  # a damaged entry, or a file that is gone
                name, inode = str(entry["name"]), int(entry["inode"])
                path = self.folder / name
                state = path.lstat()
                # Never a path to another folder.
                if path.name == name and state.st_ino == inode:
                    segment = str(entry.get("segment", _segment_of(name)))
                    files.append(RecordedFile(path, inode, float(entry["begun_s"]), segment, state.st_size))
        return files

    def prune(self, now_s: float, *, in_use: Iterable[Path]) -> list[Path]:
        """Delete segments that are too old or take too much space, oldest first, each with all its files.

        Args:
            now_s: Unix time.
            in_use: Files that are being written. Their segment counts for the total size, but is not deleted; as little
                as one that another run is writing.

        Returns:
            The paths that were deleted.
        """
        if not (self._keep_bytes or self._keep_days) or not self.recorded():
            return []
        with self._index.locked():
            files = self.recorded()
            deleted = self._delete_expired(files, now_s, set(in_use))
            if deleted:
                self._rewrite([file for file in files if file.path not in deleted])
        return deleted

    def _delete_expired(self, files: Sequence[RecordedFile], now_s: float, in_use: Set[Path]) -> list[Path]:
        """Delete the segments that are too old, or too much for the total size; the paths that were deleted."""
        segments: dict[str, list[RecordedFile]] = {}
        # The order is that of the index, not of the start times: the wall clock may have been set back.
        for file in files:
            segments.setdefault(file.segment, []).append(file)
        total_bytes = sum(file.length_bytes for file in files)
        oldest_s = now_s - self._keep_days * _DAY_S if self._keep_days else float("-inf")
        deleted: list[Path] = []
        for segment in segments.values():
            is_expired = segment[0].start_s < oldest_s or bool(self._keep_bytes and total_bytes > self._keep_bytes)
            if is_expired and not any(file.path in in_use or is_locked(file.path) for file in segment):
                for file in segment:
                    with suppress(OSError):  # if it fails the file stays in the index, and the next call tries again
                        file.path.unlink()
                        total_bytes -= file.length_bytes
                        deleted.append(file.path)
        return deleted

    def _create(self, paths: Sequence[Path], segment: str, start_s: float) -> None:
        """Create the empty files of a segment and list them; raises SinkError and leaves none if one fails."""
        created: list[Path] = []
        try:
            for path in paths:
                path.touch(exist_ok=False)  # first, as the line in the index has the inode
                created.append(path)
            self._index.append(_entry(path.name, path.stat().st_ino, start_s, segment) for path in paths)
        except OSError as error:
            for path in created:
                path.unlink(missing_ok=True)
            raise SinkError(
                f"{paths[0]}: cannot be created ({error.strerror}); check the folder and the disk"
            ) from error

    def _rewrite(self, files: Iterable[RecordedFile]) -> None:
        """Replace the index by one with these files only."""
        with suppress(SinkError):  # then the old index stays; its lines without a file do no harm
            self._index.replace(_entry(file.path.name, file.inode, file.start_s, file.segment) for file in files)


def _segment_of(name: str) -> str:
    """The segment of a file whose entry does not name it, as those of earlier versions."""
    return name.removesuffix(".jsonl").removesuffix(".mp4").removesuffix(".clean")


def _entry(name: str, inode: int, start_s: float, segment: str) -> dict[str, object]:
    return {"name": name, "inode": inode, "begun_s": start_s, "segment": segment}
