"""Reports the status of a source between its scenes, also while no scene arrives."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from realtime_pose.channels import Outlet
from realtime_pose.errors import ChannelClosedError
from realtime_pose.sources import Source, SourceStatus

Value = TypeVar("Value")

_POLL_S = 0.1  # a status that lasts for less may be missed


def with_status_updates(
    scenes: Outlet[Value], source: Source, on_status: Callable[[SourceStatus], None]
) -> Iterator[Value]:
    """The scenes, or frames with scenes; between them ``on_status`` gets each new status of the source.

    It gets the first status, every change within 0.1 s, and the last status after the last scene. Statuses that differ
    only in their numbers are reported once.
    """
    reported: SourceStatus | None = None
    is_closed = False
    while not is_closed:
        scene = None
        try:
            scene = scenes.get(timeout_s=_POLL_S)
        except TimeoutError:
            pass
        except ChannelClosedError:
            is_closed = True  # report the last status below, then end
        status = source.status
        if reported is None or status.differs_from(reported):
            on_status(status)
            reported = status
        if scene is not None:
            yield scene
