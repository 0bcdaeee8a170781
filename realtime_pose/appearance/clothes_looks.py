"""Looks at clothes: mean and spread of the features of one person, and how different two persons are.

F features, of `clothes`.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from realtime_pose.appearance.clothes import IS_LIGHT, NUM_FEATURES, PART_OF_FEATURE, describe_clothes
from realtime_pose.appearance.looks import Appearance, LookRules
from realtime_pose.scene import Float, Image, Poses

Real = NDArray[np.float64]

_MIN_KNOWN = 4  # looks in which a feature was known, before it counts; of fewer looks all
_MIN_STD = np.where(IS_LIGHT, 9.0, 5.0)  # (F,) other light, other posture: nobody looks the same to the last unit
_EXPOSURE = (0.8, 1.25)  # a camera may make everything brighter or darker by so much
_LIGHT_CHANGE = 0.1  # beyond that, other light changes a feature by this share of its value
_MAX_NORMED = 4.0  # a single feature cannot decide alone: its normed squared difference counts as no more
_OTHER = 5.0  # times the limit of the same person
# Too many people wear black, grey or white: torso and upper legs need some features with more colour.
_MIN_COLOUR = 20.0
_MIN_COLOURED = 3
_CAN_COLOUR = ~IS_LIGHT & (PART_OF_FEATURE < 2)  # (F,)
_NUM_PARTS = int(PART_OF_FEATURE.max()) + 1
_LOOK_S = 0.09  # between two looks at a person; those between are nearly the same
_MOST, _ENOUGH = 1000, 8


@dataclass(slots=True, eq=False)
class ClothesLooks:
    """Looks at the clothes of one person, summed up; see `Looks`.

    Attributes:
        count: How many there are.
        known: (F,) in how many of them a feature was known.
        mean: (F,) mean of a feature in these.
        square: (F,) sum of its squared deviations from the mean.
    """

    count: int = 0
    known: Real = field(default_factory=lambda: np.zeros(NUM_FEATURES))
    mean: Real = field(default_factory=lambda: np.zeros(NUM_FEATURES))
    square: Real = field(default_factory=lambda: np.zeros(NUM_FEATURES))

    @property
    def is_sure(self) -> NDArray[np.bool_]:
        """(F,) the features that were known in enough looks."""
        return self.known >= min(max(self.count, 1), _MIN_KNOWN)

    @property
    def is_distinct(self) -> bool:
        """Whether few people look like this."""
        is_coloured = _CAN_COLOUR & self.is_sure & (np.abs(self.mean) > _MIN_COLOUR)
        return int(is_coloured.sum()) >= _MIN_COLOURED

    def add(self, features: Float, is_known: NDArray[np.bool_]) -> None:
        """One more look; Welford's update."""
        self.count += 1
        self.known += is_known
        step = np.where(is_known, features - self.mean, 0)
        self.mean += step / np.maximum(self.known, 1)
        self.square += step * np.where(is_known, features - self.mean, 0)

    def merge(self, newer: "ClothesLooks") -> None:
        """Add the looks of a track that turned out to be this person."""
        total = np.maximum(self.known + newer.known, 1)
        step = newer.mean - self.mean
        self.square += newer.square + step**2 * self.known * newer.known / total
        self.mean += step * newer.known / total
        self.known += newer.known
        self.count += newer.count

    def difference(self, other: "ClothesLooks") -> float:
        """How different two persons look: the mean normed squared difference; infinite if too little is known."""
        is_common = self.is_sure & other.is_sure
        if len(np.unique(PART_OF_FEATURE[is_common])) < _NUM_PARTS:
            return np.inf
        first, second = self.mean[is_common], other.mean[is_common]
        gain = np.clip(float(first @ second) / max(float(first @ first), 1e-9), *_EXPOSURE)
        first = gain * first
        floor = _MIN_STD[is_common] + _LIGHT_CHANGE * np.maximum(np.abs(first), np.abs(second))
        variance = (self.square + other.square)[is_common] / (self.known + other.known)[is_common]
        return float(np.minimum((first - second) ** 2 / (floor**2 + variance), _MAX_NORMED).mean())


class ClothesDescriber:
    """Looks at the clothes of people with shoulders, hips, knees and ankles; see `Describer`.

    Args:
        max_difference: Largest difference of the same person.
    """

    def __init__(self, max_difference: float) -> None:
        self.rules = LookRules(
            max_difference, _OTHER * max_difference, new_s=_LOOK_S, known_s=_LOOK_S, most=_MOST, enough=_ENOUGH
        )

    def can_see(self, poses: Poses, wh: tuple[int, int]) -> NDArray[np.bool_]:  # noqa: ARG002 - of Describer
        """(N,) everybody: what cannot be seen is not known afterwards."""
        return np.ones(len(poses), np.bool_)

    def describe(self, image: Image, poses: Poses) -> Appearance:
        """The clothes of the N persons."""
        return describe_clothes(image, poses)

    def no_looks(self) -> ClothesLooks:
        """The looks of a new person."""
        return ClothesLooks()
