"""Poses of many pictures with truth to the limits of pose NMS: RMPE's own procedure, on keypoint AP.

The poses are of boxes with box NMS turned almost off, so that there are duplicates to remove. They are estimated once;
the search then only chooses among them. Source: RMPE, Fang et al., arXiv:1612.00137, section 3.3.
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

EPSILON = 0.002  # AP; with 200 pictures smaller differences are chance: docs/accuracy.md
GROUPS = (("sigma_1", "sigma_2"), ("mu", "eta"))
USUAL_OVERLAP = 0.6  # IoU of box NMS in the yardstick
_TOGETHER = 0.4  # share of the keypoints that two people in each other's arms have at the same places
_COPY_OFF = 0.03  # of the box's longer side: by so much a copy of a pose may be off
_FAINT = 0.3  # keypoint score of a person who is badly seen
_RULED_OUT = -1.0


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What was found in a picture, before pose NMS.

    Attributes:
        poses: One a box, scored as persons.
        boxes: The same boxes with the detector's own scores, by which box NMS goes.
    """

    poses: Poses
    boxes: Boxes


@dataclass(frozen=True, slots=True)
class PairScores:
    """Keypoint AP of one pair of models, in [0, 1].

    Attributes:
        start: With the limits at the start.
        fitted: With the fitted limits.
        box_nms: Without pose NMS, after box NMS at the usual overlap.
        both: After box NMS at the usual overlap, with the fitted limits.
    """

    start: float
    fitted: float
    box_nms: float
    both: float


@dataclass(frozen=True, slots=True)
class FittedNms:
    """What a fit found.

    Attributes:
        limits: The fitted limits.
        scores: Of each pair of models.
        num_scored: Of how many settings the search had the mean AP computed.
        num_ruled_out: How many settings it left out since they are not sound.
    """

    limits: PoseNmsConfig
    scores: tuple[PairScores, ...]
    num_scored: int
    num_ruled_out: int


def fit(scorer: CachedScorer, pairs: Sequence[Sequence[Candidates]], start: PoseNmsConfig) -> FittedNms:
    """The sound limits with the highest AP near the start, in the mean over the pairs of models: see ``train.grid``.

    Args:
        scorer: Knows the truth.
        pairs: What each pair found in each picture, in the scorer's order.
        start: Where the search begins.
    """
    poses = [[part.poses for part in candidates] for candidates in pairs]
    num_ruled_out = 0

    def ap(values: Values) -> float:
        nonlocal num_ruled_out
        limits = PoseNmsConfig(**values)
        if limits != start and not is_sound(limits):
            num_ruled_out += 1
            return _RULED_OUT
        return statistics.fmean(scorer.ap(_left(part, limits)) for part in poses)

    found = search(ap, asdict(start), groups=GROUPS, epsilon=EPSILON)
    limits = PoseNmsConfig(**found.values)
    scores = tuple(_scores(scorer, candidates, start, limits) for candidates in pairs)
    return FittedNms(limits, scores, found.num_evaluations - num_ruled_out, num_ruled_out)


def is_sound(limits: PoseNmsConfig) -> bool:
    """Whether these limits keep both of two people in each other's arms, and remove a copy at any size.

    Sets of pictures hold few such couples, so AP alone would give them up for a little; and limits that remove no copy
    are of no use, whatever the pictures say. Couples are the surest keypoints at the same places; copies faint ones.

    >>> is_sound(PoseNmsConfig()), is_sound(PoseNmsConfig(eta=0.5)), is_sound(PoseNmsConfig(eta=2))
    (True, False, False)
    """
    couple = _TOGETHER * (math.tanh(1 / limits.sigma_1) ** 2 + limits.mu)
    copy = math.tanh(_FAINT / limits.sigma_1) ** 2 + limits.mu * math.exp(-(_COPY_OFF**2) / limits.sigma_2)
    return couple < limits.eta < copy


def _scores(
    scorer: CachedScorer, candidates: Sequence[Candidates], start: PoseNmsConfig, fitted: PoseNmsConfig
) -> PairScores:
    """What these limits reach with one pair of models."""
    many, few = [part.poses for part in candidates], [_few_boxes(part) for part in candidates]
    return PairScores(
        start=scorer.ap(_left(many, start)),
        fitted=scorer.ap(_left(many, fitted)),
        box_nms=scorer.ap(few),
        both=scorer.ap(_left(few, fitted)),
    )


def _left(poses: Sequence[Poses], limits: PoseNmsConfig) -> list[Poses]:
    """What pose NMS leaves in each picture."""
    return [nms.merge(part, limits)[0] for part in poses]


def _few_boxes(candidates: Candidates) -> Poses:
    """The poses of the boxes that box NMS leaves."""
    boxes = candidates.boxes
    return candidates.poses.take(box_nms.suppress(boxes.xyxy, boxes.score, max_overlap=USUAL_OVERLAP))
