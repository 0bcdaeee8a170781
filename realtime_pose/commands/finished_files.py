"""What `process` has made in a folder: a hidden folder in it lists the finished files, and holds those in the making.

A finished file is known by its name, size and time of change. A file that differs was not made by `process`, or was
changed later: it is never replaced. A folder of OpenPose's files counts as one file.
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
class JobOutput:
    """A file that is made.

    Attributes:
        path: Its final path.
        part: Its path in the folder in which it is made.
        content: What it holds: overlay, clean, poses or angles.
    """

    path: Path
    part: str
    content: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What output files are made from.

    Attributes:
        path: What the user knows it by: a file, or the folder of several; it stays if the folder gets more files.
        files: The files that are read.
    """

    path: Path
    files: Sequence[Path]


@dataclass(frozen=True, slots=True)
class FinishedFile:
    """One output file, as it was when it was finished.

    Attributes:
        name: Its path below the folder, or its whole path if it lies elsewhere.
        length_bytes: Its size.
        changed_ns: When its content was changed last.
        source: Path of its origin, without links.
        source_length_bytes: Size of the source.
        source_changed_ns: When the source was changed last.
        content: What it holds, see `JobOutput`.
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
        self._num_read_bytes = 0  # of the index

    def is_done(self, output: JobOutput, origin: Origin, *, again: bool) -> bool:
        """Whether an output file is finished, and made from its origin as it is now.

        Args:
            output: The file.
            origin: What it is made from.
            again: Whether finished files are to be made again; then a file with another content may be replaced too.

        Raises:
            SinkError: The file exists and may not be replaced.
        """
        path = output.path
        if not path.exists():
            return False
        now = self._describe(output, path, origin)
        before = self._find(now)
        if before is None:
            raise SinkError(
                f"{path}: this file exists, and process did not make it so; move it, or choose another --out"
            )
        has_same_content = before.has_same_source(now)
        if before.source != now.source and not has_same_content:
            raise SinkError(f"{path}: this file was made from {before.source}; choose another --out")
        if before.content != now.content and not again:
            raise SinkError(
                f"{path}: this file holds {before.content}; choose another --out, or replace it with --again"
            )
        return has_same_content and before.content == now.content

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

    def publish(self, parts_folder: Path, outputs: Sequence[JobOutput], origin: Origin) -> None:
        """Move complete files to their final paths, in this order, each after it is safely on the disk.

        The entries are on the disk before, so that a kill in between leaves no file that nobody knows.

        Raises:
            SinkError: They cannot be moved, or somebody else has taken a name meanwhile.
        """
        try:
            for output in outputs:
                self.is_done(output, origin, again=True)
            made = [self._describe(output, parts_folder / output.part, origin) for output in outputs]
            with self._index.locked():
                self._index.append(map(asdict, made))
            for output in outputs:
                output.path.parent.mkdir(parents=True, exist_ok=True)
                atomic.move(parts_folder / output.part, output.path)
        except OSError as error:
            if isinstance(error, SinkError):
                raise
            raise SinkError(f"{self._folder}: cannot be written ({error.strerror}); check the disk") from error

    def _describe(self, output: JobOutput, path: Path, origin: Origin) -> FinishedFile:
        """An output file as it is now at this path; raises OSError if it is missing."""
        length_bytes, changed_ns = _state(path)
        # A missing picture of a set is named by the source; when it comes back, the size changes.
        source_states = [source.stat() for source in origin.files if source.exists()]
        return FinishedFile(
            self._name(output.path),
            length_bytes,
            changed_ns,
            str(origin.path.resolve()),
            sum(source.st_size for source in source_states),
            max((source.st_mtime_ns for source in source_states), default=0),
            output.content,
        )

    def _name(self, path: Path) -> str:
        is_inside = path.is_relative_to(self._folder)
        return path.relative_to(self._folder).as_posix() if is_inside else str(path.absolute())

    def _find(self, now: FinishedFile) -> FinishedFile | None:
        """The newest entry of this file, if there is one and the file is still as it was."""
        self._read()
        found = self._by_name.get(now.name)
        is_same = found is not None and (found.length_bytes, found.changed_ns) == (now.length_bytes, now.changed_ns)
        return found if is_same else None

    def _read(self) -> None:
        """Read what was added to the index: another run may work in this folder."""
        entries, self._num_read_bytes = self._index.read_from(self._num_read_bytes)
        for entry in entries:
            with suppress(TypeError):  # an entry of another version of this program
                file = FinishedFile(**entry)
                self._by_name[file.name] = file


def _state(path: Path) -> tuple[int, int]:
    """Size in bytes and time of the last change of a file, or of all files in a folder; raises OSError."""
    states = [file.stat() for file in path.iterdir()] if path.is_dir() else [path.stat()]
    return sum(state.st_size for state in states), max((state.st_mtime_ns for state in states), default=0)
