"""Which tracks are leaving the image: from N boxes and their velocities in frame pixels to an (N,) mask."""

import numpy as np
from numpy.typing import NDArray

from realtime_pose.scene import Float

# Share of the image's width or height. Detectors cut boxes at the edge, so a box this close has reached it.
_MARGIN_SHARE = 0.01
_WALKING_HZ = 0.1  # body heights per second; somebody slower stands at the edge and does not leave


def is_leaving(xyxy: Float, velocity: Float, frame_wh: tuple[int, int]) -> NDArray[np.bool_]:
    """(N,) mask: the box touches an edge of the image and moves outwards, or lies outside.

    Args:
        xyxy: (N, 4) boxes.
        velocity: (N, 2) of the centres, px/s.
        frame_wh: Width and height of the image.

    >>> boxes, walk_left = np.float32([[2, 99, 60, 300], [99, 99, 160, 300]]), np.float32([[-100, 0]] * 2)
    >>> is_leaving(boxes, walk_left, (640, 480)).tolist()
    [True, False]
    """
    wh = np.array(frame_wh, np.float32)
    margin = _MARGIN_SHARE * wh
    min_speed = _WALKING_HZ * (xyxy[:, 3] - xyxy[:, 1])[:, None]  # (N, 1) px/s
    # Each (N, 2): the horizontal and the vertical edges.
    over_low_edge = (xyxy[:, :2] <= margin) & (velocity < -min_speed)
    over_high_edge = (xyxy[:, 2:] >= wh - margin) & (velocity > min_speed)
    is_outside = (xyxy[:, 2:] < 0) | (xyxy[:, :2] > wh)
    return np.asarray((over_low_edge | over_high_edge | is_outside).any(axis=1))
