"""The commands ``weights list``, ``fetch`` and ``verify``; and the download of networks that another command needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import tyro

from realtime_pose.commands import terminal
from realtime_pose.config import DetectConfig, PoseConfig
from realtime_pose.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from realtime_pose.models.manifest import Manifest, ModelSpec
    from realtime_pose.models.weights import ModelStatus


@dataclass(frozen=True, slots=True)
class WeightsListArguments:
    """List the models that are known by name, and whether their files are here."""


@dataclass(frozen=True, slots=True)
class WeightsFetchArguments:
    """Download the files of models."""

    names: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="NAME")] = ()
    """Names in the manifest; medium or best, a detector with its pose estimator; or all."""


@dataclass(frozen=True, slots=True)
class WeightsVerifyArguments:
    """Check the size and the SHA-256 of every file that is here, or of some."""

    names: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="NAME|FILE")] = ()
    """Names in the manifest, or files of your own with their entry beside them; all models if there are none."""


def run_list(_: WeightsListArguments) -> int:
    """Print each known model and the state of its file; the exit code."""
    from realtime_pose.models import manifest, weights

    known = manifest.load_manifest()
    for status in (*weights.list_models(known), *weights.list_int8_files(known)):
        terminal.print_result(_format_status(status))
    return 0


def run_verify(arguments: WeightsVerifyArguments) -> int:
    """Check the files that are here; the exit code is 1 if one is wrong."""
    from realtime_pose.models import manifest, weights

    known = manifest.load_manifest()
    if arguments.names:
        statuses = tuple(weights.verify_one(known.find_any(name)) for name in arguments.names)
    else:
        statuses = (*weights.verify_all(known), *weights.list_int8_files(known))
    for status in statuses:
        terminal.print_result(_format_status(status))
        if status.error is not None:
            terminal.echo(f"{status.name}: {status.error}")
    return int(any(status.error is not None for status in statuses))


def run_fetch(arguments: WeightsFetchArguments) -> int:
    """Download models and print the path of each file; the exit code.

    Raises:
        RealtimePoseError: A name is unknown, or a download failed.
    """
    from realtime_pose.models.manifest import load_manifest

    if not arguments.names:
        raise ConfigError(
            "weights fetch: expected names of models, such as yolox-m rtmpose-m, or medium, best or all; got none"
        )
    manifest = load_manifest()
    names = _expand(arguments.names, manifest)
    for spec in [manifest.named(name) for name in names]:  # an unknown name fails before the first download
        terminal.print_result(str(_fetch(spec)))
    for pair in (manifest.pairs[name] for name in arguments.names if name in manifest.pairs):
        terminal.print_result(f"use them: {terminal.PROGRAM} live --detector {pair.models[0]} --pose {pair.models[1]}")
    return 0


def _expand(names: tuple[str, ...], manifest: Manifest) -> tuple[str, ...]:
    """Names of models, from those of models and of pairs, or from "all"."""
    if names == ("all",):
        return tuple(manifest.models)
    return tuple(
        model for name in names for model in (manifest.pairs[name].models if name in manifest.pairs else (name,))
    )


def fetch_missing(detect: DetectConfig, pose: PoseConfig | None, *, reid: str = "") -> None:
    """Download the networks that these settings name and that are not here yet.

    Args:
        detect: Name of the detector.
        pose: Name of the pose estimator; None for the detector alone.
        reid: Name of the network for re-identification; "" for none.

    Raises:
        RealtimePoseError: A name is unknown, or a download failed.
    """
    from realtime_pose.models import weights
    from realtime_pose.models.manifest import load_manifest

    manifest = load_manifest()
    detector = manifest.find(detect.model, task="detector")
    # A detector with a skeleton finds the poses too, so the pose estimator is not used.
    specs = [detector]
    if pose is not None and not detector.skeleton:
        specs.append(manifest.find(pose.model, task="pose"))
        if pose.has_sstn:
            specs.append(manifest.find(pose.sstn, task="localisation"))
    specs += [manifest.find(reid, task="reid")] if reid else []
    for spec in specs:
        # Without a URL the file is shipped, or it is the user's own.
        if spec.url and not weights.is_here(spec):
            _fetch(spec)


def _fetch(spec: ModelSpec) -> Path:
    """The file of a model, downloaded under a progress bar.

    Raises:
        KeyboardInterrupt: The user stopped the download; the argument says how to go on.
    """
    from realtime_pose.models.fetch import fetch

    def show(done_bytes: int, total_bytes: int) -> None:
        total = total_bytes or None  # 0: the server does not say
        size = f"{done_bytes / 1e6:.1f} of {total_bytes / 1e6:.1f} MB" if total else f"{done_bytes / 1e6:.1f} MB"
        update(done_bytes, total=total, detail=size)

    try:
        with terminal.progress_bar(spec.name, total=spec.bytes or None) as update:
            path = fetch(spec, show)
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt("the downloaded part is kept: run the same command again to go on") from stop
    if spec.url and not spec.sha256:
        terminal.echo(
            f"{spec.name}: no SHA-256 is published; the file is checked against that of the first download: "
            f"{path}.sha256"
        )
    return path


def _format_status(status: ModelStatus) -> str:
    size = f"{status.bytes / 1e6:.1f} MB" if status.bytes else "?"
    return f"{status.name:<20} {status.task:<13} {status.family:<9} {size:>9}  {status.licence:<12} {status.state}"
