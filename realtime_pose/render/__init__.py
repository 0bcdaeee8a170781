"""A scene as an image: `draw`. Pure: it computes a new image and changes nothing else."""

from realtime_pose.render.draw import draw

__all__ = ["draw"]
