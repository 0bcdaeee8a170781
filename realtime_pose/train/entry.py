"""The manifest entry of a network that is trained, and the files that hold a network with its entry."""

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from realtime_pose.config import TrainConfig
from realtime_pose.config.toml_dataclass import from_table
from realtime_pose.files import atomic
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.topology import Topology, topology_table
from realtime_pose.skeletons import SKELETONS, Skeleton

INPUT, OUTPUT = "crops", "heatmap"
# Those of the published checkpoints of FastPose, in units of a byte.
_MEAN, _STD = (103.53, 116.535, 122.4), (255.0, 255.0, 255.0)
_SEEN_SCORE = 0.2  # peaks of absent keypoints stay below this
_PADDING = 1.25  # as in SimpleBaseline, arXiv:1804.06208


def make_entry(config: TrainConfig, skeleton: Skeleton, *, sstn: str = "") -> dict[str, Any]:
    """The entry as a TOML table; of a network with an SSTN, if its localisation network is named."""
    entry: dict[str, Any] = {
        "task": "pose",
        "family": "heatmap",
        "network": config.net,
        "origin": "trained with realtime-pose train",
        "peak": "integral" if config.loss == "integral" else "dark",
        "skeleton": skeleton.name,
    }
    if sstn:
        entry["sstn"] = sstn
    if config.loss == "heatmap":
        entry["seen_score"] = _SEEN_SCORE
    if skeleton.name not in SKELETONS:
        names = skeleton.keypoints
        pairs = tuple((names[left], names[right]) for left, right in skeleton.pairs)
        entry["topology"] = topology_table(Topology(keypoints=names, pairs=pairs))
    entry["input"] = {
        "name": INPUT,
        "wh": list(config.crop_wh),
        "colour": "RGB",
        "mean": list(_MEAN),
        "std": list(_STD),
        "fit": "crop",
        "padding": _PADDING,
    }
    return entry


def to_spec(entry: dict[str, Any], file: Path) -> ModelSpec:
    """The entry of this file, as it is read from its TOML."""
    table = tomllib.loads(tomli_w.dumps(entry))
    return from_table(ModelSpec, {**table, "name": file.stem, "file": str(file.resolve())})


def write_entry(path: Path, entry: dict[str, Any]) -> None:
    """Write the entry of a network's file beside it; raises SinkError."""
    atomic.write(path.with_suffix(".toml"), tomli_w.dumps(entry))
