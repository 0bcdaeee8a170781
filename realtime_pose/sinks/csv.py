"""Scenes to a CSV table, a row a keypoint: frame, time_s, track_id, keypoint, x, y, score.

x and y are pixels of the frame, the centre of the first at 0.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from realtime_pose.files.output_file import OutputFile
from realtime_pose.scene import Scene
from realtime_pose.sinks.rows import keypoint_rows, require_tracks

COLUMNS = ("frame", "time_s", "track_id", "keypoint", "x", "y", "score")


class CsvSink:
    """K rows a person and frame: the confirmed tracks that the frame's detections support.

    Args:
        path: Where to; a file that stands there is replaced.

    Raises:
        SinkError: The file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._file = OutputFile(path, head=_text([COLUMNS]))

    def write(self, scene: Scene) -> None:
        """Add the people of one scene.

        Raises:
            SinkError: They cannot be written.
        """
        tracks = require_tracks(scene).seen
        names = tracks.poses.skeleton.keypoints
        moment = (scene.frame.index, round(scene.frame.time_s, 6))
        rows = [
            (*moment, track_id, name, *values)
            for track_id, xy, score in zip(tracks.ids.tolist(), tracks.poses.keypoints, tracks.poses.score, strict=True)
            for name, values in zip(names, keypoint_rows(xy, score), strict=True)
        ]
        self._file.append(_text(rows))

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._file.close()


def _text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
