"""Plates: the id or the name of each person, beside the head, where it covers neither a head nor another plate.

N persons, C places for a plate. Near persons choose first. A plate that had to go further away has a line to its head.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.render.canvas import SHIFT, fixed_point, text_px
from realtime_pose.render.colours import DARK, Colour
from realtime_pose.render.labels import Label, max_corner
from realtime_pose.scene import Float, Image, Poses

Real = NDArray[np.float64]

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
    scale = min(1.0, max(_MIN_SCALE, (_CROWD / max(len(poses), 1)) ** 0.5))
    heads, xyxy = head_boxes(poses, certain), poses.boxes.xyxy.astype(np.float64)
    taken = list(heads)
    drawn: list[tuple[Label, Real, int]] = []
    for row in reversed(range(len(poses))):
        height_px = min(text_px(image), max(_MIN_PX, (xyxy[row, 3] - xyxy[row, 1]) / 12))
        label = Label((plates[row].text,), max(_MIN_PX, height_px * scale), plates[row].colour, alpha=0.85)
        places = _places(xyxy[row], heads[row], label.wh, max_corner(image, label.wh))
        corner = places[_first_free(places, label.wh, np.array(taken))]
        taken.append(np.concatenate((corner, corner + label.wh)))
        drawn.append((label, corner, row))
    for label, corner, row in reversed(drawn):
        _draw_line(image, label, corner, box=xyxy[row], head=heads[row])
        label.draw(image, corner)


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


def _places(box: Real, head: Real, wh: Real, last: Real) -> Real:
    """(C, 2) upper left corners for a plate inside the image, best first; ``last`` is the furthest one there."""
    above = np.array([(box[0] + box[2] - wh[0]) / 2, box[1] - wh[1]])
    middle = (head[1] + head[3] - wh[1]) / 2
    beside = np.array([(head[2], middle), (head[0] - wh[0], middle), ((head[0] + head[2] - wh[0]) / 2, head[3])])
    near = above + _ABOVE[:3] * wh
    return np.asarray(np.clip(np.concatenate((near, beside, above + _ABOVE[3:] * wh)), 0, last))


def _first_free(places: Real, wh: Real, taken: Real) -> int:
    """The first of the places (C, 2) that covers none of the boxes (M, 4); else the one that covers the least area."""
    low = np.maximum(places[:, None], taken[:, :2])  # (C, M, 2)
    high = np.minimum((places + wh)[:, None], taken[:, 2:])
    covered = np.maximum(high - low, 0).prod(axis=-1).sum(axis=1)  # (C,)
    return int(np.argmin(covered))


def _draw_line(image: Image, label: Label, corner: Real, *, box: Real, head: Real) -> None:
    """A line from a plate to its head, if it is not at its person's box."""
    low, high = corner, corner + label.wh
    target = np.array([(head[0] + head[2]) / 2, head[1]])
    start = np.clip(target, low, high)
    gap = np.maximum(np.maximum(box[:2] - high, low - box[2:]), 0)
    if np.hypot(*gap) > _LINE_GAP * label.wh[1]:
        ends = fixed_point(np.stack((start, target)).astype(np.float32)).tolist()
        for colour, width in ((DARK, 3), (label.background, 1)):
            cv2.line(image, ends[0], ends[1], colour, width, cv2.LINE_AA, SHIFT)
