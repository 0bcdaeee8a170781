"""The command ``weights add``: propose a manifest entry for a user's ONNX file, and try it on one image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from realtime_pose.commands import terminal
from realtime_pose.counts import counted

if TYPE_CHECKING:
    from realtime_pose.commands.model_trial import ModelTrial


@dataclass(frozen=True, slots=True)
class WeightsAddArguments:
    """Make your own ONNX file usable: guess its family, write its entry beside it, and try it on one picture."""

    file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE.onnx")]
    """The network."""
    picture: Annotated[str, tyro.conf.arg(metavar="SOURCE")] = "demo"
    """Picture, video or folder; its first picture is used."""
    skeleton: Annotated[Path | None, tyro.conf.arg(metavar="FILE.toml")] = None
    """Names of the keypoints, and which of them form limbs and pairs; without it, as the graph suggests."""


def run(arguments: WeightsAddArguments) -> int:
    """Add the network, and print its entry and what it found; the exit code.

    Raises:
        RealtimePoseError: The network or the picture cannot be used, or the entry cannot be written.
    """
    from realtime_pose.commands.model_trial import add_model
    from realtime_pose.commands.reid_trial import ReidTrial, describe_trial

    file, picture = arguments.file, arguments.picture
    spec, trial = add_model(file, source=picture, skeleton=arguments.skeleton)
    keypoints = f", {counted(len(spec.pose_skeleton), 'keypoint')} ({spec.skeleton})" if spec.skeleton else ""
    what = f"{spec.task}, family {spec.family}, input {spec.input.wh}{keypoints}"
    terminal.print_result(f"{file.with_suffix('.toml')}: {what}")
    if isinstance(trial, ReidTrial):
        terminal.print_result(describe_trial(trial, picture))
    else:
        terminal.print_result(_compare(trial, picture))
    terminal.echo(
        "the entry is a guess: compare colour, mean, std and fit with the training of the network "
        "(docs/guide/models.md)"
    )
    flag = {"pose": "pose", "localisation": "sstn", "reid": "reid"}.get(spec.task, "detector")
    terminal.print_result(f"use it: {terminal.PROGRAM} live --{flag} {file}")
    return 0


def _compare(trial: ModelTrial, picture: str) -> str:
    """What a detector or pose estimator found, beside the default models."""
    if not trial.num_default:
        comparison = "the default detector finds nobody to compare with: try another --picture"
    elif not trial.is_comparable:
        comparison = "the keypoints have other names than those of the default models, so they were not compared"
    else:
        found, agreement = trial.num_default, trial.agreement
        comparison = f"the default detector finds {found}; agreement with the default models {agreement:.2f} of 1"
    persons = counted(trial.num_persons, "person")
    return f"{picture}: {persons}, mean score {trial.score:.2f}; {comparison}"
