"""Drawn people in clothes who walk through an image, with their true poses: who is who is known.

The clothes are like those in a street: many are dark or grey, some have stripes, some people wear shorts. The light
changes from visit to visit, and the camera has noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.scene import Boxes, Image, Poses
from realtime_pose.skeletons import COCO17

WH = (640, 360)
_SKIN = (120, 150, 200)
_STANDING = np.array(
    [
        (0.03, 0.92), (0.02, 0.94), (0.01, 0.94), (-0.01, 0.93), (-0.02, 0.93), (0.1, 0.81), (-0.1, 0.81), (0.13, 0.64),
        (-0.13, 0.64), (0.13, 0.5), (-0.13, 0.5), (0.065, 0.52), (-0.065, 0.52), (0.07, 0.28), (-0.07, 0.28),
        (0.07, 0.03), (-0.07, 0.03),
    ]
)  # fmt: skip
_ARMS, _LEGS = ((5, 7), (7, 9), (6, 8), (8, 10)), ((11, 13), (12, 14))
_SHINS = ((13, 15), (14, 16))


@dataclass(frozen=True)
class Clothes:
    """What one person wears: colours BGR; the second colour of the shirt makes stripes if it differs."""

    shirt: tuple[int, int, int]
    stripes: tuple[int, int, int]
    trousers: tuple[int, int, int]
    shins: tuple[int, int, int]


def random_clothes(rng: np.random.Generator) -> Clothes:
    """Clothes of a passer-by."""
    shirt, trousers = _colour(rng, grey_share=0.4), _colour(rng, grey_share=0.7)
    stripes = _colour(rng, grey_share=0.4) if rng.random() < 0.25 else shirt
    return Clothes(shirt, stripes, trousers, _SKIN if rng.random() < 0.15 else trousers)


def draw_visit(
    clothes: list[Clothes], rng: np.random.Generator, *, num_frames: int, num_noises: int | None = None
) -> list[tuple[Image, Poses, NDArray[np.int64]]]:
    """Images, poses and the persons' numbers; they walk side by side, without hiding each other.

    Args:
        clothes: What each person wears.
        rng: Decides on everything else.
        num_frames: Number of images.
        num_noises: Images with different noise of the camera, again from the first one after them; most of the time
            goes into noise. None: all.
    """
    light, height = rng.uniform(0.85, 1.1), rng.uniform(220, 290)
    start, speed = rng.uniform(60, 120), rng.uniform(2, 5) * rng.choice((-1, 1))
    phase, frames, noises = rng.uniform(0, 6, len(clothes)), [], list[NDArray[np.float32]]()
    background = np.broadcast_to(np.linspace(90, 170, WH[1])[:, None, None], (WH[1], WH[0], 3))
    for index in range(num_frames):
        image = background.astype(np.uint8)
        poses = []
        for place, each in enumerate(clothes):
            x = start + 220 * place + speed * index
            pose = _pose(x if speed > 0 else WH[0] - x, height, phase[place] + 0.6 * index)
            _draw(image, pose, each, height)
            poses.append(pose + rng.normal(0, 0.012 * height, pose.shape))
        if num_noises is None or index < num_noises:
            noises.append(5 * rng.standard_normal(image.shape, np.float32))
        noisy = image * np.float32(light) + noises[index if num_noises is None else index % num_noises]
        frames.append((np.clip(noisy, 0, 255).astype(np.uint8), _as_poses(np.array(poses)), np.arange(len(clothes))))
    return frames


def _colour(rng: np.random.Generator, *, grey_share: float) -> tuple[int, int, int]:
    if rng.random() < grey_share:
        grey = rng.uniform(25, 220)
        blue, green, red = np.clip(grey + rng.normal(0, 8, 3), 0, 255)
        return int(blue), int(green), int(red)
    hsv = np.array([[[rng.integers(180), rng.integers(60, 230), rng.integers(50, 230)]]], np.uint8)
    blue, green, red = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0]
    return int(blue), int(green), int(red)


def _pose(x: float, height: float, phase: float) -> NDArray[np.float64]:
    swing = 0.12 * np.sin(phase)
    points = _STANDING.copy()
    points[[13, 14], 0] += (0.6 * swing, -0.6 * swing)
    points[[15, 16], 0] += (swing, -swing)
    points[[9, 10], 0] += (-swing, swing)
    return np.stack((x + points[:, 0] * height, WH[1] - 20 - points[:, 1] * height), axis=1)


def _draw(image: Image, pose: NDArray[np.float64], clothes: Clothes, height: float) -> None:
    corner = [tuple(int(value) for value in point) for point in pose]
    limb = int(0.07 * height)
    for limbs, colour in ((_SHINS, clothes.shins), (_LEGS, clothes.trousers), (_ARMS, clothes.shirt)):
        for first, second in limbs:
            cv2.line(image, corner[first], corner[second], colour, limb, cv2.LINE_AA)
    torso = np.array([corner[5], corner[6], corner[12], corner[11]], np.int32)
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, torso, 255)
    cv2.polylines(mask, [torso], isClosed=True, color=255, thickness=int(0.05 * height))
    rows = (np.arange(image.shape[0]) // max(int(0.03 * height), 1)) % 2 == 0
    is_torso = mask > 0
    image[is_torso] = clothes.shirt
    image[is_torso & rows[:, None]] = clothes.stripes
    cv2.circle(image, corner[0], int(0.06 * height), _SKIN, -1, cv2.LINE_AA)


def _as_poses(keypoints: NDArray[np.float64]) -> Poses:
    low, high = keypoints.min(axis=1) - 12, keypoints.max(axis=1) + 12
    xyxy = np.concatenate((low, high), axis=1).astype(np.float32)
    score = np.full(keypoints.shape[:2], 0.85, np.float32)
    return Poses(keypoints.astype(np.float32), score, Boxes(xyxy, np.full(len(xyxy), 0.85, np.float32)), COCO17)
