"""Tracking: from the poses of one frame after another to tracks with ids, then smoothed.

Import `PoseTracker` (tracker.py) and `Smoother` (smooth.py) from their modules, where they are needed: the filter
library of the tracker takes about a second to import.
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from realtime_pose.scene import Int, Poses, Tracks


class Tracker(Protocol):
    """Assigns ids to the persons of one stream. Each stream has its own tracker: no two share state or ids."""

    def update(self, poses: Poses, *, time_s: float, frame_wh: tuple[int, int] | None = None) -> Tracks:
        """All living tracks at this frame. Call it for every frame, also for frames without persons.

        Args:
            poses: The N persons of this frame, any order. Not changed, not kept.
            time_s: Media time in seconds. A time that does not rise counts as no time passed.
            frame_wh: Width and height of the image, if known. With it, persons who walk out of the image are removed
                early. If it changes, the tracker takes it as the same view at another size.

        Raises:
            ValueError: The poses have another skeleton, or the time is not finite.
        """

    def reset(self) -> None:
        """Forget everything; ids start at 1 again."""


@runtime_checkable
class FollowingTracker(Tracker, Protocol):
    """A tracker that also follows its tracks through frames that the detector did not look at."""

    def follow(self, ids: Int, poses: Poses, *, time_s: float, frame_wh: tuple[int, int] | None = None) -> Tracks:
        """All living tracks at such a frame. Those that were followed are marked RECOVERED, and are no detections.

        Args:
            ids: (P,) tracks, each once; ids of tracks that have ended are ignored.
            poses: Their P poses, estimated in the boxes where they were expected. The score of a box is not used.
            time_s: As for ``update``.
            frame_wh: As for ``update``.
        """


@runtime_checkable
class RenamingTracker(Tracker, Protocol):
    """A tracker whose tracks can get other ids, for persons who are known again."""

    def new_id(self) -> int:
        """An id that no track has had."""

    def rename(self, new_ids: Mapping[int, int]) -> Tracks:
        """The tracks of the latest frame with other ids.

        Args:
            new_ids: New ids by the old ones. A lost track that has one of the new ids ends.
        """
