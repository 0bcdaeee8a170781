"""Scenes to MOTChallenge results, one line per person and frame.

The columns are frame, id, left, top, width, height, score, -1, -1, -1. MOTChallenge counts everything from 1: the first
frame is 1, and the upper left corner of the image is (1, 1).
"""

from realtime_pose.files.text_output import TextOutput
from realtime_pose.scene import Scene
from realtime_pose.sinks.rows import PX_DIGITS, SCORE_DIGITS, corner_boxes


class MotSink:
    """Writes one line per frame and confirmed track that was detected in it.

    Args:
        output: The file or pipe to write; closed at the end.
    """

    def __init__(self, output: TextOutput) -> None:
        self._output = output

    def write(self, scene: Scene) -> None:
        """Append the people of one scene.

        Raises:
            SinkError: They cannot be written.
        """
        tracks = scene.tracks.seen
        boxes = tracks.poses.boxes
        columns = zip(tracks.ids.tolist(), corner_boxes(boxes.xyxy, corner=1), boxes.score.tolist(), strict=True)
        # The last three columns are world coordinates, which a 2D tracker does not know.
        lines = [
            ",".join(
                (
                    f"{scene.frame.index + 1},{track_id}",  # frames count from 1
                    *(f"{value:.{PX_DIGITS}f}" for value in box),
                    f"{score:.{SCORE_DIGITS}f},-1,-1,-1\n",
                )
            )
            for track_id, box, score in columns
        ]
        self._output.append("".join(lines))

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._output.close()
