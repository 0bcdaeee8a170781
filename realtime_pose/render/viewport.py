"""The part of a scene that a window shows: enlarged around a place, and mirrored. Pure: a scene in, a scene out."""

from dataclasses import replace

import numpy as np

from realtime_pose.config import Viewport
from realtime_pose.geometry import apply_affine, compose_affine, fit_wh, resize_affine
from realtime_pose.render.draw import transform_poses
from realtime_pose.scene import Float, Image, Scene

Region = tuple[int, int, int, int]


def visible_region(frame_wh: tuple[int, int], room_wh: tuple[int, int], viewport: Viewport) -> Region:
    """Left, top, width and height in frame pixels of what is shown.

    Up to zoom 1 this is the whole frame. Further on, the region gets the aspect ratio of the room as far as the frame
    has pixels there, so that all of the room is used.

    Args:
        frame_wh: Width and height of the frame.
        room_wh: Width and height of the space for the image.
        viewport: What the user wants to see.

    >>> visible_region((200, 100), (100, 100), Viewport(zoom=2.0, centre=(1.0, 0.5)))
    (100, 0, 100, 100)
    """
    scale = min(room_wh[0] / frame_wh[0], room_wh[1] / frame_wh[1]) * viewport.zoom
    sides = [min(frame, max(1, round(room / scale))) for frame, room in zip(frame_wh, room_wh, strict=True)]
    corner = [
        min(max(round(share * frame - side / 2), 0), frame - side)
        for share, frame, side in zip(viewport.centre, frame_wh, sides, strict=True)
    ]
    return corner[0], corner[1], sides[0], sides[1]


def image_room(room_wh: tuple[int, int], viewport: Viewport) -> tuple[int, int]:
    """The part of the space that the image may use: less of it at a zoom below 1."""
    width, height = (max(1, round(side * min(viewport.zoom, 1.0))) for side in room_wh)
    return width, height


def view_affine(frame_wh: tuple[int, int], room_wh: tuple[int, int], viewport: Viewport) -> Float:
    """(2, 3) map from the pixels of the frame to those of the image that is shown in this room."""
    region = visible_region(frame_wh, room_wh, viewport)
    image_wh = fit_wh(region[2:], image_room(room_wh, viewport))
    return compose_affine(resize_affine(region[2:], image_wh), _region_affine(region, is_mirrored=viewport.is_mirrored))


def look_at(scene: Scene, room_wh: tuple[int, int] | None, viewport: Viewport) -> Scene:
    """The scene as if its frame were only what is shown in this room; None: all of it, which may be mirrored."""
    whole = (0, 0, *scene.frame.wh)
    region = whole if room_wh is None else visible_region(scene.frame.wh, room_wh, viewport)
    if region == whole and not viewport.is_mirrored:
        return scene
    left, top, width, height = region
    image = scene.frame.image[top : top + height, left : left + width]
    image = np.ascontiguousarray(image[:, ::-1] if viewport.is_mirrored else image)
    return on_image(scene, image, _region_affine(region, is_mirrored=viewport.is_mirrored))


def on_image(scene: Scene, image: Image, affine: Float) -> Scene:
    """The scene with another image in place of its frame's; the (2, 3) map leads from the frame's pixels to it."""
    tracks = scene.tracks
    moved = replace(tracks, poses=transform_poses(affine, tracks.poses), trail=apply_affine(affine, tracks.trail))
    return replace(scene, frame=replace(scene.frame, image=image), tracks=moved)


def _region_affine(region: Region, *, is_mirrored: bool) -> Float:
    """(2, 3) map from the pixels of the frame to those of the region."""
    left, top, width, _ = region
    x_row = [-1, 0, left + width - 1] if is_mirrored else [1, 0, -left]
    return np.array([x_row, [0, 1, -top]], np.float32)
