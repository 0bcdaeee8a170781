"""Fit of the pose-guided proposals generator: true persons and boxes of a detector in, P(offsets | atomic pose) out.

N persons with a detection, K keypoints, A atomic poses. Each person counts a second time as seen in a mirror. Poses are
clustered by k-means with missing keypoints (k-POD: Chi, Chi & Baraniuk, The American Statistician 2016), which fills
them from the centre of their cluster until no pose changes its cluster. Source: RMPE, arXiv:1612.00137, section 3.4.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from realtime_pose.counts import counted
from realtime_pose.errors import DatasetError, MissingPackageError
from realtime_pose.evaluate.box_offsets import UNMATCHED, box_offsets, match_boxes
from realtime_pose.scene import Float, Int
from realtime_pose.skeletons import Skeleton
from realtime_pose.train.atomic_poses import LABEL_WEIGHT, AtomicPoses, Mask, align_by_torso, torso_of
from realtime_pose.train.persons import TrainPerson
from realtime_pose.train.pgpg import PoseGuidedGenerator
from realtime_pose.train.proposals import MIN_IOU, Mixture, Real

MIN_DETECTIONS = 30  # of a fit, and of an atom with a distribution of its own, which has 14 parameters
_DETECTIONS_PER_ATOM = 60
_MAX_ATOMS = 30
_PARENT_WEIGHTS = (1.0, 10.0, 30.0, 100.0, 300.0)  # detections
_FOLDS = 4
_MAX_COMPONENTS = 3
_MIN_VARIANCE = 1e-4  # of an offset: annotators place edges no better than to a hundredth of the box
_MAX_ROUNDS = 50


@dataclass(frozen=True, slots=True, eq=False)
class MatchedBoxes:
    """N persons whom the detector has found.

    Attributes:
        image: (N,) number of the image.
        xy: (N, K, 2) keypoints.
        is_labelled: (N, K).
        true: (N, 4) true boxes.
        offsets: (N, 4) of the detected boxes.
    """

    image: Int
    xy: Real
    is_labelled: Mask
    true: Float
    offsets: Real

    def __len__(self) -> int:
        """N."""
        return len(self.image)

    def take(self, rows: Int | Mask) -> "MatchedBoxes":
        """These persons, by index or mask."""
        return MatchedBoxes(
            self.image[rows], self.xy[rows], self.is_labelled[rows], self.true[rows], self.offsets[rows]
        )

    def with_mirrored(self, skeleton: Skeleton) -> "MatchedBoxes":
        """These persons, then the same ones as seen in a mirror, about an axis at x = 0."""
        order, flip = skeleton.mirrored, np.array((-1, 1))
        sides, signs = [2, 1, 0, 3], np.array((-1, 1, -1, 1))  # left is right, and its offsets point the other way
        return MatchedBoxes(
            np.concatenate((self.image, self.image)),
            np.concatenate((self.xy, self.xy[:, order] * flip)),
            np.concatenate((self.is_labelled, self.is_labelled[:, order])),
            np.concatenate((self.true, (self.true[:, sides] * signs).astype(np.float32))),
            np.concatenate((self.offsets, self.offsets[:, sides] * signs)),
        )


def match_images(
    persons: Sequence[Sequence[TrainPerson]], detected: Sequence[Float], num_keypoints: int
) -> MatchedBoxes:
    """The found persons of images with these persons and these detected boxes (M, 4).

    Persons without a labelled keypoint keep others from getting their detections, and are left out then.
    """
    rows: list[tuple[int, TrainPerson, Float]] = []
    for number, (present, boxes) in enumerate(zip(persons, detected, strict=True)):
        true = np.array([person.xyxy for person in present], np.float32).reshape(-1, 4)
        matched = match_boxes(true, boxes, min_iou=MIN_IOU)
        rows.extend(
            (number, person, boxes[row])
            for person, row in zip(present, matched, strict=True)
            if row != UNMATCHED and person.is_labelled.any()
        )
    true = np.array([person.xyxy for _, person, _ in rows], np.float32).reshape(-1, 4)
    return MatchedBoxes(
        np.array([number for number, _, _ in rows], np.int64),
        np.array([person.xy for _, person, _ in rows], float).reshape(-1, num_keypoints, 2),
        np.array([person.is_labelled for _, person, _ in rows], bool).reshape(-1, num_keypoints),
        true,
        box_offsets(true, np.array([box for _, _, box in rows], np.float32).reshape(-1, 4)),
    )


def check_enough(matched: MatchedBoxes) -> None:
    """Raise DatasetError if these are too few persons for a fit."""
    if len(matched) < MIN_DETECTIONS:
        raise DatasetError(
            f"fit pgpg: expected at least {counted(MIN_DETECTIONS, 'person')} whom the detector finds (IoU {MIN_IOU:g} "
            f"or more), got {len(matched)}; take more images, another detector or a lower --detector-threshold"
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What a generator is blended of.

    Attributes:
        atoms: A atomic poses.
        count: (A,) detections of each.
        own: A distributions of their offsets alone; None for too few.
        parent: That of all.
    """

    atoms: AtomicPoses
    count: Int
    own: tuple[Mixture | None, ...]
    parent: Mixture

    def blend(self, keypoints: tuple[str, ...], parent_weight: float) -> PoseGuidedGenerator:
        """The generator in which the distribution of all has a part in that of each atom, as of so many detections."""
        mixtures = tuple(
            None if own is None else Mixture.blend([(float(count), own), (parent_weight, self.parent)])
            for own, count in zip(self.own, self.count, strict=True)
        )
        return PoseGuidedGenerator(keypoints, self.atoms, mixtures, self.parent)


