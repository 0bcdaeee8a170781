"""The command line: arguments to commands, results and errors to the terminal, an exit code back.

Exit codes: 0 done, 2 wrong usage, 130 stopped by Ctrl-C before the end, 1 any other failure. Errors go to stderr in a
line or two.
"""

import argparse
import contextlib
import io
import logging
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import tyro

from realtime_pose.commands.eval_arguments import CocoArguments, MotArguments, TrackerArguments
from realtime_pose.commands.fit_arguments import FitArguments
from realtime_pose.commands.process_arguments import ProcessArguments
from realtime_pose.commands.usage_errors import PROGRAM, shortened
from realtime_pose.commands.weights import WeightsAdd, WeightsFetch, WeightsList, WeightsVerify
from realtime_pose.config import Config, DetectConfig, PoseConfig, load, to_toml
from realtime_pose.errors import ConfigError, RealtimePoseError
from realtime_pose.models.manifest import ModelSpec

_USAGE = 2
_STOPPED = 130  # as a shell says of a program that Ctrl-C ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Track the people of a webcam, stream, video or folder of images: in a window, and into files."""

    settings: Annotated[Config, tyro.conf.arg(name="")] = field(default_factory=Config)
    show_config: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Print the effective configuration as TOML and leave."""
    preset: Annotated[str, tyro.conf.arg(metavar="fast|balanced|accurate")] = ""
    """Speed or accuracy of the models, below --config and the flags; balanced where nothing is said."""
    config: Annotated[Path | None, tyro.conf.arg(metavar="FILE.toml")] = None
    """Read settings from this file; flags win over it."""
    debug: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Show tracebacks and debug messages."""


@dataclass(frozen=True, slots=True)
class Doctor:
    """Check this machine: packages, devices, display, cameras, encoders, weights; each OK or with its fix."""


