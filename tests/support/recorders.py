"""A recorder that records one file from its first scene to `close`, for tests of what is written."""

from pathlib import Path

from realtime_pose.config import RecordConfig
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.targets import SingleFile


def started_recorder(path: Path, config: RecordConfig, *, rate_hz: float | None) -> Recorder:
    """Records to this path from now on; rate_hz is what the source states."""
    recorder = Recorder(SingleFile(path), config, context=RecordingContext(rate_hz))
    recorder.start()
    return recorder
