"""The pose-guided proposals generator (PGPG): P(offsets | atomic pose), and its file.

A atomic poses, K keypoints. The file is JSON with plain numbers, so that training needs nothing to read it; `fit_pgpg`
makes it from the detections of a data set. Source: RMPE, Fang et al., arXiv:1612.00137, section 3.4.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from realtime_pose.errors import ConfigError
from realtime_pose.files import atomic
from realtime_pose.geometry import Float
from realtime_pose.scene import Int
from realtime_pose.skeletons import Skeleton, generic_skeleton, match_keypoints
from realtime_pose.train.atomic_poses import NO_ATOM, AtomicPoses, torso_of
from realtime_pose.train.persons import TrainPerson
from realtime_pose.train.proposals import Mixture, Real, sample_box

_DIGITS = 6  # significant ones in the file


@dataclass(frozen=True, slots=True, eq=False)
class PoseGuidedGenerator:
    """Boxes with offsets that depend on the pose.

    Attributes:
        keypoints: K names.
        atoms: A atomic poses.
        mixtures: A distributions of offsets; None for an atom with too few detections.
        parent: That of all poses together: for these atoms, and for poses that are like none.
    """

    keypoints: tuple[str, ...]
    atoms: AtomicPoses
    mixtures: tuple[Mixture | None, ...]
    parent: Mixture

    def sample(self, person: TrainPerson, rng: np.random.Generator) -> Float:
        """A box (4,) of this person."""
        atom = int(self.atoms.nearest(person.xy[None], person.is_labelled[None])[0])
        return sample_box(self.mixture(atom), person.xyxy, rng)

    def mixture(self, atom: int) -> Mixture:
        """The distribution of an atom, or for `NO_ATOM`."""
        own = None if atom == NO_ATOM else self.mixtures[atom]
        return self.parent if own is None else own

    def log_density(self, atoms: Int, offsets: Real) -> Real:
        """(N,) logarithm of the density of offsets (N, 4) of poses with these atoms (N,)."""
        values = np.zeros(len(offsets))
        for atom in np.unique(atoms):
            values[atoms == atom] = self.mixture(int(atom)).log_density(offsets[atoms == atom])
        return values

    def for_skeleton(self, skeleton: Skeleton) -> "PoseGuidedGenerator":
        """The generator for persons with the keypoints of this skeleton, matched by their names.

        Raises:
            ConfigError: No keypoint has the same name.
        """
        if skeleton.keypoints == self.keypoints:
            return self
        indices = match_keypoints(skeleton, _skeleton_with(self.keypoints))
        if not any(index >= 0 for index in indices):
            raise ConfigError(
                f"pgpg: expected a file with some keypoints of {skeleton.name}, got one with "
                f"{', '.join(self.keypoints[:3])}, ...; fit it to annotations with these keypoints"
            )
        try:
            torso: tuple[int, ...] = torso_of(skeleton)
        except ConfigError:  # poses are aligned to the mean pose then
            torso = ()
        return PoseGuidedGenerator(
            skeleton.keypoints, self.atoms.in_order_of(indices, torso), self.mixtures, self.parent
        )


def write(path: Path, generator: PoseGuidedGenerator, *, origin: str) -> None:
    """Write a generator, with the command that made it; raises SinkError."""
    atoms = generator.atoms
    table = {
        "origin": origin,
        "keypoints": list(generator.keypoints),
        "known": atoms.is_known.tolist(),
        "mean": _rounded(atoms.mean),
        "parent": _to_table(generator.parent),
        "atoms": [
            {"pose": _rounded(xy), "share": _rounded(share), "offsets": None if mixture is None else _to_table(mixture)}
            for xy, share, mixture in zip(atoms.xy, atoms.share, generator.mixtures, strict=True)
        ],
    }
    atomic.write(path, json.dumps(table) + "\n")


def read(path: Path) -> PoseGuidedGenerator:
    """The generator in a file.

    Raises:
        ConfigError: The file is missing, or `fit pgpg` did not write it.
    """
    try:
        return _from_table(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(
            f"pgpg: expected a file of `fit pgpg`, but {path} cannot be read: {error.strerror}"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise ConfigError(
            f"{path}: expected a file that `realtime-pose fit pgpg` wrote, but {reason}; fit it again"
        ) from error


def _from_table(table: Mapping[str, Any]) -> PoseGuidedGenerator:
    keypoints, entries = tuple(map(str, table["keypoints"])), table["atoms"]
    count = len(keypoints)
    skeleton = _skeleton_with(keypoints)
    atoms = AtomicPoses(
        torso=torso_of(skeleton),
        mean=_array(table["mean"], (count, 2)),
        xy=_array([entry["pose"] for entry in entries], (len(entries), count, 2)),
        share=_array([entry["share"] for entry in entries], (len(entries), count)),
        is_known=_array(table["known"], (count,)).astype(bool),
    )
    mixtures = tuple(None if entry["offsets"] is None else _to_mixture(entry["offsets"]) for entry in entries)
    return PoseGuidedGenerator(keypoints, atoms, mixtures, _to_mixture(table["parent"]))


def _array(values: Any, shape: tuple[int, ...]) -> Real:
    """Numbers as an array of this shape; raises ValueError."""
    array = np.array(values, dtype=float).reshape(shape if not values else np.shape(values))
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f"expected numbers of shape {shape}, got shape {array.shape}")
    return array


def _to_table(mixture: Mixture) -> dict[str, Any]:
    return {name: _rounded(getattr(mixture, name)) for name in ("weight", "mean", "covariance")}


def _to_mixture(table: Mapping[str, Any]) -> Mixture:
    return Mixture(*(np.array(table[name], dtype=float) for name in ("weight", "mean", "covariance")))


def _rounded(values: Real) -> Any:
    """Lists of numbers with as many digits as the fit has at most."""
    return (
        np.vectorize(lambda value: float(f"{value:.{_DIGITS}g}"), otypes=[float])(values).tolist()
        if values.size
        else []
    )


def _skeleton_with(keypoints: tuple[str, ...]) -> Skeleton:
    """A skeleton with these keypoints, of which only the names are used."""
    plain = generic_skeleton(len(keypoints))
    return Skeleton(plain.name, keypoints, limbs=(), pairs=(), sigmas=plain.sigmas)
