"""Fit of pose NMS: poses of many images with ground truth in, limits with the highest keypoint AP out, as in RMPE.

The poses are of boxes after a very weak box NMS, so that there are duplicates to remove. They are estimated once; the
search only selects among them. Source: RMPE, Fang et al., arXiv:1612.00137, section 3.3.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from realtime_pose.config import PoseNmsConfig
from realtime_pose.detect import nms as box_nms
from realtime_pose.evaluate.cached_scorer import CachedScorer
from realtime_pose.pose import nms
from realtime_pose.scene import Boxes, Poses
from realtime_pose.train.grid import Values, search

EPSILON = 0.002  # AP; with 200 images smaller differences are random: docs/development/accuracy.md
GROUPS = (("sigma_1", "sigma_2"), ("mu", "eta"))
USUAL_OVERLAP = 0.6  # maximum IoU of box NMS, for comparison
# Two cases that limits must get right, whatever the AP says; see `is_sound`.
_COUPLE_SHARE = 0.4  # of the keypoints that two persons in close contact have at the same positions
_DUPLICATE_OFFSET = 0.03  # of a duplicate's keypoints, as a share of the box's longer side
_DUPLICATE_SCORE = 0.3  # keypoint score of a poorly visible person
_REJECTED = -1.0  # below any AP


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Poses and boxes of an image before pose NMS.

    Attributes:
        poses: One pose for each box, with person scores.
        boxes: The same boxes with the detector's own scores, which box NMS uses.
    """

    poses: Poses
    boxes: Boxes


@dataclass(frozen=True, slots=True)
class PairScores:
    """Keypoint AP of one pair of models, in [0, 1].

    Attributes:
        start: With the start limits.
        fitted: With the fitted limits.
        box_nms: With box NMS at the usual overlap instead of pose NMS.
        both: With box NMS at the usual overlap, then the fitted limits.
    """

    start: float
    fitted: float
    box_nms: float
    both: float


@dataclass(frozen=True, slots=True)
class FittedNms:
    """The result of a fit.

    Attributes:
        limits: The fitted limits.
        scores: Scores of each pair of models.
        num_scored: Number of settings whose mean AP was computed.
        num_ruled_out: Number of settings that were rejected because they are not sound.
    """

    limits: PoseNmsConfig
    scores: tuple[PairScores, ...]
    num_scored: int
    num_ruled_out: int


def fit(scorer: CachedScorer, pairs: Sequence[Sequence[Candidates]], start: PoseNmsConfig) -> FittedNms:
    """The sound limits with the highest mean AP over the pairs of models; ``train.grid`` describes the search.

    Args:
        scorer: The scorer with the ground truth.
        pairs: For each pair of models the candidates in each image, in the scorer's order.
        start: The start limits of the search.
    """
    poses = [[part.poses for part in candidates] for candidates in pairs]  # by pair, then by image
    num_ruled_out = 0

    def ap(values: Values) -> float:
        nonlocal num_ruled_out
        limits = PoseNmsConfig(**values)
        if limits != start and not is_sound(limits):
            num_ruled_out += 1
            return _REJECTED
        return statistics.fmean(scorer.ap(_after_pose_nms(each, limits)) for each in poses)

    result = search(ap, asdict(start), groups=GROUPS, epsilon=EPSILON)
    limits = PoseNmsConfig(**result.values)
    scores = tuple(_scores(scorer, candidates, start, limits) for candidates in pairs)
    return FittedNms(limits, scores, result.num_evaluations - num_ruled_out, num_ruled_out)


def is_sound(limits: PoseNmsConfig) -> bool:
    """Whether these limits keep both of two persons in close contact, and remove a duplicate at any size.

    Data sets have few such couples, so a search by AP alone would sacrifice them for a small gain. Limits that remove
    no duplicate are useless. Both are worst cases: a couple with keypoint scores of 1, a duplicate with low scores.

    >>> is_sound(PoseNmsConfig()), is_sound(PoseNmsConfig(eta=0.5)), is_sound(PoseNmsConfig(eta=2))
    (True, False, False)
    """
    # RMPE's similarity of poses: the soft keypoint matches plus mu times the spatial ones, against the threshold eta.
    couple = _COUPLE_SHARE * (math.tanh(1 / limits.sigma_1) ** 2 + limits.mu)
    spatial = math.exp(-(_DUPLICATE_OFFSET**2) / limits.sigma_2)
    duplicate = math.tanh(_DUPLICATE_SCORE / limits.sigma_1) ** 2 + limits.mu * spatial
    return couple < limits.eta < duplicate


def _scores(
    scorer: CachedScorer, candidates: Sequence[Candidates], start: PoseNmsConfig, fitted: PoseNmsConfig
) -> PairScores:
    """The scores of one pair of models."""
    poses = [part.poses for part in candidates]
    after_box_nms = [_after_box_nms(part) for part in candidates]
    return PairScores(
        start=scorer.ap(_after_pose_nms(poses, start)),
        fitted=scorer.ap(_after_pose_nms(poses, fitted)),
        box_nms=scorer.ap(after_box_nms),
        both=scorer.ap(_after_pose_nms(after_box_nms, fitted)),
    )


def _after_pose_nms(poses: Sequence[Poses], limits: PoseNmsConfig) -> list[Poses]:
    """The poses of each image that pose NMS keeps."""
    return [nms.merge(each, limits)[0] for each in poses]


def _after_box_nms(candidates: Candidates) -> Poses:
    """The poses of the boxes that box NMS keeps."""
    boxes = candidates.boxes
    return candidates.poses.take(box_nms.suppress(boxes.xyxy, boxes.score, max_overlap=USUAL_OVERLAP))
