"""Boxes as a detector would find them, in place of true ones: offsets of the edges from a distribution to a box.

An offset is (4,): how far the left, top, right and bottom edge of a detected box is from that of the true box, as a
share of the true width or height. `pgpg` has the generator that knows the pose; the ones here are alike for all poses.
Pure: chance comes from a generator of numpy. Source: RMPE, Fang et al., arXiv:1612.00137, section 3.4.
"""

from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from realtime_pose.geometry import Float, iou
from realtime_pose.train.persons import TrainPerson

Real = NDArray[np.float64]

MIN_IOU = 0.5  # of a detected box with the true one, as in COCO: a farther box is not a detection of this person
_NUM_TRIES = 8


class ProposalsGenerator(Protocol):
    """Gives a person the box that a detector might have found."""

    def sample(self, person: TrainPerson, rng: np.random.Generator) -> Float:
        """A box (4,) of this person."""


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """A mixture of C Gaussian distributions of offsets.

    Attributes:
        weight: (C,) of each, with a sum of 1.
        mean: (C, 4).
        covariance: (C, 4, 4), positive definite.
    """

    weight: Real
    mean: Real
    covariance: Real
    _root: Real = field(init=False, repr=False)  # (C, 4, 4) lower triangular

    def __post_init__(self) -> None:
        """Raise ValueError unless the shapes and the values are those of a mixture."""
        count = len(self.weight)
        shapes = self.weight.shape, self.mean.shape, self.covariance.shape
        if not count or shapes != ((count,), (count, 4), (count, 4, 4)):
            raise ValueError(f"expected weights (C,), means (C, 4) and covariances (C, 4, 4), got {shapes}")
        if (self.weight < 0).any() or not np.isclose(self.weight.sum(), 1, atol=1e-3):
            raise ValueError(f"expected weights of 0 or more with a sum of 1, got {self.weight.tolist()}")
        if not np.isfinite(self.mean).all():
            raise ValueError("expected means that are numbers")
        try:
            object.__setattr__(self, "_root", np.linalg.cholesky(self.covariance))
        except np.linalg.LinAlgError as error:
            raise ValueError("expected covariances that are positive definite") from error

    @classmethod
    def independent(cls, mean: Real, std: Real) -> Self:
        """One Gaussian distribution whose four offsets do not depend on each other."""
        return cls(np.ones(1), np.asarray(mean, float)[None], np.diag(np.square(std))[None])

    @classmethod
    def blend(cls, parts: "list[tuple[float, Mixture]]") -> Self:
        """A mixture of mixtures with these weights, of any sum."""
        total = sum(weight for weight, _ in parts)
        return cls(
            np.concatenate([weight / total * part.weight for weight, part in parts]),
            np.concatenate([part.mean for _, part in parts]),
            np.concatenate([part.covariance for _, part in parts]),
        )

    def sample(self, rng: np.random.Generator, count: int) -> Real:
        """(count, 4) random offsets."""
        chosen = rng.choice(len(self.weight), size=count, p=self.weight / self.weight.sum())
        normal = rng.standard_normal((count, 4))
        return np.asarray(self.mean[chosen] + np.einsum("nij,nj->ni", self._root[chosen], normal))

    def log_density(self, offsets: Real) -> Real:
        """(N,) logarithm of the density at offsets (N, 4)."""
        centred = offsets[:, None] - self.mean  # (N, C, 4)
        whitened = np.linalg.solve(self._root, centred[..., None])[..., 0]
        log_root = np.log(np.diagonal(self._root, axis1=1, axis2=2)).sum(axis=1)  # (C,)
        exponent = -0.5 * np.square(whitened).sum(axis=-1) - log_root - 2 * np.log(2 * np.pi)
        with np.errstate(divide="ignore"):  # a weight of 0
            return np.asarray(np.logaddexp.reduce(exponent + np.log(self.weight), axis=1))


@dataclass(frozen=True, slots=True)
class PoseIndependentGenerator:
    """Boxes with offsets of one distribution for all poses.

    Attributes:
        mixture: The distribution.
    """

    mixture: Mixture

    def sample(self, person: TrainPerson, rng: np.random.Generator) -> Float:
        """A box (4,) of this person."""
        return sample_box(self.mixture, person.xyxy, rng)


# The offsets of the method's first release, fitted to another detector: RMPE's authors, 2017.
RELEASED = Mixture.independent(np.array((-0.0142, 0.0043, 0.0154, -0.0013)), np.array((0.1158, 0.068, 0.1337, 0.0711)))


@dataclass(frozen=True, slots=True, eq=False)
class UniformJitter:
    """Boxes with edges that are moved evenly to both sides: the comparison for the other generators.

    Attributes:
        reach: (4,) largest offset of each edge.
    """

    reach: Real

    @classmethod
    def as_strong_as(cls, offsets: Real) -> Self:
        """The jitter with the same root mean square of each edge as offsets (N, 4)."""
        return cls(np.sqrt(3 * np.square(offsets).mean(axis=0)))

    def sample(self, person: TrainPerson, rng: np.random.Generator) -> Float:
        """A box (4,) of this person."""
        return np.asarray(nearby_boxes(person.xyxy, rng.uniform(-self.reach, self.reach, (1, _NUM_TRIES, 4)))[0])


def sample_box(mixture: Mixture, xyxy: Float, rng: np.random.Generator) -> Float:
    """A box (4,) with offsets of a mixture from a true box (4,)."""
    return np.asarray(sample_boxes(mixture, xyxy, rng, 1)[0])


def sample_boxes(mixture: Mixture, xyxy: Float, rng: np.random.Generator, count: int) -> Float:
    """(count, 4) boxes with offsets of a mixture from one true box (4,)."""
    return nearby_boxes(xyxy, mixture.sample(rng, count * _NUM_TRIES).reshape(count, _NUM_TRIES, 4))


def nearby_boxes(xyxy: Float, offsets: Real) -> Float:
    """(N, 4) the first of each S boxes with offsets (N, S, 4) that would count as a detection; else the nearest one.

    A Gaussian distribution has no end, but the offsets that it was fitted to have one: no box farther than `MIN_IOU`
    was matched with its person.

    >>> nearby_boxes(np.float32([0, 0, 10, 10]), np.array([[[0, 0, 0.9, 2], [0.1, 0, 0, -0.2]]])).tolist()
    [[1.0, 0.0, 10.0, 8.0]]
    """
    boxes = moved_boxes(xyxy, offsets)
    overlap = iou(xyxy[None], boxes.reshape(-1, 4)).reshape(boxes.shape[:-1])  # (N, S)
    chosen = np.where(overlap >= MIN_IOU, 1, overlap).argmax(axis=-1)
    return np.take_along_axis(boxes, chosen[:, None, None], axis=1)[:, 0]


def moved_boxes(xyxy: Float, offsets: Real) -> Float:
    """(..., 4) boxes with offsets (..., 4) from a true box (4,)."""
    wh = xyxy[2:] - xyxy[:2]
    return (xyxy + offsets * np.tile(wh, 2)).astype(np.float32)
