"""Trust on first use: the SHA-256 of a file whose publisher names none, recorded beside it when it first came.

The record is one line, the digest in hexadecimal, in FILE.sha256. docs/decisions/0006-trust-on-first-use.md says why.
"""

from hashlib import file_digest
from pathlib import Path

from realtime_pose.errors import ChecksumError, ModelError

_DIGITS = 64


def digest(path: Path) -> str:
    """SHA-256 of the file, in hexadecimal.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def require_graph(path: Path) -> None:
    """Check that what came first, and will be trusted, is an ONNX graph and not the page of a proxy.

    Raises:
        ChecksumError: It is none.
    """
    from realtime_pose.models.onnx_backend import inspect  # nothing else here needs ONNX Runtime

    try:
        inspect(path)
    except ModelError as error:
        raise ChecksumError(f"{path}: expected an ONNX graph, but it is none") from error


def recorded(path: Path) -> str:
    """The SHA-256 that was recorded for this file; "" where none was.

    Raises:
        OSError: The record is there and cannot be read.
    """
    record_file = _record_of(path)
    text = record_file.read_text(encoding="ascii", errors="replace").strip() if record_file.is_file() else ""
    return text if len(text) == _DIGITS else ""


def record(path: Path, sha256: str) -> None:
    """Write down the SHA-256 that belongs to this file, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    new = _record_of(path).with_suffix(".sha256.new")
    new.write_text(f"{sha256}\n", encoding="ascii")
    new.replace(_record_of(path))


def _record_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
