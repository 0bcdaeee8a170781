"""The status of a publication in words, for the summary of a run and the window."""

from realtime_pose.counts import counted
from realtime_pose.publishing import PublicationStatus


def describe_publication(status: PublicationStatus) -> str:
    """What was published, and what went wrong.

    >>> from realtime_pose.publishing import Destination, PublicationKind, PublicationState
    >>> camera = Destination("/dev/video10", PublicationKind.CAMERA)
    >>> describe_publication(PublicationStatus(camera, PublicationState.ENDED, num_frames=30, num_connections=1))
    'published to /dev/video10: 30 frames'
    """
    name = status.destination.name
    if not status.num_connections:
        return f"not published: {status.reason or f'{name}: nothing has arrived'}"
    again = f", connected {counted(status.num_connections, 'time')}" if status.num_connections > 1 else ""
    return f"published to {name}: {counted(status.num_frames, 'frame')}{again}"
