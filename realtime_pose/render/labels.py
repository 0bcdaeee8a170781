"""Text labels with a background: legible on any image, and inside it if there is room."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.render.canvas import opacity, text_px
from realtime_pose.render.colours import DARK, Colour, text_colour
from realtime_pose.scene import Float, Image

_FONT = cv2.FONT_HERSHEY_DUPLEX


def draw_labels(image: Image, xyxy: Float, labels: Sequence[tuple[str, Colour]]) -> None:
    """A line of text with its background colour for each of the boxes (N, 4).

    It stands above its box, or lower if another label is in the way; inside the image if there is room.
    """
    occupied: list[np.ndarray] = []  # boxes (4,) of the labels so far
    for box, (text, background) in zip(xyxy, labels, strict=True):
        label = Label((text,), text_px(image), background, alpha=0.9)
        corner = _free_corner(image, box, label.wh, occupied)
        occupied.append(np.concatenate((corner, corner + label.wh)))
        label.draw(image, corner)


def draw_hud(image: Image, lines: Sequence[str]) -> None:
    """Lines of light text on a dark translucent background in the upper left corner, no wider than the image."""
    height_px = text_px(image)
    width = float(Label(tuple(lines), height_px, DARK, alpha=1).wh[0])
    scale = min(1.0, image.shape[1] / width)
    Label(tuple(lines), height_px * scale, DARK, alpha=0.6).draw(image, np.zeros(2))


def _above(box: Float, wh: np.ndarray) -> np.ndarray:
    """(2,) upper left corner of a label of this size centred above the box."""
    return np.array([(box[0] + box[2] - wh[0]) / 2, box[1] - wh[1]])


def _max_corner(image: Image, wh: np.ndarray) -> np.ndarray:
    """(2,) largest upper left corner at which a label of this size lies inside the image."""
    return np.asarray(np.maximum(np.array(image.shape[1::-1]) - wh, 0))


def _free_corner(image: Image, box: Float, wh: np.ndarray, occupied: Sequence[np.ndarray]) -> np.ndarray:
    """The highest corner, from above the box downwards, at which a label covers no other; else the one above."""
    last = _max_corner(image, wh)
    first = np.clip(_above(box, wh), 0, last)
    corner = first.copy()
    for _ in occupied:  # each step passes at least one label, so as many steps are enough
        covered = [each for each in occupied if (corner < each[2:]).all() and (corner + wh > each[:2]).all()]
        if not covered:
            return np.asarray(corner)
        corner[1] = max(each[3] for each in covered)
    return np.asarray(corner if corner[1] <= last[1] else first)


@cache  # at the first call, cv2 prepares its fonts for 25 ms: not while this module is imported
def _unit_px() -> int:
    """Height of a capital letter at scale 1."""
    return int(cv2.getTextSize("H", _FONT, 1.0, 1)[0][1])


@dataclass(frozen=True)
class Label:
    """Lines of text on a background.

    Attributes:
        lines: At least one.
        height_px: Height of a capital letter.
        background: Colour of the background; the text has the more legible of dark and white.
        alpha: Opacity of the background.
    """

    lines: tuple[str, ...]
    height_px: float
    background: Colour
    alpha: float

    @property
    def scale(self) -> float:
        """cv2's font scale at which capital letters have this height."""
        return self.height_px / _unit_px()

    @cached_property
    def wh(self) -> np.ndarray:
        """(2,) width and height of the background in pixels."""
        widths = [cv2.getTextSize(line, _FONT, self.scale, 1)[0][0] for line in self.lines]
        return np.array([max(widths) + 1.2 * self.height_px, (1.8 * len(self.lines) + 0.4) * self.height_px])

    def draw(self, image: Image, corner: np.ndarray) -> None:
        """Draw the label with its upper left corner (2,) here."""
        left, top = np.rint(corner).astype(int).tolist()
        right, bottom = np.rint(corner + self.wh).astype(int).tolist()
        with opacity(image, np.array([left, top, right, bottom], np.float32), self.alpha):
            cv2.rectangle(image, (left, top), (right - 1, bottom - 1), self.background, cv2.FILLED)
        for number, line in enumerate(self.lines):
            # putText takes the left end of the baseline.
            base = (round(left + 0.6 * self.height_px), round(top + (1.8 * number + 1.6) * self.height_px))
            cv2.putText(image, line, base, _FONT, self.scale, text_colour(self.background), 1, cv2.LINE_AA)
