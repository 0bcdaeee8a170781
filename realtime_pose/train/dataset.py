"""Persons to samples for `torch.utils.data`: crop, target maps and weights; and the order of the batches.

K keypoints, crops (3, H, W), maps (K, h, w) with a stride of 4. A sample depends only on the seed, the epoch and the
index, not on workers or on what was read before: so a resumed training gets the same ones.
"""

import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from realtime_pose.geometry import Float, apply_affine
from realtime_pose.models import patches_cpu
from realtime_pose.models.manifest import InputSpec
from realtime_pose.pose import heatmap
from realtime_pose.skeletons import Skeleton
from realtime_pose.sources.faults import FrameError
from realtime_pose.sources.image_decoding import read_image
from realtime_pose.train import augment
from realtime_pose.train.persons import TrainPerson
from realtime_pose.train.proposals import ProposalsGenerator

STRIDE = 4  # crop pixels per cell of a map


class Sample(NamedTuple):
    """One person, or a batch of them with one more axis.

    Attributes:
        crop: (3, H, W) float32.
        maps: (K, h, w) float32 target maps.
        cells: (K, 2) float32 true positions in cells of the maps.
        weight: (K,) float32: 1 for a labelled keypoint inside the crop, else 0.
        row: () int64 of the person; -1 - row if the image cannot be read: all weights are 0 then.
    """

    crop: Tensor
    maps: Tensor
    cells: Tensor
    weight: Tensor
    row: Tensor


class CropDataset(Dataset[Sample]):
    """The crops of persons.

    Args:
        persons: At least one.
        skeleton: Their keypoints.
        spec: The input of the network.
        seed: Of the random changes; None for crops as in live use.
        proposals: Gives persons the boxes of a detector; None for the true ones.

    Attributes:
        epoch: Number of the pass through the persons, which changes the random numbers.
    """

    def __init__(
        self,
        persons: Sequence[TrainPerson],
        skeleton: Skeleton,
        spec: InputSpec,
        *,
        seed: int | None,
        proposals: ProposalsGenerator | None = None,
    ) -> None:
        self.persons = persons
        self.epoch = 0
        self._skeleton, self._spec, self._seed, self._proposals = skeleton, spec, seed, proposals

    def __len__(self) -> int:
        """Number of persons."""
        return len(self.persons)

    def __getitem__(self, index: int) -> Sample:
        """The sample of a person."""
        person, spec = self.persons[index], self._spec
        try:
            image = read_image(person.path)
        except FrameError:  # the training goes on, and names the image at the end of the epoch
            return self._blank(index)
        rng = np.random.default_rng((self._seed or 0, self.epoch, index))
        shift = augment.SHIFT
        if self._proposals is not None:
            person, shift = replace(person, xyxy=self._proposals.sample(person, rng)), 0.0
        affine, is_mirrored = augment.plain_affine(person, spec), False
        if self._seed is not None:
            affine, is_mirrored = augment.random_affine(person, self._skeleton, spec, rng, shift=shift)
        patch = patches_cpu.warp(image, affine[None], spec)
        if self._seed is not None:
            patch[0] = augment.random_colours(patch[0], rng)
        xy, weight = apply_affine(affine, person.xy), person.is_labelled
        if is_mirrored:
            order = self._skeleton.mirrored
            xy, weight = xy[order], weight[order]
        is_inside = ((xy > -0.5) & (xy < np.array(spec.wh) - 0.5)).all(axis=-1)  # (K,)
        return self._sample(patches_cpu.normalised(patch, spec)[0], xy, (weight & is_inside).astype(np.float32), index)

    def _sample(self, crop: Float, xy: Float, weight: Float, index: int) -> Sample:
        map_wh = (self._spec.wh[0] // STRIDE, self._spec.wh[1] // STRIDE)
        maps = heatmap.encode(xy[None], self._spec.wh, map_wh=map_wh)[0]
        return Sample(
            torch.from_numpy(crop),
            torch.from_numpy(maps),
            torch.from_numpy(xy / np.float32(STRIDE)),
            torch.from_numpy(weight),
            torch.tensor(index),
        )

    def _blank(self, index: int) -> Sample:
        width, height = self._spec.wh
        count = len(self._skeleton)
        crop = np.zeros((3, height, width), np.float32)
        return self._sample(crop, np.zeros((count, 2), np.float32), np.zeros(count, np.float32), -1 - index)


class EpochBatches(Sampler[list[int]]):
    """The indices of each batch of an epoch, in random order, for one of several processes.

    The batch of all processes together is the same for any number of them. Persons that do not fill the last batch are
    left out in this epoch; if there are fewer persons than a batch has, they are one batch.

    Args:
        num_persons: Of the data set.
        batch: Persons of a batch, over all processes.
        seed: Of the order.
        rank: Number of this process, and the number of all of them.

    Attributes:
        epoch: Changes the order.
        first: The first batch that is given; those before were seen before the training was stopped.
    """

    def __init__(self, num_persons: int, batch: int, *, seed: int, rank: tuple[int, int] = (0, 1)) -> None:
        self.epoch, self.first = 0, 0
        self._num_persons, self._seed, self._rank = num_persons, seed, rank
        self._batch = min(batch, num_persons) // rank[1] * rank[1]

    def __len__(self) -> int:
        """Number of batches of an epoch."""
        return self._num_persons // self._batch if self._batch else 0

    def __iter__(self) -> Iterator[list[int]]:
        """The batches of this process, from the first one on."""
        order = np.random.default_rng((self._seed, self.epoch)).permutation(self._num_persons)
        process, num_processes = self._rank
        for number in range(self.first, len(self)):
            whole = order[number * self._batch : (number + 1) * self._batch]
            yield whole[process::num_processes].tolist()


def leave_ctrl_c_to_parent(_worker: int) -> None:
    """Ignore Ctrl-C in a process that loads data: the training ends first, with a checkpoint."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
