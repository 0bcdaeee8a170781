"""An output folder with one small file for each frame; a file is complete from the moment it has its name."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from realtime_pose.errors import SinkError, WriteError
from realtime_pose.system.file_locks import try_lock

_LOCK = ".realtime-pose.lock"
_PART = ".realtime-pose.part"


class OutputFolder:
    """The files of one run in a folder, which is created if missing.

    The folder is locked for this object, so two runs never write into the same folder. Files of an earlier run stay
    until ``begin``. The first failure ends the writing; every later call raises it again.

    Args:
        path: The folder.
        pattern: The names of the files that a run writes, as for ``Path.glob``.
        may_replace: Whether the folder may have such files.

    Raises:
        SinkError: The folder cannot be created, has such files, or is being written by another run.
    """

    def __init__(self, path: Path, *, pattern: str, may_replace: bool = False) -> None:
        check_folder(path, pattern=pattern, may_replace=may_replace)
        self.path = path
        self._is_new = not path.exists()
        self._names: list[str] = []  # of this run, in order
        self._failure: SinkError | None = None
        try:
            path.mkdir(exist_ok=True)
            self._lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
        self._is_closed = False
        if not try_lock(self._lock):
            os.close(self._lock)
            raise SinkError(f"{path}: another run is writing into this folder; wait for its end, or choose another")

    @property
    def has_results(self) -> bool:
        """Whether a file was written."""
        return bool(self._names)

    def begin(self, old: Iterable[Path]) -> None:
        """Delete files of an earlier run; raises SinkError if one cannot be deleted."""
        try:
            for path in old:
                path.unlink()
        except OSError as error:
            raise self._fail(error) from error

    def write(self, name: str, text: str) -> None:
        """Write one file: all of it, or nothing if this raises SinkError."""
        if self._failure is not None:
            raise self._failure
        if self._is_closed:
            raise SinkError(f"{self.path}: expected an open folder, but it is closed; open another")
        part = self.path / _PART
        try:
            part.write_text(text, encoding="utf-8")
            # Without a sync to the disk, which would take longer than the frame.
            part.replace(self.path / name)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise self._fail(error) from error
        self._names.append(name)

    def interrupt(self) -> None:
        """Nothing: a folder has no reader to wait for."""

    def close(self) -> None:
        """Give the folder free; may be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        with suppress(OSError):
            (self.path / _LOCK).unlink()
        os.close(self._lock)
        if self._is_new and not self._names:
            with suppress(OSError):  # somebody else has put a file into it
                self.path.rmdir()

    def discard(self) -> None:
        """Delete the files of this run, and the folder if it was made for them; may be called twice."""
        if not self._is_closed:
            for name in self._names:
                with suppress(OSError):
                    (self.path / name).unlink()
            self._names.clear()
        self.close()

    def _fail(self, error: OSError) -> SinkError:
        kept = "the files before are kept" if self._names else "it has no file yet"
        reason = error.strerror or str(error)
        problem = f"{self.path}: writing stopped ({reason}); {kept}"
        self._failure = WriteError(problem, reason=reason, advice="check the disk and its space")
        return self._failure


def check_folder(path: Path, *, pattern: str, may_replace: bool) -> None:
    """Raise SinkError unless a run may write its files into this folder; creates nothing.

    Args:
        path: The folder, which may be missing.
        pattern: The names of the files that a run writes.
        may_replace: Whether the folder may have such files.
    """
    if not path.is_dir():
        if path.exists():
            raise SinkError(f"{path}: expected a folder for one file per frame, got a file; choose another path")
        return
    found = next(path.glob(pattern), None)
    if found is not None and not may_replace:
        raise SinkError(
            f"{path}: this folder has files of an earlier run ({found.name}); choose another folder, or add "
            "--overwrite: files of this source are replaced, others stay"
        )
