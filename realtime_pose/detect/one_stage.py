"""One-stage pose networks: raw outputs to boxes and the keypoints that come with them.

P candidates, K keypoints. These count from the edge of the first pixel; half a pixel is taken off, since here the
centre of a pixel lies at its integer index.
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
    """P persons in input pixels.

    Attributes:
        xyxy: (P, 4) boxes.
        score: (P,) of each box.
        keypoints: (P, K, 2).
        keypoint_score: (P, K).
    """

    xyxy: Float
    score: Float
    keypoints: Float
    keypoint_score: Float

    def take(self, rows: np.ndarray) -> "Candidates":
        """These rows, by index or mask."""
        return Candidates(self.xyxy[rows], self.score[rows], self.keypoints[rows], self.keypoint_score[rows])


def decode_yolo_pose(outputs: Arrays, _: tuple[int, int], __: ModelSpec) -> Candidates:
    """Persons of a YOLOv8 or 11 pose head (1, 5 + 3 K, P): middle, sides, score; then x, y, score of each keypoint."""
    rows = outputs["candidates"][0].T  # (P, 5 + 3 K)
    half = rows[:, 2:4] / 2
    xyxy = np.concatenate((rows[:, :2] - half, rows[:, :2] + half), axis=-1) - 0.5
    points = rows[:, 5:].reshape(len(rows), -1, 3)
    return _as_float32(xyxy, rows[:, 4], points[..., :2] - 0.5, points[..., 2])


def decode_movenet_multipose(outputs: Arrays, input_wh: tuple[int, int], _: ModelSpec) -> Candidates:
    """Persons of MoveNet MultiPose (1, P, 3 K + 5): y, x, score of each keypoint; then top, left, bottom, right, score.

    Places run from 0 to 1.
    """
    rows = outputs["persons"][0]  # (P, 3 K + 5)
    points = rows[:, :-5].reshape(len(rows), -1, 3)
    keypoints = points[..., 1::-1] * np.array(input_wh) - 0.5
    xyxy = rows[:, [-4, -5, -2, -3]] * np.array([*input_wh] * 2) - 0.5
    return _as_float32(xyxy, rows[:, -1], keypoints, points[..., 2])


def _as_float32(xyxy: NDArray[Any], score: Float, keypoints: NDArray[Any], keypoint_score: Float) -> Candidates:
    """The arrays as they belong; keypoint scores within their range."""
    arrays = (xyxy, score, keypoints, np.clip(keypoint_score, 0, 1))
    return Candidates(*(np.ascontiguousarray(array, dtype=np.float32) for array in arrays))
