"""Scenes to MOTChallenge results: frame, id, left, top, width, height, score, -1, -1, -1.

All of MOTChallenge counts from 1: the first frame is 1, and the picture's upper left corner is (1, 1).
"""

from pathlib import Path

from realtime_pose.files.output_file import OutputFile
from realtime_pose.scene import Scene
from realtime_pose.sinks.rows import PX_DIGITS, SCORE_DIGITS, corner_boxes, require_tracks


class MotSink:
    """A line a person and frame: the confirmed tracks that the frame's detections support.

    Args:
        path: Where to; a file that stands there is replaced.

    Raises:
        SinkError: The file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._file = OutputFile(path)

    def write(self, scene: Scene) -> None:
        """Add the people of one scene.

        Raises:
            SinkError: They cannot be written.
        """
        tracks = require_tracks(scene).seen
        boxes = tracks.poses.boxes
        columns = zip(tracks.ids.tolist(), corner_boxes(boxes.xyxy, corner=1), boxes.score.tolist(), strict=True)
        lines = [
            ",".join(
                (
                    f"{scene.frame.index + 1},{track_id}",
                    *(f"{value:.{PX_DIGITS}f}" for value in box),
                    f"{score:.{SCORE_DIGITS}f},-1,-1,-1\n",
                )
            )
            for track_id, box, score in columns
        ]
        self._file.append("".join(lines))

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._file.close()
