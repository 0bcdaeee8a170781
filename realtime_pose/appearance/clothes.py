"""Clothes: from the pixels of an image at keypoints to colours and textures of torso, upper and lower legs.

N persons, S strips, F features. A strip of samples along a limb axis lies inside the body from
the front and in profile. Colours are opponent channels of 0 to 255: light, red against green, yellow against blue.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from realtime_pose.appearance.looks import Appearance
from realtime_pose.scene import Float, Image, Poses
from realtime_pose.skeletons import Skeleton

_MIN_SCORE = 0.4  # of each end of an axis; a keypoint with a lower score may lie on another person
_MIN_LENGTH_PX = 8.0  # a shorter axis has too few pixels
_ALONG, _ACROSS = 12, 5  # samples of a strip; 12 has as many for each band of a part
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
# (S, along, 1) and (S, across, 1) where the samples lie, in shares of the axis.
_SHARES_ALONG, _SHARES_ACROSS = (
    np.stack([np.linspace(*each, count, dtype=np.float32) for each in ends])[..., None]
    for count, ends in (
        (_ALONG, [strip.reach for part in _PARTS for strip in part.strips]),
        (_ACROSS, [(-strip.half_width, strip.half_width) for part in _PARTS for strip in part.strips]),
    )
)


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
    colours, is_seen = _sample(image, poses)
    features, is_known, first = [], [], 0
    for part in _PARTS:
        strips = slice(first, first := first + len(part.strips))
        weight = is_seen[:, strips].astype(np.float32)[..., None]  # (N, S of the part, 1)
        measured = _measure(colours[:, strips], part.bands)  # (N, S of the part, F of the part)
        features.append((measured * weight).sum(1) / np.maximum(weight.sum(1), 1))
        is_known.append(np.broadcast_to(weight.any(1), features[-1].shape))
    return Appearance(np.concatenate(features, axis=1).astype(np.float32), np.concatenate(is_known, axis=1))


def _names() -> set[str]:
    return {name for part in _PARTS for strip in part.strips for name in (*strip.start, *strip.end)}


def _sample(image: Image, poses: Poses) -> tuple[Float, NDArray[np.bool_]]:
    """(N, S, along, across, 3) opponent colours of all S strips, and (N, S) whether each can be seen."""
    strips = [strip for part in _PARTS for strip in part.strips]
    start, start_score = _middles(poses, [strip.start for strip in strips])
    end, end_score = _middles(poses, [strip.end for strip in strips])
    axis = end - start  # (N, S, 2)
    normal = axis[..., ::-1] * np.array([-1, 1], np.float32)
    lengthwise = (start[:, :, None] + axis[:, :, None] * _SHARES_ALONG)[:, :, :, None]  # (N, S, along, 1, 2)
    xy = lengthwise + (normal[:, :, None] * _SHARES_ACROSS)[:, :, None]  # (N, S, along, across, 2)
    wh = np.array([image.shape[1], image.shape[0]], np.float32)
    is_seen = (np.minimum(start_score, end_score) >= _MIN_SCORE) & (np.abs(axis).max(-1) >= _MIN_LENGTH_PX)
    is_seen &= ((xy > -0.5) & (xy < wh - 0.5)).all((2, 3, 4))
    pixels = np.where(is_seen[:, :, None, None, None], np.rint(xy), 0).astype(np.intp)
    return image[pixels[..., 1], pixels[..., 0]].astype(np.float32) @ _OPPONENT, is_seen


def _middles(poses: Poses, names: list[tuple[str, ...]]) -> tuple[Float, Float]:
    """(N, S, 2) the middles of keypoints, and (N, S) the lowest score of each."""
    first, last = ([poses.skeleton.keypoints.index(each[place]) for each in names] for place in (0, -1))
    middle = (poses.keypoints[:, first] + poses.keypoints[:, last]) / 2
    return np.asarray(middle, np.float32), np.minimum(poses.score[:, first], poses.score[:, last])


def _measure(colours: Float, bands: int) -> Float:
    """(N, S, 3 bands + 3) mean colours of the bands, and the standard deviations of the whole strip."""
    count, strips = colours.shape[:2]
    means = colours.reshape(count, strips, bands, -1, _CHANNELS).mean(axis=3).reshape(count, strips, -1)
    return np.concatenate((means, colours.std(axis=(2, 3))), axis=2)
