"""Download of a model's file: verified, resumed where it broke off, and only once for several processes.

Here and not in `weights`, because a run whose files are here needs no HTTP library, which takes a tenth of a second to
import. Prints nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import filelock

from realtime_pose.errors import ChecksumError, WeightsError
from realtime_pose.files import atomic
from realtime_pose.models import trust
from realtime_pose.models.cache_folder import FOLDER_VARIABLE
from realtime_pose.models.download import Progress, discard, download, is_archive, unpack
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.weights import compare, expected_path, find, is_valid, verify

_LOCK_TIMEOUT_S = 3600.0  # a large file over a slow connection


def fetch(spec: ModelSpec, on_progress: Progress) -> Path:
    """The verified file of this model, downloaded if necessary.

    An interrupted download is resumed, and a wrong file is replaced. The file appears at its path only when it is
    complete. If several processes need the same file, one downloads it and the others wait. If the manifest has no
    SHA-256, that of the first ONNX graph is recorded and checked from then on; a file that the user put there counts as
    the first one too.

    Args:
        spec: An entry of the manifest. One without a url is only checked.
        on_progress: Called often, in this thread, with the bytes received and the total (0: unknown).

    Raises:
        ChecksumError: The download is not the file of the manifest; it is deleted.
        MissingWeightsError: The file is missing and has no url.
        WeightsError: The download failed, or there is no space for it.
    """
    path = expected_path(spec)
    if not spec.url:
        verify(find(spec), spec)
    elif not is_valid(path, spec):
        with _download_lock(path):
            if not is_valid(path, spec):  # another process may have been faster
                _download_or_adopt(spec, path, on_progress)
                return path
    on_progress(spec.bytes, spec.bytes)
    return path


@contextmanager
def _download_lock(target: Path) -> Iterator[None]:
    """Keep other threads and processes from downloading the same file."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(f"{target}.lock")
        lock.acquire(timeout=_LOCK_TIMEOUT_S)
    except filelock.Timeout as error:
        raise WeightsError(
            f"{target}: another process has been downloading it for {_LOCK_TIMEOUT_S / 60:g} minutes; stop it first"
        ) from error
    except OSError as error:
        raise WeightsError(
            f"{target.parent}: cannot be written ({error.strerror}): make the folder writable, "
            f"or choose another with {FOLDER_VARIABLE}"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _download_or_adopt(spec: ModelSpec, target: Path, on_progress: Progress) -> None:
    """Download the file, or record an existing one whose SHA-256 is not known."""
    if spec.sha256 or not target.is_file() or trust.load_record(target):
        _download(spec, target, on_progress)
        return
    try:
        trust.require_graph(target)
    except ChecksumError as error:
        raise ChecksumError(f"{error}; put the right file there, or delete it and run the command again") from error
    _record_digest(target, target)


def _record_digest(target: Path, complete: Path) -> None:
    """Record the SHA-256 of the first complete download of this target."""
    try:
        trust.save_record(target, trust.digest(complete))
    except OSError as error:
        raise WeightsError(
            f"{target}: its SHA-256 cannot be recorded ({error.strerror}); make the folder writable and free some space"
        ) from error


def _download(spec: ModelSpec, target: Path, on_progress: Progress) -> None:
    """Download and install; start again once if a resumed part was wrong."""
    part = target.with_name(f"{target.name}.part")
    is_resumed = part.is_file()
    # The CRC of a zip archive serves as a checksum too.
    has_checksum = is_archive(spec.url) or bool(spec.sha256 or trust.load_record(target))
    download(spec.url, part, on_progress, has_checksum=has_checksum)
    try:
        _install(spec, part, target)
    except ChecksumError:
        if not is_resumed:
            raise
        # The part may have been of another version; it was deleted, so this download starts again.
        download(spec.url, part, on_progress, has_checksum=has_checksum)
        _install(spec, part, target)


def _install(spec: ModelSpec, part: Path, target: Path) -> None:
    """Move a correct download to its path; delete a wrong one."""
    unpacked = target.with_name(f"{target.name}.unpacked")
    try:
        complete = _unpack_and_check(spec, part, unpacked)
    except ChecksumError as error:
        unpacked.unlink(missing_ok=True)
        discard(part)
        raise ChecksumError(
            f"{error}; the download was deleted: run the same command again; if the result is the same, update "
            "realtime_pose, or check for a proxy that answers instead of the server"
        ) from error
    # The record comes first: if the process ends between the two steps, the next download is compared with it.
    if not spec.sha256:
        _record_digest(target, complete)
    try:
        atomic.publish(complete, target)
    except OSError as error:
        raise WeightsError(f"{target}: cannot be written ({error.strerror}); make the folder writable") from error
    discard(part)


def _unpack_and_check(spec: ModelSpec, part: Path, unpacked: Path) -> Path:
    """The complete network file: the part itself, or the content of the archive."""
    complete = part
    if is_archive(spec.url):
        unpack(part, unpacked)
        complete = unpacked
    expected = spec.sha256 or trust.load_record(expected_path(spec))
    if not expected:
        trust.require_graph(complete)
        return complete
    _, mismatch = compare(complete, replace(spec, sha256=expected))
    if mismatch:
        raise ChecksumError(f"{complete}: {mismatch}")
    return complete
