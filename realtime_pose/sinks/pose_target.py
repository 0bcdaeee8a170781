"""Where poses are written: from a value of --save-poses to a format and a file, folder, pipe or standard output."""

import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.files.output_file import OutputFile
from realtime_pose.files.output_folder import OutputFolder, check_folder
from realtime_pose.files.stream_file import open_pipe, open_standard_output
from realtime_pose.files.text_output import PoseOutput, TextOutput
from realtime_pose.sinks import openpose
from realtime_pose.sinks.alphapose import alphapose_results
from realtime_pose.sinks.angles import AnglesSink
from realtime_pose.sinks.coco import coco_results
from realtime_pose.sinks.csv import CsvSink
from realtime_pose.sinks.json_list import JsonListSink
from realtime_pose.sinks.jsonl import JsonlSink
from realtime_pose.sinks.mot import MotSink
from realtime_pose.sinks.sink import RunHeader, Sink

_SINKS: Mapping[str, Callable[[TextOutput, RunHeader], Sink]] = {
    "jsonl": JsonlSink,
    "json": lambda output, run: JsonListSink(output, partial(coco_results, run=run)),
    "txt": lambda output, _: MotSink(output),
    "csv": CsvSink,
    "angles": AnglesSink,
    "alphapose": lambda output, run: JsonListSink(output, partial(alphapose_results, run=run)),
}
ANGLES, OPENPOSE = "angles", "openpose"
_NATIVE, _MOT, _LISTS = "jsonl", "txt", {"json": "COCO results are", "alphapose": "AlphaPose's results are"}
_PREFIX = re.compile(rf"({'|'.join([*_SINKS, OPENPOSE])}):(.+)", re.DOTALL)
_PICTURE_ADVICE = "write .jsonl, .json or .csv, or take the pictures as a video with --as-video"
_STANDARD_OUTPUT = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}


@dataclass(frozen=True, slots=True)
class PoseTarget:
    """One value of --save-poses.

    Attributes:
        path: Path of the file, folder, pipe or device; of standard output as the user named it.
        format: jsonl, json (COCO), txt (MOTChallenge), csv, openpose (a folder), alphapose, or angles (a CSV of joint
            angles).
        is_standard_output: Whether the poses go to standard output.
        is_stream: Whether the poses go to standard output, a pipe or a device: nothing that was written can be read or
            changed there.
    """

    path: Path
    format: str
    is_standard_output: bool
    is_stream: bool

    @property
    def name(self) -> str:
        """What messages call it."""
        return "standard output" if self.is_standard_output else str(self.path)

    @property
    def setting(self) -> Path:
        """The value of --save-poses that names this target."""
        is_named = self.path.suffix.lower() == f".{self.format}" and not self.is_stream
        return self.path if is_named else Path(f"{self.format}:{self.path}")

    @property
    def is_folder(self) -> bool:
        """Whether there is a file for each frame, in the folder at ``path``."""
        return self.format == OPENPOSE

    def check(self, *, may_replace: bool) -> None:
        """Raise SinkError if the path is a folder of files that may not be written; creates nothing."""
        if self.is_folder:
            check_folder(self.path, pattern=openpose.PATTERN, may_replace=may_replace)

    def check_untracked(self, subject: str = "single pictures", *, advice: str = _PICTURE_ADVICE) -> None:
        """Raise ConfigError if the format is about persons through time, for poses of people who are not tracked.

        Args:
            subject: What has these poses.
            advice: What to do instead.
        """
        if self.format == _MOT:
            raise ConfigError(
                f"{self.name}: MOTChallenge is about people who are tracked, but {subject} have none; {advice}"
            )

    def open(self, *, may_replace: bool) -> PoseOutput:
        """The open output; nothing is written yet.

        A pipe waits until a program reads it. If this is standard output, everything else that this process prints
        there goes to standard error from now on.

        Args:
            may_replace: Whether a file that has content may be replaced.

        Raises:
            SinkError: It cannot be opened.
        """
        if self.is_folder:
            return OutputFolder(self.path, pattern=openpose.PATTERN, may_replace=may_replace)
        if self.is_standard_output:
            return open_standard_output()
        return open_pipe(self.path) if self.is_stream else OutputFile(self.path, may_replace=may_replace)

    def sink(self, output: PoseOutput, run: RunHeader) -> Sink:
        """The sink of this format, which owns the output that ``open`` gave; raises SinkError if it cannot begin."""
        if isinstance(output, OutputFolder):
            return openpose.OpenPoseSink(output, run)
        return _SINKS[self.format](cast("TextOutput", output), run)


def parse_pose_target(text: Path) -> PoseTarget:
    """The target that this value names: a path, ``-`` for standard output, or ``FORMAT:`` before one of them.

    Without a format the suffix of the path decides; a pipe, a device and standard output get JSON lines.

    >>> parse_pose_target(Path("csv:-"))
    PoseTarget(path=PosixPath('-'), format='csv', is_standard_output=True, is_stream=True)

    Raises:
        SinkError: The format is unknown, or cannot be written to a pipe.
    """
    named = _PREFIX.fullmatch(str(text))
    path = Path(named[2]) if named else text
    is_standard_output = str(path) in _STANDARD_OUTPUT
    is_stream = is_standard_output or _is_stream(path)
    suffix = path.suffix.lower().removeprefix(".")
    name = named[1] if named else suffix if suffix in _SINKS else _NATIVE if is_stream else ""
    if not name:
        raise SinkError(
            f"{path}: expected a path for poses that ends with .jsonl (native), .json (COCO results), .txt "
            "(MOTChallenge) or .csv (a row a keypoint), openpose:FOLDER, alphapose:FILE.json, or - for standard "
            f"output, got {path.suffix or 'no ending'!r}"
        )
    if is_stream:
        _check_stream(text, name)
    return PoseTarget(path, name, is_standard_output, is_stream)


def _check_stream(text: Path, name: str) -> None:
    """Raise SinkError if this format cannot be written to a pipe."""
    if name == OPENPOSE:
        raise SinkError(f"{text}: OpenPose has a file for each frame; give a folder: openpose:FOLDER")
    if name in _LISTS:
        raise SinkError(
            f"{text}: {_LISTS[name]} one list, and its closing bracket is replaced with each frame. What was "
            "written to a pipe cannot be replaced. Write a file, or JSON lines (jsonl:) or CSV (csv:) to the pipe"
        )


def _is_stream(path: Path) -> bool:
    """Whether this is a pipe or a device, such as a terminal."""
    try:
        mode = path.stat().st_mode
    except OSError:  # not there yet: a file
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)
