"""Looks: what people look like in one frame, and what is kept of the looks of one person; the protocols of both.

N persons, F features.
"""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from realtime_pose.scene import Float, Image, Poses


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """What N persons look like in one frame.

    Attributes:
        features: (N, F) numbers that are alike for the same person.
        is_known: (N, F) whether they could be measured.
    """

    features: Float
    is_known: NDArray[np.bool_]


class Looks(Protocol):
    """All looks of one person, summed up; they take the same memory however many they are."""

    @property
    def count(self) -> int:
        """How many there are."""

    @property
    def is_distinct(self) -> bool:
        """Whether few people look like this."""

    def add(self, features: Float, is_known: NDArray[np.bool_]) -> None:
        """One more look (F,), and what of it is known (F,)."""

    def merge(self, newer: Self) -> None:
        """Add the looks of a track that turned out to be this person."""

    def difference(self, other: Self) -> float:
        """How different two persons look; infinite if too little is known."""


@dataclass(frozen=True, slots=True)
class LookRules:
    """When people are looked at, and what the differences of their looks mean.

    Attributes:
        same: Up to this difference two tracks are the same person, if nobody else comes near.
        other: From this difference on they are certainly two persons.
        new_s: Time between two looks at a person who is new, or may have been mistaken for another.
        known_s: Time between two looks at anybody else.
        most: Persons in one frame.
        enough: Looks at a person who left; of whom there were fewer is forgotten.
    """

    same: float
    other: float
    new_s: float
    known_s: float
    most: int
    enough: int


class Describer(Protocol):
    """Looks at people; see `clothes_looks` and `embeddings`."""

    @property
    def rules(self) -> LookRules:
        """See `LookRules`."""

    def can_see(self, poses: Poses, wh: tuple[int, int]) -> NDArray[np.bool_]:
        """(N,) the persons who are worth a look, in an image of this width and height."""

    def describe(self, image: Image, poses: Poses) -> Appearance:
        """What the N persons look like."""

    def no_looks(self) -> Looks:
        """The looks of a new person."""
