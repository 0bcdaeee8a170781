"""Trust on first use: records the SHA-256 of a file that has no published one.

The record is FILE.sha256 beside the file: one line, the digest in hexadecimal. The reasons are in
docs/development/decisions/0006-trust-on-first-use.md.
"""

from hashlib import file_digest
from pathlib import Path

from realtime_pose.errors import ChecksumError, ModelError
from realtime_pose.files import atomic

_NUM_HEX_DIGITS = 64


def digest(path: Path) -> str:
    """SHA-256 of the file, in hexadecimal.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def require_graph(path: Path) -> None:
    """Raise ChecksumError unless the file is an ONNX graph.

    The first download is trusted from then on, so it must not be the login page of a proxy.
    """
    from realtime_pose.models.onnx_backend import inspect  # only this check needs ONNX Runtime

    try:
        inspect(path)
    except ModelError as error:
        raise ChecksumError(f"{path}: expected an ONNX graph, but it is none") from error


def load_record(path: Path) -> str:
    """The recorded SHA-256 of this file; "" if there is none.

    Raises:
        OSError: The record exists and cannot be read.
    """
    record = _record_path(path)
    text = record.read_text(encoding="ascii", errors="replace").strip() if record.is_file() else ""
    return text if len(text) == _NUM_HEX_DIGITS else ""


def save_record(path: Path, sha256: str) -> None:
    """Record the SHA-256 of this file; a failed write leaves no half record.

    Raises:
        OSError: It cannot be written.
    """
    with atomic.replacing(_record_path(path)) as part:
        part.write_text(f"{sha256}\n", encoding="ascii")


def _record_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
