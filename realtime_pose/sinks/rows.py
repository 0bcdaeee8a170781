"""From a scene to the people that a results file names, in its numbers.

The scene's axes have the centre of the first pixel at 0, so its left edge at -0.5. Where a format counts box edges from
the picture's corner (COCO: 0, MOTChallenge: 1), they are moved here and nowhere else. Keypoints are pixel positions in
COCO too (a click on the first pixel is 0) and stay as they are.
"""

import numpy as np

from realtime_pose.errors import SinkError
from realtime_pose.scene import PREDICTED, Float, Scene, Tracks, TrackState

PX_DIGITS = 2
SCORE_DIGITS = 4


def require_tracks(scene: Scene) -> Tracks:
    """The tracks of a scene.

    Raises:
        SinkError: No tracker has seen the scene, so who is who is unknown.
    """
    if scene.tracks is None:
        raise SinkError(
            f"frame {scene.frame.index}: expected tracks to write, got a scene without; run a tracker first"
        )
    return scene.tracks


def visible_tracks(scene: Scene) -> Tracks:
    """The tentative and confirmed tracks that this frame supports, by a detection or a guided pose."""
    tracks = require_tracks(scene)
    alive = (tracks.state == TrackState.TENTATIVE) | (tracks.state == TrackState.CONFIRMED)
    return tracks.take(alive & (tracks.detection != PREDICTED))


def rounded(values: Float, digits: int) -> list[float]:
    """Numbers as a file holds them; nested as the array is."""
    result: list[float] = np.round(values.astype(np.float64), digits).tolist()
    return result


def keypoint_rows(xy: Float, score: Float) -> list[list[float]]:
    """K times [x, y, score], from (K, 2) and (K,)."""
    return [
        [*position, certainty]
        for position, certainty in zip(
            np.round(xy.astype(np.float64), PX_DIGITS).tolist(), rounded(score, SCORE_DIGITS), strict=True
        )
    ]


def corner_boxes(xyxy: Float, *, corner: float) -> list[list[float]]:
    """N times [left, top, width, height], where the upper left corner of the picture is (corner, corner).

    >>> corner_boxes(np.float32([[-0.5, -0.5, 9.5, 4.5]]), corner=0), corner_boxes(np.float32([[1, 2, 3, 4]]), corner=1)
    ([[0.0, 0.0, 10.0, 5.0]], [[2.5, 3.5, 2.0, 2.0]])
    """
    edges = xyxy.astype(np.float64)
    moved = np.concatenate((edges[:, :2] + 0.5 + corner, edges[:, 2:] - edges[:, :2]), axis=1)
    result: list[list[float]] = np.round(moved, PX_DIGITS).tolist()
    return result
