"""Where a followed person is, as steady as a camera that somebody moves by hand: frame pixels, one scene after another.

The place is the mean of the person's last boxes, so that the picture does not shake with the edges of the box.
"""

import numpy as np

from realtime_pose.scene import Float, Scene

_TRAIL_STEPS = 6  # last boxes in the mean: 0.2 s at 30 frames per second, so the picture is 0.1 s behind
_NEW_SHARE = 0.1  # of a new size in the size that is kept
_JUMP_S = 0.5  # of media time from one scene to the next; beyond it the old size means nothing


class FollowedPlace:
    """The place of one person; for one thread.

    It is kept while the person is not seen, so the picture waits there.

    Attributes:
        track_id: Who; None for nobody.
        centre: (2,) of the person; None if not seen yet.
        wh: (2,) size of the person.
    """

    def __init__(self) -> None:
        self.track_id: int | None = None
        self.centre: Float | None = None
        self.wh = np.zeros(2, np.float32)
        self._time_s = 0.0

    def update(self, scene: Scene, track_id: int | None) -> None:
        """Take the place of this person in the next scene; None: follow nobody."""
        if track_id != self.track_id:
            self.track_id, self.centre = track_id, None
        seen = scene.tracks.seen
        rows = np.flatnonzero(seen.ids == (-1 if track_id is None else track_id))
        if not len(rows):
            return
        row = int(rows[0])
        corners, trail = seen.poses.boxes.xyxy[row].reshape(2, 2), seen.trail[row]
        known = trail[np.isfinite(trail).all(axis=1)][-_TRAIL_STEPS:]
        wh = corners[1] - corners[0]
        is_jump = self.centre is None or abs(scene.frame.time_s - self._time_s) > _JUMP_S
        self.wh = wh if is_jump else self.wh + _NEW_SHARE * (wh - self.wh)
        self.centre = known.mean(axis=0) if len(known) else corners.mean(axis=0)
        self._time_s = scene.frame.time_s
