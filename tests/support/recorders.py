"""A recorder that records one file from its first scene to `close`, for tests of recorded files."""

from pathlib import Path

from realtime_pose.config import RecordConfig
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.targets import SingleFile


def started_recorder(path: Path, config: RecordConfig, *, rate_hz: float | None) -> Recorder:
    """A recorder that records to this path from now on; rate_hz is the rate that the source states."""
    recorder = Recorder(SingleFile(path), config, context=RecordingContext(rate_hz))
    recorder.start()
    return recorder
