"""The manifest: each model, the origin of its file, and its preprocessing.

It has one TOML table per model. A user's own ONNX file has the same table, without the name, in a .toml beside it.
"""

import difflib
import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from realtime_pose.config.toml_dataclass import from_table
from realtime_pose.config.units import check_range
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError, MissingWeightsError
from realtime_pose.models.manifest_tables import Int8File, ModelPair, check_choice
from realtime_pose.models.topology import Topology
from realtime_pose.skeletons import Skeleton, skeleton_named

SCHEMA = 1  # version of the manifest's format
_SUFFIXES = (".onnx", ".pth")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """How an image enters the network.

    Attributes:
        name: Of the graph's input.
        wh: Width and height in pixels; if the graph accepts any size, the published one.
        multiple_px: Both sides may be any multiple of this; 0: the size is fixed.
        layout: NCHW or NHWC.
        colour: Order of the three channels.
        mean, std: Per channel in this order, for values from 0 to 255: the network gets (x - mean) / std.
        fit: letterbox (image at the top left), letterbox-centred, stretch, or crop (a box of the frame, aspect kept).
            A localisation or reid network has stretch: a box of the frame, aspect not kept.
        padding: A crop's box is first enlarged by this factor.
        pad: Value from 0 to 255 of pixels outside the image.
        interpolation: nearest, linear, cubic or area.
        sizes_name: Of a second input (N, 2) for the original width and height. It gets the size of the network input
            instead, so that boxes are in input pixels as with any other network. "" for none.
    """

    name: str
    wh: tuple[int, int]
    multiple_px: int = 0
    layout: str = "NCHW"
    colour: str = "RGB"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    fit: str = "letterbox"
    padding: float = 1.0
    pad: int = 0
    interpolation: str = "linear"
    sizes_name: str = ""

    def __post_init__(self) -> None:
        """Check names and ranges."""
        for key in ("layout", "colour", "fit", "interpolation"):
            check_choice(key, getattr(self, key))
        if min(self.wh) < 1 or min(self.std) <= 0 or self.padding <= 0:
            raise ConfigError(f"wh, std and padding must be positive, got {self.wh}, {self.std}, {self.padding}")
        # NaN is not caught above, because every comparison with it is false.
        if not all(map(math.isfinite, (*self.mean, *self.std, self.padding))):
            raise ConfigError(f"mean, std and padding: expected numbers, got {self.mean}, {self.std}, {self.padding}")
        check_range(self.pad, 0, 255, "pad")
        if self.multiple_px < 0:
            raise ConfigError(f"multiple_px: expected 0 or more, got {self.multiple_px}")

    @property
    def is_normalised(self) -> bool:
        """Whether the network gets other values than 0 to 255."""
        return any(self.mean) or set(self.std) != {1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One entry of the manifest.

    Attributes:
        name: Key of the entry, or the stem of a user's file.
        task: detector, pose, pose-detector (one network for persons and their keypoints), localisation (of a spatial
            transformer, which corrects the boxes before the pose estimator), or reid (an embedding of a person).
        family: Selects the decoder or codec and the expected outputs (models/signatures.py).
        file: Name of the file; for a user's own, its absolute path.
        url: Where to download it; "" for a file that is shipped.
        sha256: Of the file, 64 hexadecimal digits; "" for a user's own file, or if the publisher gives none
            (docs/development/decisions/0006-trust-on-first-use.md).
        bytes: Size of the file; 0 if sha256 is "" and the size is unknown.
        licence: Of the weights, as an SPDX name.
        origin: Where the weights come from, as text.
        published_score: Published accuracy and the dataset.
        skeleton: Name of the skeleton of a pose model; "" for a model without keypoints.
        topology: The keypoints of that skeleton, if it is the user's own; None: it is one of `skeletons`.
        input: How an image enters.
        outputs: The graph's names of the outputs, in the order of the family; () if they are the family's own names.
        person_class: Index of the class "person" in a detector of many classes.
        classes: Number of classes of a one-stage pose network.
        keypoint_values: Numbers per keypoint of a one-stage pose network: x, y and score, or 2 without the score.
        corners: Order of a box's numbers, xyxy or yxyx, in families where it varies.
        keypoints: For each keypoint of the skeleton, its index in the network's output; () if they are the same.
        peak: How a heatmap's peak is located: dark, quarter (argmax and a quarter step) or integral (of logits).
        seen_score: Keypoints with a lower score count as not visible and do not affect the person's score.
        guess_scores: For each keypoint of the skeleton, the score below which it is more likely guessed than seen; such
            keypoints are not drawn (render/certainty.py). () if nobody has measured them.
        network: Name of our torch network that a .pth file belongs to; "" for an ONNX file.
        sstn: Name of the localisation network of a network with its own SSTN, which gives theta too; "" for none.
        int8: The same network in int8; None if there is none (models/int8_files.py looks beside the file too).
    """

    name: str
    task: str
    family: str
    file: str
    input: InputSpec
    url: str = ""
    sha256: str = ""
    bytes: int = 0
    licence: str = "unknown"
    origin: str = "unknown"
    published_score: str = ""
    skeleton: str = ""
    topology: Topology | None = None
    outputs: tuple[str, ...] = ()
    person_class: int = 0
    classes: int = 1
    keypoint_values: int = 3
    corners: str = "xyxy"
    keypoints: tuple[int, ...] = ()
    peak: str = "dark"
    seen_score: float = 0.0
    guess_scores: tuple[float, ...] = ()
    network: str = ""
    sstn: str = ""
    int8: Int8File | None = None

    def __post_init__(self) -> None:
        """Check names, and that skeleton and keypoints match the task."""
        for key in ("task", "corners", "peak"):
            check_choice(key, getattr(self, key))
        # Exactly the tasks with poses have a skeleton.
        has_poses = self.task in ("pose", "pose-detector")
        if has_poses != bool(self.skeleton):
            expected = "a skeleton" if has_poses else "no skeleton"
            raise ConfigError(f"model {self.name}: expected {expected} for task {self.task}")
        if self.topology and not has_poses:
            raise ConfigError(f"model {self.name}: expected no topology for task {self.task}, which has no keypoints")
        if self.sstn and self.task != "pose":
            raise ConfigError(f"model {self.name}: sstn: expected none, since only a pose estimator has one")
        self._check_guess_scores()
        if self.keypoints and len(self.keypoints) != len(self.pose_skeleton):
            raise ConfigError(
                f"model {self.name}: keypoints: expected {len(self.pose_skeleton)} of them, one index for "
                f"each keypoint of {self.skeleton}, got {len(self.keypoints)}"
            )
        if min((*self.keypoints, self.person_class)) < 0:
            raise ConfigError(
                f"model {self.name}: keypoints and person_class: expected indices of 0 or more, "
                f"got {list(self.keypoints)} and {self.person_class}"
            )
        check_range(self.keypoint_values, 2, 3, f"model {self.name}: keypoint_values")
        min_classes = self.person_class + 1 if self.task == "pose-detector" else 1
        check_range(self.classes, min_classes, 10_000, f"model {self.name}: classes")

    @property
    def takes_crops(self) -> bool:
        """Whether the network gets a crop of each person, and not the whole frame."""
        return self.task in ("pose", "localisation", "reid")

    @property
    def pose_skeleton(self) -> Skeleton:
        """The skeleton of a pose model.

        Raises:
            ConfigError: There is none of this name, or the topology is wrong.
        """
        skeleton = self._plain_skeleton
        return replace(skeleton, guess_scores=self.guess_scores) if self.guess_scores else skeleton

    @property
    def _plain_skeleton(self) -> Skeleton:
        return self.topology.to_skeleton(self.skeleton) if self.topology else skeleton_named(self.skeleton)

    def _check_guess_scores(self) -> None:
        scores, expected = self.guess_scores, len(self._plain_skeleton) if self.skeleton else 0
        if scores and (len(scores) != expected or not all(0 < score < 1 for score in scores)):
            wanted = f"expected {counted(expected, 'score')} between 0 and 1, one for each keypoint"
            raise ConfigError(f"model {self.name}: guess_scores: {wanted}, got {list(scores)}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The models that have a name.

    Attributes:
        models: Entries by name, in the order of the file.
        pairs: Pairs of them by name.
        origin: The manifest file, for messages.
    """

    models: Mapping[str, ModelSpec]
    origin: str = field(default="manifest")
    pairs: Mapping[str, ModelPair] = field(default_factory=dict)

    def find(self, name: str, *, task: str) -> ModelSpec:
        """The model of this name or file; a pose-detector also counts as a detector.

        Raises:
            ConfigError: The name is unknown (similar names are suggested), or the model is for another task.
            MissingWeightsError: It is a path, and the file or the entry beside it is missing.
        """
        # The suffix tells a path from a name.
        spec = self.find_any(name) if name.endswith(_SUFFIXES) else self.named(name, task=task)
        if spec.task != task and (task, spec.task) != ("detector", "pose-detector"):
            raise ConfigError(f"model {name}: expected one for task {task}, but its entry says {spec.task}")
        return spec

    def find_any(self, name: str) -> ModelSpec:
        """The model of this name or file, for any task.

        Raises:
            ConfigError: The name is unknown.
            MissingWeightsError: It is a path, and the file or the entry beside it is missing.
        """
        return _load_user_entry(Path(name)) if name.endswith(_SUFFIXES) else self.named(name)

    def named(self, name: str, *, task: str = "") -> ModelSpec:
        """The model of this name.

        The task only limits the names that the error message suggests.

        Raises:
            ConfigError: The name is unknown; similar names are suggested.
        """
        if name in self.models:
            return self.models[name]
        known = [spec.name for spec in self.models.values() if task in ("", spec.task)]
        nearest = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        advice = f"did you mean {' or '.join(nearest)}?" if nearest else f"expected one of {', '.join(known)}"
        raise ConfigError(f"unknown model {name!r}: {advice} (or the path of an .onnx file)")


def load_manifest() -> Manifest:
    """The manifest of this package."""
    file = weights_folder() / "manifest.toml"
    return _parse_manifest(file.read_text(encoding="utf-8-sig"), str(file))


def weights_folder() -> Traversable:
    """The folder of the manifest and the shipped weights, in package or checkout.

    The folder inside the package is tried first: a folder beside an installed package belongs to another project. A
    checkout has no folder inside the package. The copy that an editable install leaves in site-packages is not used,
    because it may be old.
    """
    package = resources.files("realtime_pose")
    shipped = package / "weights"
    return shipped if shipped.is_dir() else Path(str(package)).parent / "weights"


@functools.lru_cache(maxsize=1)  # a run asks for it several times
def _parse_manifest(text: str, origin: str) -> Manifest:
    """The manifest from TOML text."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{origin}: expected TOML, but {error}") from error
    if table.get("schema") != SCHEMA:
        raise ConfigError(f"{origin}: expected schema {SCHEMA}, got {table.get('schema')!r}; update realtime_pose")
    models = {name: _parse_entry(name, entry, origin) for name, entry in table.get("models", {}).items()}
    pairs = {name: from_table(ModelPair, pair, f"pairs.{name}.") for name, pair in table.get("pairs", {}).items()}
    return Manifest(models, origin, pairs)


def _parse_entry(name: str, entry: Mapping[str, Any], origin: str) -> ModelSpec:
    """One entry; errors name the file and the model."""
    try:
        return from_table(ModelSpec, {**entry, "name": name})
    except ConfigError as error:
        raise ConfigError(f"{origin}, model {name}: {error}") from error


def _load_user_entry(path: Path) -> ModelSpec:
    """The entry in the .toml beside a user's file."""
    if not path.is_file():
        raise MissingWeightsError(f"{path}: expected a file of weights, found none; check the path")
    entry = path.with_suffix(".toml")
    if not entry.is_file():
        advice = f"run: realtime-pose weights add {path}" if path.suffix == ".onnx" else "see docs/guide/models.md"
        raise MissingWeightsError(f"{path}: expected its manifest entry in {entry}; {advice}")
    try:
        table = tomllib.loads(entry.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{entry}: expected TOML, but {error}") from error
    return _parse_entry(path.stem, {**table, "file": str(path.resolve())}, str(entry))  # absolute: it lies elsewhere
