"""The status of a publication in words, for the summary of a run and the window."""

from realtime_pose.counts import counted
from realtime_pose.publishing import PublicationStatus


def describe_publication(status: PublicationStatus) -> str:
    """What was published, and what went wrong.

    >>> describe_publication(PublicationStatus("/dev/video10", PublicationState.LIVE, num_frames=30, num_connections=1))
    'published to /dev/video10: 30 frames'
    """
    if not status.num_connections:
        return f"not published: {status.reason or f'{status.name}: nothing has arrived'}"
    again = f", connected {counted(status.num_connections, 'time')}" if status.num_connections > 1 else ""
    return f"published to {status.name}: {counted(status.num_frames, 'frame')}{again}"
