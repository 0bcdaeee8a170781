"""Scenes to a CSV table with one row per keypoint.

The columns are frame, time_s, track_id, keypoint, x, y, score. x and y are frame pixels; the centre of the first pixel
is 0. For single pictures file_name and image_id come before them, and track_id numbers the persons of a picture. If
people have names, name comes after them.
"""

from realtime_pose.files.text_output import TextOutput
from realtime_pose.scene import Scene
from realtime_pose.sinks.rows import format_csv, frame_names, keypoint_rows, person_name, table_columns
from realtime_pose.sinks.sink import RunHeader

COLUMNS = ("frame", "time_s", "track_id", "keypoint", "x", "y", "score")


class CsvSink:
    """Writes K rows per frame and confirmed track that was detected in it.

    Args:
        output: The file or pipe to write; closed at the end.
        run: Whether the scenes are single pictures, and whether people may have names.

    Raises:
        SinkError: The names of the columns cannot be written.
    """

    def __init__(self, output: TextOutput, run: RunHeader) -> None:
        self._output, self._run = output, run
        output.begin(format_csv([table_columns(COLUMNS, run)]))

    def write(self, scene: Scene) -> None:
        """Append the people of one scene.

        Raises:
            SinkError: They cannot be written.
        """
        tracks = scene.tracks.seen
        names = tracks.poses.skeleton.keypoints
        frame_columns = (*frame_names(scene), scene.frame.index, round(scene.frame.time_s, 6))
        # N * K rows: for each person all keypoints, in the order of the skeleton.
        rows = [
            (*frame_columns, track_id, name, *values, *person_name(scene, track_id, self._run))
            for track_id, xy, score in zip(tracks.ids.tolist(), tracks.poses.keypoints, tracks.poses.score, strict=True)
            for name, values in zip(names, keypoint_rows(xy, score), strict=True)
        ]
        self._output.append(format_csv(rows))

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._output.close()
