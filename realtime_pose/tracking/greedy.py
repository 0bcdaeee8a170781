"""The plainest tracker there is, as a yardstick: greedy matching by overlap with the boxes of the frame before.

This is how many pose tools give ids; it knows neither motion nor poses, and forgets at once who is missed.
"""

import numpy as np

from realtime_pose.config import TrackConfig
from realtime_pose.geometry import iou
from realtime_pose.scene import Boxes, Float, Int, Poses, Tracks
from realtime_pose.skeletons import Skeleton

_LEAST_IOU = 0.2


class GreedyTracker:
    """A Tracker; all its tracks are confirmed. It has no settings: the configuration is not looked at."""

    def __init__(self, config: TrackConfig, skeleton: Skeleton) -> None:  # noqa: ARG002 - as every tracker is made
        self._skeleton = skeleton
        self.reset()

    def reset(self) -> None:
        """Forget everything; ids start at 1 again."""
        self._xyxy: Float = Boxes.empty().xyxy
        self._ids: Int = np.zeros(0, np.int64)
        self._next_id = 1

    def update(
        self,
        poses: Poses,
        *,
        time_s: float,  # noqa: ARG002 - as every tracker is asked; neither time nor borders are anything to it
        frame_wh: tuple[int, int] | None = None,  # noqa: ARG002
    ) -> Tracks:
        """A track for each pose, by the largest overlaps first; see `Tracker`."""
        overlap = iou(self._xyxy, poses.boxes.xyxy)
        ids = np.zeros(len(poses), np.int64)
        best_first = np.argsort(-overlap, axis=None, kind="stable")
        for row, column in zip(*np.unravel_index(best_first, overlap.shape), strict=True):
            if overlap[row, column] > _LEAST_IOU:
                ids[column] = self._ids[row]
                overlap[row] = overlap[:, column] = 0
        is_new = ids == 0
        ids[is_new] = np.arange(self._next_id, self._next_id + is_new.sum())
        self._next_id += int(is_new.sum())
        self._xyxy, self._ids = poses.boxes.xyxy, ids
        return Tracks.at_rest(poses, ids.copy())
