"""Angles of joints in the plane of the image, from keypoints. N persons, K keypoints; degrees.

They are angles in the picture, not in space: a limb that points to the camera looks bent or short.

The angle of a joint is that between its two neighbours, in [0, 180]; 180 is a straight joint:

    elbow     shoulder - elbow - wrist
    shoulder  hip - shoulder - elbow
    hip       shoulder - hip - knee
    knee      hip - knee - ankle
    ankle     knee - ankle - big toe (or the tip of the foot), for skeletons that have it

The lean of the trunk is the angle of the line from the middle of the hips to the middle of the shoulders against the
vertical of the image, in [-180, 180]: 0 is upright, positive is to the right of the image.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from realtime_pose.scene import Float, Poses
from realtime_pose.skeletons import Skeleton

TRUNK_LEAN = "trunk_lean"
_JOINTS = {
    "elbow": ("shoulder", "elbow", "wrist"),
    "shoulder": ("hip", "shoulder", "elbow"),
    "hip": ("shoulder", "hip", "knee"),
    "knee": ("hip", "knee", "ankle"),
    "ankle": ("knee", "ankle", "big_toe"),
}
_TOES = ("big_toe", "foot_index")  # names of the tip of the foot in the skeletons


@dataclass(frozen=True, slots=True, eq=False)
class JointAngles:
    """A angles of N persons.

    Attributes:
        names: A names, such as left_knee; trunk_lean is the last one.
        degrees: (N, A) float32; NaN where two keypoints lie at the same place.
        score: (N, A) float32 in [0, 1]: the score of the weakest keypoint of each angle.
    """

    names: tuple[str, ...]
    degrees: Float
    score: Float


def joint_angles(poses: Poses) -> JointAngles:
    """The angles that the skeleton of these poses has keypoints for.

    >>> from realtime_pose.skeletons import COCO17
    >>> joint_angles(Poses.empty(COCO17)).names[:3], len(joint_angles(Poses.empty(COCO17)).names)
    (('left_elbow', 'right_elbow', 'left_shoulder'), 9)
    """
    triples, trunk = _triples(poses.skeleton), _trunk(poses.skeleton)
    columns = [_bend(poses, indices) for indices in triples.values()]
    names = tuple(triples)
    if trunk:
        columns, names = [*columns, _lean(poses, trunk)], (*names, TRUNK_LEAN)
    shape = (len(poses), 0)
    degrees = np.column_stack([np.zeros(shape), *(angle for angle, _ in columns)])
    score = np.column_stack([np.zeros(shape), *(least for _, least in columns)])
    return JointAngles(names, degrees.astype(np.float32), score.astype(np.float32))


@lru_cache
def _triples(skeleton: Skeleton) -> dict[str, tuple[int, int, int]]:
    """For each joint of both sides the indices of its three keypoints."""
    found = {}
    for joint, parts in _JOINTS.items():
        for side in ("left", "right"):
            names = [_name(skeleton, side, part) for part in parts]
            if all(names):
                first, middle, last = (skeleton.keypoints.index(name) for name in names)
                found[f"{side}_{joint}"] = (first, middle, last)
    return found


def _name(skeleton: Skeleton, side: str, part: str) -> str:
    """The name of a keypoint; "" if the skeleton has none."""
    parts = _TOES if part in _TOES else (part,)
    return next((f"{side}_{each}" for each in parts if f"{side}_{each}" in skeleton.keypoints), "")


@lru_cache
def _trunk(skeleton: Skeleton) -> tuple[int, ...]:
    """Indices of the hips and the shoulders, left before right; () if the skeleton lacks one."""
    names = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
    has_all = all(name in skeleton.keypoints for name in names)
    return tuple(skeleton.keypoints.index(name) for name in names) if has_all else ()


def _bend(poses: Poses, indices: tuple[int, int, int]) -> tuple[Float, Float]:
    """Angle and score (N,) of a joint."""
    first, middle, last = (poses.keypoints[:, index].astype(np.float64) for index in indices)  # (N, 2) each
    one, other = first - middle, last - middle
    cross = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    # atan2 instead of arccos, which is inexact for straight joints.
    angle = np.degrees(np.arctan2(np.abs(cross), (one * other).sum(axis=1)))
    is_point = (np.abs(one).sum(axis=1) == 0) | (np.abs(other).sum(axis=1) == 0)
    return np.where(is_point, np.nan, angle), poses.score[:, list(indices)].min(axis=1)


def _lean(poses: Poses, indices: tuple[int, ...]) -> tuple[Float, Float]:
    """Lean and score (N,) of the trunk."""
    keypoints = poses.keypoints[:, list(indices)].astype(np.float64)  # (N, 4, 2): hips, then shoulders
    line = keypoints[:, 2:].mean(axis=1) - keypoints[:, :2].mean(axis=1)  # (N, 2)
    angle = np.degrees(np.arctan2(line[:, 0], -line[:, 1]))  # y of an image points down
    return np.where(np.abs(line).sum(axis=1) == 0, np.nan, angle), poses.score[:, list(indices)].min(axis=1)
