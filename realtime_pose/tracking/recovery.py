"""Track-guided crops: where to look for people whom the detector missed for a moment, and which poses found to believe.

N tracks of a frame in, the rows to estimate out; then M poses in, the tracks with those believed out. A skeleton that
would flicker is kept so, never longer than recovery_s after the last detection. The tracker does not see it.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from realtime_pose.config import TrackConfig
from realtime_pose.geometry import area, clip, iou, oks
from realtime_pose.scene import RECOVERED, Boxes, Float, Int, Poses, Tracks, TrackState

_MAX_OVERLAP = 0.3  # IoU with somebody detected, above which the crop would show that person
_MIN_INSIDE = 0.6  # share of the predicted box that has to lie in the picture
_MIN_OKS = 0.3  # likeness to the predicted pose: what is found is who was expected
_MAX_OKS = 0.35  # likeness to somebody detected, above which it is that person's pose once more


class TrackRecovery:
    """Guides crops of one stream; remembers when each track was last detected."""

    def __init__(self, config: TrackConfig) -> None:
        self._config = config
        self._detected_s: dict[int, float] = {}

    def rows(self, tracks: Tracks, *, time_s: float, frame_wh: tuple[int, int]) -> Int:
        """(M,) rows of lost tracks to estimate at their predicted boxes, latest detection first; M <= recovery_persons.

        Call for every frame.
        """
        is_detected = tracks.detection >= 0
        before = self._detected_s
        self._detected_s = {
            track_id: time_s if found else before.get(track_id, -np.inf)
            for track_id, found in zip(tracks.ids.tolist(), is_detected.tolist(), strict=True)
        }
        unseen_s = time_s - np.array(list(self._detected_s.values()), np.float64)
        xyxy = tracks.poses.boxes.xyxy
        wanted = (tracks.state == TrackState.LOST) & (unseen_s <= self._config.recovery_s)
        wanted &= iou(xyxy, xyxy[is_detected]).max(axis=1, initial=0) <= _MAX_OVERLAP
        wanted &= area(clip(xyxy, frame_wh)) >= _MIN_INSIDE * area(xyxy)
        wanted &= area(xyxy) > 0
        order = np.argsort(unseen_s, kind="stable")
        return np.asarray(order[wanted[order]][: self._config.recovery_persons], dtype=np.int64)

    def accepted(self, tracks: Tracks, rows: Int, poses: Poses) -> Tracks:
        """The tracks, those of rows (M,) confirmed and GUIDED whose poses (M) pass: sure, alike, and nobody else's."""
        score = poses.score.mean(axis=1)
        expected = tracks.poses.take(rows)
        others = tracks.poses.take(tracks.detection >= 0)
        passed = score >= self._config.recovery_min_score
        passed &= np.diagonal(_similarity(expected, poses)) >= _MIN_OKS
        passed &= _similarity(poses, others).max(axis=1, initial=0) <= _MAX_OKS
        return _with_poses(tracks, rows[passed], poses.take(passed))


def _similarity(first: Poses, second: Poses) -> Float:
    """(N, M) OKS, keypoints weighted by the scores of the second."""
    sigmas = np.array(first.skeleton.sigmas, np.float32)
    return oks(
        first.keypoints,
        second.keypoints,
        area_px2=area(first.boxes.xyxy),
        sigmas=sigmas,
        weight=np.broadcast_to(second.score[None], (len(first), *second.score.shape)),
    )


def _with_poses(tracks: Tracks, rows: Int, poses: Poses) -> Tracks:
    """The tracks, with these poses in these rows (M,), marked as guided."""
    before = tracks.poses
    score = _written(before.boxes.score, rows, poses.boxes.score)
    after = replace(
        before,
        keypoints=_written(before.keypoints, rows, poses.keypoints),
        score=_written(before.score, rows, poses.score),
        boxes=Boxes(_written(before.boxes.xyxy, rows, poses.boxes.xyxy), score),
    )
    state = tracks.state.copy()
    state[rows] = TrackState.CONFIRMED
    detection = tracks.detection.copy()
    detection[rows] = RECOVERED
    return replace(tracks, state=state, detection=detection, poses=after)


def _written(values: Float, rows: Int, new: NDArray[np.float32]) -> Float:
    """A copy with these rows replaced."""
    copy = values.copy()
    copy[rows] = new
    return copy
