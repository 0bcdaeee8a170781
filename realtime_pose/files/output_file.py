"""A file for results: opened or refused in clear words, whole after each step, cut back to that where one fails."""

import os
from contextlib import suppress
from pathlib import Path

from realtime_pose.errors import SinkError
from realtime_pose.system import sync_folder


class OutputFile:
    """A file that is written without a buffer of ours, so that a killed process loses nothing it had written.

    Either ``append`` (text: each call leaves a whole file), or ``write``, ``seek`` and ``tell`` as a muxer calls them,
    with ``mark`` where the file is whole. The first failure cuts the file back to its last whole state; from then on
    every call raises it again.

    Args:
        path: Where to; what stands there is replaced.
        head: What stands at the start.
        tail: What must always stand at the end, as the closing bracket of a list; a later ``append`` goes before it.

    Raises:
        SinkError: The file cannot be made.
    """

    def __init__(self, path: Path, *, head: str = "", tail: str = "") -> None:
        if path.is_dir():
            raise SinkError(f"{path}: expected the path of a file to write, got a folder; add a file name")
        try:
            self._file = path.open("wb", buffering=0)
        except FileNotFoundError as error:
            raise SinkError(f"{path}: the folder {path.parent} does not exist; make it or choose another") from error
        except OSError as error:
            raise SinkError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
        self._path = path
        self._tail = tail.encode()
        self._whole_bytes = 0
        self._is_in_folder = False  # for sure, also after a power cut
        self._failure: SinkError | None = None
        try:
            self.append(head)
        except SinkError:
            self._file.close()
            raise

    @property
    def whole_bytes(self) -> int:
        """Length of what stays, whatever happens, without the tail."""
        return self._whole_bytes

    @property
    def has_failed(self) -> bool:
        """Whether writing has failed."""
        return self._failure is not None

    @property
    def closed(self) -> bool:
        """Whether it is closed; the muxer asks, too."""
        return self._file.closed

    def append(self, text: str) -> None:
        """Add text before the tail: all of it or, when this raises SinkError, nothing."""
        data = text.encode()
        self.check()
        self.seek(self._whole_bytes)
        self.write(data + self._tail)
        self._whole_bytes += len(data)

    def write(self, data: bytes) -> int:
        """Write all of it at the current place; returns how much that was."""
        if self._failure is not None:
            raise self._failure
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except (OSError, ValueError) as error:
            raise self.fail(getattr(error, "strerror", None) or str(error)) from error
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; returns it, from the start."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The current place, from the start."""
        return self._file.tell()

    def mark(self) -> None:
        """Say that the file, up to the current place, is whole."""
        self._whole_bytes = self.tell()

    def sync(self) -> None:
        """Have the disk keep what was written, so that a power cut loses none of it; the first time its name, too.

        Raises:
            SinkError: The disk says that it cannot.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self.fail(error.strerror or str(error)) from error
        if not self._is_in_folder:
            self._is_in_folder = True
            sync_folder(self._path.parent)

    def check(self) -> None:
        """Raise SinkError where the file is closed, writing failed before, or the file is no longer at its path."""
        if self._failure is not None:
            raise self._failure
        if self._file.closed:
            raise SinkError(f"{self._path}: expected an open file, but it is closed; open another")
        try:
            is_there = os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            is_there = False
        if not is_there:
            raise self.fail("it, or its folder, was moved or deleted meanwhile")

    def fail(self, reason: str, *, advice: str = "check the disk and its space") -> SinkError:
        """The failure to raise, now and from now on; the file is cut to what was whole."""
        with suppress(OSError):
            self._file.truncate(self._whole_bytes)
            self._file.seek(self._whole_bytes)
            self._file.write(self._tail)
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
