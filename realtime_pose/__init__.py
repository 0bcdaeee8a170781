"""Real-time multi-person pose tracking: frames of a source to tracked skeletons.

    import realtime_pose

    for scene in realtime_pose.watch("video.mp4"):
        for track_id, keypoints in zip(scene.tracks.seen.ids, scene.tracks.seen.poses.keypoints):
            ...

The import opens nothing and loads neither Qt nor torch. Each public name imports what it needs at its first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realtime_pose.api import unload, watch
    from realtime_pose.config import Config, load
    from realtime_pose.errors import RealtimePoseError
    from realtime_pose.scene import Boxes, Frame, Poses, Scene, Tracks, TrackState
    from realtime_pose.skeletons import Skeleton

__all__ = [
    "Boxes",
    "Config",
    "Frame",
    "Poses",
    "RealtimePoseError",
    "Scene",
    "Skeleton",
    "TrackState",
    "Tracks",
    "load",
    "unload",
    "watch",
]

_NAMES_BY_MODULE = {
    "api": ("unload", "watch"),
    "config": ("Config", "load"),
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
