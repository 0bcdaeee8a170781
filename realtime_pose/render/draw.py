"""A scene drawn on a new image: skeletons, boxes, ids and trails of its persons, and the lines of a head-up display.

Coordinates are frame pixels (the centre of a pixel at its integer index, see `scene`) and are mapped to the drawn
image. Limbs fade with the certainty of their weaker end (`certainty`), and a person without enough certain keypoints
gets no skeleton, trail or plate. The left side of a person is lighter, the right side darker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.config import RenderConfig
from realtime_pose.geometry import apply_affine, bounding_box, fit_wh, resize_affine
from realtime_pose.render.canvas import SHIFT, fixed_point, line_px, opacity
from realtime_pose.render.certainty import certainty, is_enough, part_certainty
from realtime_pose.render.colours import DARK, Colour, PersonColours, scene_colours
from realtime_pose.render.labels import draw_hud
from realtime_pose.render.plates import Plate, draw_plates
from realtime_pose.render.privacy import Privacy, anonymize
from realtime_pose.scene import Boxes, Float, Image, Poses, Scene, Tracks
from realtime_pose.skeletons import Skeleton

_LEVELS = 4  # levels of opacity; the top one needs no blending
_FAINT, _OPAQUE = 0.3, 0.65  # certainty from which on a part is more than faint, and at which it is opaque
_FINE_SIGMA = 0.05  # keypoints that can be placed more precisely (face, hands) are drawn thinner


def draw(
    scene: Scene,
    style: RenderConfig,
    *,
    wh: tuple[int, int] | None = None,
    hud: Sequence[str] = (),
    privacy: Privacy = Privacy.NONE,
) -> Image:
    """A new image of the scene with its overlay.

    It shows the persons that are confirmed and seen.

    Args:
        scene: What is known of one frame; its memory is not changed.
        style: What to draw.
        wh: Room in pixels. The image is resized to the largest size that fits with the same aspect ratio. The overlay
            is drawn after that, so that lines and text are sharp. None: the size of the frame.
        hud: Lines of text for the upper left corner.
        privacy: How persons are made anonymous in the image under the overlay.

    Returns:
        (H, W, 3) uint8 BGR, owned by the caller.
    """
    image, affine = _fit(anonymize(scene, privacy), wh)
    tracks = scene.tracks.seen
    persons = _find_persons(scene, tracks, affine, style)
    drawn_rows = np.flatnonzero(persons.has_skeleton)
    if style.trails:
        for row in drawn_rows.tolist():
            _draw_trail(image, apply_affine(affine, tracks.trail[row]), persons.colours[row].middle)
    _draw_poses(image, persons, style)
    if style.ids:  # after all persons, so that none covers a plate
        rows = drawn_rows[np.argsort(persons.poses.boxes.xyxy[drawn_rows, 3], kind="stable")]  # far to near
        ids = tracks.ids[rows].tolist()
        plates = [
            Plate(scene.names.get(track_id) or str(track_id), persons.colours[row].middle)
            for track_id, row in zip(ids, rows.tolist(), strict=True)
        ]
        draw_plates(image, persons.poses.take(rows), persons.certain[rows], plates)
    if style.hud and hud:
        draw_hud(image, hud)
    return image


@dataclass(frozen=True, slots=True, eq=False)
class _Persons:
    """N persons as they are drawn.

    Attributes:
        poses: N poses, in pixels of the image.
        certain: (N, K) certainty of the keypoints.
        has_skeleton: (N,) whether a person gets a skeleton.
        colours: N colours.
    """

    poses: Poses
    certain: Float
    has_skeleton: NDArray[np.bool_]
    colours: list[PersonColours]


def _find_persons(scene: Scene, tracks: Tracks, affine: Float, style: RenderConfig) -> _Persons:
    """The N tracks of a scene, mapped to the image."""
    poses = transform_poses(affine, tracks.poses)
    certain = certainty(poses)
    has_skeleton = is_enough(certain, threshold=style.keypoint_threshold)
    return _Persons(poses, certain, has_skeleton, scene_colours(scene, tracks.ids.tolist()))


def _fit(image: Image, wh: tuple[int, int] | None) -> tuple[Image, Float]:
    """A new image of the largest size that fits, and the (2, 3) map from the frame to it."""
    old = (image.shape[1], image.shape[0])
    new = old if wh is None else fit_wh(old, (max(1, wh[0]), max(1, wh[1])))
    return image.copy() if new == old else _resize(image, new), resize_affine(old, new)


def _resize(image: Image, wh: tuple[int, int]) -> Image:
    """The image at another size, edges on edges.

    To shrink, whole powers of two are averaged (INTER_AREA is fast there) and the rest is linear. This gives no
    aliasing and takes a sixth of INTER_AREA's time for a factor such as 1.5: 1920x1080 to 1280x720 takes 3 ms of one
    core instead of 20.
    """
    shrink = min(image.shape[1] / wh[0], image.shape[0] / wh[1])
    if shrink >= 2:
        power = 2 ** int(np.log2(shrink))
        smaller = (max(1, image.shape[1] // power), max(1, image.shape[0] // power))
        image = np.asarray(cv2.resize(image, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(image, wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def transform_poses(affine: Float, poses: Poses) -> Poses:
    """The poses mapped to the image; keypoints that are not finite become NaN."""
    xy = np.where(np.isfinite(poses.keypoints), poses.keypoints, np.float32(np.nan))
    corners = poses.boxes.xyxy.reshape(-1, 2, 2)
    boxes = Boxes(bounding_box(apply_affine(affine, corners)), poses.boxes.score)  # a quarter turn exchanges corners
    return Poses(apply_affine(affine, xy), poses.score, boxes, poses.skeleton)


def _draw_poses(image: Image, persons: _Persons, style: RenderConfig) -> None:
    """Boxes and skeletons, the near persons over the far ones."""
    poses = persons.poses
    levels = _opacity_levels(persons, threshold=style.keypoint_threshold) if style.skeletons else None
    for row in _far_to_near(poses):
        colours = persons.colours[row]
        if style.boxes:
            _draw_boxes(image, poses.boxes.xyxy[row : row + 1], colours)
        if levels is not None:
            _draw_skeleton(image, poses, row, levels[row], colours)


def _opacity_levels(persons: _Persons, *, threshold: float) -> NDArray[np.int64]:
    """(N, P) from 1 to _LEVELS; 0: the part is not drawn."""
    ends = _parts(persons.poses.skeleton).ends
    certain = part_certainty(persons.poses, persons.certain, ends)
    is_shown = (certain >= threshold) & persons.has_skeleton[:, None]
    share = (certain - _FAINT) / (_OPAQUE - _FAINT)
    # A keypoint without a place has the certainty 0, and is not drawn at a threshold of 0 either.
    is_finite = np.isfinite(persons.poses.keypoints[:, ends])  # (N, P, 2, 2)
    return np.asarray(
        np.clip(np.ceil(share * _LEVELS), 1, _LEVELS).astype(np.int64) * (is_shown & is_finite.all(axis=(-2, -1)))
    )


def _far_to_near(poses: Poses) -> list[int]:
    """The rows in the order in which persons are drawn: one whose box ends further down is nearer to the camera."""
    rows: list[int] = np.argsort(poses.boxes.xyxy[:, 3], kind="stable").tolist()
    return rows


def _draw_boxes(image: Image, xyxy: Float, colours: PersonColours) -> None:
    """Boxes (N, 4) in one colour."""
    thickness = max(1, round(line_px(image) / 2))
    for left, top, right, bottom in fixed_point(xyxy.reshape(-1, 2)).reshape(-1, 4).tolist():
        cv2.rectangle(image, (left, top), (right, bottom), colours.middle, thickness, cv2.LINE_AA, SHIFT)


def _draw_skeleton(image: Image, poses: Poses, row: int, level: NDArray[np.int64], colours: PersonColours) -> None:
    """One person, the uncertain parts below the certain ones; level (P,) of opacity, 0: not drawn."""
    xy = poses.keypoints[row]  # (K, 2)
    parts = _parts(poses.skeleton)
    width_px = _limb_px(image, poses.boxes.xyxy[row])
    margin = 2 * width_px + 3
    # One blend per level, not per part: blending copies the region.
    for step in np.unique(level[level > 0]).tolist():
        drawn = np.flatnonzero(level == step)
        ends = xy[parts.ends[drawn]]  # (D, 2, 2)
        box = np.concatenate((ends.min(axis=(0, 1)) - margin, ends.max(axis=(0, 1)) + margin))
        with opacity(image, box, step / _LEVELS):
            _draw_parts(image, fixed_point(ends).tolist(), [parts.styles[part] for part in drawn], colours, width_px)


class _PartStyle(NamedTuple):
    """How a part is drawn: as a limb or a keypoint, of which side, and how thick relative to a thigh."""

    is_limb: bool
    side: str
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The P parts of a skeleton that can be drawn: limbs first, then keypoints.

    Attributes:
        ends: (P, 2) indices of the two keypoints of a limb; a keypoint has its index twice.
        styles: P styles.
    """

    ends: np.ndarray
    styles: tuple[_PartStyle, ...]


