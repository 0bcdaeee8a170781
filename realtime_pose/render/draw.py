"""A scene drawn on a new picture: skeletons, boxes, ids and trails of its people, and the lines of a head-up display.

Coordinates come in frame pixels (centre of a pixel at its integer index, see `scene`) and are moved to the picture that
is drawn on. Limbs fade with the score of their weaker end; a person's left side is lighter, the right side darker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.config import RenderConfig
from realtime_pose.geometry import apply_affine, apply_affine_boxes, fit_wh, resize_affine
from realtime_pose.render.canvas import SHIFT, faded, fixed, line_px
from realtime_pose.render.colours import INK, Colour, PersonColours, person_colours
from realtime_pose.render.plates import draw_hud, draw_id
from realtime_pose.scene import Boxes, Float, Image, Poses, Scene
from realtime_pose.skeletons import Skeleton

_LEVELS = 4  # steps of the fading; the top one needs no blending
_FULL_SCORE = 0.5  # keypoints scored so or higher are drawn opaque
_FINE_SIGMA = 0.05  # keypoints placed more precisely (face, hands) are drawn finer


def draw(scene: Scene, style: RenderConfig, *, wh: tuple[int, int] | None = None, hud: Sequence[str] = ()) -> Image:
    """A new picture of the scene, with its overlay.

    Drawn are the people that the tracker has confirmed and sees; without tracks all poses, without poses all boxes.

    Args:
        scene: What is known of one frame; its memory stays untouched.
        style: What to draw.
        wh: Space in pixels. The picture is resized to the largest that fits and keeps the aspect, before the overlay
            is drawn, so that lines and text are crisp. None: the size of the frame.
        hud: Lines of text for the upper left corner.

    Returns:
        (H, W, 3) uint8 BGR, owned by the caller.
    """
    picture, affine = _fitted(scene.frame.image, wh)
    tracks = scene.tracks.seen if scene.tracks is not None else None
    ids = tracks.ids.tolist() if tracks is not None else None
    poses = tracks.poses if tracks is not None else scene.poses
    if poses is None:
        _draw_boxes(picture, apply_affine_boxes(affine, (scene.boxes or Boxes.empty()).xyxy), person_colours(None))
    else:
        poses = _moved_poses(affine, poses)
        if tracks is not None and style.trails:
            for trail, track_id in zip(apply_affine(affine, tracks.trail), tracks.ids.tolist(), strict=True):
                _draw_trail(picture, trail, person_colours(track_id).middle)
        _draw_poses(picture, poses, ids, style)
    if style.hud and hud:
        draw_hud(picture, hud)
    return picture


def _fitted(image: Image, wh: tuple[int, int] | None) -> tuple[Image, Float]:
    """A new picture of the largest size that fits, and the (2, 3) map from the frame to it."""
    old = (image.shape[1], image.shape[0])
    new = old if wh is None else fit_wh(old, (max(1, wh[0]), max(1, wh[1])))
    return image.copy() if new == old else _resized(image, new), resize_affine(old, new)


def _resized(image: Image, wh: tuple[int, int]) -> Image:
    """The picture at another size, edges on edges.

    Downwards, whole powers of two are averaged (INTER_AREA, quick there) and the rest is linear: no aliasing, at a
    sixth of what INTER_AREA takes for a factor such as 1.5 (1920x1080 to 1280x720: 3 ms of one core, not 20).
    """
    shrink = min(image.shape[1] / wh[0], image.shape[0] / wh[1])
    if shrink >= 2:
        power = 2 ** int(np.log2(shrink))
        smaller = (max(1, image.shape[1] // power), max(1, image.shape[0] // power))
        image = np.asarray(cv2.resize(image, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(image, wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def _moved_poses(affine: Float, poses: Poses) -> Poses:
    """The poses on the picture; a keypoint that is nowhere, NaN or infinite, is NaN."""
    xy = np.where(np.isfinite(poses.keypoints), poses.keypoints, np.float32(np.nan))
    boxes = Boxes(apply_affine_boxes(affine, poses.boxes.xyxy), poses.boxes.score)
    return Poses(apply_affine(affine, xy), poses.score, boxes, poses.skeleton)


def _draw_poses(picture: Image, poses: Poses, ids: list[int] | None, style: RenderConfig) -> None:
    """All people, those further down, who stand nearer, last; then their names, which nothing may cover."""
    order = np.argsort(poses.boxes.xyxy[:, 3], kind="stable").tolist()
    for row in order:
        colours = person_colours(ids[row] if ids is not None else None)
        if style.boxes:
            _draw_boxes(picture, poses.boxes.xyxy[row : row + 1], colours)
        if style.skeletons:
            _draw_skeleton(picture, poses, row, colours, threshold=style.keypoint_threshold)
    if style.ids and ids is not None:
        for row in order:
            draw_id(picture, poses.boxes.xyxy[row], ids[row])


def _draw_boxes(picture: Image, xyxy: Float, colours: PersonColours) -> None:
    """Boxes (N, 4) of one colour."""
    thickness = max(1, round(line_px(picture) / 2))
    for left, top, right, bottom in fixed(xyxy.reshape(-1, 2)).reshape(-1, 4).tolist():
        cv2.rectangle(picture, (left, top), (right, bottom), colours.middle, thickness, cv2.LINE_AA, SHIFT)


def _draw_skeleton(picture: Image, poses: Poses, row: int, colours: PersonColours, *, threshold: float) -> None:
    """One person, the uncertain parts under the certain ones."""
    xy, score = poses.keypoints[row], poses.score[row]
    shown = (score >= threshold) & np.isfinite(xy).all(axis=1)
    certainty = np.clip(np.ceil(score / _FULL_SCORE * _LEVELS), 1, _LEVELS).astype(int) * shown
    parts = _parts(poses.skeleton)
    level = certainty[parts.ends].min(axis=1)  # (P,) step of fading, 0: not drawn
    width = _limb_px(picture, poses.boxes.xyxy[row])
    for step in np.unique(level[level > 0]).tolist():
        drawn = np.flatnonzero(level == step)
        ends = xy[parts.ends[drawn]]  # (D, 2, 2)
        edge = 2 * width + 3
        with faded(
            picture, np.concatenate((ends.min(axis=(0, 1)) - edge, ends.max(axis=(0, 1)) + edge)), step / _LEVELS
        ):
            _paint(picture, fixed(ends).tolist(), [parts.looks[part] for part in drawn], colours, width)


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The P parts of a skeleton that can be drawn: limbs first, then keypoints.

    Attributes:
        ends: (P, 2) indices of the two keypoints of a limb; a keypoint stands there twice.
        looks: For each part: whether it is a limb, its side, and how thick it is beside a thigh.
    """

    ends: np.ndarray
    looks: tuple[tuple[bool, str, float], ...]


