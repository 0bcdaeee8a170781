"""What the stages do to a scene: find boxes, then poses, then who it is. Only the last of these has a memory."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from realtime_pose.config import Config, LiveSettings, SmoothConfig
from realtime_pose.detect.detector import Detector, PoseDetector
from realtime_pose.errors import ConfigError
from realtime_pose.pose import nms
from realtime_pose.pose.estimator import PoseEstimator
from realtime_pose.scene import Boxes, Frame, Int, Poses, Scene, Tracks
from realtime_pose.tracking import Tracker
from realtime_pose.tracking.recovery import TrackRecovery
from realtime_pose.tracking.smooth import Smoother


@dataclass(frozen=True, slots=True)
class PerceptionStages:
    """The models of one camera, and the three steps they make.

    Attributes:
        detector: Finds persons; a PoseDetector finds their keypoints too.
        estimator: Finds their keypoints; None where the detector brings them.
        tracker: Gives them ids; its own.
        smoother: Steadies their keypoints; its own.
        recovery: Finds again whom the detector misses for a moment; its own.
        config: Limits of pose NMS.
    """

    detector: Detector
    estimator: PoseEstimator | None
    tracker: Tracker
    smoother: Smoother
    recovery: TrackRecovery
    config: Config

    def detect(self, scene: Scene, *, settings: Callable[[], LiveSettings]) -> Scene:
        """The scene with its boxes, and their poses where the detector brings them."""
        threshold = settings().detector_threshold
        if isinstance(self.detector, PoseDetector):
            poses = self.detector.detect_poses(scene.frame, threshold=threshold)
            return replace(scene, boxes=poses.boxes, poses=poses)
        return replace(scene, boxes=self.detector.detect(scene.frame, threshold=threshold))

    def pose(self, scene: Scene) -> Scene:
        """The scene with a pose for each box; frames may be posed side by side, in any order.

        Raises:
            ConfigError: There is no pose estimator, and the detector brings no poses.
        """
        if scene.poses is not None:
            return scene
        if self.estimator is None:
            raise ConfigError("expected a pose estimator, or a detector that brings its own poses; got neither")
        return replace(scene, poses=self.estimator.estimate(scene.frame, _boxes(scene)))

    def estimate(self, scene: Scene) -> Scene:
        """The scene with its poses, one a person, and no tracks: for single pictures."""
        return replace(scene, poses=self._people(self.pose(scene))[0])

    def track(self, scene: Scene, *, smooth: SmoothConfig | None = None) -> Scene:
        """The posed scene with one pose a person, and its tracks; smooth, if given, counts from now on.

        Scenes come in the order of time.
        """
        self.smoother.config = smooth or self.smoother.config
        poses, kept = self._people(scene)
        # The tracker goes by the detector's own scores; what comes out has the person's, as the poses have.
        detected = replace(poses, boxes=_boxes(scene).take(kept))
        frame = scene.frame
        tracks = self.tracker.update(detected, time_s=frame.time_s, frame_wh=frame.wh)
        tracks = self._guided(_with_person_scores(tracks, poses), frame)
        tracks = self.smoother.smooth(tracks, time_s=frame.time_s, frame_wh=frame.wh)
        return replace(scene, poses=poses, tracks=tracks)

    def _people(self, scene: Scene) -> tuple[Poses, Int]:
        """Of the scene's poses those that pose NMS keeps, and which boxes they came from."""
        if scene.poses is None:
            raise ConfigError("expected a scene whose poses have been estimated")
        return nms.merge(scene.poses, self.config.pose_nms)

    def _guided(self, tracks: Tracks, frame: Frame) -> Tracks:
        """The tracks, those missed for a moment with a pose estimated where they are expected."""
        rows = self.recovery.rows(tracks, time_s=frame.time_s, frame_wh=frame.wh)
        if not len(rows) or self.estimator is None:
            return tracks
        return self.recovery.accepted(tracks, rows, self.estimator.estimate(frame, tracks.poses.boxes.take(rows)))


def _boxes(scene: Scene) -> Boxes:
    """What was detected; none where nobody has looked."""
    return scene.boxes if scene.boxes is not None else Boxes.empty()


def _with_person_scores(tracks: Tracks, poses: Poses) -> Tracks:
    """The tracks, those seen now with the person score of their pose."""
    score = tracks.poses.boxes.score.copy()
    is_seen = tracks.detection >= 0
    score[is_seen] = poses.boxes.score[tracks.detection[is_seen]]
    boxes = Boxes(tracks.poses.boxes.xyxy, score.astype(np.float32))
    return replace(tracks, poses=replace(tracks.poses, boxes=boxes))