def fit(matched: MatchedBoxes, skeleton: Skeleton) -> PoseGuidedGenerator:
    """The generator that was fitted to these persons.

    How much of the distribution of all is in that of an atom is decided by the likelihood of images that are held out
    from these: the fewer detections there are, or the less the pose says, the more.

    Raises:
        DatasetError: None of them has a whole torso.
        MissingPackageError: scikit-learn is not installed.
    """
    # Its threads, and those of LAPACK, wait for each other longer than they compute: there are few rows.
    with _import("threadpoolctl").threadpool_limits(1):
        return _fit(matched, skeleton)


def _fit(matched: MatchedBoxes, skeleton: Skeleton) -> PoseGuidedGenerator:
    likelihood = np.zeros(len(_PARENT_WEIGHTS))
    for held_out in image_folds(matched, _FOLDS):
        kept, tested = matched.take(np.setdiff1d(np.arange(len(matched)), held_out)), matched.take(held_out)
        if not len(kept):  # all persons are in one image
            continue
        parts = _fit_parts(kept, skeleton)
        atom = parts.atoms.nearest(tested.xy, tested.is_labelled)
        for index, weight in enumerate(_PARENT_WEIGHTS):
            likelihood[index] += parts.blend(skeleton.keypoints, weight).log_density(atom, tested.offsets).sum()
    return _fit_parts(matched, skeleton).blend(skeleton.keypoints, _PARENT_WEIGHTS[int(likelihood.argmax())])


def image_folds(matched: MatchedBoxes, count: int) -> list[Int]:
    """The rows of each of so many parts of the images, without empty ones; neighbours in a video stay together."""
    images = np.unique(matched.image)
    parts = np.array_split(images, min(count, max(1, len(images))))
    return [np.flatnonzero(np.isin(matched.image, part)) for part in parts]


