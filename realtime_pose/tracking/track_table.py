"""What a tracker remembers of its tracks: arrays over the person axis, cut and joined together.

N tracks, K keypoints, frame pixels, seconds of media time.
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from realtime_pose.geometry import apply_affine, apply_affine_boxes
from realtime_pose.scene import Boxes, Float, Int, Poses, TrackState
from realtime_pose.skeletons import Skeleton

# An alpha-beta filter with alpha 1 (the pose is believed) of what a limb does beside its body; limbs swing, so that a
# velocity is soon out of date. Found on synthetic walkers of other seeds than those reported.
_DRIFT_GAIN = 0.3
_DRIFT_S = 0.3
_GOOD_SCORE = 0.5
_SHORTEST_S = 1e-3


@dataclass(slots=True, eq=False)
class TrackTable:
    """N living tracks. Row i of each array is one track; the tracker that owns it writes into the arrays.

    Attributes:
        ids: (N,) rising.
        state: (N,) of TrackState.
        hits: (N,) detections so far.
        age_s: (N,) since the first detection.
        unseen_s: (N,) since the last detection.
        flipped_s: (N,) for how long detections have come with left and right exchanged.
        detection: (N,) row of this frame's detection; -1 where there is none.
        trail: (N, T, 2) centres of the last T updates, oldest first; NaN before the first.
        xyxy: (N, 4) boxes, detected or predicted.
        box_score: (N,) of the last detection.
        keypoints: (N, K, 2) detected, or moved along with the predicted box.
        score: (N, K) of the last detection.
        drift: (N, K, 2) velocity of each keypoint beside that of its box, px/s.
    """

    ids: Int
    state: NDArray[np.uint8]
    hits: Int
    age_s: NDArray[np.float64]
    unseen_s: NDArray[np.float64]
    flipped_s: NDArray[np.float64]
    detection: Int
    trail: Float
    xyxy: Float
    box_score: Float
    keypoints: Float
    score: Float
    drift: Float

    def __len__(self) -> int:
        """N."""
        return len(self.ids)

    @classmethod
    def from_poses(cls, poses: Poses, detection: Int, *, first_id: int, trail_length: int) -> Self:
        """New tentative tracks with one hit each, numbered from first_id; detection (N,) as the attribute."""
        count = len(poses)
        trail = np.full((count, trail_length, 2), np.nan, np.float32)
        trail[:, -1] = centre(poses.boxes.xyxy)
        return cls(
            ids=np.arange(first_id, first_id + count, dtype=np.int64),
            state=np.full(count, TrackState.TENTATIVE, np.uint8),
            hits=np.ones(count, np.int64),
            age_s=np.zeros(count),
            unseen_s=np.zeros(count),
            flipped_s=np.zeros(count),
            detection=detection.copy(),
            trail=trail,
            xyxy=poses.boxes.xyxy.copy(),
            box_score=poses.boxes.score.copy(),
            keypoints=poses.keypoints.copy(),
            score=poses.score.copy(),
            drift=np.zeros_like(poses.keypoints),
        )

    def take(self, rows: Int | NDArray[np.bool_]) -> "TrackTable":
        """A copy of these rows, by index or mask."""
        return TrackTable(*(getattr(self, item.name)[rows] for item in fields(self)))

    def joined(self, other: "TrackTable") -> "TrackTable":
        """A copy of these rows, then the other's."""
        return TrackTable(
            *(np.concatenate((getattr(self, item.name), getattr(other, item.name))) for item in fields(self))
        )

    def advance(self, dt_s: float, xyxy: Float, shift: Float) -> None:
        """Let time pass: boxes stand at xyxy (N, 4), keypoints move by shift (N, 2), nothing is detected yet."""
        self.age_s += dt_s
        self.unseen_s += dt_s
        self.detection[:] = -1
        self.xyxy[:] = xyxy
        self.drift *= np.float32(np.exp(-dt_s / _DRIFT_S))
        self.keypoints += shift[:, None] + np.float32(dt_s) * self.drift

    def move(self, affine: Float) -> None:
        """Bring all into another picture by a map (2, 3)."""
        self.xyxy = apply_affine_boxes(affine, self.xyxy)
        self.keypoints = apply_affine(affine, self.keypoints)
        self.trail = apply_affine(affine, self.trail)
        self.drift = self.drift * np.array([affine[0, 0], affine[1, 1]], np.float32)

    def record(self, rows: Int, poses: Poses, detection: Int) -> None:
        """Write down which person (P,) each of these rows (P,) was seen as."""
        self.drift[rows] += self._new_drift(rows, poses)
        self.detection[rows] = detection
        self.hits[rows] += 1
        self.unseen_s[rows] = 0
        self.xyxy[rows] = poses.boxes.xyxy
        self.box_score[rows] = poses.boxes.score
        self.keypoints[rows] = poses.keypoints
        self.score[rows] = poses.score
        self.trail[rows, :-1] = self.trail[rows, 1:]
        self.trail[rows, -1] = centre(poses.boxes.xyxy)

    def _new_drift(self, rows: Int, poses: Poses) -> Float:
        """(P, K, 2) what these detections (P,) add to the drift; nothing where a keypoint's scores are poor."""
        trust = np.sqrt(self.score[rows] * poses.score)
        trust = np.where(trust > _GOOD_SCORE, _DRIFT_GAIN * trust, 0)[..., None]
        elapsed_s = np.maximum(self.unseen_s[rows], _SHORTEST_S)[:, None, None]
        return np.asarray(trust * (poses.keypoints - self.keypoints[rows]) / elapsed_s, dtype=np.float32)

    def poses(self, skeleton: Skeleton, fade: Float) -> Poses:
        """A copy of the boxes and poses, with the scores of each row times fade (N,)."""
        boxes = Boxes(self.xyxy.copy(), self.box_score * fade)
        return Poses(self.keypoints.copy(), self.score * fade[:, None], boxes, skeleton)


def height(xyxy: Float) -> Float:
    """(N,) heights of boxes, at least a pixel."""
    return np.asarray(np.maximum(xyxy[:, 3] - xyxy[:, 1], 1), dtype=np.float32)


def centre(xyxy: Float) -> Float:
    """(N, 2) centres of boxes."""
    return np.asarray((xyxy[:, :2] + xyxy[:, 2:]) / 2, dtype=np.float32)