@lru_cache
def _parts(skeleton: Skeleton) -> _Parts:
    """What can be drawn of a skeleton."""
    ends = [*skeleton.limbs, *((index, index) for index in range(len(skeleton)))]
    sides = [{skeleton.side(index) for index in pair} - {"middle"} for pair in ends]
    fine = [min(skeleton.sigmas[index] for index in pair) < _FINE_SIGMA for pair in ends]
    looks = zip(
        [first != second for first, second in ends],
        ["middle" if len(side) != 1 else side.pop() for side in sides],
        [0.5 if is_fine else 1.0 for is_fine in fine],
        strict=True,
    )
    return _Parts(np.array(ends).reshape(-1, 2), tuple(looks))


def _limb_px(picture: Image, xyxy: Float) -> float:
    """Width of a limb: that of the picture, less for a person who is small in it."""
    height = float(xyxy[3] - xyxy[1])
    return max(1.0, min(line_px(picture), height / 60))


def _paint(
    picture: Image,
    ends: list[list[list[int]]],
    looks: list[tuple[bool, str, float]],
    colours: PersonColours,
    width: float,
) -> None:
    """Limbs and keypoints, opaque, the larger limbs with a dark rim; ends as cv2 takes them with a shift."""
    for (first, second), (is_limb, _, weight) in zip(ends, looks, strict=True):
        if is_limb and weight == 1:
            cv2.line(picture, first, second, INK, max(1, round(width)) + 2, cv2.LINE_AA, SHIFT)
    for (first, second), (is_limb, side, weight) in zip(ends, looks, strict=True):
        colour = colours.of(side)
        if is_limb:
            cv2.line(picture, first, second, colour, max(1, round(width * weight)), cv2.LINE_AA, SHIFT)
        else:
            radius = round(max(1.0, 1.3 * width * weight) * (1 << SHIFT))
            cv2.circle(picture, first, radius, colour, cv2.FILLED, cv2.LINE_AA, SHIFT)


def _draw_trail(picture: Image, trail: Float, colour: Colour) -> None:
    """Where a person came from: (T, 2) points, oldest first, thinner and fainter the older they are."""
    known = trail[np.isfinite(trail).all(axis=1)]
    if len(known) < 2:
        return
    width = line_px(picture)
    bounds = np.linspace(0, len(known) - 1, _LEVELS + 1).astype(int).tolist()
    for step, (first, last) in enumerate(pairwise(bounds), start=1):
        part = known[first : last + 1]
        box = np.concatenate((part.min(axis=0) - 2 * width - 2, part.max(axis=0) + 2 * width + 2))
        thickness = max(1, round(width * step / _LEVELS))
        with faded(picture, box, step / (_LEVELS + 1)):
            cv2.polylines(picture, [fixed(part)], False, colour, thickness, cv2.LINE_AA, SHIFT)  # noqa: FBT003 - cv2's isClosed
