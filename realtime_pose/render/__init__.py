"""A scene as an image: `draw` and `anonymize`. Pure: they compute a new image and change nothing else."""

from realtime_pose.render.draw import draw, transform_poses
from realtime_pose.render.privacy import Privacy, anonymize

__all__ = ["Privacy", "anonymize", "draw", "transform_poses"]
