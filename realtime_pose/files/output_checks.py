"""Whether files may be written, before one of them is opened: none is a source, and none is written twice."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from realtime_pose.errors import SinkError
from realtime_pose.files.output_file import existing_error

FileIdentity = tuple[int, int] | str


def check_outputs(paths: Sequence[Path], *, inputs: Iterable[Path], may_replace: bool) -> None:
    """Raise SinkError unless all these files may be written; opens and creates nothing.

    Args:
        paths: Files to write.
        inputs: Files that are read; none of them may be written, also not under another name (a link).
        may_replace: Whether files that have content may be replaced.
    """
    _check_distinct(paths)
    existing = [path for path in paths if path.exists()]
    if existing:
        # Only now: a folder of images may have many files.
        check_no_input(existing, inputs)
    for path in existing:
        if path.is_file() and path.stat().st_size and not may_replace:
            raise existing_error(path)
    for path in paths:
        if not path.parent.exists():
            raise SinkError(f"{path}: the folder {path.parent} does not exist; make it or choose another")


def check_no_input(paths: Sequence[Path], inputs: Iterable[Path]) -> None:
    """Raise SinkError if one of these files is one of the inputs, also under another name (a link)."""
    path_by_identity = {identity(path): path for path in paths}
    for given in inputs:
        path = path_by_identity.get(identity(given))
        if path is not None:
            raise SinkError(f"{path}: this is the same file as {given}, which is read; choose another name")


def identity(path: Path) -> FileIdentity:
    """The same for all names of one file: symbolic and hard links too. Of a missing file, its path without links."""
    try:
        state = path.stat()
    except OSError:
        return os.path.normcase(path.resolve())
    return state.st_dev, state.st_ino


def _check_distinct(paths: Sequence[Path]) -> None:
    first_by_identity: dict[FileIdentity, Path] = {}
    for path in paths:
        first = first_by_identity.setdefault(identity(path), path)
        if first is not path:
            raise SinkError(f"{first} and {path} are the same file, but each output needs its own; rename one")
