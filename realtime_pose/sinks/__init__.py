"""Where scenes go: the `Sink` protocol and its files."""

from realtime_pose.sinks.sink import Run, Sink

__all__ = ["Run", "Sink"]
