"""Tracking: poses of one frame after another to tracks with ids; smoothing.

`PoseTracker` (tracker.py) and `Smoother` (smooth.py) are imported from their modules, where they are built: the filter
library behind the tracker takes about a second to import.
"""

from typing import Protocol

from realtime_pose.scene import Poses, Tracks


class Tracker(Protocol):
    """Gives the persons of one stream their ids. One stream, one tracker: no two share state or ids."""

    def update(self, poses: Poses, *, time_s: float, frame_wh: tuple[int, int] | None = None) -> Tracks:
        """All living tracks as they stand at a frame; call for every frame, also where nobody is seen.

        Args:
            poses: The N persons of this frame, any order. Not changed, not kept.
            time_s: Media time in seconds. Standing still or going backwards counts as no time passed.
            frame_wh: Width and height of the picture, where known: who walks out of it is not kept, and if it changes,
                the same view is taken to be shown at another size.

        Raises:
            ValueError: The poses are of another skeleton, or the time is no finite number.
        """

    def reset(self) -> None:
        """Forget everything; ids start at 1 again."""
