"""Compiled graphs and the ports of graphs, kept between starts: a file each in the user's cache folder, found by a key.

A file that was changed or cut off gives no error when an engine reads it, but wrong outputs. So each file begins with
the SHA-256 of its content, and one that does not match counts as missing. Without a folder that can be written,
nothing is kept and everything works.
"""

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

import platformdirs

from realtime_pose.errors import SinkError
from realtime_pose.files import atomic
from realtime_pose.system.home import home_folder

_MAX_FILES = 48  # some 10 MB each; those that were not used for the longest time are deleted
_DIGEST_BYTES = hashlib.sha256().digest_size

_keeps_new: ContextVar[bool] = ContextVar("keeps_new", default=True)

_log = logging.getLogger(__name__)


def folder() -> Path | None:
    """The folder of the compiled graphs, which may not exist yet; None for a user without a home folder."""
    if home_folder() is None and not os.environ.get("XDG_CACHE_HOME"):
        return None
    return platformdirs.user_cache_path("realtime-pose", appauthor=False) / "compiled"


@contextmanager
def reading_only() -> Iterator[None]:
    """In this thread, keep nothing new meanwhile.

    To write one out, OpenVINO holds Python's global lock for a tenth of a second: too long beside a window that plays.
    """
    token = _keeps_new.set(False)
    try:
        yield
    finally:
        _keeps_new.reset(token)


def keeps_new() -> bool:
    """Whether what this thread finds out is to be kept."""
    return _keeps_new.get()


def load(key: str) -> bytes | None:
    """What is kept under this key; None if there is nothing, or its file is damaged or cannot be read."""
    path = _path(key)
    if path is None:
        return None
    try:
        # In two parts and without a buffer: to cut or to copy a large one stops all threads.
        with path.open("rb", buffering=0) as file:
            digest, blob = file.read(_DIGEST_BYTES), file.read()
    except OSError:
        return None
    if not digest:
        return None
    if hashlib.sha256(blob).digest() != digest:
        _log.info("%s is damaged: the network is compiled again", path)
        return None
    with suppress(OSError):  # a cache that may only be read
        os.utime(path)  # so it is not among those that are deleted
    return blob


def store(key: str, blob: bytes) -> None:
    """Keep a blob under this key, if the folder can be written."""
    path = _path(key)
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, hashlib.sha256(blob).digest() + blob)
    except (OSError, SinkError) as error:
        _log.info("compiled networks are not kept, so each start compiles them again: %s", error)
        return
    _delete_unused(path.parent)


def _path(key: str) -> Path | None:
    """The file of a key; None if nothing is kept."""
    kept_in = folder()
    return None if kept_in is None else kept_in / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.blob"


def _delete_unused(kept_in: Path) -> None:
    """Delete files above the limit, longest unused first; another process may delete some at the same time."""
    with suppress(OSError):
        by_use = sorted(kept_in.glob("*.blob"), key=lambda path: path.stat().st_mtime)
        for path in by_use[:-_MAX_FILES]:
            path.unlink(missing_ok=True)
