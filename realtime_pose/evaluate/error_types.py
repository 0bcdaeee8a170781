"""Error types of estimated keypoints (jitter, inversion, swap, miss), and how many there are of each.

P poses that are matched to persons, N true persons of the same image, K keypoints; coordinates are those of the image.
The measure is the similarity of a keypoint to a labelled one, exp(-d^2 / (2 area (2 sigma)^2)), in [0, 1], with the
area of the person of the labelled one. OKS is the mean of these similarities.
Source: Ronchi & Perona, Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation, ICCV 2017,
arXiv:1707.05388.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from realtime_pose.counts import counted
from realtime_pose.evaluate.matching import MATCHING_OKS, UNMATCHED, GroundTruthMatching, TruePersons
from realtime_pose.geometry import keypoint_similarity
from realtime_pose.scene import Float, Int, Poses
from realtime_pose.skeletons import Skeleton

# The paper's limits: annotators agree with each other down to .85; below .5 a keypoint is at another place.
GOOD_SIMILARITY = 0.85
NEAR_SIMILARITY = 0.5


class ErrorType(IntEnum):
    """Type of an estimated keypoint.

    GOOD: within the annotators' own error of the true position.
    JITTER: near the true position.
    INVERSION: near the same person's keypoint of the other side, such as a left ankle at the right one.
    SWAP: near the same keypoint of another person, or its counterpart of the other side.
    MISS: near none of these.
    UNLABELLED: the true position is not known; it is not counted.
    """

    UNLABELLED = -1
    GOOD = 0
    JITTER = 1
    INVERSION = 2
    SWAP = 3
    MISS = 4


COUNTED = tuple(kind for kind in ErrorType if kind is not ErrorType.UNLABELLED)


@dataclass(frozen=True, slots=True, eq=False)
class ErrorCounts:
    """Numbers of errors of each type in a set of images.

    Attributes:
        keypoints: (K, 5) int64 labelled keypoints of matched persons, one column for each of `COUNTED`.
        matched: Persons with a pose.
        missed: Persons without a pose.
        duplicate: Unmatched poses near a person who has another pose.
        background: Unmatched poses near no person.
        score: Unmatched poses with this score or a higher one are counted.
    """

    keypoints: Int
    matched: int
    missed: int
    duplicate: int
    background: int
    score: float

    @property
    def shares(self) -> NDArray[np.float64]:
        """(5,) share of each type among all counted keypoints; all 0 if there is none."""
        total = self.keypoints.sum(axis=0)
        return np.asarray(total / max(int(total.sum()), 1), np.float64)

    @property
    def line(self) -> str:
        """The shares as text for a terminal."""
        shares = ", ".join(f"{kind.name.lower()} {share:.1%}" for kind, share in zip(COUNTED, self.shares, strict=True))
        return (
            f"{counted(int(self.keypoints.sum()), 'labelled keypoint')} of "
            f"{counted(self.matched, 'matched person')}: {shares}\n"
            f"{counted(self.missed, 'person')} missed; {counted(self.duplicate, 'duplicate pose')} and "
            f"{counted(self.background, 'background pose')} "
            f"with a score of {self.score:.2f} or more"
        )


def classify_keypoints(poses: Poses, truth: TruePersons, person: Int) -> NDArray[np.int8]:
    """(P, K) `ErrorType` of each keypoint.

    A good keypoint is good, even if another labelled one is nearer. For the others the most similar labelled keypoint
    decides: its own, that of the other side, or another person's; in this order if they are equal.

    Args:
        poses: P poses.
        truth: N persons, all that are labelled in the image.
        person: (P,) row of the truth of each pose.
    """
    types = np.full(poses.score.shape, ErrorType.UNLABELLED, np.int8)
    if not len(poses):
        return types
    rows, mirrored = np.arange(len(poses)), poses.skeleton.mirrored
    same_side = _similarity(truth, poses, np.arange(len(mirrored)))  # (N, P, K)
    other_side = _similarity(truth, poses, mirrored)
    own = same_side[person, rows]  # (P, K)
    # A keypoint without a side, such as the nose, is its own counterpart and cannot be inverted.
    inverted = np.where(mirrored == np.arange(len(mirrored)), 0, other_side[person, rows])
    same_side[person, rows] = other_side[person, rows] = 0  # only other persons are left
    swapped = np.maximum(same_side, other_side).max(axis=0)
    nearest = np.stack((own, inverted, swapped))  # (3, P, K)
    kinds = np.array([ErrorType.JITTER, ErrorType.INVERSION, ErrorType.SWAP])[nearest.argmax(axis=0)]
    kinds[nearest.max(axis=0) < NEAR_SIMILARITY] = ErrorType.MISS
    kinds[own >= GOOD_SIMILARITY] = ErrorType.GOOD
    return np.where(truth.is_labelled[person], kinds, types).astype(np.int8)


def classify_matching(matching: GroundTruthMatching) -> NDArray[np.int8]:
    """(M, K) `ErrorType` of each keypoint of an image's poses; those of unmatched poses are unlabelled."""
    types = np.full(matching.poses.score.shape, ErrorType.UNLABELLED, np.int8)
    rows = np.flatnonzero(matching.person != UNMATCHED)
    types[rows] = classify_keypoints(matching.poses.take(rows), matching.truth, matching.person[rows])
    return types


def count_errors(matchings: Sequence[GroundTruthMatching], skeleton: Skeleton, *, score: float) -> ErrorCounts:
    """The errors of all images; unmatched poses with this score or a higher one count."""
    # The empty array gives the shape (all poses, K) also for no image.
    types = np.concatenate([np.zeros((0, len(skeleton)), np.int8), *map(classify_matching, matchings)])
    is_near = [matching.oks.max(axis=1, initial=0) >= MATCHING_OKS for matching in matchings]
    is_false = [matching.is_false(score) for matching in matchings]
    missed = sum(int(matching.is_missed.sum()) for matching in matchings)
    duplicate = sum(int((false & near).sum()) for false, near in zip(is_false, is_near, strict=True))
    return ErrorCounts(
        keypoints=np.stack([(types == kind).sum(axis=0) for kind in COUNTED], axis=1),
        matched=sum(len(matching.truth) for matching in matchings) - missed,
        missed=missed,
        duplicate=duplicate,
        background=sum(int(each.sum()) for each in is_false) - duplicate,
        score=score,
    )


def _similarity(truth: TruePersons, poses: Poses, order: Int) -> Float:
    """(N, P, K) similarity of each keypoint to the truth's in this order, 0 if that is not labelled."""
    sigmas = np.array(poses.skeleton.sigmas, np.float32)[order]
    similarity = keypoint_similarity(truth.xy[:, order], poses.keypoints, area_px2=truth.area_px2, sigmas=sigmas)
    return np.where(truth.is_labelled[:, None, order], similarity, np.float32(0))
