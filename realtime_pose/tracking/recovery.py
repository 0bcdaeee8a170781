"""Track recovery: which missed persons to look for at their predicted boxes, and which of the poses to accept.

In: the N tracks of a frame. Out: the rows to estimate. Then in: M poses. Out: the tracks with the accepted poses. This
keeps a skeleton from flickering for at most recovery_s after the last detection. The tracker does not see these poses.
"""

from dataclasses import replace

import numpy as np

from realtime_pose.config import TrackConfig
from realtime_pose.geometry import area, clip, iou, oks
from realtime_pose.scene import PREDICTED, RECOVERED, Boxes, Float, Int, Poses, Tracks, TrackState

_MAX_IOU = 0.3  # with a detected person; above it the crop would show that person
_MIN_INSIDE = 0.6  # share of the predicted box that must lie in the image
_MIN_OKS = 0.3  # with the predicted pose; below it the pose is not the expected person's
_MAX_OKS = 0.35  # with a detected person's pose; above it the pose is a duplicate of it


class TrackRecovery:
    """Recovers the poses of missed tracks of one stream; knows when each track was last detected or followed."""

    def __init__(self, config: TrackConfig) -> None:
        self._config = config
        self._detected_s: dict[int, float] = {}  # time of the last detection by track id

    def candidates(self, tracks: Tracks, *, time_s: float, frame_wh: tuple[int, int]) -> Int:
        """(M,) rows of lost tracks to estimate at their predicted boxes, M <= recovery_persons.

        Call it for every frame. The track with the latest detection comes first.
        """
        is_detected = tracks.detection != PREDICTED  # or followed
        previous = self._detected_s
        self._detected_s = {
            track_id: time_s if detected else previous.get(track_id, -np.inf)
            for track_id, detected in zip(tracks.ids.tolist(), is_detected.tolist(), strict=True)
        }
        unseen_s = time_s - np.array(list(self._detected_s.values()), np.float64)  # (N,)
        xyxy = tracks.poses.boxes.xyxy
        is_candidate = (tracks.state == TrackState.LOST) & (unseen_s <= self._config.recovery_s)
        is_candidate &= iou(xyxy, xyxy[is_detected]).max(axis=1, initial=0) <= _MAX_IOU
        is_candidate &= area(clip(xyxy, frame_wh)) >= _MIN_INSIDE * area(xyxy)
        is_candidate &= area(xyxy) > 0
        order = np.argsort(unseen_s, kind="stable")
        return np.asarray(order[is_candidate[order]][: self._config.recovery_persons], dtype=np.int64)

    def accept(self, tracks: Tracks, rows: Int, poses: Poses) -> Tracks:
        """The tracks, with the rows (M,) whose poses (M) pass confirmed and marked RECOVERED.

        A pose passes if its score is high enough, if it is similar to the predicted pose, and if it is no duplicate of
        a detected person's pose.
        """
        score = poses.score.mean(axis=1)  # (M,)
        predicted = tracks.poses.take(rows)
        detected = tracks.poses.take(tracks.detection != PREDICTED)
        is_accepted = score >= self._config.recovery_min_score
        is_accepted &= np.diagonal(_pose_oks(predicted, poses)) >= _MIN_OKS  # each pose with its own prediction
        is_accepted &= _pose_oks(poses, detected).max(axis=1, initial=0) <= _MAX_OKS
        return _with_poses(tracks, rows[is_accepted], poses.take(is_accepted))


def _pose_oks(first: Poses, second: Poses) -> Float:
    """(N, M) OKS, keypoints weighted by the scores of the second."""
    return oks(
        first.keypoints,
        second.keypoints,
        area_px2=area(first.boxes.xyxy),
        sigmas=np.array(first.skeleton.sigmas, np.float32),
        weight=np.broadcast_to(second.score[None], (len(first), *second.score.shape)),  # (N, M, K)
    )


def _with_poses(tracks: Tracks, rows: Int, poses: Poses) -> Tracks:
    """The tracks with these poses in these rows (M,), marked RECOVERED."""
    old = tracks.poses
    boxes = Boxes(
        _with_rows(old.boxes.xyxy, rows, poses.boxes.xyxy), _with_rows(old.boxes.score, rows, poses.boxes.score)
    )
    new = replace(
        old,
        keypoints=_with_rows(old.keypoints, rows, poses.keypoints),
        score=_with_rows(old.score, rows, poses.score),
        boxes=boxes,
    )
    state, detection = tracks.state.copy(), tracks.detection.copy()
    state[rows] = TrackState.CONFIRMED
    detection[rows] = RECOVERED
    return replace(tracks, state=state, detection=detection, poses=new)


def _with_rows(values: Float, rows: Int, new: Float) -> Float:
    """A copy with these rows replaced."""
    copy = values.copy()
    copy[rows] = new
    return copy
