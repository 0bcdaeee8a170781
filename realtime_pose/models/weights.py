"""Files of weights: where a model's file is, whether it is the right one, and how to get it.

Shipped files lie beside the manifest; fetched ones in the user's cache folder, or where the environment variable
REALTIME_POSE_WEIGHTS says; a user's own where they are. Prints nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import filelock
import platformdirs

from realtime_pose.errors import ChecksumError, MissingWeightsError, WeightsError
from realtime_pose.models import trust
from realtime_pose.models.download import Progress, discard, download, is_archive, unpack
from realtime_pose.models.manifest import Manifest, ModelSpec, weights_folder

FOLDER_VARIABLE = "REALTIME_POSE_WEIGHTS"
_LOCK_TIMEOUT_S = 3600.0


class WeightsState(StrEnum):
    """Where a model's file stands."""

    EMBEDDED = "embedded"
    DOWNLOADED = "downloaded"
    MISSING = "missing"
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """A model of the manifest, and its file.

    Attributes:
        name, task, family, licence: As in the manifest.
        bytes: Size that the file has or will have; 0 where nobody knows yet.
        state: Of the file, its checksum read.
        problem: What is wrong and what to do; "" where nothing is.
    """

    name: str
    task: str
    family: str
    licence: str
    bytes: int
    state: WeightsState
    problem: str = ""


def cache_folder() -> Path:
    """Where fetched files lie; it need not exist yet."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_cache_path("realtime-pose", appauthor=False) / "weights"


def find(spec: ModelSpec) -> Path:
    """The file of this model; its content is not looked at.

    Raises:
        MissingWeightsError: It is not there; the message says how to get it.
    """
    path = _place(spec)
    if not path.is_file():
        raise MissingWeightsError(
            f"model {spec.name}: expected its weights in {path}, but there is no file; {_cure(spec)}"
        )
    return path


def verify(path: Path, spec: ModelSpec) -> str:
    """SHA-256 of a file, checked with its size against the manifest, or against what was recorded when it first came.

    Raises:
        ChecksumError: It is another file, or damaged.
        WeightsError: It cannot be read.
    """
    found, mismatch = _compared(path, spec)
    if mismatch:
        raise ChecksumError(f"{path}: {mismatch}; {_cure(spec)}")
    return found


def fetch(spec: ModelSpec, on_progress: Progress) -> Path:
    """The checked file of this model, downloaded where it is not here yet.

    An interrupted download is gone on with, a wrong file is replaced, and the file appears in its place whole or not
    at all. Of several processes that want the same file one downloads it and the others wait. Where the manifest has no
    SHA-256, that of the first graph that comes is recorded and holds from then on; a file put there by hand counts too.

    Args:
        spec: An entry of the manifest. One without a url is only checked.
        on_progress: Is told the bytes that came and the bytes in all (0: unknown), often; from the calling thread.

    Raises:
        ChecksumError: What came is not the file of the manifest; it is not kept.
        MissingWeightsError: There is no url to fetch it from.
        WeightsError: The download failed, or there is no room for it.
    """
    path = _place(spec)
    if not spec.url:
        verify(find(spec), spec)
    elif not _is_right(path, spec):
        with _alone_with(path):
            if not _is_right(path, spec):  # another process may have been faster
                _bring_or_adopt(spec, path, on_progress)
                return path
    on_progress(spec.bytes, spec.bytes)
    return path


def list_models(manifest: Manifest) -> tuple[ModelStatus, ...]:
    """Every model of the manifest, in its order, and how its file is."""
    return tuple(_status(spec) for spec in manifest.models.values())


def verify_all(manifest: Manifest) -> tuple[ModelStatus, ...]:
    """The models whose files are here, or ought to be since they are shipped; what may yet be fetched is left out."""
    return tuple(
        status
        for status in list_models(manifest)
        if status.state is not WeightsState.MISSING or not manifest.models[status.name].url
    )


def _place(spec: ModelSpec) -> Path:
    """Where the file belongs; a user's own has its whole path, which stands for itself."""
    folder = cache_folder() if spec.url else Path(str(weights_folder()))
    return folder / spec.file


def _cure(spec: ModelSpec) -> str:
    """What to do about a file that is missing or wrong."""
    if Path(spec.file).is_absolute():
        return "get the file again, or correct sha256 and bytes in the .toml beside it"
    if spec.url:
        return f"run: realtime-pose weights fetch {spec.name}"
    return (
        "it is shipped with realtime_pose, run: pip install --force-reinstall --no-deps realtime-pose "
        f"(in a checkout: git checkout -- weights/{spec.file})"
    )


