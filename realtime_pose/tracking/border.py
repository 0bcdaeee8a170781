"""Who is walking out of the picture: N boxes and their velocities in frame pixels, (N,) yes or no out."""

import numpy as np
from numpy.typing import NDArray

from realtime_pose.scene import Float

_MARGIN_SHARE = 0.01  # of the picture's side: a box so near the edge has reached it, since detectors cut boxes there
_WALKING_HZ = 0.1  # body heights per second; who moves slower stands at the edge and is not leaving


def is_leaving(xyxy: Float, velocity: Float, frame_wh: tuple[int, int]) -> NDArray[np.bool_]:
    """(N,) whether a box has reached an edge of the picture and moves on outwards, or lies wholly outside.

    >>> boxes, walk_left = np.float32([[2, 99, 60, 300], [99, 99, 160, 300]]), np.float32([[-100, 0]] * 2)
    >>> is_leaving(boxes, walk_left, (640, 480)).tolist()
    [True, False]
    """
    wh = np.array(frame_wh, np.float32)
    margin = _MARGIN_SHARE * wh
    walking = _WALKING_HZ * (xyxy[:, 3] - xyxy[:, 1])[:, None]
    low = (xyxy[:, :2] <= margin) & (velocity < -walking)
    high = (xyxy[:, 2:] >= wh - margin) & (velocity > walking)
    outside = (xyxy[:, 2:] < 0) | (xyxy[:, :2] > wh)
    return np.asarray((low | high | outside).any(axis=1))
