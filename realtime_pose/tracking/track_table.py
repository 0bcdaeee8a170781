"""The tracker's table of tracks: arrays with one row per track, from which rows are taken and to which rows are added.

N tracks, K keypoints, frame pixels, seconds of media time.
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from realtime_pose.geometry import apply_affine, apply_affine_boxes
from realtime_pose.scene import RECOVERED, Boxes, Float, Int, Poses, TrackState
from realtime_pose.skeletons import Skeleton
from realtime_pose.tracking.stature import START_VARIANCE, deviation, gains, learned_variance, marks, stature_similarity

# An alpha-beta filter of each keypoint relative to its box. Alpha is 1: the detected position is taken as it is. Limbs
# swing, so a velocity is soon out of date and decays. Found on synthetic walkers with other seeds than those reported.
_VELOCITY_GAIN = 0.3  # beta
_VELOCITY_DECAY_S = 0.3  # the velocity falls to 1/e in this time
_MIN_TRUST = 0.5  # keypoints with lower scores do not change the velocity
_MIN_STEP_S = 1e-3  # so that detections with the same time do not divide by 0


@dataclass(slots=True, eq=False)
class TrackTable:
    """N living tracks. Row i of each array is one track; the tracker that owns the table writes into the arrays.

    Attributes:
        ids: (N,) each once.
        state: (N,) of TrackState.
        hits: (N,) number of detections.
        age_s: (N,) since the first detection.
        unseen_s: (N,) since the last detection, or the last pose in the predicted box that was accepted.
        flipped_s: (N,) how long detections have come with left and right swapped.
        detection: (N,) row of this frame's detection; -1 for a missed track, -2 for one that was followed.
        trail: (N, T, 2) centres of the last T detections, oldest first; NaN before the first.
        xyxy: (N, 4) boxes, detected or predicted.
        box_score: (N,) of the last detection.
        keypoints: (N, K, 2) detected, or predicted with the box.
        score: (N, K) of the last detection.
        keypoint_velocity: (N, K, 2) of each keypoint relative to its box, px/s.
        usual_y: (N, K + 2) usual vertical positions of the keypoints and of the box edges; see stature.py.
        usual_score: (N, K + 2) their scores, 0 for what was never seen.
        stature_variance: (N, 2) of level and size around them, in body heights.
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
    keypoint_velocity: Float
    usual_y: Float
    usual_score: Float
    stature_variance: NDArray[np.float64]

    def __len__(self) -> int:
        """N."""
        return len(self.ids)

    @classmethod
    def from_poses(cls, poses: Poses, detection: Int, *, first_id: int, trail_length: int) -> Self:
        """New tentative tracks with one hit each and ids from first_id on; detection (N,) as the attribute."""
        count = len(poses)
        trail = np.full((count, trail_length, 2), np.nan, np.float32)
        trail[:, -1] = box_centre(poses.boxes.xyxy)
        usual_y, usual_score = marks(poses)
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
            keypoint_velocity=np.zeros_like(poses.keypoints),
            usual_y=usual_y,
            usual_score=usual_score,
            stature_variance=np.full((count, 2), START_VARIANCE),
        )

    def take(self, rows: Int | NDArray[np.bool_]) -> "TrackTable":
        """A copy of these rows, by index or mask."""
        return TrackTable(*(getattr(self, item.name)[rows] for item in fields(self)))

    def concatenate(self, other: "TrackTable") -> "TrackTable":
        """A copy of these rows, then the other's."""
        return TrackTable(
            *(np.concatenate((getattr(self, item.name), getattr(other, item.name))) for item in fields(self))
        )

    def predict(self, dt_s: float, xyxy: Float, shift: Float) -> None:
        """Move all tracks on in time: boxes to xyxy (N, 4), keypoints by shift (N, 2); none is detected yet."""
        self.age_s += dt_s
        self.unseen_s += dt_s
        self.detection[:] = -1
        self.xyxy[:] = xyxy
        self.keypoint_velocity *= np.float32(np.exp(-dt_s / _VELOCITY_DECAY_S))
        self.keypoints += shift[:, None] + np.float32(dt_s) * self.keypoint_velocity  # (N, 1, 2) + (N, K, 2)

    def transform(self, affine: Float) -> None:
        """Map all tracks to another image size by an affine map (2, 3)."""
        self.xyxy = apply_affine_boxes(affine, self.xyxy)
        self.keypoints = apply_affine(affine, self.keypoints)
        self.trail = apply_affine(affine, self.trail)
        self.usual_y = (affine[1, 1] * self.usual_y + affine[1, 2]).astype(np.float32)
        self.keypoint_velocity = self.keypoint_velocity * np.array([affine[0, 0], affine[1, 1]], np.float32)

    def update(self, rows: Int, poses: Poses, detection: Int) -> None:
        """Write the detections (P,) into these rows (P,)."""
        self._learn_stature(rows, poses)  # needs the old times and counts
        self.follow(rows, poses)
        self.detection[rows] = detection
        self.hits[rows] += 1
        self.box_score[rows] = poses.boxes.score

    def follow(self, rows: Int, poses: Poses) -> None:
        """Write poses (P,) that no detector has found into these rows (P,): they are no hits."""
        self.keypoint_velocity[rows] += self._velocity_update(rows, poses)  # needs the old keypoints and times
        self.detection[rows] = RECOVERED
        self.unseen_s[rows] = 0
        self.xyxy[rows] = poses.boxes.xyxy
        self.keypoints[rows] = poses.keypoints
        self.score[rows] = poses.score
        self.trail[rows, :-1] = self.trail[rows, 1:]
        self.trail[rows, -1] = box_centre(poses.boxes.xyxy)

    def _velocity_update(self, rows: Int, poses: Poses) -> Float:
        """(P, K, 2) what these detections (P,) add to the keypoint velocities; 0 for keypoints with low scores."""
        trust = np.sqrt(self.score[rows] * poses.score)  # (P, K)
        gain = np.where(trust > _MIN_TRUST, _VELOCITY_GAIN * trust, 0)[..., None]
        elapsed_s = np.maximum(self.unseen_s[rows], _MIN_STEP_S)[:, None, None]
        return np.asarray(gain * (poses.keypoints - self.keypoints[rows]) / elapsed_s, dtype=np.float32)

    def stature_similarity(self, poses: Poses) -> Float:
        """(N, M) how well M detections fit the stature of each track, in [0, 1]; 0 without common keypoints."""
        y, score = marks(poses)
        deviations, is_known = deviation(self.usual_y, self.usual_score, y, score, height=box_height(self.xyxy))
        return np.where(is_known, stature_similarity(deviations, self.stature_variance), np.float32(0))

    def _learn_stature(self, rows: Int, poses: Poses) -> None:
        """Move what is usual towards these detections (P,); what is seen for the first time is usual."""
        y, score = marks(poses)
        usual_y, usual_score = self.usual_y[rows], self.usual_score[rows]
        # Each track with its own detection: P times N = M = 1.
        pairs = (each[:, None] for each in (usual_y, usual_score, y, score))  # (P, 1, L)
        deviations = deviation(*pairs, height=box_height(self.xyxy[rows])[:, None])[0][:, 0, 0]
        gain, variance_gain = gains(self.unseen_s[rows], self.hits[rows])
        self.stature_variance[rows] = learned_variance(self.stature_variance[rows], deviations, gain=variance_gain)
        trust = score / np.maximum(np.maximum(usual_score, score), 1e-6)  # (P, K + 2)
        is_first = usual_score == 0
        self.usual_y[rows] += np.where(is_first, score > 0, gain[:, None] * trust) * (y - usual_y)
        self.usual_score[rows] += np.where(is_first, 1.0, gain[:, None]) * (score - usual_score)

    def poses(self, skeleton: Skeleton, fade: Float) -> Poses:
        """A copy of the boxes and poses; the scores of each row are multiplied by fade (N,)."""
        boxes = Boxes(self.xyxy.copy(), self.box_score * fade)
        return Poses(self.keypoints.copy(), self.score * fade[:, None], boxes, skeleton)


def box_height(xyxy: Float) -> Float:
    """(N,) heights of boxes, at least a pixel."""
    return np.asarray(np.maximum(xyxy[:, 3] - xyxy[:, 1], 1), dtype=np.float32)


def box_centre(xyxy: Float) -> Float:
    """(N, 2) centres of boxes."""
    return np.asarray((xyxy[:, :2] + xyxy[:, 2:]) / 2, dtype=np.float32)
