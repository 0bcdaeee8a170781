"""An output file that stays readable while it grows.

A failed write truncates it to its last complete state. Bytes go to the operating system at once, so a killed process
loses nothing that was written.
"""

import os
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from realtime_pose.errors import SinkError, WriteError
from realtime_pose.system import sync_folder
from realtime_pose.system.file_locks import try_lock


class OutputFile:
    """An unbuffered file whose content is complete after each step.

    The file is locked for this object, so two runs never write the same file. An older file keeps its content until the
    first byte is written.

    Text sinks call ``begin`` and then ``append``: each call leaves a complete file. A muxer calls ``write``, ``seek``
    and ``tell``, and ``commit`` whenever the file is complete. The first failure truncates the file to its last
    complete state; every later call raises the same failure again.

    Args:
        path: Path of the file. If it is a symbolic link, the file that it points to is written.
        may_replace: Whether a file that has content may be replaced.

    Raises:
        SinkError: The file cannot be opened, has content, or is being written by another run.
    """

    def __init__(self, path: Path, *, may_replace: bool = False) -> None:
        self._path = path
        self._file = os.fdopen(_open_unchanged(path), "wb", buffering=0)  # a buffer would be lost with a killed process
        self._footer = b""
        self._committed_bytes = self._header_bytes = 0
        self._has_begun = False  # whether a byte was written, and so the older content is gone
        self._is_folder_synced = False  # whether the file's name survives a power cut
        self._failure: SinkError | None = None
        try:
            self._was_empty = self._lock(may_replace=may_replace)
        except SinkError:
            self._file.close()
            raise

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self._path

    @property
    def committed_bytes(self) -> int:
        """Length of the last complete state, without the footer."""
        return self._committed_bytes

    @property
    def has_results(self) -> bool:
        """Whether the last complete state is more than a header."""
        return self._committed_bytes > self._header_bytes

    @property
    def has_failed(self) -> bool:
        """Whether writing has failed."""
        return self._failure is not None

    @property
    def closed(self) -> bool:
        """Whether the file is closed; PyAV reads this name."""
        return self._file.closed

    def begin(self, header: str, *, footer: str = "") -> None:
        """Write the first text of the file, which is no result.

        Args:
            header: Text before all results.
            footer: Text that must always end the file, such as the closing bracket of a list; ``append`` inserts
                before it.

        Raises:
            SinkError: It cannot be written.
        """
        self._footer = footer.encode()
        self.append(header)
        self.mark_header()

    def append(self, text: str) -> None:
        """Add text before the footer: all of it, or nothing if this raises SinkError."""
        data = text.encode()
        self.check()
        # The new text overwrites the old footer, and the footer follows in the same write.
        self.seek(self._committed_bytes)
        self.write(data + self._footer)
        self._committed_bytes += len(data)

    def write(self, data: bytes) -> int:
        """Write all bytes at the current position; returns their number."""
        if self._failure is not None:
            raise self._failure
        remaining = memoryview(data)
        try:
            if not self._has_begun:
                self._file.truncate(0)
                self._has_begun = True
            while remaining:  # an unbuffered write may write only a part
                remaining = remaining[self._file.write(remaining) or 0 :]
        except (OSError, ValueError) as error:
            raise self.fail(getattr(error, "strerror", None) or str(error)) from error
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position; returns it, counted from the start."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The current position, counted from the start."""
        return self._file.tell()

    def commit(self) -> None:
        """Declare the file complete up to the current position."""
        self._committed_bytes = self.tell()

    def mark_header(self) -> None:
        """Declare that the file holds no result yet; only the first complete state is a header."""
        self._header_bytes = self._header_bytes or self._committed_bytes

    def interrupt(self) -> None:
        """Nothing: a file has no reader to wait for."""

    def sync(self) -> None:
        """Force the content, and at the first call the file name, to the disk; nothing if closed or failed.

        Raises:
            SinkError: The disk reports an error.
        """
        if self.closed or self.has_failed:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self.fail(error.strerror or str(error)) from error
        if not self._is_folder_synced:
            self._is_folder_synced = True
            sync_folder(self._path.parent)

    def check(self) -> None:
        """Raise SinkError if the file is closed, failed, or no longer at its path."""
        if self._failure is not None:
            raise self._failure
        if self._file.closed:
            raise SinkError(f"{self._path}: expected an open file, but it is closed; open another")
        # Linux still accepts writes to a deleted file; without this check the data would be lost without a message.
        if not self._is_at_its_path():
            raise self.fail("the file or its folder was moved or deleted")

    def fail(self, reason: str, *, advice: str = "check the disk and its space") -> SinkError:
        """Truncate to the last complete state; returns the error of all later calls."""
        if self._has_begun:
            # The disk may be so broken that even this fails; then the first error is still the one to report.
            with suppress(OSError):
                self._file.truncate(self._committed_bytes)
                self._file.seek(self._committed_bytes)
                self._file.write(self._footer)
        kept = "what was written before is kept" if self.has_results else "it had no result yet, so no file is left"
        problem = f"{self._path}: writing stopped ({reason}); {kept}"
        self._failure = WriteError(problem, reason=reason, advice=advice)
        return self._failure

    def close(self) -> None:
        """Close the file, and delete it if it failed before the first result; may be called twice."""
        if self.has_failed and not self.has_results:
            self.discard()
        self._file.close()

    def discard(self) -> None:
        """Close the file and delete it, unless it has older content; may be called twice."""
        # A file that has replaced ours meanwhile belongs to somebody else.
        if not self._file.closed and (self._was_empty or self._has_begun) and self._is_at_its_path():
            with suppress(OSError):
                self._path.resolve().unlink()  # of a symbolic link, the file that it points to
        self._file.close()

    def _lock(self, *, may_replace: bool) -> bool:
        """Keep other runs from this file; whether it is empty."""
        if not try_lock(self._file.fileno()):
            raise SinkError(f"{self._path}: another run is writing this file; wait for its end, or choose another name")
        is_empty = os.fstat(self._file.fileno()).st_size == 0
        if not (is_empty or may_replace):
            raise existing_error(self._path)
        return is_empty

    def _is_at_its_path(self) -> bool:
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return False


def open_all(paths: Iterable[Path], *, may_replace: bool = False) -> list[OutputFile]:
    """Open all files, or none: if one cannot be opened, the others stay as they were.

    Raises:
        SinkError: As `OutputFile`.
    """
    with ExitStack() as undo:
        files = []
        for path in paths:
            files.append(OutputFile(path, may_replace=may_replace))
            undo.callback(files[-1].discard)
        undo.pop_all()
    return files


def existing_error(path: Path) -> SinkError:
    """The error for a file that has content and may not be replaced."""
    return SinkError(f"{path}: this file exists; choose another name, or replace it with --overwrite")


def _open_unchanged(path: Path) -> int:
    """A descriptor of the file, which is created if it is missing; its content stays."""
    if path.is_dir():
        raise SinkError(f"{path}: expected the path of a file to write, got a folder; add a file name")
    if path.exists() and not path.is_file():
        raise SinkError(f"{path}: expected the path of a file to write, got a device or a pipe; choose another path")
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    except FileNotFoundError as error:
        raise SinkError(f"{path}: the folder {path.parent} does not exist; make it or choose another") from error
    except OSError as error:
        raise SinkError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
