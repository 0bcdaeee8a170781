"""A trial of a network for re-identification: how far apart it sees the people of one image, and each from itself."""

from dataclasses import dataclass

import numpy as np

from realtime_pose.appearance.embeddings import PersonEmbedder
from realtime_pose.counts import counted
from realtime_pose.models.backend import Backend
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.network import Network
from realtime_pose.scene import Boxes, Frame


@dataclass(frozen=True, slots=True)
class ReidTrial:
    """Cosine distances in one image.

    Attributes:
        num_persons: Persons that the default detector finds.
        same: Largest distance of a person from itself in the mirrored image; NaN without a person.
        other: Smallest distance of two persons; NaN with fewer than two.
    """

    num_persons: int
    same: float
    other: float


def try_reid(backend: Backend, spec: ModelSpec, frame: Frame, boxes: Boxes) -> ReidTrial:
    """The distances of the persons in these boxes.

    Raises:
        ConfigError: The network is of another family.
        ModelError: The network failed.
    """
    embedder = PersonEmbedder(Network(backend, spec))
    if not len(boxes):
        return ReidTrial(0, np.nan, np.nan)
    mirrored = boxes.xyxy[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1], np.float32)
    mirrored[:, ::2] += frame.wh[0] - 1
    mirrored_image = np.ascontiguousarray(frame.image[:, ::-1])
    vectors = embedder.embed(frame.image, boxes.xyxy)
    distance = 1 - vectors @ embedder.embed(mirrored_image, mirrored).T  # (N, N)
    others = distance[~np.eye(len(boxes), dtype=bool)]
    return ReidTrial(len(boxes), float(distance.diagonal().max()), float(others.min()) if len(others) else np.nan)


def describe_trial(trial: ReidTrial, picture: str) -> str:
    """The result in words, with what to do about the limit."""
    if np.isnan(trial.other):
        return f"{picture}: fewer than two persons, so it was only run; try a --picture with several people"
    return (
        f"{picture}: {counted(trial.num_persons, 'person')}; cosine distance of a person from the mirrored one up to "
        f"{trial.same:.2f}, of two persons from {trial.other:.2f}; one person is known again up to "
        "--track.max-reid-distance, which should lie between the two"
    )