_subcommand = tyro.conf.subcommand
_Weights = (
    Annotated[WeightsList, _subcommand("list")]
    | Annotated[WeightsFetch, _subcommand("fetch")]
    | Annotated[WeightsVerify, _subcommand("verify")]
    | Annotated[WeightsAdd, _subcommand("add")]
)
Measurement = CocoArguments | MotArguments | TrackerArguments | FitArguments
Command = Live | ProcessArguments | WeightsList | WeightsFetch | WeightsVerify | WeightsAdd | Doctor | Measurement


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    args = sys.argv[1:] if args is None else args
    is_debug = "--debug" in args
    logging.basicConfig(level=logging.DEBUG if is_debug else logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        return _run(parse(args))
    except ConfigError as error:
        return _failed(error, code=_USAGE, is_debug=is_debug)
    except RealtimePoseError as error:
        return _failed(error, code=1, is_debug=is_debug)
    except KeyboardInterrupt as stop:
        _say("; ".join(["stopped", *map(str, stop.args)]))
        return _STOPPED


def parse(args: Sequence[str]) -> Command:
    """The command that these arguments ask for.

    Raises:
        ConfigError: They are wrong, or the configuration file is; no password in the message.
        SystemExit: They ask for help, which is printed; code 0.
    """
    path, preset = _beneath_flags(args)
    loaded = load(path, preset=preset)
    # A repeated flag replaces the file's list, so the parser starts from an empty one.
    default = Live(settings=replace(loaded, save_poses=()), config=path)
    evaluations = (
        Annotated[CocoArguments, _subcommand("coco", default=CocoArguments.from_config(loaded, path))]
        | Annotated[MotArguments, _subcommand("mot", default=MotArguments.from_config(loaded, path))]
        | Annotated[TrackerArguments, _subcommand("tracker", default=TrackerArguments(track=loaded.track, config=path))]
    )
    command_type = (
        Annotated[Live, _subcommand("live", default=default)]
        | Annotated[ProcessArguments, _subcommand("process", default=ProcessArguments.from_config(loaded, path))]
        | Annotated[_Weights, _subcommand("weights")]
        | Annotated[Doctor, _subcommand("doctor")]
        | Annotated[evaluations, _subcommand("eval")]
        | Annotated[FitArguments, _subcommand("fit", default=FitArguments.from_config(loaded, path))]
    )
    printed = io.StringIO()
    try:
        with contextlib.redirect_stderr(printed):
            command: Command = tyro.cli(
                command_type,
                prog=PROGRAM,
                args=list(args),
                config=(tyro.conf.OmitSubcommandPrefixes,),
            )
    except SystemExit as leaving:
        if leaving.code == 0:
            raise
        raise ConfigError(shortened(printed.getvalue(), args)) from None
    if isinstance(command, Live) and not command.settings.save_poses:
        return replace(command, settings=replace(command.settings, save_poses=loaded.save_poses))
    return command


def _beneath_flags(args: Sequence[str]) -> tuple[Path | None, str]:
    """What follows --config and --preset: both must be known before the other flags, whose defaults they set."""
    finder = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    finder.add_argument("--config", type=Path, default=None)
    finder.add_argument("--preset", default="")
    try:
        found, _ = finder.parse_known_args(list(args))
    except argparse.ArgumentError as error:
        raise ConfigError(
            f"expected the path of a TOML file after --config and a name after --preset; {error}"
        ) from error
    return found.config, found.preset


def _run(command: Command) -> int:
    """Carry out a command; the exit code. Each import stands here so that none pays for another's."""
    if isinstance(command, Live):
        if command.show_config:
            print(to_toml(_without_password(command.settings)), end="")
            return 0
        from realtime_pose.commands import live

        _fetch_missing(command.settings.detect, command.settings.pose)
        return live.run(command.settings, echo=_say)
    if isinstance(command, ProcessArguments):
        from realtime_pose.commands import process

        _fetch_missing(command.detect, command.pose)
        return process.run(command, echo=_say)
    if isinstance(command, Doctor):
        return _doctor()
    if isinstance(command, Measurement):
        return _measure(command)
    return _weights(command)


def _without_password(settings: Config) -> Config:
    """The settings with the password of the source's URL masked."""
    from realtime_pose.sources.address import redact_url

    return replace(settings, source=replace(settings.source, uri=redact_url(settings.source.uri)))


def _doctor() -> int:
    """Print what each room says of this machine; 1 if something must be mended."""
    from realtime_pose.commands.doctor import State, examine

    findings = examine()
    for finding in findings:
        print(f"{finding.state:<4}  {finding.topic}: {finding.text}")
        if finding.fix:
            print(f"      fix: {finding.fix}")
    return int(any(finding.state is State.FAIL for finding in findings))


def _measure(command: Measurement) -> int:
    """Print a table of scores."""
    from realtime_pose.commands import eval_coco, eval_mot, fit_nms

    if isinstance(command, FitArguments):
        for config in command.to_config():
            _fetch_missing(config.detect, config.pose)
    elif not isinstance(command, TrackerArguments):
        _fetch_missing(command.detect, command.pose)
    if isinstance(command, CocoArguments):
        print(eval_coco.evaluate_coco(command, echo=_say))
    elif isinstance(command, MotArguments):
        print(eval_mot.evaluate_mot(command, echo=_say))
    elif isinstance(command, FitArguments):
        print(fit_nms.fit_nms(command, echo=_say))
    else:
        print(eval_mot.evaluate_tracker(command, echo=_say))
    return 0


def _add(command: WeightsAdd) -> int:
    """Add a network of the user's own; print what it is taken for and what it found."""
    from realtime_pose.commands.weights_add import add_model

    spec, trial = add_model(command.file, source=command.picture)
    print(f"{command.file.with_suffix('.toml')}: {spec.task}, family {spec.family}, input {spec.input.wh}")
    default = f"the default detector finds {trial.num_default}"
    compared = f"{default}; agreement with the default models {trial.agreement:.2f} of 1"
    if not trial.num_default:
        compared = "the default detector finds nobody to compare with: try another --picture"
    print(f"{command.picture}: {trial.num_persons} person(s), mean score {trial.score:.2f}; {compared}")
    _say("guessed, not known: compare colour, mean, std and fit with how the network was trained (docs/models.md)")
    flag = "pose" if spec.task == "pose" else "detector"
    print(f"use it: realtime-pose live --{flag} {command.file}")
    return 0


def _weights(command: WeightsList | WeightsFetch | WeightsVerify | WeightsAdd) -> int:
    """List, fetch, verify or add the files of models; 1 if a file is not what it should be."""
    if isinstance(command, WeightsAdd):
        return _add(command)
    from realtime_pose.models import weights
    from realtime_pose.models.manifest import load_manifest

    manifest = load_manifest()
    if isinstance(command, WeightsFetch):
        if not command.names:
            raise ConfigError("weights fetch: expected names of models, such as yolox-m rtmpose-m, or all; got none")
        names = tuple(manifest.models) if command.names == ("all",) else command.names
        for spec in [manifest.named(name) for name in names]:
            print(_fetched(spec))
        return 0
    is_list = isinstance(command, WeightsList)
    statuses = weights.list_models(manifest) if is_list else weights.verify_all(manifest)
    for status in statuses:
        megabytes = f"{status.bytes / 1e6:.1f} MB" if status.bytes else "?"
        print(
            f"{status.name:<20} {status.task:<9} {status.family:<9} {megabytes:>9}  {status.licence:<12} {status.state}"
        )
        if status.problem and not is_list:
            _say(f"{status.name}: {status.problem}")
    return int(not is_list and any(status.problem for status in statuses))


def _fetch_missing(detect: DetectConfig, pose: PoseConfig) -> None:
    """Download the networks that these settings name and that are not here yet."""
    from realtime_pose.models import weights
    from realtime_pose.models.manifest import load_manifest

    manifest = load_manifest()
    detector = manifest.find(detect.model, task="detector")
    specs = [detector] if detector.skeleton else [detector, manifest.find(pose.model, task="pose")]
    for spec in specs:
        if spec.url and not weights.is_here(spec):
            _fetched(spec)


def _fetched(spec: ModelSpec) -> Path:
    """The file of a model, fetched under a progress bar.

    Raises:
        KeyboardInterrupt: It was stopped; what to do is in its words.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from realtime_pose.models import weights

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(spec.name, total=spec.bytes or None)
            path = weights.fetch(spec, lambda done, total: progress.update(task, completed=done, total=total or None))
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt("what the server can go on with is kept: run the same command again") from stop
    if spec.url and not spec.sha256:
        _say(f"{spec.name}: no SHA-256 is published; the one recorded when its file first came holds: {path}.sha256")
    return path


def _say(text: str) -> None:
    """A line for the person at the terminal; stdout stays free for results."""
    print(text, file=sys.stderr, flush=True)


def _failed(error: Exception, *, code: int, is_debug: bool) -> int:
    """Print an error; its exit code."""
    if is_debug:
        traceback.print_exception(error)
    _say(f"{PROGRAM}: {error}")
    return code
