"""Files of weights: path, verification and download.

Shipped files are beside the manifest. Downloaded files are in the user's cache folder, or in the folder that the
environment variable REALTIME_POSE_WEIGHTS names. A user's own files stay where they are. Prints nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import filelock

from realtime_pose.errors import ChecksumError, MissingWeightsError, WeightsError
from realtime_pose.files import atomic
from realtime_pose.models import trust
from realtime_pose.models.cache_folder import FOLDER_VARIABLE, cache_folder
from realtime_pose.models.download import Progress, discard, download, is_archive, unpack
from realtime_pose.models.int8_files import int8_spec
from realtime_pose.models.manifest import Manifest, ModelSpec, weights_folder

_LOCK_TIMEOUT_S = 3600.0  # a large file over a slow connection


class WeightsState(StrEnum):
    """State of a model's file."""

    EMBEDDED = "embedded"
    OWN = "own"
    DOWNLOADED = "downloaded"
    MISSING = "missing"
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """A model of the manifest and the state of its file.

    Attributes:
        name, task, family, licence: As in the manifest.
        bytes: Size of the file, also before it is downloaded; 0 if unknown.
        state: Of the file; the checksum was computed.
        error: What is wrong and what to do; None if nothing is.
    """

    name: str
    task: str
    family: str
    licence: str
    bytes: int
    state: WeightsState
    error: WeightsError | None = None


def find(spec: ModelSpec) -> Path:
    """The path of this model's file; the content is not checked.

    Raises:
        MissingWeightsError: There is no file; the message says how to get it.
    """
    path = _expected_path(spec)
    if not path.is_file():
        raise MissingWeightsError(f"model {spec.name}: expected its weights in {path}, found no file", _advice(spec))
    return path


def verify(path: Path, spec: ModelSpec) -> str:
    """SHA-256 of a file, after it was compared with the expected one.

    The expected SHA-256 and size are those of the manifest, or the record of the first download.

    Raises:
        ChecksumError: It is another file, or damaged.
        WeightsError: It cannot be read.
    """
    found, mismatch = _compare(path, spec)
    if mismatch:
        raise ChecksumError(f"{path}: {mismatch}", _advice(spec))
    return found


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
    path = _expected_path(spec)
    if not spec.url:
        verify(find(spec), spec)
    elif not _is_valid(path, spec):
        with _download_lock(path):
            if not _is_valid(path, spec):  # another process may have been faster
                _download_or_adopt(spec, path, on_progress)
                return path
    on_progress(spec.bytes, spec.bytes)
    return path


def list_models(manifest: Manifest) -> tuple[ModelStatus, ...]:
    """Every model of the manifest, in its order, with the state of its file."""
    return tuple(verify_one(spec) for spec in manifest.models.values())


def list_int8_files(manifest: Manifest) -> tuple[ModelStatus, ...]:
    """The shipped int8 files with their state; the name is that of the network and int8."""
    pairs = ((spec, spec.int8) for spec in manifest.models.values())
    return tuple(verify_one(replace(int8_spec(spec, int8), name=f"{spec.name} int8")) for spec, int8 in pairs if int8)


def verify_all(manifest: Manifest) -> tuple[ModelStatus, ...]:
    """All models except those that are not downloaded yet."""
    return tuple(
        status
        for status in list_models(manifest)
        if status.state is not WeightsState.MISSING or not manifest.models[status.name].url
    )


def is_here(spec: ModelSpec) -> bool:
    """Whether the file of this model is present and correct."""
    return _is_valid(_expected_path(spec), spec)


def _expected_path(spec: ModelSpec) -> Path:
    """Where the file belongs; the absolute path of a user's own file stays."""
    folder = cache_folder() if spec.url else Path(str(weights_folder()))
    return folder / spec.file


def _advice(spec: ModelSpec) -> str:
    """What to do about a missing or wrong file."""
    if Path(spec.file).is_absolute():
        return "get the file again, or correct sha256 and bytes in the .toml beside it"
    if spec.url:
        return f"run: realtime-pose weights fetch {spec.name}"
    return (
        "it is shipped with realtime_pose, run: pip install --force-reinstall --no-deps realtime-pose "
        f"(in a checkout: git checkout -- weights/{spec.file})"
    )


def verify_one(spec: ModelSpec) -> ModelStatus:
    """A model with the state of its file."""
    state = WeightsState.DOWNLOADED if spec.url else WeightsState.EMBEDDED
    if Path(spec.file).is_absolute():
        state = WeightsState.OWN
    problem: WeightsError | None = None
    try:
        verify(find(spec), spec)
    except MissingWeightsError as error:
        state, problem = WeightsState.MISSING, error
    except WeightsError as error:
        state, problem = WeightsState.CORRUPT, error
    has_file = state is not WeightsState.MISSING
    return ModelStatus(
        name=spec.name,
        task=spec.task,
        family=spec.family,
        licence=spec.licence,
        # The manifest has no size for files that are trusted on first use.
        bytes=spec.bytes or (_expected_path(spec).stat().st_size if has_file else 0),
        state=state,
        error=problem,
    )


def _compare(path: Path, spec: ModelSpec) -> tuple[str, str]:
    """SHA-256 ("" if the size is wrong) and difference from the manifest ("" if none)."""
    try:
        found_bytes = path.stat().st_size
        if spec.bytes and found_bytes != spec.bytes:  # no need to read the file
            return "", f"expected {spec.bytes:,} bytes for model {spec.name}, got {found_bytes:,}"
        expected = spec.sha256.lower() or (trust.load_record(path) if spec.url else "")
        found = trust.digest(path)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror})", "make it readable") from error
    if not expected and spec.url:
        return found, f"expected a SHA-256 recorded at the first fetch of model {spec.name}, got none"
    is_right = found == expected or not expected  # a user's own file may have no SHA-256
    return found, "" if is_right else f"expected SHA-256 {expected} for model {spec.name}, got {found}"


def _is_valid(path: Path, spec: ModelSpec) -> bool:
    """Whether the file exists and matches the manifest."""
    try:
        verify(path, spec)
    except WeightsError:
        return False
    return True


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
    expected = spec.sha256 or trust.load_record(_expected_path(spec))
    if not expected:
        trust.require_graph(complete)
        return complete
    _, mismatch = _compare(complete, replace(spec, sha256=expected))
    if mismatch:
        raise ChecksumError(f"{complete}: {mismatch}")
    return complete
