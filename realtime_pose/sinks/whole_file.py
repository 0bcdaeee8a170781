"""A file of results that is written at the end: whole or not at all, and refused before the work where it cannot be."""

from pathlib import Path

from realtime_pose.errors import SinkError


def check(path: Path) -> None:
    """Raise unless ``write`` can write here; what stands there stays as it is.

    Raises:
        SinkError: It is a folder, its folder is not there, or one of the two may not be written.
    """
    try:
        if _is_device(path):
            return
        if path.exists():
            path.open("ab").close()
        beside = _beside(path)
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise _refused(path, error) from error


def write(path: Path, text: str) -> None:
    """Write beside the path and give it its name at the end; what fails or is stopped leaves what stood there.

    Raises:
        SinkError: It cannot be written.
    """
    try:
        if _is_device(path):
            path.write_text(text, encoding="utf-8")
            return
        beside = _beside(path)
        try:
            beside.write_text(text, encoding="utf-8")
            beside.replace(path.resolve())
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(path, error) from error


def _is_device(path: Path) -> bool:
    """Whether it is something like /dev/null or a pipe, of which no file may take the place."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _beside(path: Path) -> Path:
    """Where it is written meanwhile: on the same disk; of a link, where that leads."""
    target = path.resolve()
    return target.with_name(f".{target.name}.part")


def _refused(path: Path, error: OSError) -> SinkError:
    """The failure, in words."""
    return SinkError(
        f"{path}: the results cannot be written ({error.strerror}); expected the path of a file in a folder with room"
    )
