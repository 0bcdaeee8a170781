"""Clothes: from the pixels of an image at keypoints to colours and textures of torso, upper and lower legs.

N persons, P parts of the body, F features. A part is a strip of samples along a limb axis: it lies inside the body from
the front and in profile. Colours are opponent channels of 0 to 255: light, red against green, yellow against blue.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from realtime_pose.scene import Float, Image, Poses
from realtime_pose.skeletons import Skeleton

_MIN_SCORE = 0.4  # of each end of an axis; a keypoint with a lower score may lie on another person
_MIN_LENGTH_PX = 8.0  # a shorter axis has too few pixels
_ALONG, _ACROSS = 12, 5  # samples of a strip
_CHANNELS = 3
# BGR to light, red - green, yellow - blue.
_OPPONENT = np.array([[1 / 3, 0, -1], [1 / 3, -1, 0.5], [1 / 3, 1, 0.5]], np.float32)


class _Strip(NamedTuple):
    """An axis from the middle of some keypoints to that of others.

    Attributes:
        start, end: Names of keypoints.
        reach: Where along the axis the samples begin and end, in shares of its length.
        half_width: In shares of the length.
    """

    start: tuple[str, ...]
    end: tuple[str, ...]
    reach: tuple[float, float]
    half_width: float


class _Part(NamedTuple):
    """A part of the body, with its bands along the axis; left and right are one."""

    strips: tuple[_Strip, ...]
    bands: int


def _legs(start: str, end: str) -> tuple[_Strip, ...]:
    return tuple(_Strip((f"{side}_{start}",), (f"{side}_{end}",), (0.15, 0.85), 0.1) for side in ("left", "right"))


_SHOULDERS, _HIPS = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")
_PARTS = (
    _Part((_Strip(_SHOULDERS, _HIPS, (0.12, 0.9), 0.15),), 3),
    _Part(_legs("hip", "knee"), 2),
    _Part(_legs("knee", "ankle"), 2),
)
# A part has the mean colour of each band, then the standard deviation of each channel.
_COUNTS = tuple(_CHANNELS * (part.bands + 1) for part in _PARTS)
NUM_FEATURES = sum(_COUNTS)
PART_OF_FEATURE = np.repeat(np.arange(len(_PARTS)), _COUNTS)  # (F,)
IS_LIGHT = np.tile(np.arange(_CHANNELS) == 0, NUM_FEATURES // _CHANNELS)  # (F,) light changes more than colour
_BAND_OF_SAMPLE = {part.bands: np.arange(_ALONG) * part.bands // _ALONG for part in _PARTS}


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """What N persons look like in one frame.

    Attributes:
        features: (N, F) numbers that are alike for the same person.
        is_known: (N, F) whether they could be measured.
    """

    features: Float
    is_known: NDArray[np.bool_]


def can_describe(skeleton: Skeleton) -> bool:
    """Whether a skeleton has the keypoints at which clothes are looked at."""
    return all(name in skeleton.keypoints for name in _names())


def describe_clothes(image: Image, poses: Poses) -> Appearance:
    """The clothes of each person; parts that are outside the image or whose keypoints are uncertain are not known.

    Args:
        image: The image with the persons.
        poses: The N persons, with a skeleton that has shoulders, hips, knees and ankles.
    """
    if not len(poses):
        return Appearance(np.zeros((0, NUM_FEATURES), np.float32), np.zeros((0, NUM_FEATURES), np.bool_))
    features, is_known = [], []
    for part in _PARTS:
        values, is_seen = zip(*(_sample(image, poses, strip) for strip in part.strips), strict=True)
        weight = np.stack(is_seen).astype(np.float32)[..., None]  # (S, N, 1)
        measured = np.stack([_measure(each, part.bands) for each in values])  # (S, N, F of the part)
        features.append((measured * weight).sum(0) / np.maximum(weight.sum(0), 1))
        is_known.append(np.broadcast_to(weight.any(0), features[-1].shape))
    return Appearance(np.concatenate(features, axis=1).astype(np.float32), np.concatenate(is_known, axis=1))


def _names() -> set[str]:
    return {name for part in _PARTS for strip in part.strips for name in (*strip.start, *strip.end)}


def _sample(image: Image, poses: Poses, strip: _Strip) -> tuple[Float, NDArray[np.bool_]]:
    """(N, along, across, 3) opponent colours of a strip, and (N,) whether it can be seen."""
    start, start_score = _middle(poses, strip.start)
    end, end_score = _middle(poses, strip.end)
    axis = end - start  # (N, 2)
    normal = axis[:, ::-1] * np.array([-1, 1], np.float32)
    along = np.linspace(*strip.reach, _ALONG, dtype=np.float32)[:, None, None]
    across = np.linspace(-strip.half_width, strip.half_width, _ACROSS, dtype=np.float32)[None, :, None]
    xy = start[:, None, None] + axis[:, None, None] * along + normal[:, None, None] * across  # (N, along, across, 2)
    wh = np.array([image.shape[1], image.shape[0]])
    is_seen = (np.minimum(start_score, end_score) >= _MIN_SCORE) & (np.hypot(*axis.T) >= _MIN_LENGTH_PX)
    is_seen &= ((xy > -0.5) & (xy < wh - 0.5)).all((1, 2, 3))
    column, row = np.moveaxis(np.clip(np.rint(xy), 0, wh - 1).astype(np.intp), -1, 0)
    return image[row, column].astype(np.float32) @ _OPPONENT, is_seen


def _middle(poses: Poses, names: tuple[str, ...]) -> tuple[Float, Float]:
    """(N, 2) the middle of keypoints, and (N,) their lowest score."""
    columns = [poses.skeleton.keypoints.index(name) for name in names]
    return poses.keypoints[:, columns].mean(axis=1), poses.score[:, columns].min(axis=1)


def _measure(colours: Float, bands: int) -> Float:
    """(N, 3 bands + 3) mean colours of the bands, and the standard deviations of the whole strip."""
    rows = _BAND_OF_SAMPLE[bands]
    means = [colours[:, rows == band].mean(axis=(1, 2)) for band in range(bands)]
    return np.concatenate((*means, colours.std(axis=(1, 2))), axis=1)
