"""Atomic file replacement: write a part file, then rename it over the old file.

Everything that replaces a file uses `publish`: after a power cut the old file or the new one is there, never a mixture.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realtime_pose.errors import SinkError
from realtime_pose.system import sync_folder


def publish(part: Path, path: Path) -> None:
    """Move a complete file to its final path: sync it, then rename it.

    Args:
        part: The complete file, on the same file system as path.
        path: The final path.

    Raises:
        OSError: The part cannot be synced or renamed; an older file at path stays.
    """
    # Some file systems write the rename to the disk before the content; without this sync a power cut would leave
    # an empty file.
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def move(part: Path, path: Path) -> None:
    """Move a complete file or folder to its final path, which may lie on another file system.

    Raises:
        OSError: It cannot be moved; an older one at path stays.
    """
    if part.is_dir():
        _move_folder(part, path)
        return
    try:
        publish(part, path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with replacing(path) as copy:
            shutil.copy2(part, copy)  # with the time of its last change, as a rename keeps it
        part.unlink()


def _move_folder(part: Path, path: Path) -> None:
    """Move a folder, and delete an older one at its path."""
    target = path.resolve()
    beside = _part_path(target)
    try:
        part.rename(beside)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copytree(part, beside)
    old = _part_path(target)
    if target.exists():  # a folder with content cannot be replaced in one step
        target.rename(old)
    beside.rename(target)
    sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A part file for the block to write; after the block it replaces path.

    If the block raises, the part is deleted and the file at path stays. For a symbolic link, its target is replaced.
    A device or a pipe cannot be replaced: the block gets its own path.

    Raises:
        OSError: The part cannot be renamed.
    """
    if _is_device(path):
        yield path
        return
    target = path.resolve()  # renaming over a symbolic link would replace the link
    part = _part_path(target)
    try:
        yield part
        publish(part, target)
    finally:
        part.unlink(missing_ok=True)


def check(path: Path) -> None:
    """Check before long work that ``write`` can write to this path; changes no file.

    Raises:
        SinkError: The path is a folder, its folder does not exist, or one of the two is not writable.
    """
    try:
        if _is_device(path):
            return
        # Opening for append changes nothing, but fails without permission.
        if path.exists():
            path.open("ab").close()
        part = _part_path(path.resolve())
        part.touch()
        part.unlink()
    except OSError as error:
        raise _write_error(path, error) from error


def write(path: Path, content: str | bytes) -> None:
    """Replace the file at path with this content, text as UTF-8.

    If this fails, the old file stays.

    Raises:
        SinkError: The file cannot be written.
    """
    try:
        with replacing(path) as part:
            part.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise _write_error(path, error) from error


def _is_device(path: Path) -> bool:
    """Whether the path is a device or a pipe, such as /dev/null."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _part_path(path: Path) -> Path:
    # In the same folder, so on the same file system: a rename cannot cross file systems. Hidden from file managers.
    # A name that nobody else uses: neither another run that writes this path, nor the user.
    return path.with_name(f".{secrets.token_hex(8)}.part")


def _write_error(path: Path, error: OSError) -> SinkError:
    return SinkError(
        f"{path}: the results cannot be written ({error.strerror}); expected the path of a file in a folder with room"
    )
