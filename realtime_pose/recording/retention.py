"""The index of the recordings in a folder: their names, which files are ours, and which are deleted.

The index is a file beside the recordings, `.NAME.recordings.jsonl`. It has one line per file: name, start time and
inode. The line is on the disk before the first byte of the recording. A file without a line, or with another inode, is
not ours or was replaced later: it is never deleted. A damaged line is ignored.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from realtime_pose.errors import SinkError
from realtime_pose.files import atomic

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """One file of a recording.

    Attributes:
        path: Path of the file.
        inode: Its number in the file system.
        start_s: Unix time of its first frame, by the wall clock at that moment.
        length_bytes: Its size when it was last read.
    """

    path: Path
    inode: int
    start_s: float
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
        self._path = folder / f".{prefix}{'.' if prefix else ''}recordings.jsonl"

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
        name, number = stem, 1
        while any((self.folder / f"{name}{suffix}").exists() for suffix in suffixes):
            number += 1
            name = f"{stem}-{number}"
        paths = [self.folder / f"{name}{suffix}" for suffix in suffixes]
        created = []
        try:
            for path in paths:
                path.touch(exist_ok=False)  # first, as the line in the index has the inode
                created.append(path)
            self._append(paths, started.timestamp())
        except OSError as error:
            for path in created:
                path.unlink(missing_ok=True)
            raise SinkError(
                f"{paths[0]}: cannot be created ({error.strerror}); check the folder and the disk"
            ) from error
        return paths[0]

    def recorded(self) -> list[RecordedFile]:
        """The files that still exist as they were written, oldest first."""
        files = []
        for name, inode, start_s in self._read():
            with suppress(OSError):
                state = (self.folder / name).lstat()
                if state.st_ino == inode:
                    files.append(RecordedFile(self.folder / name, inode, start_s, state.st_size))
        return files

    def prune(self, now_s: float, *, in_use: Iterable[Path]) -> list[Path]:
        """Delete files that are too old or take too much space, oldest first.

        Args:
            now_s: Unix time.
            in_use: Files that are being written. They count for the total size, but are not deleted.

        Returns:
            The paths that were deleted.
        """
        if not (self._keep_bytes or self._keep_days):
            return []
        files = self.recorded()
        protected = set(in_use)
        total_bytes = sum(file.length_bytes for file in files)
        # The order is that of the index, not of the start times: the wall clock may have been set back.
        oldest_s = now_s - self._keep_days * _DAY_S if self._keep_days else float("-inf")
        deleted = []
        for file in files:
            is_over_limit = bool(self._keep_bytes) and total_bytes > self._keep_bytes
            if file.path in protected or not (is_over_limit or file.start_s < oldest_s):
                continue
            with suppress(OSError):  # if it fails the file stays in the index, and the next call tries again
                file.path.unlink()
                total_bytes -= file.length_bytes
                deleted.append(file.path)
        if deleted:
            self._rewrite([file for file in files if file.path not in deleted])
        return deleted

    def _read(self) -> list[tuple[str, int, float]]:
        """Name, inode and start time of each line that can be read."""
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        entries = []
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                name = str(entry["name"])
                if Path(name).name == name:  # never a path to another folder
                    entries.append((name, int(entry["inode"]), float(entry["begun_s"])))
        return entries

    def _append(self, paths: list[Path], start_s: float) -> None:
        """Add files to the index and force it to the disk."""
        lines = "".join(_line(path.name, path.stat().st_ino, start_s) for path in paths)
        with self._path.open("ab") as file:
            # A line that a kill cut off must not swallow the next one.
            file.write(b"\n" * self._is_cut_off() + lines.encode())
            file.flush()
            os.fsync(file.fileno())

    def _is_cut_off(self) -> bool:
        """Whether the last line of the index has no line end."""
        with self._path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"

    def _rewrite(self, files: list[RecordedFile]) -> None:
        """Replace the index by one with these files only."""
        with suppress(SinkError):  # then the old index stays; its lines without a file do no harm
            atomic.write(self._path, "".join(_line(file.path.name, file.inode, file.start_s) for file in files))


def _line(name: str, inode: int, start_s: float) -> str:
    return json.dumps({"name": name, "inode": inode, "begun_s": start_s}) + "\n"
