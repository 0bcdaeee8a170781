"""Download of one file over HTTP with resume, and extraction from an archive.

The part file keeps the bytes received so far. The caller checks the complete file and moves it into place. Hold a lock:
only one process may write to the part. If no checksum is known, a resumed part could mix two versions of the file. Then
the server's ETag is stored beside the part, and the download is resumed only if the ETag is the same.
"""

import errno
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import requests

from realtime_pose.errors import ChecksumError, WeightsError
from realtime_pose.redaction import redact_url

Progress = Callable[[int, int], None]

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 30.0
_CHUNK_BYTES = 1 << 16  # at most this much is lost when a connection breaks
# zipfile and its decompressors raise these for damaged data, an unknown compression method and a password
# (RuntimeError). Some raise an OSError with one of the numbers below instead.
_ARCHIVE_ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError)
_ARCHIVE_ERRNOS = {None, errno.EINVAL}
_DISK_FULL_ERRNOS = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


def download(url: str, part: Path, on_progress: Progress, *, has_checksum: bool) -> None:
    """Download the file at this address into the part, starting where the part ends.

    If the server does not support ranges, the part is written again from the start. After a failure the part keeps its
    bytes if it can be resumed. This does not check that the part is the right file.

    Args:
        url: http or https.
        part: Where to write, in an existing folder. Its content counts as the beginning of the file.
        on_progress: Called with the bytes in the part and the bytes of the whole file (0: unknown).
        has_checksum: The caller can detect a mix of two versions, so a part can always be resumed.

    Raises:
        WeightsError: The network failed, the server refused, or the disk is full.
    """
    try:
        _transfer(url, part, on_progress, has_checksum=has_checksum)
    except requests.RequestException as error:
        kept_bytes = _resume_offset(part, has_checksum=has_checksum)
        wanted = "the .onnx file out of that archive" if is_archive(url) else "the file"
        raise WeightsError(
            f"{redact_url(url)} could not be fetched: {_failure_reason(error)}; "
            f"{f'{kept_bytes:,} bytes are kept, ' if kept_bytes else ''}run the same command again to "
            f"{'resume' if kept_bytes else 'try again'}, or put {wanted} there by other means: "
            f"{part.with_suffix('')}; `realtime-pose weights list` shows which models are installed"
        ) from error
    except OSError as error:
        raise _disk_error(part, error) from error


def is_archive(url: str) -> bool:
    """Whether the address is of a zip archive that holds the network."""
    return urlsplit(url).path.endswith(".zip")


def unpack(archive: Path, file: Path) -> None:
    """Write the one ONNX file of a zip archive, from any of its folders, to file.

    Raises:
        ChecksumError: The archive is damaged, or does not hold exactly one.
        WeightsError: The disk is full.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            names = [name for name in opened.namelist() if name.endswith(".onnx")]
            if len(names) != 1:
                raise ChecksumError(f"{archive}: expected one .onnx file inside, got {', '.join(names) or 'none'}")
            with opened.open(names[0]) as packed, file.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked, _CHUNK_BYTES)
    except (*_ARCHIVE_ERRORS, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _ARCHIVE_ERRNOS:  # the disk, not the archive
            file.unlink(missing_ok=True)
            raise _disk_error(file, error) from error
        raise ChecksumError(f"{archive}: expected a complete zip archive, but: {error}") from error


def discard(part: Path) -> None:
    """Delete a part and its stored ETag.

    Raises:
        OSError: It cannot be removed.
    """
    part.unlink(missing_ok=True)
    _etag_path(part).unlink(missing_ok=True)


def _transfer(url: str, part: Path, on_progress: Progress, *, has_checksum: bool) -> None:
    """Append to the part, or write it from the start, as the server's answer allows."""
    offset = _resume_offset(part, has_checksum=has_checksum)
    headers = {"Accept-Encoding": "identity"}  # with compression the offset would not fit the bytes of the file
    if offset:
        headers["Range"] = f"bytes={offset}-"
    timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
        if offset and not has_checksum and _is_other_version(response, part):
            discard(part)
            _transfer(url, part, on_progress, has_checksum=has_checksum)
            return
        if offset and response.status_code == requests.codes.requested_range_not_satisfiable:
            on_progress(offset, offset)  # the server has no more bytes: the part is complete, or of another file
            return
        response.raise_for_status()
        if not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
            offset = 0  # the server ignored the range and sends the whole file
        _receive(response, part, on_progress, offset=offset)


def _receive(response: requests.Response, part: Path, on_progress: Progress, *, offset: int) -> None:
    """Write the body of the response to the part, from this offset on."""
    done = offset
    length = response.headers.get("Content-Length", "")
    total = done + int(length) if length.isdecimal() else 0  # the length is that of the remaining bytes
    on_progress(done, total)
    with part.open("ab" if done else "wb") as file:
        _save_etag(response, part)
        for chunk in response.iter_content(_CHUNK_BYTES):
            file.write(chunk)
            done += len(chunk)
            on_progress(done, total)


def _resume_offset(part: Path, *, has_checksum: bool) -> int:
    """Bytes of the part that can be kept; a part that cannot be resumed is deleted."""
    if not part.is_file():
        return 0
    if not has_checksum and not _load_etag(part):
        discard(part)
        return 0
    return part.stat().st_size


def _is_other_version(response: requests.Response, part: Path) -> bool:
    """Whether the answer to a range request may be of another version than the part."""
    is_same = response.status_code == requests.codes.partial_content and _strong_etag(response) == _load_etag(part)
    range_answers = (requests.codes.partial_content, requests.codes.requested_range_not_satisfiable)
    return response.status_code in range_answers and not is_same


def _strong_etag(response: requests.Response) -> str:
    """The server's name for exactly these bytes; "" if it gives none."""
    etag = response.headers.get("ETag", "")
    return "" if etag.startswith("W/") else etag  # a weak ETag (RFC 9110, 8.8.1) does not promise equal bytes


def _save_etag(response: requests.Response, part: Path) -> None:
    """Store the ETag beside the part; remove an old one if the server gives none."""
    etag = _strong_etag(response)
    if etag:
        _etag_path(part).write_text(etag, encoding="utf-8")
    else:
        _etag_path(part).unlink(missing_ok=True)


def _load_etag(part: Path) -> str:
    """The stored ETag of the part; "" if there is none."""
    file = _etag_path(part)
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _etag_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _failure_reason(error: requests.RequestException) -> str:
    """What went wrong, as text."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {CONNECT_TIMEOUT_S:g} s, or no byte for {READ_TIMEOUT_S:g} s"
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate could not be verified"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke"
    if isinstance(error, requests.ConnectionError):
        return "no connection, or it broke; check the network and the proxy settings"
    return type(error).__name__


def _disk_error(file: Path, error: OSError) -> WeightsError:
    """The error to raise when a file cannot be written."""
    if error.errno in _DISK_FULL_ERRNOS:
        free = shutil.disk_usage(file.parent).free
        return WeightsError(
            f"{file}: no space left on the disk, or a limit on file sizes ({error.strerror}; {free:,} bytes are free): "
            "free some space and run the same command again, or choose another folder with REALTIME_POSE_WEIGHTS"
        )
    return WeightsError(
        f"{file}: cannot be written ({error.strerror}): make its folder writable, "
        "or choose another with REALTIME_POSE_WEIGHTS"
    )
