"""Full disks: a small file system if this user may mount one; otherwise files that cannot grow."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@contextmanager
def limit_file_size(length: int) -> Iterator[None]:
    """No file can grow beyond this many bytes, as on a full disk.

    Python keeps no compiled modules meanwhile: it would keep half of a file, and no later process could import it.
    """
    before, keeps_none = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, before[1]))  # the hard limit must stay, to go back
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = keeps_none


@dataclass(frozen=True)
class SmallDisk:
    """A folder on a disk that can be filled to the last byte.

    Attributes:
        folder: Folder to write to.
        is_own: Whether it is its own file system; if not, the size of files is limited instead.
    """

    folder: Path
    is_own: bool

    @contextmanager
    def fill(self, *, but_bytes: int = 0) -> Iterator[None]:
        """The disk is full but for this many bytes, as if another program used it, until the block ends."""
        if not self.is_own:
            with limit_file_size(0):
                yield
            return
        filler = self.folder / "of another program"
        with filler.open("wb", buffering=0) as file:
            # reserves the space at once, without writing
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(self.folder).free - but_bytes)
        yield
        filler.unlink()


@contextmanager
def mount_small_disk(folder: Path, *, num_mb: int) -> Iterator[SmallDisk]:
    """A tmpfs of this size if this user may mount one, as in CI; otherwise an ordinary folder."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={num_mb}m", "tmpfs", str(folder)]
    is_own = not subprocess.run(mount, capture_output=True, check=False).returncode
    try:
        yield SmallDisk(folder, is_own)
    finally:
        if is_own:
            subprocess.run(["umount", str(folder)], check=True)
