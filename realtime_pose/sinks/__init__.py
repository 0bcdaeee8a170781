"""Where scenes go: the `Sink` protocol, and `open_pose_sink`, which finds the right one for a file's ending.

The recording stands apart in `sinks.video`, so that who writes poses only does not load an encoder.
"""

from collections.abc import Callable
from pathlib import Path

from realtime_pose.errors import SinkError
from realtime_pose.sinks.coco import CocoSink
from realtime_pose.sinks.csv import CsvSink
from realtime_pose.sinks.jsonl import JsonlSink
from realtime_pose.sinks.mot import MotSink
from realtime_pose.sinks.sink import RunHeader, Sink, StateSink

__all__ = ["RunHeader", "Sink", "StateSink", "open_pose_sink"]

_BY_ENDING: dict[str, Callable[[Path, RunHeader], Sink]] = {
    ".jsonl": JsonlSink,
    ".json": lambda path, _: CocoSink(path),
    ".txt": lambda path, _: MotSink(path),
    ".csv": lambda path, _: CsvSink(path),
}


def open_pose_sink(path: Path, run: RunHeader) -> Sink:
    """The sink for the poses of a run, by the ending of its path: .jsonl, .json, .txt or .csv.

    Raises:
        SinkError: The ending is none of these, or the file cannot be made.
    """
    kind = _BY_ENDING.get(path.suffix.lower())
    if kind is None:
        raise SinkError(
            f"{path}: expected a path for poses that ends with .jsonl (native), .json (COCO results), .txt "
            f"(MOTChallenge) or .csv (a row a keypoint), got {path.suffix or 'no ending'!r}"
        )
    return kind(path, run)
