"""Plates: the id or the name of each person, beside the head, where it covers neither a head nor another plate.

N persons, C places for a plate. Near persons choose first. A plate that had to go further away has a line to its head.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.render.canvas import SHIFT, fixed_point, text_px
from realtime_pose.render.colours import DARK, Colour
from realtime_pose.render.labels import Label
from realtime_pose.scene import Float, Image, Poses

Real = NDArray[np.float64]
Corners = list[float]  # left, top, right, bottom

_HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_FACE_MARGIN = 0.05  # from the face's keypoints to the outline of the head, in longer sides of the box
_TOP_SHARE = 0.16  # of the box: the head of a person whose face is not known
_CROWD = 8  # with more persons, plates are smaller
_MIN_SCALE = 0.65
_MIN_PX = 6.0  # smallest height of a capital letter
_LINE_GAP = 0.5  # a plate that is further from its person, in heights of the plate, gets a line

# Places: how many widths and heights of the plate from that above the box; the first free one is taken.
_ABOVE = np.array(
    [(0, 0), (0.6, 0), (-0.6, 0), (0, -1.15), (1.1, -0.3), (-1.1, -0.3), (0.6, -1.15), (-0.6, -1.15)]
    + [(shift, -step) for step in (2.3, 3.45, 4.6) for shift in (0, 1.1, -1.1)],
    np.float64,
)


@dataclass(frozen=True, slots=True)
class Plate:
    """What a plate says, and its colour."""

    text: str
    colour: Colour


def draw_plates(image: Image, poses: Poses, certain: Float, plates: Sequence[Plate]) -> None:
    """The plates of N persons.

    Args:
        image: Drawn on.
        poses: N poses in its pixels, the furthest person first.
        certain: (N, K) certainty of the keypoints.
        plates: N plates.
    """
    heads, xyxy = head_boxes(poses, certain), poses.boxes.xyxy.astype(np.float64)
    labels = _labels(image, xyxy, plates)
    wh = np.array([label.wh for label in labels]).reshape(-1, 2)
    places = np.clip(_places(xyxy, heads, wh), 0, np.maximum(np.array(image.shape[1::-1]) - wh, 0)[:, None])
    taken = np.concatenate((heads, np.zeros_like(heads)))  # by heads, and by the plates so far
    for count, row in enumerate(reversed(range(len(poses)))):
        corner = places[row, _first_free(places[row], wh[row], taken[: len(poses) + count])]
        taken[len(poses) + count] = *corner, *(corner + wh[row])
    for row, place in enumerate(reversed(taken[len(poses) :].tolist())):
        _draw_line(image, place, box=xyxy[row].tolist(), head=heads[row].tolist(), colour=plates[row].colour)
        labels[row].draw(image, np.array(place[:2]))


def _labels(image: Image, xyxy: Real, plates: Sequence[Plate]) -> list[Label]:
    """The N plates as labels: smaller for a small person, and in a crowd."""
    scale = min(1.0, max(_MIN_SCALE, (_CROWD / max(len(plates), 1)) ** 0.5))
    limit_px = text_px(image)
    heights = np.minimum(np.maximum((xyxy[:, 3] - xyxy[:, 1]) / 12, _MIN_PX), limit_px) * scale
    return [
        Label((plate.text,), max(height, min(_MIN_PX, limit_px)), plate.colour, alpha=0.85)
        for plate, height in zip(plates, heights.tolist(), strict=True)
    ]


def head_boxes(poses: Poses, certain: Float) -> Real:
    """(N, 4) about the heads: around the certain keypoints of the face, else the top of the box."""
    xyxy = poses.boxes.xyxy.astype(np.float64)
    wh = xyxy[:, 2:] - xyxy[:, :2]
    middle, half = (xyxy[:, 0] + xyxy[:, 2]) / 2, np.minimum(wh[:, 0], _TOP_SHARE * wh[:, 1]) / 2
    tops = np.stack((middle - half, xyxy[:, 1], middle + half, xyxy[:, 1] + _TOP_SHARE * wh[:, 1]), axis=1)
    face = [index for index, name in enumerate(poses.skeleton.keypoints) if name in _HEAD]
    if not face:
        return tops
    is_known = (certain[:, face] >= 0.5)[..., None]  # (N, F, 1)
    points, margin = poses.keypoints[:, face], _FACE_MARGIN * wh.max(axis=1)[:, None]
    low = np.where(is_known, points, np.inf).min(axis=1) - margin
    high = np.where(is_known, points, -np.inf).max(axis=1) + margin
    return np.where(is_known.any(axis=1), np.concatenate((low, high), axis=1), tops)


def _places(xyxy: Real, heads: Real, wh: Real) -> Real:
    """(N, C, 2) upper left corners for plates of these sizes (N, 2), best first."""
    above = np.stack(((xyxy[:, 0] + xyxy[:, 2] - wh[:, 0]) / 2, xyxy[:, 1] - wh[:, 1]), axis=1)
    left, top, right, bottom = heads.T
    middle = (top + bottom - wh[:, 1]) / 2
    corners = ((right, middle), (left - wh[:, 0], middle), ((left + right - wh[:, 0]) / 2, bottom))
    beside = np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)  # (N, 3, 2)
    shifted = above[:, None] + _ABOVE * wh[:, None]
    return np.concatenate((shifted[:, :3], beside, shifted[:, 3:]), axis=1)


def _first_free(places: Real, wh: Real, taken: Real) -> int:
    """The first of the places (C, 2) that covers none of the boxes (M, 4); else the one that covers the least area."""
    low = np.maximum(places[:, None], taken[:, :2])  # (C, M, 2)
    high = np.minimum((places + wh)[:, None], taken[:, 2:])
    side = np.maximum(high - low, 0)
    return int((side[..., 0] * side[..., 1]).sum(axis=1).argmin())


def _draw_line(image: Image, plate: Corners, *, box: Corners, head: Corners, colour: Colour) -> None:
    """A line from a plate to its head, if the plate is not at its person's box."""
    across = max(box[0] - plate[2], plate[0] - box[2], 0)
    down = max(box[1] - plate[3], plate[1] - box[3], 0)
    if math.hypot(across, down) > _LINE_GAP * (plate[3] - plate[1]):
        target = ((head[0] + head[2]) / 2, head[1])
        start = (min(max(target[0], plate[0]), plate[2]), min(max(target[1], plate[1]), plate[3]))
        ends = fixed_point(np.array((start, target), np.float32)).tolist()
        for shade, width_px in ((DARK, 3), (colour, 1)):
            cv2.line(image, ends[0], ends[1], shade, width_px, cv2.LINE_AA, SHIFT)
