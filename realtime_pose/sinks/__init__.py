"""Sinks: where scenes go. `open_pose_sink` selects a sink by the file suffix.

Videos are written by `recording`, so writing poses alone does not load an encoder.
"""

from collections.abc import Callable
from pathlib import Path

from realtime_pose.errors import SinkError
from realtime_pose.sinks.coco import CocoSink
from realtime_pose.sinks.csv import CsvSink
from realtime_pose.sinks.jsonl import JsonlSink
from realtime_pose.sinks.mot import MotSink
from realtime_pose.sinks.sink import RunHeader, Sink, StatusSink

__all__ = ["RunHeader", "Sink", "StatusSink", "open_pose_sink"]

_SINK_BY_SUFFIX: dict[str, Callable[[Path, RunHeader], Sink]] = {
    ".jsonl": JsonlSink,
    ".json": lambda path, _: CocoSink(path),
    ".txt": lambda path, _: MotSink(path),
    ".csv": lambda path, _: CsvSink(path),
}


def open_pose_sink(path: Path, run: RunHeader) -> Sink:
    """The sink for the suffix of the path: .jsonl, .json, .txt or .csv.

    Raises:
        SinkError: The suffix is another one, or the file cannot be created.
    """
    create = _SINK_BY_SUFFIX.get(path.suffix.lower())
    if create is None:
        raise SinkError(
            f"{path}: expected a path for poses that ends with .jsonl (native), .json (COCO results), .txt "
            f"(MOTChallenge) or .csv (a row a keypoint), got {path.suffix or 'no ending'!r}"
        )
    return create(path, run)
