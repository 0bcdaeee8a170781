"""What is wrong with each keypoint that was found: jitter, inversion, swap or miss, and how many there are of each.

P poses that belong to persons, N true persons of the same picture, K keypoints; coordinates are those of the picture.
A keypoint is measured by its similarity to a labelled one, exp(-d^2 / (2 area (2 sigma)^2)), in [0, 1], with the area
of the person to whom the labelled one belongs: OKS is the mean of these.
Source: Ronchi & Perona, Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation, ICCV 2017,
arXiv:1707.05388.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from realtime_pose.evaluate.matching import MATCHING_OKS, NOBODY, GroundTruthMatching, TruePersons
from realtime_pose.geometry import keypoint_similarity
from realtime_pose.scene import Float, Int, Poses
from realtime_pose.skeletons import Skeleton

# The paper's limits: annotators agree with each other down to .85; what is below .5 of a keypoint is not about it.
GOOD_SIMILARITY = 0.85
NEAR_SIMILARITY = 0.5


class ErrorType(IntEnum):
    """What a keypoint that was found is.

    GOOD: within the annotators' own error of where it belongs.
    JITTER: near where it belongs.
    INVERSION: near the same person's keypoint of the other side, a left ankle on the right one.
    SWAP: near this keypoint, or the one of the other side, of another person.
    MISS: near none of these.
    UNLABELLED: nobody knows where it belongs; it is not counted.
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
    """How many errors there are of each kind in a set of pictures.

    Attributes:
        keypoints: (K, 5) int64 labelled keypoints of matched persons, a column for each of `COUNTED`.
        matched: Persons with a pose.
        missed: Persons without one.
        repeated: Poses of nobody near a person who has another pose.
        background: Poses of nobody near nobody.
        score: Poses of nobody are counted from this score on.
    """

    keypoints: Int
    matched: int
    missed: int
    repeated: int
    background: int
    score: float

    @property
    def shares(self) -> NDArray[np.float64]:
        """(5,) share of each type among all counted keypoints; all 0 where there is none."""
        total = self.keypoints.sum(axis=0)
        return np.asarray(total / max(int(total.sum()), 1), np.float64)

    @property
    def line(self) -> str:
        """The shares in words, for a terminal."""
        shares = ", ".join(f"{kind.name.lower()} {share:.1%}" for kind, share in zip(COUNTED, self.shares, strict=True))
        return (
            f"{int(self.keypoints.sum())} labelled keypoints of {self.matched} matched persons: {shares}\n"
            f"{self.missed} persons missed; {self.repeated} repeated and {self.background} background poses "
            f"with a score of {self.score:.2f} or more"
        )


def error_types(found: Poses, truth: TruePersons, person: Int) -> NDArray[np.int8]:
    """(P, K) `ErrorType` of each keypoint.

    What is good, is good whatever lies beside it. Of the others the most similar labelled keypoint decides: its own
    place, the same person's other side, or another person; in this order where they are equal.

    Args:
        found: P poses.
        truth: N persons, all who are labelled in the picture.
        person: (P,) which row of the truth a pose belongs to.
    """
    types = np.full(found.score.shape, ErrorType.UNLABELLED, np.int8)
    if not len(found):
        return types
    rows, mirrored = np.arange(len(found)), found.skeleton.mirrored
    straight = _similarity(truth, found, np.arange(len(mirrored)))  # (N, P, K)
    crossed = _similarity(truth, found, mirrored)
    own, inverted = straight[person, rows], np.where(mirrored == np.arange(len(mirrored)), 0, crossed[person, rows])
    straight[person, rows] = crossed[person, rows] = 0
    swapped = np.maximum(straight, crossed).max(axis=0)
    nearest = np.stack((own, inverted, swapped))  # (3, P, K)
    kinds = np.array([ErrorType.JITTER, ErrorType.INVERSION, ErrorType.SWAP])[nearest.argmax(axis=0)]
    kinds[nearest.max(axis=0) < NEAR_SIMILARITY] = ErrorType.MISS
    kinds[own >= GOOD_SIMILARITY] = ErrorType.GOOD
    return np.where(truth.is_labelled[person], kinds, types).astype(np.int8)


def types_of(matching: GroundTruthMatching) -> NDArray[np.int8]:
    """(M, K) `ErrorType` of each keypoint of a picture's poses; those of nobody are unlabelled."""
    types = np.full(matching.found.score.shape, ErrorType.UNLABELLED, np.int8)
    rows = np.flatnonzero(matching.person != NOBODY)
    types[rows] = error_types(matching.found.take(rows), matching.truth, matching.person[rows])
    return types


def count_errors(match_ground_truth: Sequence[GroundTruthMatching], skeleton: Skeleton, *, score: float) -> ErrorCounts:
    """The errors of all pictures; poses of nobody count from this score on."""
    types = np.concatenate(
        [np.zeros((0, len(skeleton)), np.int8), *(types_of(matching) for matching in match_ground_truth)]
    )
    near = [matching.oks.max(axis=1, initial=0) >= MATCHING_OKS for matching in match_ground_truth]
    false = [matching.is_false(score) for matching in match_ground_truth]
    missed = sum(int(matching.is_missed.sum()) for matching in match_ground_truth)
    repeated = sum(int((a & b).sum()) for a, b in zip(false, near, strict=True))
    return ErrorCounts(
        keypoints=np.stack([(types == kind).sum(axis=0) for kind in COUNTED], axis=1),
        matched=sum(len(matching.truth) for matching in match_ground_truth) - missed,
        missed=missed,
        repeated=repeated,
        background=sum(int(each.sum()) for each in false) - repeated,
        score=score,
    )


def _similarity(truth: TruePersons, found: Poses, order: Int) -> Float:
    """(N, P, K) similarity of each keypoint found to the truth's in this order, 0 where that is not labelled."""
    sigmas = np.array(found.skeleton.sigmas, np.float32)[order]
    similarity = keypoint_similarity(truth.xy[:, order], found.keypoints, area_px2=truth.area_px2, sigmas=sigmas)
    return np.where(truth.is_labelled[:, None, order], similarity, np.float32(0))
