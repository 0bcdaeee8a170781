"""The command ``convert``: a finished file of poses in another format, such as that of another program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from realtime_pose.commands import terminal
from realtime_pose.commands.flags import DebugFlag
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError, DatasetError

if TYPE_CHECKING:
    from realtime_pose.api.people import People
    from realtime_pose.sinks import PoseTarget

_NATIVE, _MOT, _TIMED = "jsonl", "txt", ("csv", "angles")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertArguments:
    """Write the poses of a finished file in another format."""

    poses: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="POSES")]
    """A file of --save-poses (.jsonl, .json, .csv or .txt), or a folder of OpenPose's files."""
    target: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="TARGET")]
    """What to write: FILE.json (COCO), FILE.csv, FILE.txt (MOTChallenge), openpose:FOLDER, alphapose:FILE.json or
    angles:FILE.csv."""
    overwrite: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Replace the target if it exists."""
    debug: DebugFlag = False


def run(arguments: ConvertArguments) -> int:
    """Write the file; the exit code.

    Raises:
        RealtimePoseError: A file cannot be read or written, or the format needs what the poses do not have.
    """
    from realtime_pose.api.reading import read_poses
    from realtime_pose.files.output_checks import check_outputs
    from realtime_pose.sinks import parse_pose_target

    target = parse_pose_target(arguments.target)
    target.check(may_replace=arguments.overwrite)
    if not target.is_stream:
        check_outputs([target.path], inputs=[arguments.poses], may_replace=arguments.overwrite)
    frames = read_poses(arguments.poses)
    _check_format(target, frames, str(arguments.poses))
    _write(target, frames, arguments)
    terminal.echo(f"written: {target.name}, {counted(len(frames), 'frame')}")
    return 0


def _check_format(target: PoseTarget, frames: list[People], name: str) -> None:
    """Raise an error unless these poses can be written in this format.

    Raises:
        ConfigError: The format needs what the poses do not have.
        DatasetError: There are no poses.
    """
    if not frames:
        raise DatasetError(f"{name}: expected the poses of some frames, but there are none")
    if target.format == _NATIVE:
        raise ConfigError(f"{target.name}: JSON lines hold more than {name}; they are written by a run only")
    first = frames[0]
    if first.time_s != first.time_s and target.format in _TIMED:  # NaN is not equal to itself
        raise ConfigError(f"{target.name}: a table needs the times of the frames, which {name} does not have")
    if not len(first.skeleton) and target.format != _MOT:
        raise ConfigError(f"{target.name}: this format holds keypoints, but MOTChallenge results have boxes only")
    if not _are_tracked(frames):
        target.check_untracked(f"the poses of {name}", advice="write COCO or AlphaPose results, or OpenPose's files")


def _are_tracked(frames: list[People]) -> bool:
    """Whether all people have the id of a track; else their numbers are counted in each frame, and are no ids."""
    return all(people.is_tracked for people in frames if len(people))


def _write(target: PoseTarget, frames: list[People], arguments: ConvertArguments) -> None:
    """Write all frames; raises SinkError."""
    from realtime_pose.errors import SinkError
    from realtime_pose.scene import Scene
    from realtime_pose.sinks import RunHeader

    first = frames[0]
    is_pictures = first.frame.picture is not None
    source = arguments.poses.stem if is_pictures else first.source
    run = RunHeader(
        source,
        first.skeleton,
        {},
        is_pictures=is_pictures,
        is_tracked=_are_tracked(frames),
        has_names=any(people.names for people in frames),
    )
    output = target.open(may_replace=arguments.overwrite)
    try:
        sink = target.sink(output, run)
    except SinkError:
        output.discard()
        raise
    try:
        for people in terminal.track_progress(frames, "frames", total=len(frames)):
            sink.write(Scene.from_tracks(people.frame, people.tracks, people.names))
    finally:
        sink.close()
