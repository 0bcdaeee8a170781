"""One picture with its true persons and its poses to a new one in which they stand side by side: who is whom, how well.

A person has the same colour and number on both sides; each keypoint that is wrong has a ring in the colour of its kind.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.config import RenderConfig
from realtime_pose.evaluate.error_types import ErrorType, types_of
from realtime_pose.evaluate.matching import NOBODY, GroundTruthMatching
from realtime_pose.geometry import apply_affine, apply_affine_boxes, fit_wh, resize_affine
from realtime_pose.render.canvas import SHIFT, fixed
from realtime_pose.render.colours import INK, PAPER, Colour, person_colours
from realtime_pose.render.draw import draw
from realtime_pose.render.plates import draw_labels
from realtime_pose.reports.charts import TYPE_COLOURS
from realtime_pose.reports.id_timeline import side_by_side
from realtime_pose.scene import Boxes, Float, Frame, Image, Int, Poses, Scene, Tracks

_PANEL_WH = (860, 760)
# All keypoints are drawn, as the scorer judges all, whatever score they have; none so faint that it is overlooked.
_STYLE = RenderConfig(keypoint_threshold=0.0, boxes=True, ids=False, hud=False)
_ALARM: Colour = (40, 30, 215)  # of a person who is missed and of a pose of nobody
_LEAST_SCORE = np.float32(0.25)
_CAPTION_PX = 34
_RING_PX = 5
_KEY_PX = 34  # of a ring before a word, at a text scale of 1
# The charts' colours, RRGGBB, as OpenCV has them; what is good needs no ring.
_RING_COLOURS: dict[ErrorType, Colour] = {
    kind: (int(name[5:7], 16), int(name[3:5], 16), int(name[1:3], 16))
    for kind, name in TYPE_COLOURS.items()
    if kind is not ErrorType.GOOD
}
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_panels(image: Image, matching: GroundTruthMatching, *, caption: str, score: float) -> Image:
    """The truth on the left, what was found on the right, a line of text above.

    Args:
        image: The picture.
        matching: Who is whom in it.
        caption: Stands above, made smaller where it is too long.
        score: Poses of nobody are shown from this score on.
    """
    count = len(matching.truth)
    left = _captioned(_truth_panel(image, matching), f"truth: {count} {'person' if count == 1 else 'persons'}")
    right = _captioned(_found_panel(image, matching, score), "found, with OKS    ", rings=_RING_COLOURS)
    return _captioned(side_by_side([left, right]), caption)


def _truth_panel(image: Image, matching: GroundTruthMatching) -> Image:
    """Every person with a number, those who were missed marked."""
    truth = matching.truth
    xy = np.where(truth.is_labelled[..., None], truth.xy, np.float32(np.nan))
    poses = Poses(
        xy, truth.is_labelled.astype(np.float32), Boxes(truth.xyxy, np.ones(len(truth), np.float32)),
        matching.found.skeleton,
    )  # fmt: skip
    numbers = np.arange(1, len(truth) + 1)
    labels = [
        (f"{number} missed", _ALARM) if is_missed else (f"{number}", person_colours(number).middle)
        for number, is_missed in zip(numbers.tolist(), matching.is_missed, strict=True)
    ]
    return _panel(image, poses, numbers, labels)


def _found_panel(image: Image, matching: GroundTruthMatching, score: float) -> Image:
    """Every pose that was matched with its person's number and OKS, and those of nobody that are sure of themselves."""
    rows = np.flatnonzero((matching.person != NOBODY) | matching.is_false(score))
    person, poses = matching.person[rows], matching.found.take(rows)
    nobodies = np.cumsum(person == NOBODY) + len(matching.truth)
    numbers = np.where(person == NOBODY, nobodies, person + 1)
    labels = [
        (f"nobody, score {found_score:.2f}", _ALARM)
        if who == NOBODY
        else (f"{who + 1}: {matching.oks[row, who]:.2f}", person_colours(int(who) + 1).middle)
        for row, who, found_score in zip(rows, person, poses.boxes.score, strict=True)
    ]
    poses = replace(poses, score=np.maximum(poses.score, _LEAST_SCORE))
    return _panel(image, poses, numbers, labels, types=types_of(matching)[rows])


def _panel(
    image: Image,
    poses: Poses,
    numbers: Int,
    labels: list[tuple[str, Colour]],
    *,
    types: NDArray[np.int8] | None = None,
) -> Image:
    """The picture at panel size, these people in the colours of their numbers, rings by (M, K) types."""
    frame = Frame(image, index=0, time_s=0.0, captured_s=0.0, source="")
    picture = draw(Scene(frame, tracks=Tracks.at_rest(poses, numbers.astype(np.int64))), _STYLE, wh=_PANEL_WH)
    moved = resize_affine(frame.wh, fit_wh(frame.wh, _PANEL_WH))
    for kind, colour in _RING_COLOURS.items() if types is not None else ():
        for xy in apply_affine(moved, poses.keypoints)[types == kind]:
            _draw_ring(picture, xy, colour)
    draw_labels(picture, apply_affine_boxes(moved, poses.boxes.xyxy), labels)
    return picture


def _draw_ring(picture: Image, xy: Float, colour: Colour) -> None:
    """A ring around a point, with a dark rim so that it is seen on any ground."""
    centre = (int(fixed(xy)[0]), int(fixed(xy)[1]))
    for ink, width in ((INK, 4), (colour, 2)):
        cv2.circle(picture, centre, _RING_PX << SHIFT, ink, width, cv2.LINE_AA, SHIFT)


def _captioned(picture: Image, text: str, *, rings: Mapping[ErrorType, Colour] | None = None) -> Image:
    """The picture under a line of text on a light ground, after which the rings are explained."""
    words = [(text, None), *((f"{kind.name.lower()}    ", colour) for kind, colour in (rings or {}).items())]
    widths = [cv2.getTextSize(word, _FONT, 1.0, 1)[0][0] + (0 if colour is None else _KEY_PX) for word, colour in words]
    scale = min(0.6, (picture.shape[1] - 16) / max(sum(widths), 1))
    higher = np.asarray(cv2.copyMakeBorder(picture, _CAPTION_PX, 0, 0, 0, cv2.BORDER_CONSTANT, value=PAPER), np.uint8)
    left = 8.0
    for (word, colour), width in zip(words, widths, strict=True):
        start = left
        if colour is not None:
            _draw_ring(higher, np.array((left + _RING_PX, _CAPTION_PX / 2), np.float32), colour)
            start += _KEY_PX * scale
        cv2.putText(higher, word, (round(start), _CAPTION_PX // 2 + 6), _FONT, scale, INK, 1, cv2.LINE_AA)
        left += width * scale
    return higher
