"""The text of a file of poses, and errors in it as a DatasetError that names the place."""

from pathlib import Path
from typing import Self

from realtime_pose.errors import DatasetError


def read_text(file: Path) -> str:
    """The text of a file.

    Raises:
        DatasetError: It cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{file}: the poses cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{file}: expected text in UTF-8, got other bytes at {error.start}") from error


class FormatProblem:
    """Turns an error of the content into a DatasetError that names the place.

    Args:
        name: Name of the file.
        expected: What is expected there.
    """

    def __init__(self, name: str, expected: str) -> None:
        self._name, self._expected, self.place = name, expected, ""

    def __enter__(self) -> Self:
        """The object; set ``place`` to where the content is read."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Raise the DatasetError."""
        if isinstance(error, ValueError | KeyError | TypeError | IndexError | AttributeError):
            got = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise DatasetError(f"{self._name}{self.place}: expected {self._expected}, got {got}") from error
