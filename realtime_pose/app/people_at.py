"""Who is at a place of the picture that is shown."""

import numpy as np
from PyQt5.QtCore import QPointF

from realtime_pose.config import PeopleView
from realtime_pose.geometry import apply_affine, invert_affine
from realtime_pose.pipeline.images import DrawnScene

_NEAR_SHARE = 0.06  # of the height of a box: a click so far beside it still means the person


def frame_point(drawn: DrawnScene, point: QPointF) -> tuple[float, float]:
    """A point of the image in pixels of the frame."""
    xy = apply_affine(invert_affine(drawn.to_image), np.array([[point.x(), point.y()]], np.float32))[0]
    return float(xy[0]), float(xy[1])


def person_at(drawn: DrawnScene, point: QPointF, people: PeopleView) -> int | None:
    """The id of the person at a point of the image; None for nobody.

    Of several people it is the one with the nearest keypoint: boxes of people who stand close together overlap.
    """
    xy = np.array(frame_point(drawn, point), np.float32)
    tracks = drawn.scene.tracks.seen
    boxes = tracks.poses.boxes.xyxy
    near_px = _NEAR_SHARE * (boxes[:, 3] - boxes[:, 1])[:, None]
    is_in = ((xy >= boxes[:, :2] - near_px) & (xy <= boxes[:, 2:] + near_px)).all(axis=1)
    rows = np.flatnonzero(is_in & ~np.isin(tracks.ids, list(people.hidden)))
    if not len(rows):
        return None
    keypoints = tracks.poses.keypoints[rows]  # (M, K, 2)
    distances = np.linalg.norm(np.where(np.isfinite(keypoints), keypoints, np.inf) - xy, axis=2).min(axis=1)
    return int(tracks.ids[rows[int(np.argmin(distances))]])
