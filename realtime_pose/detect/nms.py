"""Box NMS: of several boxes that overlap too much, only the best is kept."""

import numpy as np

from realtime_pose.geometry import Float, iou, keep_best
from realtime_pose.scene import Int


def suppress(xyxy: Float, score: Float, *, max_overlap: float) -> Int:
    """(M,) indices of the boxes to keep, best first; ties keep their order.

    Args:
        xyxy: (N, 4) boxes.
        score: (N,) scores.
        max_overlap: A box is removed if its IoU with a better box that is kept is larger.

    >>> boxes = np.float32([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]])
    >>> suppress(boxes, np.float32([0.5, 0.9, 0.7]), max_overlap=0.6).tolist()
    [1, 2]
    """
    order = np.argsort(-score, kind="stable")  # (N,), stable: ties keep their order
    return np.asarray(order[keep_best(iou(xyxy[order], xyxy[order]) > max_overlap)], dtype=np.int64)
