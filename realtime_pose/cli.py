"""The command line: arguments to a command, and its exit code back.

Exit codes: 0 done, 1 any failure, 2 wrong usage, 130 stopped by Ctrl-C before the end, 141 nobody reads the output any
more. Errors go to stderr in a line or two.
"""

import argparse
import contextlib
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from realtime_pose.commands import (
    completion,
    convert,
    doctor,
    eval_coco,
    eval_mot,
    eval_mpii,
    export,
    fit_nms,
    fit_pgpg,
    fit_sstn,
    help_pages,
    ids,
    label,
    live,
    process,
    render,
    terminal,
    train,
    weights,
    weights_add,
    weights_quantize,
)
from realtime_pose.commands.process_exit import BROKEN_PIPE
from realtime_pose.commands.usage_errors import check_first_word, summarize_usage_error
from realtime_pose.config import Config, given_names, load_given
from realtime_pose.config.renamed import rename_flags
from realtime_pose.errors import ConfigError, RealtimePoseError
from realtime_pose.redaction import redact_url
from realtime_pose.system.standard_streams import open_missing_streams

_USAGE_ERROR = 2
_INTERRUPTED = 130  # 128 + SIGINT, as shells report it

Command = (
    live.LiveArguments
    | process.ProcessArguments
    | render.RenderArguments
    | ids.IdsArguments
    | convert.ConvertArguments
    | weights.WeightsListArguments
    | weights.WeightsFetchArguments
    | weights.WeightsVerifyArguments
    | weights_add.WeightsAddArguments
    | weights_quantize.WeightsQuantizeArguments
    | doctor.DoctorArguments
    | eval_coco.CocoArguments
    | eval_mot.MotArguments
    | eval_mot.TrackerArguments
    | eval_mpii.MpiiArguments
    | fit_nms.FitNmsArguments
    | fit_pgpg.FitPgpgArguments
    | fit_sstn.FitSstnArguments
    | label.LabelArguments
    | train.TrainArguments
    | export.ExportArguments
    | completion.CompletionArguments
)
# One entry for each class in Command, but for the completion, which needs the parser.
_RUN: Mapping[type[Command], Callable[[Any], int]] = {
    live.LiveArguments: live.run,
    process.ProcessArguments: process.run,
    render.RenderArguments: render.run,
    ids.IdsArguments: ids.run,
    convert.ConvertArguments: convert.run,
    weights.WeightsListArguments: weights.run_list,
    weights.WeightsFetchArguments: weights.run_fetch,
    weights.WeightsVerifyArguments: weights.run_verify,
    weights_add.WeightsAddArguments: weights_add.run,
    weights_quantize.WeightsQuantizeArguments: weights_quantize.run,
    doctor.DoctorArguments: doctor.run,
    eval_coco.CocoArguments: eval_coco.run,
    eval_mot.MotArguments: eval_mot.run,
    eval_mot.TrackerArguments: eval_mot.run_tracker,
    eval_mpii.MpiiArguments: eval_mpii.run,
    fit_nms.FitNmsArguments: fit_nms.run,
    fit_pgpg.FitPgpgArguments: fit_pgpg.run,
    fit_sstn.FitSstnArguments: fit_sstn.run,
    label.LabelArguments: label.run,
    train.TrainArguments: train.run,
    export.ExportArguments: export.run,
}


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    open_missing_streams()
    args = sys.argv[1:] if args is None else args
    is_debug = "--debug" in args
    terminal.start_log(is_debug=is_debug)
    try:
        if list(args) == ["--version"]:
            from importlib.metadata import version

            terminal.print_result(f"{terminal.PROGRAM} {version(terminal.PROGRAM)}")
            return 0
        command = parse(args)
        if isinstance(command, completion.CompletionArguments):
            return _print_completion(command)
        return _RUN[type(command)](command)
    except RealtimePoseError as error:
        terminal.report_failure(error, is_debug=is_debug)
        return _USAGE_ERROR if isinstance(error, ConfigError) else 1
    except BrokenPipeError:  # as in "realtime-pose weights list | head -1": the reader has what it wants
        return BROKEN_PIPE
    except KeyboardInterrupt as stop:
        terminal.echo("; ".join(["stopped", *map(str, stop.args)]))
        return _INTERRUPTED


def parse(args: Sequence[str]) -> Command:
    """The command that these arguments ask for.

    Raises:
        ConfigError: The arguments or the configuration file are wrong; the message holds no password.
        SystemExit: The arguments ask for help, which is printed; code 0.
    """
    args = rename_flags(args)
    check_first_word(args)
    if set(args) & set(help_pages.DAILY):
        terminal.print_result(help_pages.page(help_pages.find_command(args)))
        raise SystemExit(0)
    path, preset = _find_config_and_preset(args)
    loaded, given_below = load_given(path, preset=preset)
    if set(args) & set(help_pages.ALL):
        _print_all_options(help_pages.find_command(args), loaded, path)
        raise SystemExit(0)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(printed):
            command = _parse_flags(args, loaded, path)
    except SystemExit:
        raise _usage_error(args, loaded, path, printed.getvalue()) from None
    if isinstance(command, live.LiveArguments):
        source = {"source.uri"} if _names_source(command, args, loaded, path) else set()
        command = replace(command, given=given_below | given_names(args) | source)
    if isinstance(command, live.LiveArguments | process.ProcessArguments):
        return command.with_default_outputs(loaded)
    return command


