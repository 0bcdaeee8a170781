"""The command ``ids``: corrects who is who in a file of poses, after a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from realtime_pose.commands import terminal
from realtime_pose.commands.flags import DebugFlag
from realtime_pose.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class IdsArguments:
    """Correct the ids in a file of poses: join, split and name persons."""

    file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]
    """A file of --save-poses (.jsonl, .json, .csv or .txt) or --save-angles."""
    merge: Annotated[tuple[str, ...], tyro.conf.arg(metavar="ID,ID"), tyro.conf.UseAppendAction] = ()
    """These ids are one person, who keeps the first of them; repeatable."""
    split: Annotated[tuple[str, ...], tyro.conf.arg(metavar="ID@TIME"), tyro.conf.UseAppendAction] = ()
    """From this time (12.4s, 1:30) or frame (372f) on the id is another person, who gets a new id; repeatable."""
    name: Annotated[tuple[str, ...], tyro.conf.arg(metavar="ID=NAME"), tyro.conf.UseAppendAction] = ()
    """Write this name beside the id; repeatable. Splits come first, then merges, then names."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Write the corrected file here, in the same format. Without it FILE itself is changed, with --overwrite."""
    overwrite: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Replace the file at --out, or FILE itself."""
    list: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Show who is in the file and when, with the changes. Without --out and --overwrite nothing is written."""
    debug: DebugFlag = False


def run(arguments: IdsArguments) -> int:
    """Correct the file; the exit code.

    Raises:
        ConfigError: Nothing is asked for, an id is not in the file, or two merged ids are in one frame.
        RealtimePoseError: A file cannot be read or written.
    """
    from realtime_pose.commands.id_edits import EditedIds, parse_edits, summarize
    from realtime_pose.commands.id_files import read_ids
    from realtime_pose.files import atomic

    target = _check_target(arguments)
    edits = parse_edits(merge=arguments.merge, split=arguments.split, name=arguments.name)
    file = read_ids(arguments.file)
    edited = EditedIds(file.appearances, edits, file.names)
    content = file.edited(edited.ids, edited.names)
    if target is not None:
        atomic.write(target, content)
    for note in edited.notes:
        terminal.echo(note)
    if arguments.list:
        for line in summarize(edited, file.appearances):
            terminal.print_result(line)
    if target is not None:
        terminal.echo(f"written: {target}")
    elif edited.notes:
        terminal.echo("nothing was written; add --out FILE")
    return 0


def _check_target(arguments: IdsArguments) -> Path | None:
    """The file to write, which may be written; None for none.

    Raises:
        ConfigError: Nothing is asked for, or there is no file to write to.
        SinkError: The file may not be written.
    """
    from realtime_pose.files.output_checks import check_outputs

    has_edits = bool(arguments.merge or arguments.split or arguments.name)
    if not has_edits and not arguments.list:
        raise ConfigError("ids: expected --merge, --split, --name or --list, got none of them")
    if not has_edits:
        return None
    out = arguments.out
    if out is None:
        if not (arguments.overwrite or arguments.list):
            raise ConfigError(
                f"ids: expected --out FILE for the corrected file, or --overwrite to change {arguments.file} itself"
            )
        return _check_unused(arguments.file) if arguments.overwrite else None
    if out.suffix.lower() != arguments.file.suffix.lower():
        raise ConfigError(
            f"out: expected a file that ends with {arguments.file.suffix}, as {arguments.file}, got {out}"
        )
    check_outputs([out], inputs=[arguments.file], may_replace=arguments.overwrite)
    return out


def _check_unused(path: Path) -> Path:
    """The path of a file that no run is writing; raises SinkError for another."""
    from realtime_pose.errors import SinkError
    from realtime_pose.system.file_locks import is_locked

    if is_locked(path):
        raise SinkError(f"{path}: a run is writing this file; wait for its end, or write to another with --out")
    return path
