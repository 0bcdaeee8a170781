"""Embeddings of a network for re-identification (ReID): one vector for each person, alike for the same person.

N persons, D numbers. A crop is the person's box, cut at the edges of the image and stretched to the input, as such
networks are trained (OSNet: Zhou et al., ICCV 2019, arXiv:1905.00953). Vectors are compared by their cosine distance,
1 - cos, from 0 to 2.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from realtime_pose.appearance.looks import Appearance, LookRules
from realtime_pose.errors import ConfigError
from realtime_pose.geometry import clip
from realtime_pose.models.network import Network
from realtime_pose.scene import Float, Image, Poses

_OTHER = 2.5  # times the limit of the same person
# A network takes far longer than a look at clothes: it runs for who is new, and rarely for who is known.
_NEW_S, _KNOWN_S = 0.15, 5.0
_MOST, _ENOUGH = 4, 4
_EDGE_PX = 2.0  # who is nearer to the left or right edge of the image is probably cut by it


class PersonEmbedder:
    """A network of family embedding.

    Args:
        network: The network with its manifest entry.

    Raises:
        ConfigError: It is of another family.
    """

    def __init__(self, network: Network) -> None:
        if network.spec.family != "embedding":
            raise ConfigError(f"model {network.spec.name}: expected family embedding, got {network.spec.family!r}")
        self._network = network

    def embed(self, image: Image, xyxy: Float) -> Float:
        """(N, D) vectors of length 1 for the persons in these boxes (N, 4), N >= 1, all in one batch."""
        boxes = clip(xyxy, (image.shape[1], image.shape[0]))
        vectors = self._network.run_crops(image, [(boxes, False)]).arrays["embedding"]
        return as_units(vectors)


@dataclass(slots=True, eq=False)
class EmbeddingLooks:
    """The vectors of one person, summed up; see `Looks`.

    Attributes:
        count: How many there are.
        total: (D,) their sum; a single 0 without any.
    """

    count: int = 0
    total: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))

    @property
    def is_distinct(self) -> bool:
        """Always: the network was trained to tell people apart."""
        return True

    def add(self, features: Float, is_known: NDArray[np.bool_]) -> None:  # noqa: ARG002 - of Looks
        """One more vector (D,)."""
        self.count += 1
        self.total = self.total + features

    def merge(self, newer: "EmbeddingLooks") -> None:
        """Add the vectors of a track that turned out to be this person."""
        self.count += newer.count
        self.total = self.total + newer.total

    def difference(self, other: "EmbeddingLooks") -> float:
        """The cosine distance of the mean vectors."""
        first, second = as_units(self.total[None]), as_units(other.total[None])
        return 1 - float((first * second).sum())


class EmbeddingDescriber:
    """Looks at people through a network; see `Describer`.

    Args:
        embedder: The network.
        max_distance: Largest cosine distance of the same person.
    """

    def __init__(self, embedder: PersonEmbedder, max_distance: float) -> None:
        self._embedder = embedder
        self.rules = LookRules(
            max_distance, _OTHER * max_distance, new_s=_NEW_S, known_s=_KNOWN_S, most=_MOST, enough=_ENOUGH
        )

    def can_see(self, poses: Poses, wh: tuple[int, int]) -> NDArray[np.bool_]:
        """(N,) who is not cut by the left or right edge of the image."""
        xyxy = poses.boxes.xyxy
        return np.asarray((xyxy[:, 0] >= _EDGE_PX) & (xyxy[:, 2] <= wh[0] - 1 - _EDGE_PX))

    def describe(self, image: Image, poses: Poses) -> Appearance:
        """The vectors of the N persons; the network does not run without any."""
        if not len(poses):
            return Appearance(np.zeros((0, 1), np.float32), np.zeros((0, 1), np.bool_))
        vectors = self._embedder.embed(image, poses.boxes.xyxy)
        return Appearance(vectors, np.ones(vectors.shape, np.bool_))

    def no_looks(self) -> EmbeddingLooks:
        """The looks of a new person."""
        return EmbeddingLooks()


def as_units(vectors: NDArray[np.floating]) -> Float:
    """(N, D) vectors of length 1 in the same directions; a vector of zeros stays.

    >>> as_units(np.array([[3.0, 4.0], [0.0, 0.0]])).round(2).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), dtype=np.float32)
