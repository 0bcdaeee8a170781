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
from numpy.typing import NDArray
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
        centred_maps: (K, h, w) float32 target maps in the frame of the true box; empty without SSTN.
        centred_weight: (K,) float32: weights of these; empty without SSTN.
    """

    crop: Tensor
    maps: Tensor
    cells: Tensor
    weight: Tensor
    row: Tensor
    centred_maps: Tensor
    centred_weight: Tensor


class _Frames(NamedTuple):
    """Where a crop is taken from.

    Attributes:
        affine: (2, 3) map from the image to the crop.
        is_mirrored: Whether it changes the sides.
        centred: (2, 3) map to the crop of the true box; None if it is not needed.
    """

    affine: Float
    is_mirrored: bool
    centred: Float | None = None


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
        frames = self._choose_frames(person, rng)
        patch = patches_cpu.warp(image, frames.affine[None], spec)
        if self._seed is not None:
            patch[0] = augment.random_colours(patch[0], rng)
        xy, weight = person.xy, person.is_labelled
        if frames.is_mirrored:
            order = self._skeleton.mirrored
            xy, weight = xy[order], weight[order]
        return Sample(
            torch.from_numpy(patches_cpu.normalised(patch, spec)[0]),
            *self._targets(apply_affine(frames.affine, xy), weight),
            torch.tensor(index),
            *self._centred_targets(frames, xy, weight),
        )

    def _choose_frames(self, person: TrainPerson, rng: np.random.Generator) -> _Frames:
        shift = augment.SHIFT
        if self._proposals is not None:
            person, shift = replace(person, xyxy=self._proposals.sample(person, rng)), 0.0
        if self._seed is None:
            return _Frames(augment.plain_affine(person, self._spec), is_mirrored=False)
        return _Frames(*augment.random_affine(person, self._skeleton, self._spec, rng, shift=shift))

    def _targets(self, xy: Float, is_labelled: NDArray[np.bool_]) -> tuple[Tensor, Tensor, Tensor]:
        """Maps, cells and weight of keypoints (K, 2) in pixels of a crop."""
        wh = self._spec.wh
        maps = heatmap.encode(xy[None], wh, map_wh=(wh[0] // STRIDE, wh[1] // STRIDE))[0]
        is_inside = ((xy > -0.5) & (xy < np.array(wh) - 0.5)).all(axis=-1)  # (K,)
        weight = (is_labelled & is_inside).astype(np.float32)
        return torch.from_numpy(maps), torch.from_numpy(xy / np.float32(STRIDE)), torch.from_numpy(weight)

    def _centred_targets(self, frames: _Frames, xy: Float, is_labelled: NDArray[np.bool_]) -> tuple[Tensor, Tensor]:
        if frames.centred is None:
            return torch.zeros(0), torch.zeros(0)
        maps, _, weight = self._targets(apply_affine(frames.centred, xy), is_labelled)
        return maps, weight

    def _blank(self, index: int) -> Sample:
        width, height = self._spec.wh
        count = len(self._skeleton)
        nothing = np.zeros((count, 2), np.float32), np.zeros(count, bool)
        centred = self._centred_targets(self._choose_frames(self.persons[index], np.random.default_rng(0)), *nothing)
        return Sample(torch.zeros(3, height, width), *self._targets(*nothing), torch.tensor(-1 - index), *centred)


class SstnDataset(CropDataset):
    """The crops of an SSTN: in boxes of the proposals, with targets in the frame of the true box too.

    Both frames have the same rotation and side. Errors of a box take the place of random size, shift and half bodies,
    for which the true box would not be where the person is centred.

    Args:
        persons, skeleton, spec, seed: See `CropDataset`.
        proposals: Gives persons the boxes of a detector.
    """

    def __init__(
        self,
        persons: Sequence[TrainPerson],
        skeleton: Skeleton,
        spec: InputSpec,
        *,
        seed: int | None,
        proposals: ProposalsGenerator,
    ) -> None:
        super().__init__(persons, skeleton, spec, seed=seed)
        self._generator = proposals

    def _choose_frames(self, person: TrainPerson, rng: np.random.Generator) -> _Frames:
        moved = replace(person, xyxy=self._generator.sample(person, rng))
        affines = np.stack([augment.plain_affine(each, self._spec) for each in (moved, person)])
        is_mirrored = False
        if self._seed is not None:
            affines, is_mirrored = augment.turned(affines, self._spec, rng)
        return _Frames(affines[0], is_mirrored=is_mirrored, centred=affines[1])


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
