"""When the detector looks: at every n-th frame, and as soon as the tracks alone no longer tell who is there."""

from enum import StrEnum

import numpy as np

from realtime_pose.geometry import iou
from realtime_pose.pipeline.motion import MotionWatch
from realtime_pose.scene import Frame, Scene, Tracks, TrackState
from realtime_pose.tracking.border import is_leaving
from realtime_pose.tracking.following import moved_boxes

# IoU of two tracks from which their poses may be exchanged. Found on synthetic crossing walkers: 0.3 gave twice as many
# identity switches.
_MAX_OVERLAP = 0.15
# IoU with a lost track. On seeds 600 and 601, interval 3, IDF1 fell by 2.1 without this rule, by 0.6 with a limit of
# 0.5, by 0.2 with 0.3 and by 0.1 with 0.15, which leaves the detector hardly any rest.
_MAX_LOST_OVERLAP = 0.3
_MAX_STEP_S = 1.0  # after a longer gap between two frames, predictions say little


class Look(StrEnum):
    """Why the detector looks at a frame; NONE: it does not."""

    NONE = "none"
    START = "start"
    DUE = "due"
    UNSURE = "unsure"
    LEAVING = "leaving"
    MOTION = "motion"


class DetectorTiming:
    """Decides for each frame of one stream whether the detector looks at it. For one thread.

    It looks

    - at every n-th frame, at the first one, after a gap, and if the image changes its size;
    - while a track is tentative, and while two tracks overlap, one of them perhaps lost: the crop of one may show the
      other;
    - once for each track that was lost while it was followed, or that begins to leave;
    - if motion begins outside the tracks.
    """

    def __init__(self) -> None:
        self._since = 0  # frames since the detector looked
        self._motion = MotionWatch()
        self._answered: dict[Look, set[int]] = {Look.UNSURE: set(), Look.LEAVING: set()}  # ids, once looked at

    def look(self, frame: Frame, latest: Scene | None, *, interval: int) -> Look:
        """Whether and why the detector looks at this frame.

        Args:
            frame: The next frame.
            latest: The newest scene before it; None if there is none.
            interval: Frames from one look to the next; 1: it looks at each frame, and nothing is computed here.
        """
        self._since += 1
        reason = Look.DUE if interval == 1 else self._reason(frame, latest, interval)
        if reason is not Look.NONE:
            self._since = 0
            if interval > 1:
                self._motion.set_reference(frame.image)
            else:
                self._motion.forget()
        return reason

    def _reason(self, frame: Frame, latest: Scene | None, interval: int) -> Look:
        if latest is None or latest.frame.wh != frame.wh:
            return Look.START
        step_s = frame.time_s - latest.frame.time_s
        if not 0 <= step_s <= _MAX_STEP_S:
            return Look.START
        doubts = self._doubts(latest, frame.wh)  # also in frames that are due: the look answers them
        if self._since >= interval:
            return Look.DUE
        if doubts is not Look.NONE:
            return doubts
        is_moving = self._motion.is_unexplained(frame.image, moved_boxes(latest.tracks, step_s), time_s=frame.time_s)
        return Look.MOTION if is_moving else Look.NONE

    def _doubts(self, latest: Scene, frame_wh: tuple[int, int]) -> Look:
        """Whether a track needs the detector, and why."""
        tracks = latest.tracks
        is_lost = tracks.state == TrackState.LOST
        if latest.is_detected:  # the detector itself has missed them
            self._answered[Look.UNSURE] = set(tracks.ids[is_lost].tolist())
        leaving = is_leaving(tracks.poses.boxes.xyxy, tracks.velocity, frame_wh) & ~is_lost
        newly_lost = self._new(Look.UNSURE, set(tracks.ids[is_lost].tolist()))
        newly_leaving = self._new(Look.LEAVING, set(tracks.ids[leaving].tolist()))
        if newly_lost or (tracks.state == TrackState.TENTATIVE).any() or _is_any_overlapping(tracks):
            return Look.UNSURE
        return Look.LEAVING if newly_leaving else Look.NONE

    def _new(self, reason: Look, ids: set[int]) -> bool:
        """Whether one of these ids was not looked at for this reason since it came up."""
        is_new = not ids <= self._answered[reason]
        self._answered[reason] = ids
        return is_new


def _is_any_overlapping(tracks: Tracks) -> bool:
    """Whether the box of a confirmed track overlaps another so much that its crop may show both persons.

    A lost track counts too: its person is probably hidden there, and may be the one whom the crop shows.
    """
    xyxy, is_confirmed = tracks.poses.boxes.xyxy, tracks.state == TrackState.CONFIRMED
    overlap = iou(xyxy, xyxy)
    np.fill_diagonal(overlap, 0)
    limit = np.where(is_confirmed, _MAX_OVERLAP, _MAX_LOST_OVERLAP)
    return bool((overlap > limit)[is_confirmed].any())
