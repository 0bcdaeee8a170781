"""The manifest: what each model is, where its file comes from, and how a frame must be prepared for it.

One TOML table a model. A user's own ONNX file has the same table, without the name, in a .toml beside it.
"""

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from realtime_pose.config.toml_dataclass import from_table
from realtime_pose.errors import ConfigError, MissingWeightsError
from realtime_pose.skeletons import skeleton_named

SCHEMA = 1
_CHOICES = {
    "task": ("detector", "pose", "pose-detector"),
    "layout": ("NCHW", "NHWC"),
    "colour": ("BGR", "RGB"),
    "fit": ("letterbox", "letterbox-centred", "stretch", "crop"),
    "interpolation": ("nearest", "linear", "cubic", "area"),
    "peak": ("quarter", "dark", "integral"),
    "corners": ("xyxy", "yxyx"),
}
_ENDINGS = (".onnx", ".pth")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """How a picture enters the network.

    Attributes:
        name: Of the graph's input.
        wh: Width and height in pixels; for a graph that is free in size, the published ones.
        multiple_px: Both sides may be any multiple of this; 0: the size is fixed.
        layout: NCHW or NHWC.
        colour: Order of the three channels.
        mean, std: Of each channel in this order, on 0 to 255: the network gets (x - mean) / std.
        fit: letterbox (top left), letterbox-centred, stretch, or crop (a box of the frame, aspect kept).
        padding: A crop's box is grown by this factor first.
        pad: Value from 0 to 255 where the picture does not reach.
        interpolation: nearest, linear, cubic or area.
        sizes_name: Of a second input (N, 2) that asks for the original width and height; it is told the input's own, so
            that boxes come out in input pixels as from any other network. "" for none.
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
        """Check the words and numbers."""
        for key in ("layout", "colour", "fit", "interpolation"):
            _check_choice(key, getattr(self, key))
        if min(self.wh) < 1 or min(self.std) <= 0 or self.padding <= 0:
            raise ConfigError(f"wh, std and padding must be positive, got {self.wh}, {self.std}, {self.padding}")
        if not all(map(math.isfinite, (*self.mean, *self.std, self.padding))):
            raise ConfigError(f"mean, std and padding: expected numbers, got {self.mean}, {self.std}, {self.padding}")
        if self.multiple_px < 0 or not 0 <= self.pad <= 255:
            raise ConfigError(
                f"multiple_px: expected 0 or more, pad: expected 0 to 255, got {self.multiple_px} and {self.pad}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One entry of the manifest.

    Attributes:
        name: Key of the entry, or the stem of a user's file.
        task: detector, pose, or pose-detector, which finds persons and their keypoints at once.
        family: Which decoder or codec reads the outputs, and what they must look like (models/families.py).
        file: Name of the file; a user's own has its whole path.
        url: Where it can be fetched; "" for a file that is shipped.
        sha256: Of the file, 64 hexadecimal digits; "" for a user's own file, or one whose publisher names none
            (docs/decisions/0006-trust-on-first-use.md).
        bytes: Size of the file; 0 where sha256 is "" and nobody knows.
        licence: Of the weights, as SPDX names it.
        origin: Where the weights come from, for a person to read.
        published_score: What it reaches, and on what.
        skeleton: Name of the skeleton of a pose model; "" for a detector.
        input: How a picture enters.
        outputs: The graph's names of the outputs, in the order in which the family lists them; () where the graph uses
            the family's own names.
        person_class: Number of the class "person" in a detector of many classes.
        corners: Order of a box's numbers, xyxy or yxyx, in the families that leave it open.
        keypoints: For each keypoint of the skeleton the network's own number of it; () where they are the same.
        peak: How a heatmap's peak is placed: dark, quarter (argmax and a quarter step) or integral (of logits).
        seen_score: Keypoints scored lower count as not seen, and not for the person's score.
        network: Which of our torch networks a .pth file is the state of; "" for an ONNX file.
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
    outputs: tuple[str, ...] = ()
    person_class: int = 0
    corners: str = "xyxy"
    keypoints: tuple[int, ...] = ()
    peak: str = "dark"
    seen_score: float = 0.0
    network: str = ""

    def __post_init__(self) -> None:
        """Check the words, and that a pose model has a skeleton and takes as many keypoints as that has."""
        for key in ("task", "corners", "peak"):
            _check_choice(key, getattr(self, key))
        if (self.task == "detector") == bool(self.skeleton):
            raise ConfigError(f"model {self.name}: expected a skeleton for task {self.task}, and none for a detector")
        if self.keypoints and len(self.keypoints) != len(skeleton_named(self.skeleton)):
            raise ConfigError(
                f"model {self.name}: keypoints: expected a number for each of the {len(skeleton_named(self.skeleton))} "
                f"keypoints of {self.skeleton}, got {len(self.keypoints)}"
            )
        if min((*self.keypoints, self.person_class)) < 0:
            raise ConfigError(
                f"model {self.name}: keypoints and person_class: expected numbers from 0 on, "
                f"got {list(self.keypoints)} and {self.person_class}"
            )


@dataclass(frozen=True, slots=True)
class Manifest:
    """The models that are known by name.

    Attributes:
        models: Entries by name, in the order of the file.
        origin: The file it was read from, for messages.
    """

    models: Mapping[str, ModelSpec]
    origin: str = field(default="manifest")

    def find(self, name: str, *, task: str) -> ModelSpec:
        """The model of this name, or of this file; as a detector also one that brings its own poses.

        Raises:
            ConfigError: The name is unknown (the nearest are named), or the model is for another task.
            MissingWeightsError: It is a path, and the file or the entry beside it is not there.
        """
        spec = _beside(Path(name)) if name.endswith(_ENDINGS) else self.named(name, task=task)
        if spec.task != task and (task, spec.task) != ("detector", "pose-detector"):
            raise ConfigError(f"model {name}: expected one for task {task}, but its entry says {spec.task}")
        return spec

    def named(self, name: str, *, task: str = "") -> ModelSpec:
        """The model of this name; task only narrows what the message of a failure proposes.

        Raises:
            ConfigError: The name is unknown; the nearest are named.
        """
        if name in self.models:
            return self.models[name]
        others = [spec.name for spec in self.models.values() if task in ("", spec.task)]
        nearest = difflib.get_close_matches(name, others, n=3, cutoff=0.4)
        advice = f"did you mean {' or '.join(nearest)}?" if nearest else f"expected one of {', '.join(others)}"
        raise ConfigError(f"unknown model {name!r}: {advice} (or the path of an .onnx file)")


def load_manifest() -> Manifest:
    """The manifest that belongs to this package."""
    file = weights_folder() / "manifest.toml"
    return _parsed(file.read_text(encoding="utf-8"), str(file))


def weights_folder() -> Traversable:
    """The folder of the manifest and the shipped weights: inside the package as a wheel has it, else of the checkout.

    The package comes first, for what lies beside an installed one is a stranger's. In a checkout the package has no
    such folder; the copy that an editable install leaves in site-packages goes stale, and nobody looks there.
    """
    package = resources.files("realtime_pose")
    shipped = package / "weights"
    return shipped if shipped.is_dir() else Path(str(package)).parent / "weights"


def _parsed(text: str, origin: str) -> Manifest:
    """The manifest in this TOML text."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{origin}: expected TOML, but {error}") from error
    if table.get("schema") != SCHEMA:
        raise ConfigError(f"{origin}: expected schema {SCHEMA}, got {table.get('schema')!r}; update realtime_pose")
    models = {name: _spec(name, entry, origin) for name, entry in table.get("models", {}).items()}
    return Manifest(models, origin)


def _spec(name: str, entry: Mapping[str, Any], origin: str) -> ModelSpec:
    """One entry, its faults named with the place."""
    try:
        return from_table(ModelSpec, {**entry, "name": name})
    except ConfigError as error:
        raise ConfigError(f"{origin}, model {name}: {error}") from error


def _beside(path: Path) -> ModelSpec:
    """The entry in the .toml beside a user's ONNX file."""
    if not path.is_file():
        raise MissingWeightsError(f"{path}: expected a file of weights, but there is none; check the path")
    entry = path.with_suffix(".toml")
    if not entry.is_file():
        cure = f"run: realtime-pose weights add {path}" if path.suffix == ".onnx" else "see docs/models.md"
        raise MissingWeightsError(f"{path}: expected its manifest entry in {entry}; {cure}")
    try:
        table = tomllib.loads(entry.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{entry}: expected TOML, but {error}") from error
    return _spec(path.stem, {**table, "file": str(path.resolve())}, str(entry))


def _check_choice(key: str, value: str) -> None:
    if value not in _CHOICES[key]:
        raise ConfigError(f"{key}: expected one of {', '.join(_CHOICES[key])}, got {value!r}")
