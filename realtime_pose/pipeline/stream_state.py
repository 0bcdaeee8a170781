"""What one stream keeps from frame to frame: its tracker, its smoother and its recovery of missed persons.

Of single pictures nothing is kept.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np

from realtime_pose.config import Config, SmoothConfig, TrackConfig
from realtime_pose.pipeline.networks import Networks
from realtime_pose.pipeline.perception import PosedFrame
from realtime_pose.pose import nms
from realtime_pose.scene import Boxes, Frame, Poses, Scene, Tracks
from realtime_pose.skeletons import Skeleton
from realtime_pose.tracking import Tracker
from realtime_pose.tracking.recovery import TrackRecovery
from realtime_pose.tracking.smooth import Smoother
from realtime_pose.tracking.tracker import PoseTracker

TrackerFactory = Callable[[TrackConfig, Skeleton], Tracker]


class SceneMaker(Protocol):
    """From the poses of each frame to its scene."""

    @property
    def networks(self) -> Networks:
        """The networks of this source."""

    def track(self, posed: PosedFrame, *, smooth: SmoothConfig | None = None) -> Scene:
        """The scene of the next frame; see `StreamState`."""


class StreamState:
    """The state of one stream; for one thread, frames in the order of time. Two streams never share one.

    Attributes:
        networks: The networks of this stream.

    Args:
        config: Settings of pose NMS, tracker and smoother.
        networks: Estimate the poses of missed persons; may be shared.
        make_tracker: Replaces the project's own tracker, for comparisons.
    """

    def __init__(self, config: Config, networks: Networks, *, make_tracker: TrackerFactory = PoseTracker) -> None:
        self.networks = networks
        self._pose_nms = config.pose_nms
        self._tracker = make_tracker(config.track, networks.skeleton)
        self._smoother = Smoother(config.smooth)
        # A network that looks at whole frames cannot look again at a box, so nobody is a candidate.
        can_recover = networks.can_estimate_boxes
        self._recovery = TrackRecovery(config.track if can_recover else replace(config.track, recovery_persons=0))

    def track(self, posed: PosedFrame, *, smooth: SmoothConfig | None = None) -> Scene:
        """The scene of a frame: one pose per person, and the tracks.

        Args:
            posed: The next frame with its poses.
            smooth: Settings of the smoother from now on; None: no change.
        """
        self._smoother.config = smooth or self._smoother.config
        poses, kept = nms.merge(posed.poses, self._pose_nms)  # kept: (M,) rows of the boxes
        # The tracker works with the detector's scores; the tracks that come out have the person scores of the poses.
        detected = replace(poses, boxes=posed.boxes.take(kept))
        frame = posed.frame
        tracks = self._tracker.update(detected, time_s=frame.time_s, frame_wh=frame.wh)
        tracks = _with_person_scores(tracks, poses)
        # With persons left out there is no time for others either; and who is left out was not missed.
        tracks = tracks if len(posed.unposed) else self._recover_missed(tracks, frame)
        tracks = self._smoother.smooth(tracks, time_s=frame.time_s, frame_wh=frame.wh)
        return Scene(
            frame, _best_first(posed.boxes, posed.unposed), poses, tracks, timings=posed.timings, unposed=posed.unposed
        )

    def _recover_missed(self, tracks: Tracks, frame: Frame) -> Tracks:
        """The tracks, with poses at the predicted boxes of those just missed."""
        rows = self._recovery.candidates(tracks, time_s=frame.time_s, frame_wh=frame.wh)  # (M,), M <= N
        if not len(rows):
            return tracks
        return self._recovery.accept(tracks, rows, self.networks.estimate(frame, tracks.poses.boxes.take(rows)))


class PictureState:
    """Makes the scenes of single pictures: nobody is tracked or left out, and nothing is kept.

    Attributes:
        networks: The networks of this source.

    Args:
        config: Settings of pose NMS.
        networks: May be shared.
    """

    def __init__(self, config: Config, networks: Networks) -> None:
        self.networks = networks
        self._pose_nms = config.pose_nms

    def track(self, posed: PosedFrame, *, smooth: SmoothConfig | None = None) -> Scene:  # noqa: ARG002 - of SceneMaker
        """The scene of a picture: one pose per person, best first, numbered from 1."""
        poses, _ = nms.merge(posed.poses, self._pose_nms)
        return Scene(posed.frame, posed.boxes, poses, numbered(poses), timings=posed.timings)


def numbered(poses: Poses) -> Tracks:
    """The persons of a single picture with their numbers, from 1, as ids."""
    return Tracks.at_rest(poses, np.arange(1, len(poses) + 1, dtype=np.int64))


def _with_person_scores(tracks: Tracks, poses: Poses) -> Tracks:
    """The tracks; those detected in this frame get the person score of their pose."""
    score = tracks.poses.boxes.score.copy()  # (N,)
    is_detected = tracks.detection >= 0
    score[is_detected] = poses.boxes.score[tracks.detection[is_detected]]
    boxes = Boxes(tracks.poses.boxes.xyxy, score.astype(np.float32))
    return replace(tracks, poses=replace(tracks.poses, boxes=boxes))


def _best_first(boxes: Boxes, others: Boxes) -> Boxes:
    """Both in one, best first."""
    if not len(others):
        return boxes
    xyxy, score = np.concatenate((boxes.xyxy, others.xyxy)), np.concatenate((boxes.score, others.score))
    return Boxes(xyxy, score).take(np.argsort(-score, kind="stable"))
