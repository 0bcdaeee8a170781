"""What only one operating system has, each with what stands in its place on the others."""

import os
import sys
from contextlib import suppress
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Have the disk keep the names in a folder, so that a power cut loses no new file.

    Windows cannot open a folder as a file: there this does nothing. So it is on a file system that refuses.
    """
    if sys.platform == "win32":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