def _status(spec: ModelSpec) -> ModelStatus:
    """How the file of this model is."""
    state = WeightsState.DOWNLOADED if spec.url else WeightsState.EMBEDDED
    problem = ""
    try:
        verify(find(spec), spec)
    except MissingWeightsError as error:
        state, problem = WeightsState.MISSING, str(error)
    except WeightsError as error:
        state, problem = WeightsState.CORRUPT, str(error)
    is_there = state is not WeightsState.MISSING
    return ModelStatus(
        name=spec.name,
        task=spec.task,
        family=spec.family,
        licence=spec.licence,
        bytes=spec.bytes or (_place(spec).stat().st_size if is_there else 0),
        state=state,
        problem=problem,
    )


def _compared(path: Path, spec: ModelSpec) -> tuple[str, str]:
    """SHA-256 of this file, "" where its size says enough, and how it differs from the manifest's, "" if not at all."""
    try:
        found_bytes = path.stat().st_size
        if spec.bytes and found_bytes != spec.bytes:
            return "", f"expected {spec.bytes:,} bytes for model {spec.name}, got {found_bytes:,}"
        expected = spec.sha256.lower() or (trust.recorded(path) if spec.url else "")
        found = trust.digest(path)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); make it readable") from error
    if not expected and spec.url:
        return found, f"expected the SHA-256 that its first fetch records for model {spec.name}, got none"
    is_right = found == expected or not expected
    return found, "" if is_right else f"expected SHA-256 {expected} for model {spec.name}, got {found}"


def _is_right(path: Path, spec: ModelSpec) -> bool:
    """Whether the file is there and is the one of the manifest."""
    try:
        verify(path, spec)
    except WeightsError:
        return False
    return True


@contextmanager
def _alone_with(target: Path) -> Iterator[None]:
    """Keep other threads and processes from fetching the same file; the lock ends with its process."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(f"{target}.lock")
        lock.acquire(timeout=_LOCK_TIMEOUT_S)
    except filelock.Timeout as error:
        raise WeightsError(
            f"{target}: another process has been fetching it for {_LOCK_TIMEOUT_S / 60:g} minutes; end that one first"
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


def is_here(spec: ModelSpec) -> bool:
    """Whether the file of this model is in its place and right."""
    return _is_right(_place(spec), spec)


def _bring_or_adopt(spec: ModelSpec, target: Path, on_progress: Progress) -> None:
    """Download; a file of unknown SHA-256 that lies there without a record is the first use, and is recorded."""
    if spec.sha256 or not target.is_file() or trust.recorded(target):
        _bring(spec, target, on_progress)
    else:
        try:
            trust.require_graph(target)
        except ChecksumError as error:
            raise ChecksumError(f"{error}; put the right file there, or delete it to have it fetched") from error
        _record(target, target)


def _record(target: Path, whole: Path) -> None:
    """Note the SHA-256 of what came first for this target."""
    try:
        trust.record(target, trust.digest(whole))
    except OSError as error:
        raise WeightsError(f"{target}: its SHA-256 cannot be recorded ({error.strerror}): make room there") from error


def _bring(spec: ModelSpec, target: Path, on_progress: Progress) -> None:
    """Download, check and move into place; a part of another file costs one more try, from the start."""
    part = target.with_name(f"{target.name}.part")
    was_begun = part.is_file()
    is_checked = is_archive(spec.url) or bool(spec.sha256 or trust.recorded(target))  # an archive has a CRC of its own
    download(spec.url, part, on_progress, is_checked=is_checked)
    try:
        _settle(spec, part, target)
    except ChecksumError:
        if not was_begun:
            raise
        download(spec.url, part, on_progress, is_checked=is_checked)
        _settle(spec, part, target)


def _settle(spec: ModelSpec, part: Path, target: Path) -> None:
    """Move what came into place if it is right; throw it away if not."""
    unpacked = target.with_name(f"{target.name}.unpacked")
    try:
        whole = _checked(spec, part, unpacked)
    except ChecksumError as error:
        unpacked.unlink(missing_ok=True)
        discard(part)
        raise ChecksumError(
            f"{error}; what came was thrown away: run the same command again, and if the same comes, update "
            "realtime_pose, or look for a proxy that answers in the server's place"
        ) from error
    if not spec.sha256:
        _record(target, whole)
    whole.replace(target)
    discard(part)


def _checked(spec: ModelSpec, part: Path, unpacked: Path) -> Path:
    """The file of the manifest out of what came: the part itself, or what an archive held."""
    whole = part
    if is_archive(spec.url):
        unpack(part, unpacked)
        whole = unpacked
    recorded = trust.recorded(_place(spec))
    if not spec.sha256 and not recorded:
        trust.require_graph(whole)
        return whole
    _, mismatch = _compared(whole, replace(spec, sha256=spec.sha256 or recorded))
    if mismatch:
        raise ChecksumError(f"{whole}: {mismatch}")
    return whole