def _names_source(command: live.LiveArguments, args: Sequence[str], loaded: Config, path: Path | None) -> bool:
    """Whether the arguments of this command name its source, also if that is the default one."""
    uri = command.settings.source.uri
    if uri != loaded.source.uri or uri not in args:  # parsing again takes a fifth of a second
        return uri != loaded.source.uri
    other = replace(loaded, source=replace(loaded.source, uri=f"not {uri}"))
    again = _parse_flags(args, other, path)
    return isinstance(again, live.LiveArguments) and again.settings.source.uri == uri


def _parse_flags(args: Sequence[str], loaded: Config, path: Path | None) -> Command:
    """The command, by tyro; it prints help and errors itself and raises SystemExit."""
    command: Command = tyro.cli(
        _command_type(loaded, path), prog=terminal.PROGRAM, args=args, config=(tyro.conf.OmitSubcommandPrefixes,)
    )
    return command


def _print_by_tyro(args: Sequence[str], loaded: Config, path: Path | None) -> None:
    """Print the help or the script that these arguments make tyro print."""
    stdout = sys.stdout or io.StringIO()  # tyro needs one
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(stdout), terminal.writing_results():
        _parse_flags(args, loaded, path)


def _print_all_options(name: str, loaded: Config, path: Path | None) -> None:
    """Print all options of a command, or of each command of a group, with their defaults; then the examples."""
    for command in help_pages.commands_of(name):
        _print_by_tyro([*command.split(), "--help"], _without_password(loaded), path)
    terminal.print_result(f"\n{help_pages.examples(name)}")


def _print_completion(arguments: completion.CompletionArguments) -> int:
    """Print the completion script of a shell; the exit code."""
    _print_by_tyro(["--tyro-print-completion", arguments.shell], Config(), None)
    return 0


def _usage_error(args: Sequence[str], loaded: Config, path: Path | None, message: str) -> ConfigError:
    """What is wrong with these arguments, about which tyro has printed this message.

    Tyro prints arguments and defaults, and breaks long ones into lines. So if one has a password, tyro runs again
    without it.
    """
    public_args, public = [redact_url(arg) for arg in args], _without_password(loaded)
    if (public_args, public) != (list(args), loaded):
        printed = io.StringIO()
        # tyro has no error as an object: it prints a box and exits with code 2.
        with contextlib.suppress(SystemExit), contextlib.redirect_stderr(printed):
            _parse_flags(public_args, public, path)
        message = printed.getvalue()
    return ConfigError(summarize_usage_error(message, public_args))


def _without_password(loaded: Config) -> Config:
    return replace(loaded, source=replace(loaded.source, uri=redact_url(loaded.source.uri)))


def _command_type(loaded: Config, path: Path | None) -> Any:
    """The union of all commands for tyro; their defaults are from the configuration, which was read from this path."""
    named = tyro.conf.subcommand
    evaluations = (
        Annotated[eval_coco.CocoArguments, named("coco", default=eval_coco.CocoArguments.from_config(loaded, path))]
        | Annotated[eval_mot.MotArguments, named("mot", default=eval_mot.MotArguments.from_config(loaded, path))]
        | Annotated[
            eval_mot.TrackerArguments, named("tracker", default=eval_mot.TrackerArguments.from_config(loaded, path))
        ]
        | Annotated[eval_mpii.MpiiArguments, named("mpii", default=eval_mpii.MpiiArguments.from_config(loaded, path))]
    )
    fits = (
        Annotated[fit_nms.FitNmsArguments, named("nms", default=fit_nms.FitNmsArguments.from_config(loaded, path))]
        | Annotated[
            fit_pgpg.FitPgpgArguments, named("pgpg", default=fit_pgpg.FitPgpgArguments.from_config(loaded, path))
        ]
        | Annotated[fit_sstn.FitSstnArguments, named("sstn")]
    )
    weights_commands = (
        Annotated[weights.WeightsListArguments, named("list")]
        | Annotated[weights.WeightsFetchArguments, named("fetch")]
        | Annotated[weights.WeightsVerifyArguments, named("verify")]
        | Annotated[weights_add.WeightsAddArguments, named("add")]
        | Annotated[weights_quantize.WeightsQuantizeArguments, named("quantize")]
    )
    return (
        Annotated[live.LiveArguments, named("live", default=live.LiveArguments.from_config(loaded, path))]
        | Annotated[
            process.ProcessArguments, named("process", default=process.ProcessArguments.from_config(loaded, path))
        ]
        | Annotated[render.RenderArguments, named("render", default=render.RenderArguments.from_config(loaded, path))]
        | Annotated[ids.IdsArguments, named("ids")]
        | Annotated[convert.ConvertArguments, named("convert")]
        | Annotated[weights_commands, named("weights", description="Files of networks: list, download, check, add.")]
        | Annotated[
            doctor.DoctorArguments, named("doctor", default=doctor.DoctorArguments(settings=loaded, config=path))
        ]
        | Annotated[evaluations, named("eval", description="Score poses and tracks against annotated images.")]
        | Annotated[fits, named("fit", description="Fit parameters to annotated images.")]
        | Annotated[label.LabelArguments, named("label")]
        | Annotated[train.TrainArguments, named("train")]
        | Annotated[export.ExportArguments, named("export")]
        | Annotated[completion.CompletionArguments, named("completion")]
    )


def _find_config_and_preset(args: Sequence[str]) -> tuple[Path | None, str]:
    """The values of --config and --preset, which are needed first: they set the defaults of the other flags."""
    # Unknown arguments are ignored here; tyro reports them later. No abbreviations: --pre is not --preset.
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
