"""Scenes and, between them, the states of their source, so that files tell of it while no scene comes."""

from collections.abc import Callable, Iterator

from realtime_pose.channels import Channel
from realtime_pose.errors import ChannelClosedError
from realtime_pose.scene import Scene
from realtime_pose.sources import Source, SourceStatus

_LOOK_S = 0.1  # a state that lasts for less may go by untold


def with_status_updates(
    scenes: Channel[Scene], source: Source, tell: Callable[[SourceStatus], None]
) -> Iterator[Scene]:
    """The scenes; ``tell`` gets the source's first state, each new one within a tenth of a second, and the last."""
    told: SourceStatus | None = None
    is_over = False
    while not is_over:
        scene = None
        try:
            scene = scenes.get(timeout_s=_LOOK_S)
        except TimeoutError:
            pass
        except ChannelClosedError:
            is_over = True
        status = source.status
        if told is None or status.is_news_to(told):
            tell(status)
            told = status
        if scene is not None:
            yield scene