def _fit_parts(matched: MatchedBoxes, skeleton: Skeleton) -> _Parts:
    both = matched.with_mirrored(skeleton)
    num_atoms = min(max(1, len(matched) // _DETECTIONS_PER_ATOM), _MAX_ATOMS)
    atoms = fit_atoms(both, torso_of(skeleton), num_atoms)
    atom = atoms.nearest(both.xy, both.is_labelled)  # (2N,)
    members = [both.offsets[atom == index] for index in range(len(atoms.xy))]
    own = tuple(fit_mixture(each) if len(each) >= 2 * MIN_DETECTIONS else None for each in members)
    return _Parts(atoms, np.array([len(each) // 2 for each in members]), own, fit_mixture(both.offsets))


def fit_atoms(persons: MatchedBoxes, torso: tuple[int, ...], num_atoms: int) -> AtomicPoses:
    """At most so many atomic poses of these persons."""
    aligned, is_whole = align_by_torso(persons.xy, persons.is_labelled, torso)
    if not is_whole.any():
        raise DatasetError(
            "fit pgpg: expected persons with labelled shoulders and hips, by which poses are aligned; no detected "
            "person has them"
        )
    is_labelled = persons.is_labelled[is_whole]
    count = is_labelled.sum(axis=0)  # (K,)
    mean = aligned[is_whole].sum(axis=0) / np.maximum(count, 1)[:, None]
    none = np.zeros((0, len(mean)))
    plain = AtomicPoses(torso, mean, np.zeros((0, *mean.shape)), none, count > 0)
    aligned, is_labelled, is_aligned = plain.align(persons.xy, persons.is_labelled)
    centres, share = _cluster(aligned[is_aligned], is_labelled[is_aligned], mean, num_atoms)
    return AtomicPoses(torso, mean, centres, share, plain.is_known)


def _cluster(aligned: Real, is_labelled: Mask, mean: Real, num_atoms: int) -> tuple[Real, Real]:
    """Centres (A, K, 2) of aligned poses (N, K, 2), and (A, K) the shares in which keypoints are labelled."""
    kmeans = _import("sklearn.cluster").KMeans
    num_poses, num_keypoints = is_labelled.shape
    filled = np.where(is_labelled[..., None], aligned, mean)
    labels = np.full(num_poses, -1)
    start: Any = "k-means++"
    for _ in range(_MAX_ROUNDS):
        features = np.concatenate((filled.reshape(num_poses, -1), LABEL_WEIGHT * is_labelled), axis=1)
        num_atoms = min(num_atoms, len(np.unique(features, axis=0)))
        found = kmeans(num_atoms, init=start, n_init=10 if isinstance(start, str) else 1, random_state=0).fit(features)
        start = found.cluster_centers_
        if np.array_equal(labels, found.labels_):
            break
        labels = found.labels_
        filled = np.where(is_labelled[..., None], aligned, start[labels, : 2 * num_keypoints].reshape(aligned.shape))
    return start[:, : 2 * num_keypoints].reshape(-1, num_keypoints, 2), start[:, 2 * num_keypoints :] / LABEL_WEIGHT


def fit_mixture(offsets: Real) -> Mixture:
    """The distribution of offsets (N, 4) of persons and their mirror images; BIC chooses the number of components."""
    mixture = _import("sklearn.mixture").GaussianMixture
    num_persons = len(offsets) / 2
    found: list[tuple[float, Any]] = []
    with warnings.catch_warnings():
        # A mixture that has not converged is worse, not wrong, and BIC compares it with the others.
        warnings.simplefilter("ignore", _import("sklearn.exceptions").ConvergenceWarning)
        for count in range(1, min(_MAX_COMPONENTS, len(offsets)) + 1):
            fitted = mixture(count, reg_covar=_MIN_VARIANCE, max_iter=300, random_state=0).fit(offsets)
            num_parameters = 15 * count - 1  # 4 means, 10 covariances and a weight each; the weights have a sum of 1
            bic = -2 * num_persons * fitted.score(offsets) + num_parameters * np.log(num_persons)
            found.append((bic, fitted))
    best = min(found, key=lambda each: each[0])[1]
    return Mixture(best.weights_, best.means_, best.covariances_)


def _import(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingPackageError(
            "fit pgpg needs the package scikit-learn, which is not installed here: pip install 'realtime-pose[train]'"
        ) from error


def check_packages() -> None:
    """Raise MissingPackageError if scikit-learn is not installed."""
    _import("sklearn.cluster")
