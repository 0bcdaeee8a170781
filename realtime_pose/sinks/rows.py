"""The tracks of a scene that results files hold, and their rounded coordinates.

In a scene the centre of the first pixel is 0, so the left edge of the image is -0.5. COCO and MOTChallenge measure box
edges from the corner of the image (COCO: 0, MOTChallenge: 1); only this module converts them. Keypoints are pixel
positions in COCO too and are not shifted.
"""

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from realtime_pose.scene import PREDICTED, Float, Scene, Tracks, TrackState
from realtime_pose.sinks.sink import RunHeader

_PICTURE_COLUMNS = ("file_name", "image_id")
_NAME_COLUMN = "name"
PX_DIGITS = 2
SCORE_DIGITS = 4


def visible_tracks(scene: Scene) -> Tracks:
    """The tentative and confirmed tracks detected or recovered in this frame."""
    tracks = scene.tracks
    is_alive = (tracks.state == TrackState.TENTATIVE) | (tracks.state == TrackState.CONFIRMED)
    return tracks.take(is_alive & (tracks.detection != PREDICTED))


def round_to_list(values: Float, digits: int) -> list[float]:
    """Rounded numbers as a list, nested like the array."""
    # float64 first: a rounded float32 would print as 0.8999999761581421.
    result: list[float] = np.round(values.astype(np.float64), digits).tolist()
    return result


def keypoint_rows(xy: Float, score: Float) -> list[list[float]]:
    """K rows [x, y, score] from xy (K, 2) and score (K,)."""
    rounded = np.column_stack((xy, score)).astype(np.float64)  # (K, 3)
    rounded[:, :2] = np.round(rounded[:, :2], PX_DIGITS)
    rounded[:, 2] = np.round(rounded[:, 2], SCORE_DIGITS)
    rows: list[list[float]] = rounded.tolist()
    return rows


def corner_boxes(xyxy: Float, *, corner: float) -> list[list[float]]:
    """N rows [left, top, width, height] from xyxy (N, 4) in the axes of a scene.

    The upper left corner of the image becomes (corner, corner).

    >>> corner_boxes(np.float32([[-0.5, -0.5, 9.5, 4.5]]), corner=0), corner_boxes(np.float32([[1, 2, 3, 4]]), corner=1)
    ([[0.0, 0.0, 10.0, 5.0]], [[2.5, 3.5, 2.0, 2.0]])
    """
    edges = xyxy.astype(np.float64)
    # The corner lies at -0.5 in the axes of a scene.
    ltwh = np.concatenate((edges[:, :2] + 0.5 + corner, edges[:, 2:] - edges[:, :2]), axis=1)  # (N, 4)
    rows: list[list[float]] = np.round(ltwh, PX_DIGITS).tolist()
    return rows


def table_columns(columns: Iterable[str], run: RunHeader) -> tuple[str, ...]:
    """The columns of a table: the names of a single picture before these, the name of the person after them."""
    before, after = _PICTURE_COLUMNS if run.is_pictures else (), (_NAME_COLUMN,) if run.has_names else ()
    return (*before, *columns, *after)


def person_name(scene: Scene, track_id: int, run: RunHeader) -> tuple[str, ...]:
    """The column after the others in tables: the name of a person, if people may have names."""
    return (scene.names.get(track_id, ""),) if run.has_names else ()


def frame_names(scene: Scene) -> tuple[str | int, ...]:
    """The columns before the number of the frame in tables: names of a single picture, none of a frame of a video."""
    picture = scene.frame.picture
    return () if picture is None else (picture.file_name, picture.image_id)


def format_csv(rows: Iterable[Sequence[object]]) -> str:
    """The rows as CSV text."""
    text = io.StringIO()
    # The default line end is \r\n, also on Linux.
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
