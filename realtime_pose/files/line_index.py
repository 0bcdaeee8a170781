"""An index file beside other files: JSON lines that only grow, each on the disk before it counts; damage is ignored."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from realtime_pose.errors import SinkError
from realtime_pose.files import atomic

_LOCK_TIMEOUT_S = 10.0  # an index is locked for milliseconds


class LineIndex:
    """Entries of several processes in one file.

    Args:
        path: Path of the index file; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def length_bytes(self) -> int:
        """Size of the index file; 0 if there is none."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other threads and processes from changing the index.

        Raises:
            SinkError: Another process holds it for long, or the folder is missing or not writable.
        """
        import filelock  # 35 ms, and few runs have an index

        if not self._path.parent.is_dir():  # filelock would make it
            raise SinkError(f"{self._path.parent}: expected a folder, but it does not exist; make it again")
        lock = filelock.FileLock(f"{self._path}.lock")
        try:
            lock.acquire(timeout=_LOCK_TIMEOUT_S)
        except filelock.Timeout as error:
            raise SinkError(
                f"{self._path}: expected to change this list, but another run has locked it for {_LOCK_TIMEOUT_S:g} s; "
                "stop that run"
            ) from error
        except OSError as error:
            raise SinkError(f"{self._path}: cannot be written ({error.strerror}); check the folder") from error
        try:
            yield
        finally:
            lock.release()

    def read(self) -> list[dict[str, Any]]:
        """The entries, in the order in which they were added; lines that are no JSON object are left out."""
        return _from_lines(self._content(0))

    def read_from(self, start_byte: int) -> tuple[list[dict[str, Any]], int]:
        """The entries of the complete lines from a byte on, and the byte at which the next reading goes on."""
        content = self._content(start_byte)
        complete = content[: content.rfind(b"\n") + 1]  # another process may be writing the last line
        return _from_lines(complete), start_byte + len(complete)

    def append(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Add entries and force them to the disk.

        Raises:
            OSError: They cannot be written.
        """
        with self._path.open("ab") as file:
            # A line that a kill cut off must not swallow the next one.
            file.write(b"\n" * self._is_cut_off() + _to_lines(entries).encode())
            file.flush()
            os.fsync(file.fileno())

    def replace(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Replace all entries; if it fails, the old index stays.

        Raises:
            SinkError: The index cannot be written.
        """
        atomic.write(self._path, _to_lines(entries))

    def _content(self, start_byte: int) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(start_byte)
                return file.read()
        except OSError:
            return b""

    def _is_cut_off(self) -> bool:
        """Whether the last line has no line end."""
        with self._path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"


def _from_lines(content: bytes) -> list[dict[str, Any]]:
    entries = []
    for line in content.decode(errors="replace").splitlines():
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                entries.append(entry)
    return entries


def _to_lines(entries: Iterable[Mapping[str, Any]]) -> str:
    # Only ASCII: a file name that is not UTF-8 has characters that cannot be encoded.
    return "".join(json.dumps(dict(entry)) + "\n" for entry in entries)
