"""The baseline tracker of `eval mot` and `eval tracker`: greedy matching by IoU with the boxes of the last frame.

Many pose tools assign ids this way. It has no motion model, ignores the keypoints, and drops a track at its first miss.
"""

import numpy as np

from realtime_pose.config import TrackConfig
from realtime_pose.geometry import iou
from realtime_pose.scene import Boxes, Float, Int, Poses, Tracks
from realtime_pose.skeletons import Skeleton

_MIN_IOU = 0.2


class GreedyTracker:
    """A Tracker whose tracks are all confirmed. It has no settings and ignores the configuration."""

    def __init__(self, config: TrackConfig, skeleton: Skeleton) -> None:  # noqa: ARG002 - the signature of all trackers
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
        time_s: float,  # noqa: ARG002 - part of the protocol, not used here
        frame_wh: tuple[int, int] | None = None,  # noqa: ARG002 - part of the protocol, not used here
    ) -> Tracks:
        """One track for each pose, matched by IoU, largest first; see `Tracker`."""
        overlap = iou(self._xyxy, poses.boxes.xyxy)  # (N, M) tracks of the last frame, poses of this one
        ids = np.zeros(len(poses), np.int64)  # 0: no id yet
        best_first = np.argsort(-overlap, axis=None, kind="stable")
        for row, column in zip(*np.unravel_index(best_first, overlap.shape), strict=True):
            if overlap[row, column] > _MIN_IOU:
                ids[column] = self._ids[row]
                overlap[row] = overlap[:, column] = 0  # each track and each pose is matched once
        is_new = ids == 0
        ids[is_new] = np.arange(self._next_id, self._next_id + is_new.sum())
        self._next_id += int(is_new.sum())
        self._xyxy, self._ids = poses.boxes.xyxy, ids
        return Tracks.at_rest(poses, ids.copy())