@lru_cache
def _parts(skeleton: Skeleton) -> _Parts:
    """The parts of a skeleton."""
    ends = [*skeleton.limbs, *((index, index) for index in range(len(skeleton)))]
    return _Parts(np.array(ends, int).reshape(-1, 2), tuple(_part_style(skeleton, pair) for pair in ends))


def _part_style(skeleton: Skeleton, pair: tuple[int, int]) -> _PartStyle:
    """The style of a limb or a keypoint; a limb between two sides counts as middle."""
    sides = {skeleton.side(index) for index in pair} - {"middle"}
    is_fine = min(skeleton.sigmas[index] for index in pair) < _FINE_SIGMA
    side = sides.pop() if len(sides) == 1 else "middle"
    return _PartStyle(pair[0] != pair[1], side, 0.5 if is_fine else 1.0)


def _limb_px(image: Image, xyxy: Float) -> float:
    """Width of a limb in pixels: that of the image, but smaller for a small person."""
    height = float(xyxy[3] - xyxy[1])
    return max(1.0, min(line_px(image), height / 60))


def _draw_parts(
    image: Image, ends: list[list[list[int]]], styles: list[_PartStyle], colours: PersonColours, width_px: float
) -> None:
    """Opaque limbs and keypoints, the thick limbs with a dark border; ends in cv2's fixed point."""
    for (first, second), style in zip(ends, styles, strict=True):
        if style.is_limb and style.weight == 1:
            cv2.line(image, first, second, DARK, max(1, round(width_px)) + 2, cv2.LINE_AA, SHIFT)
    for (first, second), style in zip(ends, styles, strict=True):
        colour = colours.for_side(style.side)
        if style.is_limb:
            cv2.line(image, first, second, colour, max(1, round(width_px * style.weight)), cv2.LINE_AA, SHIFT)
        else:
            radius = round(max(1.0, 1.3 * width_px * style.weight) * (1 << SHIFT))  # cv2 shifts the radius too
            cv2.circle(image, first, radius, colour, cv2.FILLED, cv2.LINE_AA, SHIFT)


def _draw_trail(image: Image, trail: Float, colour: Colour) -> None:
    """The trail of a person: (T, 2) points, oldest first; older parts are thinner and fainter."""
    known = trail[np.isfinite(trail).all(axis=1)]
    if len(known) < 2:
        return
    width_px = line_px(image)
    margin = 2 * width_px + 2
    bounds = np.linspace(0, len(known) - 1, _LEVELS + 1).astype(int).tolist()
    for step, (first, last) in enumerate(pairwise(bounds), start=1):
        part = known[first : last + 1]  # neighbouring parts share a point, so the trail has no gaps
        box = np.concatenate((part.min(axis=0) - margin, part.max(axis=0) + margin))
        thickness = max(1, round(width_px * step / _LEVELS))
        with opacity(image, box, step / (_LEVELS + 1)):
            cv2.polylines(image, [fixed_point(part)], False, colour, thickness, cv2.LINE_AA, SHIFT)  # noqa: FBT003 - cv2's isClosed
