"""Real-time multi-person pose tracking: frames of a source to tracked skeletons.

    import realtime_pose as rp

    for person in rp.Pose()("street.jpg"):  # one image
        print(person.box, person["left_wrist"], person.score)

    for people in rp.track("video.mp4"):  # any source: people keep their ids
        print(people.time_s, people.ids, people["left_wrist"])

The import opens nothing and loads neither Qt nor torch. Each public name imports what it needs at its first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realtime_pose.api.drawing import draw
    from realtime_pose.api.live import track, unload, watch
    from realtime_pose.api.people import People, Person
    from realtime_pose.api.pose import Pose, Tracker
    from realtime_pose.api.reading import read_poses
    from realtime_pose.config import Config, RenderConfig, load
    from realtime_pose.errors import RealtimePoseError
    from realtime_pose.scene import Boxes, Frame, Poses, Scene, Tracks, TrackState
    from realtime_pose.skeletons import Skeleton

__all__ = [
    "Boxes",
    "Config",
    "Frame",
    "People",
    "Person",
    "Pose",
    "Poses",
    "RealtimePoseError",
    "RenderConfig",
    "Scene",
    "Skeleton",
    "TrackState",
    "Tracker",
    "Tracks",
    "draw",
    "load",
    "read_poses",
    "track",
    "unload",
    "watch",
]

_NAMES_BY_MODULE = {
    "api.drawing": ("draw",),
    "api.live": ("track", "unload", "watch"),
    "api.people": ("People", "Person"),
    "api.pose": ("Pose", "Tracker"),
    "api.reading": ("read_poses",),
    "config": ("Config", "RenderConfig", "load"),
    "errors": ("RealtimePoseError",),
    "scene": ("Boxes", "Frame", "Poses", "Scene", "TrackState", "Tracks"),
    "skeletons": ("Skeleton",),
}
_MODULE_BY_NAME = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name not in _MODULE_BY_NAME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_BY_NAME[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
