"""Sinks: where scenes go. `parse_pose_target` selects a sink by a prefix or the file suffix.

Videos are written by `recording`, so writing poses alone does not load an encoder.
"""

from realtime_pose.sinks.pose_target import PoseTarget, parse_pose_target
from realtime_pose.sinks.sink import RunHeader, Sink, StatusSink

__all__ = ["PoseTarget", "RunHeader", "Sink", "StatusSink", "parse_pose_target"]
