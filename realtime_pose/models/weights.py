"""Files of weights: path and verification; `fetch` downloads them.

Shipped files are beside the manifest. Downloaded files are in the user's cache folder, or in the folder that the
environment variable REALTIME_POSE_WEIGHTS names. A user's own files stay where they are. Prints nothing.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from realtime_pose.errors import ChecksumError, MissingWeightsError, WeightsError
from realtime_pose.models import trust
from realtime_pose.models.cache_folder import cache_folder
from realtime_pose.models.int8_files import int8_spec
from realtime_pose.models.manifest import Manifest, ModelSpec, weights_folder


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
    path = expected_path(spec)
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
    found, mismatch = compare(path, spec)
    if mismatch:
        raise ChecksumError(f"{path}: {mismatch}", _advice(spec))
    return found


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
    return is_valid(expected_path(spec), spec)


def expected_path(spec: ModelSpec) -> Path:
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
        bytes=spec.bytes or (expected_path(spec).stat().st_size if has_file else 0),
        state=state,
        error=problem,
    )


def compare(path: Path, spec: ModelSpec) -> tuple[str, str]:
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


def is_valid(path: Path, spec: ModelSpec) -> bool:
    """Whether the file exists and matches the manifest."""
    try:
        verify(path, spec)
    except WeightsError:
        return False
    return True
