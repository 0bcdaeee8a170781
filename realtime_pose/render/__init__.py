"""A scene as a picture: `draw`. Pure: it computes a new picture and touches nothing else."""

from realtime_pose.render.draw import draw

__all__ = ["draw"]
