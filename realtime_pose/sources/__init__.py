"""Where frames come from: the `Source` protocol, and `open_source`, which finds the right one for an address."""

from realtime_pose.sources.source import Source, SourceState, SourceStatus

__all__ = ["Source", "SourceState", "SourceStatus"]
