"""Recorders of one file and pose sinks, open and ready to write, for tests of files."""

from pathlib import Path

from realtime_pose.config import RecordConfig
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.targets import SingleFile
from realtime_pose.sinks import RunHeader, Sink, parse_pose_target


def started_recorder(path: Path, config: RecordConfig, *, rate_hz: float | None, may_replace: bool = False) -> Recorder:
    """A recorder that records to this path from now on; rate_hz is the rate that the source states."""
    recorder = Recorder(SingleFile(path, config, may_replace=may_replace), config, context=RecordingContext(rate_hz))
    recorder.start()
    return recorder


def open_pose_sink(path: Path, run: RunHeader, *, may_replace: bool = False) -> Sink:
    """The sink that a value of --save-poses names, open."""
    target = parse_pose_target(path)
    return target.sink(target.open(may_replace=may_replace), run)
