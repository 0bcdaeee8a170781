"""Random changes of a person's crop: the affine map of the crop, and the colours. Pure: chance comes from a generator.

K keypoints. Source of the ranges and of the half body: Wang et al., HRNet, arXiv:1902.09212, section 4.1; Wang et al.,
Mask-pose cascaded CNN (half body), COCO 2018.
"""

import math

import numpy as np
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.geometry import Float, bounding_box, crop_affine, mirrored_affine
from realtime_pose.models.manifest import InputSpec
from realtime_pose.scene import Image
from realtime_pose.skeletons import Skeleton
from realtime_pose.train.persons import TrainPerson

_SCALE = 0.35  # the size of the person in the crop changes by up to this share
_ROTATION_DEG = 45.0
_ROTATION_SHARE = 0.6  # of the crops; most people stand upright
SHIFT = 0.05  # of the box's sides: a detector's box is not exact
_HALF_BODY_SHARE = 0.3
_MIN_HALF_BODY = 4  # keypoints of a half
_HALF_BODY_MARGIN = 1.5  # around the keypoints of a half, in place of a box
_BRIGHTNESS, _CONTRAST, _SATURATION = 30.0, 0.3, 0.4
_LOWER = ("hip", "knee", "ankle", "toe", "heel", "pelvis", "foot")


def plain_affine(person: TrainPerson, spec: InputSpec) -> Float:
    """(2, 3) map from the image to the crop, as in live use."""
    affine: Float = crop_affine(person.xyxy[None], input_wh=spec.wh, padding=spec.padding)[0]
    return affine


def random_affine(
    person: TrainPerson, skeleton: Skeleton, spec: InputSpec, rng: np.random.Generator, *, shift: float = SHIFT
) -> tuple[Float, bool]:
    """A random map (2, 3) from the image to the crop, and whether the crop is mirrored.

    Args:
        person: The person, in the box to begin with.
        skeleton: The keypoints.
        spec: The input of the network.
        rng: Source of the random numbers.
        shift: The box moves by at most this share of its sides; 0 for a box with errors of its own.
    """
    xyxy = _half_body_box(person, skeleton, rng) if rng.random() < _HALF_BODY_SHARE else person.xyxy
    wh = xyxy[2:] - xyxy[:2]
    offset = np.tile(rng.uniform(-shift, shift, 2) * wh, 2)
    padding = spec.padding * rng.uniform(1 - _SCALE, 1 + _SCALE)
    affine = crop_affine((xyxy + offset)[None].astype(np.float32), input_wh=spec.wh, padding=float(padding))[0]
    affines, is_mirrored = turned(affine[None], spec, rng)
    return affines[0], is_mirrored


def turned(affines: Float, spec: InputSpec, rng: np.random.Generator) -> tuple[Float, bool]:
    """Maps (B, 2, 3) from one image to crops, all with the same random rotation and side; and whether mirrored."""
    if rng.random() < _ROTATION_SHARE:
        degrees = float(rng.uniform(-_ROTATION_DEG, _ROTATION_DEG))
        affines = np.stack([rotated_affine(affine, degrees, spec.wh) for affine in affines])
    is_mirrored = bool(rng.random() < 0.5)
    return (mirrored_affine(affines, spec.wh[0]) if is_mirrored else affines), is_mirrored


def rotated_affine(affine: Float, degrees: float, wh: tuple[int, int]) -> Float:
    """(2, 3) the map, followed by a clockwise rotation about the centre of the crop.

    >>> identity = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    >>> rotated_affine(identity, 90, (5, 5)).round(3).tolist()
    [[0.0, -1.0, 4.0], [1.0, 0.0, 0.0]]
    """
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    rotation = np.array([[cos, -sin], [sin, cos]])
    centre = (np.array(wh) - 1) / 2
    rotated = rotation @ affine
    rotated[:, 2] += centre - rotation @ centre
    return rotated.astype(np.float32)


def _half_body_box(person: TrainPerson, skeleton: Skeleton, rng: np.random.Generator) -> Float:
    """The box of the upper or the lower half of the body; the person's box if too little of it is labelled."""
    is_lower = np.array([any(word in name for word in _LOWER) for name in skeleton.keypoints])
    is_chosen = is_lower if rng.random() < 0.5 else ~is_lower
    xy = person.xy[is_chosen & person.is_labelled]
    if len(xy) < _MIN_HALF_BODY:
        return person.xyxy
    box = bounding_box(xy[None])[0]
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * _HALF_BODY_MARGIN
    return np.concatenate((centre - half, centre + half)).astype(np.float32)


def random_colours(image: Image, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The image (H, W, 3) with another brightness, contrast and saturation."""
    contrast = 1 + rng.uniform(-_CONTRAST, _CONTRAST)
    brightness = rng.uniform(-_BRIGHTNESS, _BRIGHTNESS)
    saturation = 1 + rng.uniform(-_SATURATION, _SATURATION)
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    coloured = cv2.addWeighted(image, saturation, grey, 1 - saturation, 0)
    table = np.clip(np.arange(256) * contrast + brightness, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(coloured, table), np.uint8)
