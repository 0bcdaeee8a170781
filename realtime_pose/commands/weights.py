"""What the commands `weights list|fetch|verify|add` are asked: their flags, named here and parsed by cli.py."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True, slots=True)
class WeightsList:
    """List the models that are known by name, and whether their files are here."""


@dataclass(frozen=True, slots=True)
class WeightsFetch:
    """Download the files of models."""

    names: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="NAME")] = ()
    """Names in the manifest, or all."""


@dataclass(frozen=True, slots=True)
class WeightsVerify:
    """Check the size and the SHA-256 of every file that is here."""


@dataclass(frozen=True, slots=True)
class WeightsAdd:
    """Make an ONNX file of your own usable: guess its family, write its entry beside it, run one picture through it."""

    file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE.onnx")]
    """The network."""
    picture: Annotated[str, tyro.conf.arg(metavar="SOURCE")] = "demo"
    """Picture, video or folder whose first picture is run."""
