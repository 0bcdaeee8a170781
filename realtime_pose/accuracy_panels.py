"""One picture with its true persons and its poses to a new one in which they stand side by side: who is whom, how well.

A person has the same colour and number on both sides. Coordinates are those of the picture.
"""

from dataclasses import replace

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.config import RenderConfig
from realtime_pose.evaluate.pairing import NOBODY, Pairing
from realtime_pose.evaluate.timeline import side_by_side
from realtime_pose.geometry import apply_affine_boxes, fit_wh, resize_affine
from realtime_pose.render.draw import draw
from realtime_pose.render.plates import draw_labels
from realtime_pose.render.shades import INK, PAPER, Colour, shades
from realtime_pose.scene import Boxes, Frame, Image, Int, Poses, Scene, Tracks

_PANEL_WH = (860, 760)
# All keypoints are drawn, as the scorer judges all, whatever score they have; none so faint that it is overlooked.
_STYLE = RenderConfig(keypoint_threshold=0.0, boxes=True, ids=False, hud=False)
_ALARM: Colour = (40, 30, 215)  # of a person who is missed and of a pose of nobody
_LEAST_SCORE = np.float32(0.25)
_CAPTION_PX = 34
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_panels(image: Image, pairing: Pairing, *, caption: str, score: float) -> Image:
    """The truth on the left, what was found on the right, a line of text above.

    Args:
        image: The picture.
        pairing: Who is whom in it.
        caption: Stands above, made smaller where it is too long.
        score: Poses of nobody are shown from this score on.
    """
    count = len(pairing.truth)
    left = _captioned(_truth_panel(image, pairing), f"truth: {count} {'person' if count == 1 else 'persons'}")
    right = _captioned(_found_panel(image, pairing, score), "found, with OKS")
    return _captioned(side_by_side([left, right]), caption)


def _truth_panel(image: Image, pairing: Pairing) -> Image:
    """Every person with a number, those who were missed marked."""
    truth = pairing.truth
    xy = np.where(truth.is_labelled[..., None], truth.xy, np.float32(np.nan))
    poses = Poses(
        xy, truth.is_labelled.astype(np.float32), Boxes(truth.xyxy, np.ones(len(truth), np.float32)),
        pairing.found.skeleton,
    )  # fmt: skip
    numbers = np.arange(1, len(truth) + 1)
    labels = [
        (f"{number} missed", _ALARM) if is_missed else (f"{number}", shades(number).middle)
        for number, is_missed in zip(numbers.tolist(), pairing.is_missed, strict=True)
    ]
    return _panel(image, poses, numbers, labels)


def _found_panel(image: Image, pairing: Pairing, score: float) -> Image:
    """Every pose that was matched with its person's number and OKS, and those of nobody that are sure of themselves."""
    rows = np.flatnonzero((pairing.person != NOBODY) | pairing.is_false(score))
    person, poses = pairing.person[rows], pairing.found.take(rows)
    nobodies = np.cumsum(person == NOBODY) + len(pairing.truth)
    numbers = np.where(person == NOBODY, nobodies, person + 1)
    labels = [
        (f"nobody, score {found_score:.2f}", _ALARM)
        if who == NOBODY
        else (f"{who + 1}: {pairing.oks[row, who]:.2f}", shades(int(who) + 1).middle)
        for row, who, found_score in zip(rows, person, poses.boxes.score, strict=True)
    ]
    return _panel(image, replace(poses, score=np.maximum(poses.score, _LEAST_SCORE)), numbers, labels)


def _panel(image: Image, poses: Poses, numbers: Int, labels: list[tuple[str, Colour]]) -> Image:
    """The picture, enlarged or reduced, with these people in the colours of their numbers."""
    frame = Frame(image, index=0, time_s=0.0, captured_s=0.0, source="")
    picture = draw(Scene(frame, tracks=Tracks.at_rest(poses, numbers.astype(np.int64))), _STYLE, wh=_PANEL_WH)
    moved = resize_affine(frame.wh, fit_wh(frame.wh, _PANEL_WH))
    draw_labels(picture, apply_affine_boxes(moved, poses.boxes.xyxy), labels)
    return picture


def _captioned(picture: Image, text: str) -> Image:
    """The picture under a line of text on a light ground."""
    (width, height), _ = cv2.getTextSize(text, _FONT, 1.0, 1)
    scale = min(0.6, (picture.shape[1] - 16) / max(width, 1))
    higher = cv2.copyMakeBorder(picture, _CAPTION_PX, 0, 0, 0, cv2.BORDER_CONSTANT, value=PAPER)
    base = (8, round((_CAPTION_PX + height * scale) / 2))
    cv2.putText(higher, text, base, _FONT, scale, INK, 1, cv2.LINE_AA)
    return np.asarray(higher, np.uint8)
