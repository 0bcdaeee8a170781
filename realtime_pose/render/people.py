"""The people of a scene as the user of a window wants to see them: some hidden, one in front of all others."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.config import PeopleView, RenderConfig
from realtime_pose.geometry import resize_affine
from realtime_pose.render.draw import draw
from realtime_pose.render.viewport import on_image
from realtime_pose.scene import Float, Image, Scene

_FADED = 0.4  # brightness of all that is not the locked person
_MARGIN = 0.1  # around the locked person, as a share of the longer side of the box
_SOFT = 0.15  # width of the soft edge of the bright part, as a share of the shorter side


def without_hidden(scene: Scene, people: PeopleView) -> Scene:
    """The scene without the people whom the user hides."""
    if not people.hidden:
        return scene
    is_shown = ~np.isin(scene.tracks.ids, list(people.hidden))
    return replace(scene, tracks=scene.tracks.take(is_shown))


def draw_people(
    scene: Scene, style: RenderConfig, people: PeopleView, *, wh: tuple[int, int] | None = None, hud: Sequence[str] = ()
) -> Image:
    """A new image of the scene as `draw` makes it; all but the locked person is darker, if that person is seen.

    Args:
        scene: What is known of one frame, already anonymous.
        style: What to draw.
        people: Whom to hide, and who is locked.
        wh: Room in pixels, see `draw`.
        hud: Lines of text for the upper left corner.
    """
    scene = without_hidden(scene, people)
    is_locked = (scene.tracks.ids == people.locked) & np.isin(scene.tracks.ids, scene.tracks.seen.ids)
    if people.has_inset or not is_locked.any():
        return draw(scene, style, wh=wh, hud=hud)
    bright = draw(replace(scene, tracks=scene.tracks.take(np.zeros(0, np.int64))), style, wh=wh)
    affine = resize_affine(scene.frame.wh, (bright.shape[1], bright.shape[0]))
    others = on_image(replace(scene, tracks=scene.tracks.take(~is_locked)), bright, affine)
    image = draw(others, style)
    front = on_image(replace(scene, tracks=scene.tracks.take(is_locked)), image, affine)
    fade(image, front.tracks.poses.boxes.xyxy[0], bright)
    return draw(front, style, hud=hud)


def fade(image: Image, xyxy: Float, bright: Image) -> None:
    """Darken an image, except around a box (4,), which shows another image of the same size."""
    cv2.convertScaleAbs(image, image, _FADED)
    sides = xyxy[2:] - xyxy[:2]
    margin = float(_MARGIN * sides.max())
    height, width = image.shape[:2]
    left, top = np.clip(np.floor(xyxy[:2] - margin), 0, (width, height)).astype(int).tolist()
    right, bottom = np.clip(np.ceil(xyxy[2:] + margin), 0, (width, height)).astype(int).tolist()
    if right <= left or bottom <= top:
        return
    soft_px = max(1.0, float(_SOFT * sides.min()))
    weight = np.minimum.outer(
        _ramp(top, bottom, (xyxy[1] - margin, xyxy[3] + margin), soft_px),
        _ramp(left, right, (xyxy[0] - margin, xyxy[2] + margin), soft_px),
    )
    part = image[top:bottom, left:right]
    part[:] = cv2.blendLinear(np.ascontiguousarray(bright[top:bottom, left:right]), part.copy(), weight, 1 - weight)


def _ramp(first: int, end: int, edges: tuple[float, float], soft_px: float) -> Float:
    """Weights of the pixels from first to end: 0 at the two edges, 1 from soft_px inside."""
    at = np.arange(first, end, dtype=np.float32)
    return np.asarray(np.clip(np.minimum(at - edges[0], edges[1] - at) / soft_px, 0, 1), np.float32)
