"""Scenes to a CSV table of joint angles, with one row per person and frame.

The columns are frame, time_s, track_id, and for each angle NAME_deg and NAME_score; see `angles` for what they are. For
single pictures file_name and image_id come before them, and track_id numbers the persons of a picture. If people have
names, name comes after them.
"""

import math

from realtime_pose.angles import joint_angles
from realtime_pose.files.text_output import TextOutput
from realtime_pose.scene import Poses, Scene
from realtime_pose.sinks.rows import SCORE_DIGITS, format_csv, frame_names, person_name, table_columns
from realtime_pose.sinks.sink import RunHeader
from realtime_pose.skeletons import Skeleton

COLUMNS = ("frame", "time_s", "track_id")
_DEGREE_DIGITS = 2


class AnglesSink:
    """Writes a row per frame and confirmed track that was detected in it; an angle that is unknown is empty.

    Args:
        output: The file or pipe to write; closed at the end.
        run: The skeleton, whether the scenes are single pictures, and whether people may have names.

    Raises:
        SinkError: The names of the columns cannot be written.
    """

    def __init__(self, output: TextOutput, run: RunHeader) -> None:
        self._output, self._run = output, run
        output.begin(format_csv([table_columns((*COLUMNS, *angle_columns(run.skeleton)), run)]))

    def write(self, scene: Scene) -> None:
        """Append the people of one scene.

        Raises:
            SinkError: They cannot be written.
        """
        tracks = scene.tracks.seen
        angles = joint_angles(tracks.poses)
        people = zip(tracks.ids.tolist(), angles.degrees.tolist(), angles.score.tolist(), strict=True)
        frame = (*frame_names(scene), scene.frame.index, round(scene.frame.time_s, 6))
        rows = [
            (*frame, track_id, *_interleave(degrees, score), *person_name(scene, track_id, self._run))
            for track_id, degrees, score in people
        ]
        self._output.append(format_csv(rows))

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._output.close()


def angle_columns(skeleton: Skeleton) -> list[str]:
    """Names of the columns: degrees and score of each angle."""
    names = joint_angles(Poses.empty(skeleton)).names
    return [f"{name}_{kind}" for name in names for kind in ("deg", "score")]


def _interleave(degrees: list[float], score: list[float]) -> list[float | str]:
    """Degrees and score of each angle in turn, rounded."""
    values: list[float | str] = []
    for angle, least in zip(degrees, score, strict=True):
        values += ["" if math.isnan(angle) else round(angle, _DEGREE_DIGITS), round(least, SCORE_DIGITS)]
    return values
