"""What the stages do to a scene: find boxes, then poses, then who it is. Pure but for the tracker's memory."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from realtime_pose.config import Config, LiveSettings
from realtime_pose.detect.detector import Detector
from realtime_pose.pose import nms
from realtime_pose.pose.estimator import PoseEstimator
from realtime_pose.scene import Boxes, Poses, Scene, Tracks
from realtime_pose.track import Tracker
from realtime_pose.track.smooth import Smoother


@dataclass(frozen=True, slots=True)
class Work:
    """The models of one camera, and the two steps they make.

    Attributes:
        detector: Finds persons.
        estimator: Finds their keypoints.
        tracker: Gives them ids; its own.
        smoother: Steadies their keypoints; its own.
        config: Limits of pose NMS.
    """

    detector: Detector
    estimator: PoseEstimator
    tracker: Tracker
    smoother: Smoother
    config: Config

    def detect(self, scene: Scene, *, settings: Callable[[], LiveSettings]) -> Scene:
        """The scene with its boxes."""
        return replace(scene, boxes=self.detector.detect(scene.frame, threshold=settings().detector_threshold))

    def follow(self, scene: Scene) -> Scene:
        """The scene with its poses, one a person, and its tracks."""
        boxes = scene.boxes if scene.boxes is not None else Boxes.empty()
        poses = self.estimator.estimate(scene.frame, boxes)
        kept = nms.suppress(poses, self.config.pose_nms)
        poses = poses.take(kept)
        # The tracker goes by the detector's own scores; what comes out has the person's, as the poses have.
        detected = replace(poses, boxes=boxes.take(kept))
        tracks = self.tracker.update(detected, time_s=scene.frame.time_s)
        tracks = self.smoother.smooth(_with_person_scores(tracks, poses), time_s=scene.frame.time_s)
        return replace(scene, poses=poses, tracks=tracks)


def _with_person_scores(tracks: Tracks, poses: Poses) -> Tracks:
    """The tracks, those seen now with the person score of their pose."""
    score = tracks.poses.boxes.score.copy()
    is_seen = tracks.detection >= 0
    score[is_seen] = poses.boxes.score[tracks.detection[is_seen]]
    boxes = Boxes(tracks.poses.boxes.xyxy, score.astype(np.float32))
    return replace(tracks, poses=replace(tracks.poses, boxes=boxes))
