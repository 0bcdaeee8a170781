"""Decoders for one-stage pose networks: raw outputs to boxes with keypoints.

P candidates, K keypoints. These graphs count from the edge of the first pixel. Here the centre of a pixel is at its
integer index, so half a pixel is subtracted.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_pose.geometry import Float
from realtime_pose.models.backend import Arrays
from realtime_pose.models.manifest import ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """P persons in input pixels, all float32.

    Attributes:
        xyxy: (P, 4) boxes.
        score: (P,) score of each box.
        keypoints: (P, K, 2) x and y.
        keypoint_score: (P, K) in [0, 1].
    """

    xyxy: Float
    score: Float
    keypoints: Float
    keypoint_score: Float

    def take(self, rows: np.ndarray) -> "Candidates":
        """The persons with these indices, or where this mask is true."""
        return Candidates(self.xyxy[rows], self.score[rows], self.keypoints[rows], self.keypoint_score[rows])


def decode_yolo_pose(outputs: Arrays, _: tuple[int, int], spec: ModelSpec) -> Candidates:
    """Persons of a YOLOv8 or 11 pose head (1, 4 + classes + 3 K, P), or 2 K without scores of keypoints.

    Each column has centre, sides, a score per class; then x, y and maybe a score per keypoint. Keypoints without scores
    get that of the person.
    """
    rows = outputs["candidates"][0].T  # (P, 4 + classes + 3 K)
    half = rows[:, 2:4] / 2
    xyxy = np.concatenate((rows[:, :2] - half, rows[:, :2] + half), axis=-1) - 0.5
    score = rows[:, 4 + spec.person_class]
    points = rows[:, 4 + spec.classes :].reshape(len(rows), -1, spec.keypoint_values)  # (P, K, 3)
    keypoint_score = points[..., 2] if spec.keypoint_values == 3 else np.broadcast_to(score[:, None], points.shape[:2])
    return _as_float32(xyxy, score, points[..., :2] - 0.5, keypoint_score)


def decode_movenet_multipose(outputs: Arrays, input_wh: tuple[int, int], _: ModelSpec) -> Candidates:
    """Persons of MoveNet MultiPose (1, P, 3 K + 5).

    Each row has y, x, score per keypoint; then top, left, bottom, right, score.

    Coordinates are fractions of the input, from 0 to 1.
    """
    rows = outputs["persons"][0]  # (P, 3 K + 5)
    points = rows[:, :-5].reshape(len(rows), -1, 3)  # (P, K, 3)
    keypoints = points[..., 1::-1] * np.array(input_wh) - 0.5  # (P, K, 2), x first
    xyxy = rows[:, [-4, -5, -2, -3]] * np.array([*input_wh] * 2) - 0.5
    return _as_float32(xyxy, rows[:, -1], keypoints, points[..., 2])


def _as_float32(xyxy: NDArray[Any], score: Float, keypoints: NDArray[Any], keypoint_score: Float) -> Candidates:
    """The candidates as float32, with keypoint scores clipped to [0, 1]."""
    arrays = (xyxy, score, keypoints, np.clip(keypoint_score, 0, 1))
    return Candidates(*(np.ascontiguousarray(array, dtype=np.float32) for array in arrays))
