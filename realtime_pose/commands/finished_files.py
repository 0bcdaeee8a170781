"""What `process` has made in a folder: a hidden folder in it lists the finished files, and holds those in the making.

A finished file is known by its name, size and time of change. A file that differs was not made by `process`, or was
changed later: it is never replaced.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import filelock

from realtime_pose.errors import SinkError
from realtime_pose.files import atomic
from realtime_pose.files.line_index import LineIndex

FOLDER = ".realtime-pose"


@dataclass(frozen=True, slots=True)
class FinishedFile:
    """One output file, as it was when it was finished.

    Attributes:
        name: Its name in the folder.
        length_bytes: Its size.
        changed_ns: When its content was changed last.
        source: Path of its source, without links.
        source_length_bytes: Size of the source.
        source_changed_ns: When the source was changed last.
        content: What it holds: overlay, clean or poses.
    """

    name: str
    length_bytes: int
    changed_ns: int
    source: str
    source_length_bytes: int
    source_changed_ns: int
    content: str

    def has_same_source(self, other: "FinishedFile") -> bool:
        """Whether both were made from the same content, wherever it lies now."""
        contents = [(file.source_length_bytes, file.source_changed_ns) for file in (self, other)]
        return contents[0] == contents[1]


def describe(path: Path, source: Path, content: str) -> FinishedFile:
    """An output file as it is now; raises OSError if it or its source is missing."""
    state, source_state = path.stat(), source.stat()
    return FinishedFile(
        path.name,
        state.st_size,
        state.st_mtime_ns,
        str(source.resolve()),
        source_state.st_size,
        source_state.st_mtime_ns,
        content,
    )


class FinishedFiles:
    """The finished files of one folder.

    Args:
        folder: The folder, which exists.

    Raises:
        SinkError: The hidden folder cannot be created.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hidden = folder / FOLDER
        try:
            self._hidden.mkdir(exist_ok=True)
        except OSError as error:
            raise SinkError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
        self._index = LineIndex(self._hidden / "finished.jsonl")
        self._by_name: dict[str, FinishedFile] = {}
        self._num_read_bytes = -1  # size of the index when it was read

    def named(self, name: str) -> FinishedFile | None:
        """The newest entry of this name, if there is one and the file is still as it was."""
        self._read()
        found = self._by_name.get(name)
        try:
            state = (self._folder / name).stat()
        except OSError:
            return None
        is_same = found is not None and (found.length_bytes, found.changed_ns) == (state.st_size, state.st_mtime_ns)
        return found if is_same else None

    @contextmanager
    def working_on(self, name: str) -> Iterator[Path]:
        """An empty folder for the files in the making of one target; it is deleted afterwards.

        Raises:
            SinkError: Another run works on this target, or the folder cannot be created.
        """
        parts = self._hidden / name
        lock = filelock.FileLock(self._hidden / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise SinkError(
                f"another run is making {self._folder / name} at this moment; wait for it, then run the command again"
            ) from error
        except OSError as error:
            raise SinkError(f"{self._folder}: cannot be written ({error.strerror}); choose another folder") from error
        try:
            if parts.exists():  # a run was killed
                shutil.rmtree(parts)
            parts.mkdir()
            yield parts
        finally:
            if parts.exists():
                shutil.rmtree(parts)
            lock.release()

    def publish(self, parts_folder: Path, files: Sequence[FinishedFile]) -> None:
        """Move complete files from a folder to this one, in this order, each after it is safely on the disk.

        The entries are on the disk before, so that a kill in between leaves no file that nobody knows.

        Raises:
            SinkError: They cannot be moved.
        """
        try:
            with self._index.locked():
                self._index.append(map(asdict, files))
            for file in files:
                atomic.publish(parts_folder / file.name, self._folder / file.name)
        except OSError as error:
            if isinstance(error, SinkError):
                raise
            raise SinkError(f"{self._folder}: cannot be written ({error.strerror}); check the disk") from error

    def _read(self) -> None:
        """Read the index if it has grown: another run may work in this folder."""
        if self._num_read_bytes == self._index.length_bytes:
            return
        self._num_read_bytes = self._index.length_bytes
        for entry in self._index.read():
            with suppress(TypeError):  # an entry of another version of this program
                file = FinishedFile(**entry)
                self._by_name[file.name] = file
