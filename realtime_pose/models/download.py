"""One file over HTTP into a part file, going on where an earlier try ended, and the network inside an archive.

The part keeps what came until the whole is there; whoever calls checks it and moves it into place. Nobody else may
write to the part meanwhile: hold a lock. Where nothing will tell a file sewn together out of two versions, the version
that the server names (its ETag) is kept beside the part, and only a part of the same version is gone on with.
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

Progress = Callable[[int, int], None]

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 30.0
_CHUNK_BYTES = 1 << 16  # a connection that breaks costs at most so much of what came
# What zipfile and the unpackers below it raise for bytes that are not those of an archive, for a way of packing that
# they do not know and for a password (RuntimeError); some raise OSError, with one of the numbers below.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError)
_DAMAGED_NUMBERS = {None, errno.EINVAL}
_NO_SPACE = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


def download(url: str, part: Path, on_progress: Progress, *, is_checked: bool) -> None:
    """Bring the file at this address into the part, from where the part ends.

    A server that cannot begin in the middle sends all, and the part starts afresh. What came before a failure stays in
    the part if it can be gone on with. That the part is the right file is not known when this returns: check it.

    Args:
        url: http or https.
        part: Where to write; its folder is there. What it holds is taken for the beginning of the file.
        on_progress: Is told the bytes in the part and the bytes of the whole file (0: the server did not say).
        is_checked: Whether a checksum will tell the right file from one of two versions' bytes.

    Raises:
        WeightsError: The network failed, the server refused, or the disk is full.
    """
    try:
        _transfer(url, part, on_progress, is_checked=is_checked)
    except requests.RequestException as error:
        kept = _begun(part, is_checked=is_checked)
        raise WeightsError(
            f"{_place(url)} could not be fetched: {_reason(error)}; "
            f"{f'{kept:,} bytes are kept, ' if kept else ''}run the same command again to "
            f"{'go on from there' if kept else 'try again'}, or put {_wanted(url)} there by other means: "
            f"{part.with_suffix('')}; `realtime-pose weights list` shows which models are here already"
        ) from error
    except OSError as error:
        raise _disk_error(part, error) from error


def is_archive(url: str) -> bool:
    """Whether a zip archive lies at this address, which holds the network."""
    return urlsplit(url).path.endswith(".zip")


def unpack(archive: Path, file: Path) -> None:
    """Write the one ONNX file of a zip archive, whatever folder of the archive it is in.

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
    except (*_DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _DAMAGED_NUMBERS:
            file.unlink(missing_ok=True)
            raise _disk_error(file, error) from error
        raise ChecksumError(f"{archive}: expected a whole zip archive, but: {error}") from error


def discard(part: Path) -> None:
    """Throw away a part and what is known of it.

    Raises:
        OSError: It cannot be removed.
    """
    part.unlink(missing_ok=True)
    _version_file(part).unlink(missing_ok=True)


def _transfer(url: str, part: Path, on_progress: Progress, *, is_checked: bool) -> None:
    """Append to the part, or write it anew, as the server's answer allows."""
    done = _begun(part, is_checked=is_checked)
    headers = {"Accept-Encoding": "identity"}  # the bytes of the file itself, or no offset would fit
    if done:
        headers["Range"] = f"bytes={done}-"
    timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
        if done and not is_checked and _is_of_another_version(response, part):
            discard(part)
            _transfer(url, part, on_progress, is_checked=is_checked)
            return
        if done and response.status_code == requests.codes.requested_range_not_satisfiable:
            on_progress(done, done)  # nothing lies beyond the part: it is whole, or of another file
            return
        response.raise_for_status()
        if not response.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            done = 0
        _receive(response, part, on_progress, done=done)


def _receive(response: requests.Response, part: Path, on_progress: Progress, *, done: int) -> None:
    """Write what the server sends behind the first bytes of the part, as many as are done."""
    length = response.headers.get("Content-Length", "")
    total = done + int(length) if length.isdecimal() else 0
    on_progress(done, total)
    with part.open("ab" if done else "wb") as file:
        _note_version(response, part)
        for chunk in response.iter_content(_CHUNK_BYTES):
            file.write(chunk)
            done += len(chunk)
            on_progress(done, total)


def _begun(part: Path, *, is_checked: bool) -> int:
    """Bytes of the part that can be gone on with; it is thrown away if it cannot."""
    if not part.is_file():
        return 0
    if not is_checked and not _known_version(part):
        discard(part)
        return 0
    return part.stat().st_size


def _is_of_another_version(response: requests.Response, part: Path) -> bool:
    """Whether the server has begun in the middle, or beyond the end, of what may not be the file of the part."""
    is_same = response.status_code == requests.codes.partial_content and _version(response) == _known_version(part)
    answers = (requests.codes.partial_content, requests.codes.requested_range_not_satisfiable)
    return response.status_code in answers and not is_same


def _version(response: requests.Response) -> str:
    """What the server calls this very sequence of bytes; "" where it does not say."""
    tag = response.headers.get("ETag", "")
    return "" if tag.startswith("W/") else tag  # W/: the meaning is the same, maybe not the bytes


def _note_version(response: requests.Response, part: Path) -> None:
    """Keep beside the part which version it is of, if the server says so."""
    version = _version(response)
    if version:
        _version_file(part).write_text(version, encoding="utf-8")
    else:
        _version_file(part).unlink(missing_ok=True)


def _known_version(part: Path) -> str:
    """The version of the part; "" where none is known."""
    file = _version_file(part)
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _version_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _place(url: str) -> str:
    """The address for a person to read: no user, password or query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _wanted(url: str) -> str:
    """What of this address belongs in the folder of weights, in words."""
    return "the .onnx file out of that archive" if is_archive(url) else "the file"


def _reason(error: requests.RequestException) -> str:
    """What went wrong, in words."""
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
    return f"{type(error).__name__}"


def _disk_error(file: Path, error: OSError) -> WeightsError:
    """The failure to write, in words."""
    if error.errno in _NO_SPACE:
        free = shutil.disk_usage(file.parent).free
        return WeightsError(
            f"{file}: no space left on the disk, or a limit on file sizes ({error.strerror}; {free:,} bytes are free): "
            "make room and run the same command again, or choose another folder with REALTIME_POSE_WEIGHTS"
        )
    return WeightsError(
        f"{file}: cannot be written ({error.strerror}): make its folder writable, "
        "or choose another with REALTIME_POSE_WEIGHTS"
    )
