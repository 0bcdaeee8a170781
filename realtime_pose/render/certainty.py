"""Which keypoints are seen and which are guessed: how certain each one is, and whose skeleton is drawn.

N persons, K keypoints, P parts. A network gives each keypoint a place and a score, also where it can only guess: the
face of a head seen from behind, the feet behind a table, a lamp post. The score that separates seen from guessed
differs by network and by keypoint (`Skeleton.guess_scores`). Certainty is the score on a scale where this one is 0.5.

Where the limits come from: docs/development/accuracy.md, "Seen or guessed", benchmarks/accuracy/guess_scores.py.
"""

import numpy as np
from numpy.typing import NDArray

from realtime_pose.scene import Float, Poses

FALLBACK_GUESS_SCORE = 0.3  # of a network for which nothing was measured: about the mean of those that were
# A keypoint further outside its box, in sides of the box, is on somebody else: 4 of 5 such keypoints are wrong.
_MAX_OUTSIDE = 0.1
_MAX_LIMB = 0.6  # longest limb, in longer sides of the box: 2 of 3 longer limbs are wrong
_MIN_KEYPOINTS = 3  # a person with fewer certain keypoints gets no skeleton


def certainty(poses: Poses) -> Float:
    """(N, K) in [0, 1]: 0.5 where seen and guessed are equally likely; 0 outside of the box and for no place at all."""
    guess = np.array(poses.skeleton.guess_scores or (FALLBACK_GUESS_SCORE,), np.float32)
    score = poses.score
    scaled = np.where(score < guess, 0.5 * score / guess, 0.5 + 0.5 * (score - guess) / (1 - guess))
    return np.asarray(scaled * _is_on_person(poses), np.float32)


def part_certainty(poses: Poses, certain: Float, ends: NDArray[np.int64]) -> Float:
    """(N, P) of each part: that of its weaker end; 0 for a limb that is too long for the person.

    Args:
        poses: N poses.
        certain: (N, K) their `certainty`.
        ends: (P, 2) the keypoints of each limb; a keypoint alone has its index twice.
    """
    limb = poses.keypoints[:, ends[:, 0]] - poses.keypoints[:, ends[:, 1]]  # (N, P, 2)
    sides = poses.boxes.xyxy[:, 2:] - poses.boxes.xyxy[:, :2]
    longest = _MAX_LIMB * sides.max(axis=1, initial=0)[:, None]  # (N, 1)
    is_plausible = (limb**2).sum(axis=-1) <= longest**2
    return np.asarray(certain[:, ends].min(axis=-1) * is_plausible, np.float32)


def has_skeleton(poses: Poses, *, threshold: float) -> NDArray[np.bool_]:
    """(N,) whether enough keypoints of a person are this certain to draw a skeleton."""
    return is_enough(certainty(poses), threshold=threshold)


def is_enough(certain: Float, *, threshold: float) -> NDArray[np.bool_]:
    """The same from the certainty (N, K) of the keypoints."""
    count = (certain >= threshold).sum(axis=1)
    return np.asarray(count >= min(_MIN_KEYPOINTS, certain.shape[1]))


def _is_on_person(poses: Poses) -> NDArray[np.bool_]:
    """(N, K) whether a keypoint has a place, inside the person's box or near it."""
    low, high = poses.boxes.xyxy[:, None, :2], poses.boxes.xyxy[:, None, 2:]  # (N, 1, 2)
    margin = _MAX_OUTSIDE * (high - low)
    xy = poses.keypoints  # comparisons with NaN are false
    return np.asarray(((xy >= low - margin) & (xy <= high + margin)).all(axis=-1))
