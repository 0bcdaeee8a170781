"""Disks that are full: a small one of its own where this user may mount one, and files that cannot grow elsewhere."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@contextmanager
def largest_file(length: int) -> Iterator[None]:
    """No file may grow beyond so many bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@dataclass(frozen=True)
class SmallDisk:
    """A folder on a disk that can be filled to the last byte.

    Attributes:
        folder: Where to write.
        is_own: Whether it is a file system of its own; else files are kept from growing.
    """

    folder: Path
    is_own: bool

    @contextmanager
    def filled(self, *, but_bytes: int = 0) -> Iterator[None]:
        """As when another program takes all the room but this, and gives it back at the end."""
        if not self.is_own:
            with largest_file(0):
                yield
            return
        filler = self.folder / "of another program"
        with filler.open("wb", buffering=0) as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(self.folder).free - but_bytes)
        yield
        filler.unlink()


@contextmanager
def mounted(folder: Path, *, num_mb: int) -> Iterator[SmallDisk]:
    """A tmpfs of this size where this user may mount one, as in CI; else a folder like any other."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={num_mb}m", "tmpfs", str(folder)]
    is_own = not subprocess.run(mount, capture_output=True, check=False).returncode
    try:
        yield SmallDisk(folder, is_own)
    finally:
        if is_own:
            subprocess.run(["umount", str(folder)], check=True)
