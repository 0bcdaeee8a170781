"""Picture in picture: the followed person enlarged, for a lower corner of a window."""

from dataclasses import dataclass, replace

import numpy as np

from realtime_pose.config import LiveSettings
from realtime_pose.geometry import apply_affine
from realtime_pose.render.canvas import line_px
from realtime_pose.render.colours import person_colours
from realtime_pose.render.draw import draw
from realtime_pose.render.followed_place import FollowedPlace
from realtime_pose.render.viewport import look_at
from realtime_pose.scene import Float, Image, Scene

_SHARE = (0.3, 0.42)  # of the width and the height of the room
_FILL = 0.8  # of the inset is the person
_MAX_ZOOM = 16.0
_MIN_PX = 48  # shorter side of the smallest inset


@dataclass(frozen=True, slots=True, eq=False)
class Inset:
    """The followed person, enlarged.

    Attributes:
        image: (H, W, 3) uint8 BGR, with a border in the person's colour.
        is_left: Whether it belongs into the lower left corner, because the person is in the right one.
    """

    image: Image
    is_left: bool


def zoom_onto(wh: Float, *, frame_wh: tuple[int, int], room_wh: tuple[int, int], share: float) -> float:
    """The zoom at which a person of this size (2,) fills a share of the room; not smaller than the whole picture.

    >>> zoom_onto(np.float32([50, 100]), frame_wh=(800, 400), room_wh=(800, 400), share=0.5)
    2.0
    """
    fit = min(room / frame for room, frame in zip(room_wh, frame_wh, strict=True))
    zoom = share * min(room_wh[0] / max(float(wh[0]), 1.0), room_wh[1] / max(float(wh[1]), 1.0)) / fit
    return min(max(zoom, 1.0), _MAX_ZOOM)


def draw_inset(
    scene: Scene, settings: LiveSettings, place: FollowedPlace, *, room_wh: tuple[int, int], to_image: Float
) -> Inset | None:
    """The followed person, with no other skeleton; None if there is no room, or the person was not seen yet.

    Args:
        scene: What is known of the frame, already anonymous.
        settings: What to draw, and whether it is mirrored.
        place: Where the person is.
        room_wh: Room of the whole picture.
        to_image: (2, 3) map from the pixels of the frame to those of the picture.
    """
    inset_wh = round(room_wh[0] * _SHARE[0]), round(room_wh[1] * _SHARE[1])
    if place.centre is None or min(inset_wh) < _MIN_PX:
        return None
    frame_wh = scene.frame.wh
    zoom = zoom_onto(place.wh, frame_wh=frame_wh, room_wh=inset_wh, share=_FILL)
    centre = float(place.centre[0] / frame_wh[0]), float(place.centre[1] / frame_wh[1])
    alone = replace(scene, tracks=scene.tracks.take(scene.tracks.ids == place.track_id))
    close = look_at(alone, inset_wh, replace(settings.viewport, zoom=zoom, centre=centre))
    image = draw(close, replace(settings.shown, trails=False), wh=inset_wh)
    border = max(2, round(line_px(image)))
    track_id = place.track_id or 1
    colour = person_colours(track_id, scene.colours.get(track_id)).middle
    image[:border] = image[-border:] = image[:, :border] = image[:, -border:] = colour
    middle = apply_affine(to_image, place.centre[None])[0]
    shown_wh = apply_affine(to_image, np.array([[0, 0], frame_wh], np.float32)).max(axis=0)
    return Inset(image, is_left=bool((middle > np.minimum(shown_wh, room_wh) / 2).all()))
