"""Text on plates: legible on any picture, never outside it where there is room."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.render.canvas import faded, text_px
from realtime_pose.render.colours import INK, Colour, ink_on, person_colours
from realtime_pose.scene import Float, Image

_FONT = cv2.FONT_HERSHEY_DUPLEX


def draw_id(picture: Image, xyxy: Float, track_id: int) -> None:
    """The id on a plate of the person's colour above the box (4,), or as near to it as the picture allows."""
    height = min(text_px(picture), max(6.0, float(xyxy[3] - xyxy[1]) / 12))
    plate = _Plate((str(track_id),), height, person_colours(track_id).middle, alpha=0.85)
    room = np.maximum(np.array(picture.shape[1::-1]) - plate.wh, 0)
    corner = np.clip(((xyxy[0] + xyxy[2] - plate.wh[0]) / 2, xyxy[1] - plate.wh[1]), 0, room)
    plate.draw(picture, corner)


def draw_labels(picture: Image, xyxy: Float, labels: Sequence[tuple[str, Colour]]) -> None:
    """A line of text on a plate of its colour for each of the boxes (N, 4).

    It stands above its box, or lower, where another plate is in the way; never outside the picture where there is room.
    """
    taken: list[np.ndarray] = []
    for box, (text, paper) in zip(xyxy, labels, strict=True):
        plate = _Plate((text,), text_px(picture), paper, alpha=0.9)
        corner = _free_corner(picture, box, plate.wh, taken)
        taken.append(np.concatenate((corner, corner + plate.wh)))
        plate.draw(picture, corner)


def _free_corner(picture: Image, box: Float, wh: np.ndarray, taken: Sequence[np.ndarray]) -> np.ndarray:
    """Where a plate of this size covers none of those placed before: the highest such place from above the box on."""
    room = np.maximum(np.array(picture.shape[1::-1]) - wh, 0)
    wanted = np.array([(box[0] + box[2] - wh[0]) / 2, box[1] - wh[1]])
    first = np.clip(wanted, 0, room)
    corner = first.copy()
    for _ in taken:
        covered = [each for each in taken if (corner < each[2:]).all() and (corner + wh > each[:2]).all()]
        if not covered:
            return np.asarray(corner)
        corner[1] = max(each[3] for each in covered)
    return np.asarray(corner if corner[1] <= room[1] else first)


def draw_hud(picture: Image, lines: Sequence[str]) -> None:
    """Light text on a dark translucent plate in the upper left corner, no wider than the picture."""
    height = text_px(picture)
    fitting = min(1.0, picture.shape[1] / float(_Plate(tuple(lines), height, INK, alpha=1).wh[0]))
    _Plate(tuple(lines), height * fitting, INK, alpha=0.6).draw(picture, np.zeros(2))


@dataclass(frozen=True, slots=True)
class _Plate:
    """Lines of text on a ground.

    Attributes:
        lines: At least one.
        height: Of a capital letter, in pixels.
        paper: Colour of the ground; the ink is what reads best on it.
        alpha: Opacity of the ground.
    """

    lines: tuple[str, ...]
    height: float
    paper: Colour
    alpha: float

    @property
    def scale(self) -> float:
        """cv2's font scale at which capitals have the height."""
        (_, tall), _ = cv2.getTextSize("H", _FONT, 1.0, 1)
        return self.height / tall

    @property
    def wh(self) -> np.ndarray:
        """Width and height of the ground in pixels."""
        widths = [cv2.getTextSize(line, _FONT, self.scale, 1)[0][0] for line in self.lines]
        return np.array([max(widths) + 1.2 * self.height, (1.8 * len(self.lines) + 0.4) * self.height])

    def draw(self, picture: Image, corner: np.ndarray) -> None:
        """Draw it with its upper left corner there."""
        left, top = np.rint(corner).astype(int).tolist()
        right, bottom = np.rint(corner + self.wh).astype(int).tolist()
        with faded(picture, np.array([left, top, right, bottom], np.float32), self.alpha):
            cv2.rectangle(picture, (left, top), (right - 1, bottom - 1), self.paper, cv2.FILLED)
        for number, line in enumerate(self.lines):
            base = (round(left + 0.6 * self.height), round(top + (1.8 * number + 1.6) * self.height))
            cv2.putText(picture, line, base, _FONT, self.scale, ink_on(self.paper), 1, cv2.LINE_AA)
