"""Real-time multi-person pose tracking: sources of frames to tracked skeletons.

    import realtime_pose

    for scene in realtime_pose.watch("video.mp4"):
        for track_id, keypoints in zip(scene.tracks.seen.ids, scene.tracks.seen.poses.keypoints):
            ...

Importing this opens nothing and loads neither Qt nor torch; each name brings in what it needs when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realtime_pose.api import watch
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
    "watch",
]

_ROOMS = {
    "api": ("watch",),
    "config": ("Config", "load"),
    "errors": ("RealtimePoseError",),
    "scene": ("Boxes", "Frame", "Poses", "Scene", "TrackState", "Tracks"),
    "skeletons": ("Skeleton",),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    """Bring in a public name when it is first used (PEP 562)."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
