"""The recordings of one folder and name: which were written by us, their names, and which are deleted when.

Beside the recordings lies a ledger, `.NAME.recordings.jsonl`, a line a file: its name, when it begins, and the number
that the file system gave it. The line is on the disk before the first byte of the recording, so a file without a line,
or with another number, was not written by us, or was replaced since: it is never touched. A torn line is passed over.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from realtime_pose.errors import SinkError

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """One file that was written by us.

    Attributes:
        path: Where it is.
        inode: Its number in the file system.
        begun_s: Unix time of its first picture, by the clock of then.
        length_bytes: Its length when it was looked at.
    """

    path: Path
    inode: int
    begun_s: float
    length_bytes: int


class RecordingIndex:
    """What was recorded into a folder under one name.

    Args:
        folder: Where to; made where it is missing.
        prefix: What all names begin with; "" for nothing but the time.
        keep_bytes: Total size beyond which the oldest are deleted; 0: no limit.
        keep_days: Age in days beyond which they are deleted; 0: no limit.

    Raises:
        SinkError: The folder cannot be made.
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

    def claim(self, begun: datetime, *endings: str) -> Path:
        """A path that nobody has, for files with these endings; the files are made, empty, and in the ledger.

        Args:
            begun: Wall clock of the first picture; names the files.
            endings: Such as .mp4 and .jsonl; the path has the first.

        Raises:
            SinkError: They cannot be made.
        """
        stem = f"{self._prefix}{'_' if self._prefix else ''}{begun:%Y-%m-%d_%H-%M-%S}"
        name, number = stem, 1
        while any((self.folder / f"{name}{ending}").exists() for ending in endings):
            number += 1
            name = f"{stem}-{number}"
        paths = [self.folder / f"{name}{ending}" for ending in endings]
        made = []
        try:
            for path in paths:
                path.touch(exist_ok=False)
                made.append(path)
            self._add(paths, begun.timestamp())
        except OSError as error:
            for path in made:
                path.unlink(missing_ok=True)
            raise SinkError(f"{paths[0]}: cannot be made ({error.strerror}); check the folder and the disk") from error
        return paths[0]

    def recorded(self) -> list[RecordedFile]:
        """What is still there as we wrote it, oldest first."""
        found = []
        for name, inode, begun_s in self._lines():
            with suppress(OSError):
                state = (self.folder / name).lstat()
                if state.st_ino == inode:
                    found.append(RecordedFile(self.folder / name, inode, begun_s, state.st_size))
        return found

    def prune(self, now_s: float, *, sparing: Iterable[Path]) -> list[Path]:
        """Delete what is too old or too much, oldest first; what was deleted.

        Args:
            now_s: Unix time.
            sparing: Files that are being written; they count, and stay.
        """
        if not (self._keep_bytes or self._keep_days):
            return []
        files = self.recorded()
        spared = set(sparing)
        total = sum(file.length_bytes for file in files)
        oldest_s = now_s - self._keep_days * _DAY_S if self._keep_days else float("-inf")
        deleted = []
        for file in files:
            is_too_much = bool(self._keep_bytes) and total > self._keep_bytes
            if file.path in spared or not (is_too_much or file.begun_s < oldest_s):
                continue
            with suppress(OSError):  # what cannot be deleted stays in the ledger, and is tried again
                file.path.unlink()
                total -= file.length_bytes
                deleted.append(file.path)
        if deleted:
            self._rewrite([file for file in files if file.path not in deleted])
        return deleted

    def _lines(self) -> list[tuple[str, int, float]]:
        """(name, inode, begun_s) of each line that can be read; a name leads to no other folder."""
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        entries = []
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                name = str(entry["name"])
                if Path(name).name == name:
                    entries.append((name, int(entry["inode"]), float(entry["begun_s"])))
        return entries

    def _add(self, paths: list[Path], begun_s: float) -> None:
        """Put files into the ledger, and the ledger onto the disk; a torn line before them is ended first."""
        lines = "".join(_line(path.name, path.stat().st_ino, begun_s) for path in paths)
        with self._path.open("ab") as file:
            file.write(b"\n" * self._is_torn() + lines.encode())
            file.flush()
            os.fsync(file.fileno())

    def _is_torn(self) -> bool:
        """Whether the last line has no end."""
        with self._path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"

    def _rewrite(self, files: list[RecordedFile]) -> None:
        """The ledger with these files only; on any failure the old one stays, whose dead lines do no harm."""
        part = self._path.with_suffix(".part")
        with suppress(OSError):
            with part.open("wb") as file:
                file.write("".join(_line(each.path.name, each.inode, each.begun_s) for each in files).encode())
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)


def _line(name: str, inode: int, begun_s: float) -> str:
    return json.dumps({"name": name, "inode": inode, "begun_s": begun_s}) + "\n"
