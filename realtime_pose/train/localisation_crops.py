"""Persons to samples for a localisation network: crops of boxes that are not quite right, and where the person is.

Crops (3, H, W); edges (4,) left, top, right, bottom from -1 to 1 over the crop. A sample depends only on the seed, the
epoch and the index. The changes are those that fool a detector or a tracker: edges and places that are off, other
people and things before the person, blur and other colours.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from realtime_pose._cv2 import cv2
from realtime_pose.errors import DatasetError
from realtime_pose.geometry import Float, apply_affine_boxes, crop_affine, mirrored_affine
from realtime_pose.models import patches_cpu
from realtime_pose.models.manifest import InputSpec
from realtime_pose.scene import Image
from realtime_pose.sources.faults import FrameError
from realtime_pose.sources.image_decoding import read_image
from realtime_pose.train.augment import random_colours
from realtime_pose.train.persons import TrainPerson
from realtime_pose.train.proposals import ProposalsGenerator

# Shares of the boxes that are true, whose edges are moved each for itself, and that are moved as a whole as well.
_TRUE_SHARE, _EDGES_SHARE = 0.15, 0.6
_EDGE_ERROR = (0.03, 0.28)  # range of the standard deviation of an edge, in shares of the box's side
_MOVED_EDGE_ERROR, _MOVED_SHIFT = (0.02, 0.15), (0.05, 0.2)
_MIN_SIDE = 0.25  # of the true side
_PASTE_SHARE, _COLOUR_SHARE, _BLUR_SHARE, _ERASE_SHARE = 0.3, 0.7, 0.2, 0.2
_MAX_COVERED = 0.35  # of the true box, by a pasted person
_CACHED_IMAGES = 256


class LocalisationCrops(Dataset[tuple[Tensor, Tensor]]):
    """Random crops of persons, with the edges of the true box.

    Args:
        persons: At least one, whose images can be read.
        spec: The input of the network.
        seed: Of the random changes.
        generator: Makes half of the wrong boxes; None: all are random.

    Attributes:
        epoch: Number of the pass through the persons, which changes the random numbers.
    """

    def __init__(
        self, persons: Sequence[TrainPerson], spec: InputSpec, *, seed: int, generator: ProposalsGenerator | None = None
    ) -> None:
        self.epoch = 0
        self._persons, self._spec, self._seed, self._generator = persons, spec, seed, generator

    def __len__(self) -> int:
        """Number of persons."""
        return len(self._persons)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """A crop (3, H, W) of this person, and the edges (4,)."""
        person, rng = self._persons[index], np.random.default_rng((self._seed, self.epoch, index))
        patch, edges = make_crop(
            person, self._random_box(person, rng), self._spec, is_mirrored=bool(rng.random() < 0.5)
        )
        if rng.random() < _PASTE_SHARE:
            _paste_person(patch, edges, self._persons[int(rng.integers(len(self)))], rng)
        if rng.random() < _COLOUR_SHARE:
            patch = random_colours(patch, rng)
        if rng.random() < _BLUR_SHARE:
            patch = np.asarray(cv2.GaussianBlur(patch, (3, 3), 0), np.uint8)
        if rng.random() < _ERASE_SHARE:
            _erase(patch, rng)
        return torch.from_numpy(patches_cpu.normalised(patch[None], self._spec)[0]), torch.from_numpy(edges)

    def examples(self, count: int) -> Float:
        """(count, 3, H, W) crops of the first persons, in turn."""
        return np.stack([self[index % len(self)][0].numpy() for index in range(count)])

    def _random_box(self, person: TrainPerson, rng: np.random.Generator) -> Float:
        chance = rng.random()
        if chance < _TRUE_SHARE:
            return person.xyxy
        if self._generator is not None and rng.random() < 0.5:
            return self._generator.sample(person, rng)
        if chance < _TRUE_SHARE + _EDGES_SHARE:
            return moved_box(person.xyxy, rng, edge_error=rng.uniform(*_EDGE_ERROR))
        return moved_box(person.xyxy, rng, edge_error=rng.uniform(*_MOVED_EDGE_ERROR), shift=rng.uniform(*_MOVED_SHIFT))


def moved_box(xyxy: Float, rng: np.random.Generator, *, edge_error: float, shift: float = 0.0) -> Float:
    """The box (4,) with normal errors: of each edge, and of the place of the whole; in shares of its sides."""
    side = np.tile(xyxy[2:] - xyxy[:2], 2)
    error = rng.normal(0, 1, 4) * edge_error + np.tile(rng.normal(0, 1, 2), 2) * shift
    moved = xyxy + error * side
    moved[2:] = np.maximum(moved[2:], moved[:2] + _MIN_SIDE * side[2:])
    return np.asarray(moved, np.float32)


def make_crop(
    person: TrainPerson, xyxy: Float, spec: InputSpec, *, is_mirrored: bool = False
) -> tuple[NDArray[np.uint8], Float]:
    """The crop (H, W, 3) of a box, and the edges (4,) of the person in it."""
    affine = crop_affine(xyxy[None], input_wh=spec.wh, padding=spec.padding, is_stretched=True)
    affine = mirrored_affine(affine, spec.wh[0]) if is_mirrored else affine
    patch = patches_cpu.warp(_read(person.path), affine, spec)[0]
    left, top, right, bottom = apply_affine_boxes(affine[0], person.xyxy[None])[0]
    edges = np.array([min(left, right), top, max(left, right), bottom])
    side = np.tile(np.array(spec.wh), 2)
    return patch, ((edges + 0.5) * 2 / side - 1).astype(np.float32)


def _paste_person(patch: NDArray[np.uint8], edges: Float, other: TrainPerson, rng: np.random.Generator) -> None:
    """Put another person somewhere into the crop, unless the true person would be covered too much."""
    height, width = patch.shape[:2]
    box = (edges + 1) / 2 * np.array([width, height] * 2)
    size = np.clip((box[2:] - box[:2]) * rng.uniform(0.5, 1.1, 2), 6, (1.2 * width, 1.2 * height)).astype(int)
    place = (rng.uniform(-0.5, 1, 2) * (np.array([width, height]) - 0.3 * size)).astype(int)
    pasted = np.concatenate((place, place + size))
    overlap = np.clip(np.minimum(box[2:], pasted[2:]) - np.maximum(box[:2], pasted[:2]), 0, None)
    if overlap.prod() > _MAX_COVERED * np.prod(box[2:] - box[:2]):
        return
    wh = (int(size[0]), int(size[1]))
    affine = crop_affine(other.xyxy[None], input_wh=wh, padding=1.0, is_stretched=True)[0]
    image = cv2.warpAffine(_read(other.path), affine, wh)
    left, top, right, bottom = np.clip(pasted, 0, [width, height] * 2)
    if right > left and bottom > top:
        patch[top:bottom, left:right] = image[top - place[1] : bottom - place[1], left - place[0] : right - place[0]]


def _erase(patch: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Cover a part of the crop with one colour."""
    wh = np.array(patch.shape[1::-1])
    size = (rng.uniform(0.1, 0.4, 2) * wh).astype(int) + 1
    left, top = rng.integers(0, wh - size)
    patch[top : top + size[1], left : left + size[0]] = rng.integers(0, 256, 3)


@lru_cache(_CACHED_IMAGES)
def _read(path: Path) -> Image:
    try:
        return read_image(path)
    except FrameError as error:
        raise DatasetError(
            f"{path}: expected a picture, but it cannot be read: {error}; replace it or leave it out"
        ) from error
