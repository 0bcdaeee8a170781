"""A scene as an image: `draw` and `anonymize`. Pure: they compute a new image and change nothing else."""

from realtime_pose.render.canvas import on_screen
from realtime_pose.render.certainty import has_skeleton
from realtime_pose.render.colour_choice import ColourChooser, choose_colours
from realtime_pose.render.draw import draw, transform_poses
from realtime_pose.render.followed_place import FollowedPlace
from realtime_pose.render.inset import Inset, draw_inset, zoom_onto
from realtime_pose.render.people import draw_people, without_hidden
from realtime_pose.render.privacy import Privacy, anonymize
from realtime_pose.render.viewport import image_room, look_at, view_affine

__all__ = [
    "ColourChooser",
    "FollowedPlace",
    "Inset",
    "Privacy",
    "anonymize",
    "choose_colours",
    "draw",
    "draw_inset",
    "draw_people",
    "has_skeleton",
    "image_room",
    "look_at",
    "on_screen",
    "transform_poses",
    "view_affine",
    "without_hidden",
    "zoom_onto",
]
