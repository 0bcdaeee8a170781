"""An image of the ground truth and the matched poses side by side: an image and its matching in, a new image out.

A person has the same colour and number on both sides. Each wrong keypoint has a ring in the colour of its error type.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.config import RenderConfig
from realtime_pose.counts import counted
from realtime_pose.evaluate.error_types import ErrorType, classify_matching
from realtime_pose.evaluate.matching import UNMATCHED, GroundTruthMatching
from realtime_pose.geometry import apply_affine, apply_affine_boxes, fit_wh, resize_affine
from realtime_pose.render.canvas import SHIFT, fixed_point
from realtime_pose.render.colours import DARK, WHITE, Colour, person_colours
from realtime_pose.render.draw import draw
from realtime_pose.render.labels import draw_labels
from realtime_pose.reports.charts import TYPE_COLOURS
from realtime_pose.reports.id_timeline import place_side_by_side
from realtime_pose.scene import Boxes, Float, Frame, Image, Int, Poses, Scene, Tracks

_PANEL_WH = (860, 760)
# All keypoints are drawn, since the scorer counts all of them, whatever their score.
_STYLE = RenderConfig(keypoint_threshold=0.0, boxes=True, ids=False, hud=False)
_MIN_SCORE = np.float32(0.25)  # keypoints with lower scores are drawn with this one, so that they stay visible
_RED: Colour = (40, 30, 215)  # of a missed person and of a pose without a person
_CAPTION_PX = 34
_RING_PX = 5
_RING_WIDTH_PX = 34  # of a ring in the caption, with its spaces, at a text scale of 1
# The colours of the charts, RRGGBB to BGR; a good keypoint has no ring.
_RING_COLOURS: dict[ErrorType, Colour] = {
    kind: (int(name[5:7], 16), int(name[3:5], 16), int(name[1:3], 16))
    for kind, name in TYPE_COLOURS.items()
    if kind is not ErrorType.GOOD
}
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_panels(image: Image, matching: GroundTruthMatching, *, caption: str, score: float) -> Image:
    """The truth on the left, the poses on the right, a line of text above.

    Args:
        image: The image.
        matching: Its poses and true persons.
        caption: The text above, in smaller letters if it is too long.
        score: Unmatched poses with this score or a higher one are shown.
    """
    count = len(matching.truth)
    left = _add_caption(_truth_panel(image, matching), f"truth: {counted(count, 'person')}")
    right = _add_caption(_pose_panel(image, matching, score), "found, with OKS    ", rings=_RING_COLOURS)
    return _add_caption(place_side_by_side([left, right]), caption)


def _truth_panel(image: Image, matching: GroundTruthMatching) -> Image:
    """All true persons with their numbers; the missed ones are marked."""
    truth = matching.truth
    xy = np.where(truth.is_labelled[..., None], truth.xy, np.float32(np.nan))
    poses = Poses(
        xy, truth.is_labelled.astype(np.float32), Boxes(truth.xyxy, np.ones(len(truth), np.float32)),
        matching.poses.skeleton,
    )  # fmt: skip
    numbers = np.arange(1, len(truth) + 1)
    labels = [
        (f"{number} missed", _RED) if is_missed else (f"{number}", person_colours(number).middle)
        for number, is_missed in zip(numbers.tolist(), matching.is_missed, strict=True)
    ]
    return _panel(image, poses, numbers, labels)


def _pose_panel(image: Image, matching: GroundTruthMatching, score: float) -> Image:
    """All matched poses with their person's number and OKS, and the false positives with their score."""
    rows = np.flatnonzero((matching.person != UNMATCHED) | matching.is_false(score))
    person, poses = matching.person[rows], matching.poses.take(rows)
    # False positives get the numbers after those of the true persons.
    numbers = np.where(person == UNMATCHED, np.cumsum(person == UNMATCHED) + len(matching.truth), person + 1)
    labels = [
        (f"no person, score {pose_score:.2f}", _RED)
        if index == UNMATCHED
        else (f"{index + 1}: {matching.oks[row, index]:.2f}", person_colours(int(index) + 1).middle)
        for row, index, pose_score in zip(rows, person, poses.boxes.score, strict=True)
    ]
    poses = replace(poses, score=np.maximum(poses.score, _MIN_SCORE))
    return _panel(image, poses, numbers, labels, types=classify_matching(matching)[rows])


def _panel(
    image: Image,
    poses: Poses,
    numbers: Int,
    labels: list[tuple[str, Colour]],
    *,
    types: NDArray[np.int8] | None = None,
) -> Image:
    """The image at panel size with these persons in the colours of their numbers, and rings by types (M, K)."""
    frame = Frame(image, index=0, time_s=0.0, captured_s=0.0, source="")
    panel = draw(Scene.from_tracks(frame, Tracks.at_rest(poses, numbers.astype(np.int64))), _STYLE, wh=_PANEL_WH)
    affine = resize_affine(frame.wh, fit_wh(frame.wh, _PANEL_WH))
    for kind, colour in _RING_COLOURS.items() if types is not None else ():
        for xy in apply_affine(affine, poses.keypoints)[types == kind]:  # (M, K, 2) to those of this type
            _draw_ring(panel, xy, colour)
    draw_labels(panel, apply_affine_boxes(affine, poses.boxes.xyxy), labels)
    return panel


def _draw_ring(image: Image, xy: Float, colour: Colour) -> None:
    """A ring around a point, with a dark border so that it is visible on any background."""
    centre = (int(fixed_point(xy)[0]), int(fixed_point(xy)[1]))
    for line_colour, width in ((DARK, 4), (colour, 2)):
        cv2.circle(image, centre, _RING_PX << SHIFT, line_colour, width, cv2.LINE_AA, SHIFT)


def _add_caption(image: Image, text: str, *, rings: Mapping[ErrorType, Colour] | None = None) -> Image:
    """The image below a line of text on white, with a legend of the rings after the text."""
    parts = [(text, None), *((f"{kind.name.lower()}    ", colour) for kind, colour in (rings or {}).items())]
    widths = [
        cv2.getTextSize(part, _FONT, 1.0, 1)[0][0] + (0 if colour is None else _RING_WIDTH_PX) for part, colour in parts
    ]
    scale = min(0.6, (image.shape[1] - 16) / max(sum(widths), 1))
    captioned = np.asarray(cv2.copyMakeBorder(image, _CAPTION_PX, 0, 0, 0, cv2.BORDER_CONSTANT, value=WHITE), np.uint8)
    left = 8.0
    for (part, colour), width in zip(parts, widths, strict=True):
        text_left = left
        if colour is not None:
            _draw_ring(captioned, np.array((left + _RING_PX, _CAPTION_PX / 2), np.float32), colour)
            text_left += _RING_WIDTH_PX * scale
        cv2.putText(captioned, part, (round(text_left), _CAPTION_PX // 2 + 6), _FONT, scale, DARK, 1, cv2.LINE_AA)
        left += width * scale
    return captioned
