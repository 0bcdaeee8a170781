"""An output file that stays readable while it grows.

A failed write truncates it to its last complete state. Bytes go to the operating system at once, so a killed process
loses nothing that was written.
"""

import os
from contextlib import suppress
from pathlib import Path

from realtime_pose.errors import SinkError
from realtime_pose.system import sync_folder


class OutputFile:
    """An unbuffered file whose content is complete after each step.

    Text sinks call ``append``: each call leaves a complete file. A muxer calls ``write``, ``seek`` and ``tell``, and
    ``commit`` whenever the file is complete. The first failure truncates the file to its last complete state; every
    later call raises the same failure again.

    Args:
        path: Path of the file; an older file is replaced.
        header: First text of the file.
        footer: Text that must always end the file, such as the closing bracket of a list; ``append`` inserts before it.

    Raises:
        SinkError: The file cannot be created.
    """

    def __init__(self, path: Path, *, header: str = "", footer: str = "") -> None:
        if path.is_dir():
            raise SinkError(f"{path}: expected the path of a file to write, got a folder; add a file name")
        try:
            self._file = path.open("wb", buffering=0)  # a Python buffer would be lost with a killed process
        except FileNotFoundError as error:
            raise SinkError(f"{path}: the folder {path.parent} does not exist; make it or choose another") from error
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
        self._path = path
        self._footer = footer.encode()
        self._committed_bytes = 0
        self._is_folder_synced = False  # whether the file's name survives a power cut
        self._failure: SinkError | None = None
        try:
            self.append(header)
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
    def has_failed(self) -> bool:
        """Whether writing has failed."""
        return self._failure is not None

    @property
    def closed(self) -> bool:
        """Whether the file is closed; PyAV reads this name."""
        return self._file.closed

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

    def sync(self) -> None:
        """Force the content, and at the first call the file name, to the disk.

        Raises:
            SinkError: The disk reports an error.
        """
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
        try:
            is_there = os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            is_there = False
        if not is_there:
            raise self.fail("the file or its folder was moved or deleted")

    def fail(self, reason: str, *, advice: str = "check the disk and its space") -> SinkError:
        """Truncate to the last complete state; returns the error of all later calls."""
        # The disk may be so broken that even this fails; then the first error is still the one to report.
        with suppress(OSError):
            self._file.truncate(self._committed_bytes)
            self._file.seek(self._committed_bytes)
            self._file.write(self._footer)
        self._failure = SinkError(
            f"{self._path}: writing stopped ({reason}); what was written before is kept; {advice}"
        )
        return self._failure

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._file.close()

    def discard(self) -> None:
        """Close the file and delete it."""
        self._file.close()
        with suppress(OSError):
            self._path.unlink()
