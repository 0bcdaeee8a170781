"""The command ``weights add``: propose a manifest entry for a user's ONNX file, and try it on one image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from realtime_pose.commands import terminal


@dataclass(frozen=True, slots=True)
class WeightsAddArguments:
    """Make your own ONNX file usable: guess its family, write its entry beside it, and try it on one picture."""

    file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE.onnx")]
    """The network."""
    picture: Annotated[str, tyro.conf.arg(metavar="SOURCE")] = "demo"
    """Picture, video or folder; its first picture is used."""


def run(arguments: WeightsAddArguments) -> int:
    """Add the network, and print its entry and what it found; the exit code.

    Raises:
        RealtimePoseError: The network or the picture cannot be used, or the entry cannot be written.
    """
    from realtime_pose.commands.model_trial import add_model

    file, picture = arguments.file, arguments.picture
    spec, trial = add_model(file, source=picture)
    terminal.print_result(f"{file.with_suffix('.toml')}: {spec.task}, family {spec.family}, input {spec.input.wh}")
    comparison = (
        f"the default detector finds {trial.num_default}; agreement with the default models {trial.agreement:.2f} of 1"
        if trial.num_default
        else "the default detector finds nobody to compare with: try another --picture"
    )
    terminal.print_result(f"{picture}: {trial.num_persons} person(s), mean score {trial.score:.2f}; {comparison}")
    terminal.echo(
        "the entry is a guess: compare colour, mean, std and fit with the training of the network "
        "(docs/guide/models.md)"
    )
    flag = "pose" if spec.task == "pose" else "detector"
    terminal.print_result(f"use it: {terminal.PROGRAM} live --{flag} {file}")
    return 0
