"""Files of a report: bytes in, a file in the report's folder out."""

from pathlib import Path

from realtime_pose.errors import SinkError
from realtime_pose.files import atomic


def write_report_file(path: Path, content: bytes) -> None:
    """Write a file, and create its folder first if it is missing. An older file is replaced as a whole.

    Raises:
        SinkError: The folder cannot be created or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"{path}: the report cannot be written ({error.strerror}); check the folder") from error
    atomic.write(path, content)
