"""How well generated boxes agree with detected ones, on images that the generator was not fitted to.

Each fifth of the images in turn is held out, so every detection is compared once with a generator that has not seen
it. Distances are those of Kolmogorov and Smirnov: the largest difference of two cumulative distributions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from realtime_pose.errors import DatasetError
from realtime_pose.evaluate.box_offsets import box_offsets, kolmogorov_smirnov
from realtime_pose.geometry import iou
from realtime_pose.skeletons import Skeleton
from realtime_pose.train.fit_pgpg import MatchedBoxes, fit, image_folds
from realtime_pose.train.pgpg import PoseGuidedGenerator
from realtime_pose.train.proposals import RELEASED, Mixture, Real, moved_boxes, sample_boxes

BY_POSE, FOR_ALL, AS_RELEASED = "by atomic pose", "one for all poses", "as first released"
_FOLDS = 5
_SAMPLES = 50  # boxes for each person


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """One generator against the detector.

    Attributes:
        offsets: (S, 4) of generated boxes.
        iou: (S,) with the true boxes.
        distance: (4,) Kolmogorov-Smirnov distance of each edge to the detected offsets.
        iou_distance: That of IoU.
        log_likelihood: Mean logarithm of the density at the detected offsets; higher is better.
    """

    offsets: Real
    iou: Real
    distance: Real
    iou_distance: float
    log_likelihood: float

    @property
    def mean_distance(self) -> float:
        """Mean of the four edges."""
        return float(self.distance.mean())


@dataclass(frozen=True, slots=True, eq=False)
class AgreementReport:
    """The detector's offsets (N, 4) and IoU (N,) on held-out images, and how well each generator agrees with them."""

    offsets: Real
    iou: Real
    generators: Mapping[str, Agreement]


def compare(matched: MatchedBoxes, skeleton: Skeleton) -> AgreementReport:
    """The agreement of three generators: by atomic pose, one distribution for all poses, and the one first released.

    Raises:
        DatasetError: There are too few images.
    """
    if len(np.unique(matched.image)) < 2:
        raise DatasetError("fit pgpg: expected detected persons in at least 2 images, so that one can be held out")
    rng = np.random.default_rng(0)
    drawn: dict[str, list[Real]] = {BY_POSE: [], FOR_ALL: [], AS_RELEASED: []}
    density: dict[str, list[float]] = {name: [] for name in drawn}
    order: list[int] = []
    for held_out in image_folds(matched, _FOLDS):
        generator = fit(matched.take(~np.isin(np.arange(len(matched)), held_out)), skeleton)
        for row in held_out:
            for name, mixture in _mixtures(generator, matched, int(row)).items():
                boxes = sample_boxes(mixture, matched.true[row], rng, _SAMPLES)
                drawn[name].append(box_offsets(np.tile(matched.true[row], (_SAMPLES, 1)), boxes))
                density[name].append(float(mixture.log_density(matched.offsets[row : row + 1])[0]))
        order.extend(held_out)
    real = matched.offsets[order]
    agreements = {
        name: _agreement(np.concatenate(parts), real, float(np.mean(density[name]))) for name, parts in drawn.items()
    }
    return AgreementReport(real, _overlap(real), agreements)


def _mixtures(generator: PoseGuidedGenerator, matched: MatchedBoxes, row: int) -> dict[str, Mixture]:
    """The distribution of each generator for one person."""
    atom = int(generator.atoms.nearest(matched.xy[row : row + 1], matched.is_labelled[row : row + 1])[0])
    return {BY_POSE: generator.mixture(atom), FOR_ALL: generator.parent, AS_RELEASED: RELEASED}


def _agreement(offsets: Real, real: Real, log_likelihood: float) -> Agreement:
    overlap, real_overlap = _overlap(offsets), _overlap(real)
    iou_distance = float(kolmogorov_smirnov(overlap[:, None], real_overlap[:, None])[0])
    return Agreement(offsets, overlap, kolmogorov_smirnov(offsets, real), iou_distance, log_likelihood)


def _overlap(offsets: Real) -> Real:
    """(N,) IoU of boxes with these offsets (N, 4) with the true ones, whatever their sizes."""
    true = np.array((0, 0, 1, 1), np.float32)
    return np.asarray(iou(true[None], moved_boxes(true, offsets))[0], float)
