"""Files that are written whole or not at all: written under another name, then renamed.

Everything that replaces a file uses `publish`: a power cut leaves the old file or the new one, never half of one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realtime_pose.errors import SinkError
from realtime_pose.system import sync_folder


def publish(part: Path, path: Path) -> None:
    """Give a complete file its name: force it to the disk, then rename it over what is there.

    Args:
        part: What was written, on the same disk as path.
        path: Its name from now on.

    Raises:
        OSError: It cannot be done; both files stay as they are.
    """
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The path of a part file to write in the block; it takes the name of path when the block ends.

    If the block raises, the part is deleted and what is at path stays. Of a symbolic link the target is replaced.

    Raises:
        OSError: The part cannot be renamed.
    """
    target = path.resolve()
    part = _part_of(target)
    try:
        yield part
        publish(part, target)
    finally:
        part.unlink(missing_ok=True)


def check(path: Path) -> None:
    """Raise unless ``write`` can write here; what is there stays as it is.

    Raises:
        SinkError: It is a folder, its folder does not exist, or one of the two is not writable.
    """
    try:
        if _is_device(path):
            return
        if path.exists():
            path.open("ab").close()
        part = _part_of(path.resolve())
        part.touch()
        part.unlink()
    except OSError as error:
        raise _write_error(path, error) from error


def write(path: Path, content: str | bytes) -> None:
    """Replace the file at path by this content, text as UTF-8; if it fails, what is there stays.

    Raises:
        SinkError: It cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        if _is_device(path):
            path.write_bytes(data)
            return
        with replacing(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise _write_error(path, error) from error


def _is_device(path: Path) -> bool:
    """Whether it is a device or a pipe, such as /dev/null, which no file can replace."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _part_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _write_error(path: Path, error: OSError) -> SinkError:
    return SinkError(
        f"{path}: the results cannot be written ({error.strerror}); expected the path of a file in a folder with room"
    )
