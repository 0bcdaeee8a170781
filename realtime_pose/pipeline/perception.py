"""The perception stages of one stream: detect boxes, estimate poses, track.

Only tracking keeps state.
"""

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
    """The models of one stream and the steps that use them.

    Tracker, smoother and recovery keep the state of one stream and are never shared.

    Attributes:
        detector: Finds persons; a PoseDetector also finds their keypoints.
        estimator: Finds keypoints in boxes; None if the detector does.
        tracker: Gives persons their track ids.
        smoother: Filters keypoints over time.
        recovery: Finds a person again whom the detector missed for a moment.
        config: Limits of pose NMS.
    """

    detector: Detector
    estimator: PoseEstimator | None
    tracker: Tracker
    smoother: Smoother
    recovery: TrackRecovery
    config: Config

    def detect(self, scene: Scene, *, settings: Callable[[], LiveSettings]) -> Scene:
        """The scene with its boxes, and with their poses if the detector finds them too."""
        threshold = settings().detector_threshold
        if isinstance(self.detector, PoseDetector):
            poses = self.detector.detect_poses(scene.frame, threshold=threshold)
            return replace(scene, boxes=poses.boxes, poses=poses)
        return replace(scene, boxes=self.detector.detect(scene.frame, threshold=threshold))

    def pose(self, scene: Scene) -> Scene:
        """The scene with a pose per box; thread-safe, scenes may come in any order.

        Raises:
            ConfigError: There is no pose estimator, and the detector finds no poses.
        """
        if scene.poses is not None:
            return scene
        if self.estimator is None:
            raise ConfigError("expected a pose estimator, or a detector that brings its own poses; got neither")
        return replace(scene, poses=self.estimator.estimate(scene.frame, _boxes_or_empty(scene)))

    def estimate(self, scene: Scene) -> Scene:
        """The scene with one pose per person and no tracks, for single images."""
        return replace(scene, poses=self._suppress_duplicates(self.pose(scene))[0])

    def track(self, scene: Scene, *, smooth: SmoothConfig | None = None) -> Scene:
        """The scene with one pose per person and its tracks.

        Args:
            scene: A scene with poses; scenes come in the order of time.
            smooth: Settings of the smoother from now on; None: no change.
        """
        self.smoother.config = smooth or self.smoother.config
        poses, kept = self._suppress_duplicates(scene)  # kept: (M,) rows of the boxes
        # The tracker works with the detector's scores; the tracks that come out have the person scores of the poses.
        detected = replace(poses, boxes=_boxes_or_empty(scene).take(kept))
        frame = scene.frame
        tracks = self.tracker.update(detected, time_s=frame.time_s, frame_wh=frame.wh)
        tracks = self._recover_missed(_with_person_scores(tracks, poses), frame)
        tracks = self.smoother.smooth(tracks, time_s=frame.time_s, frame_wh=frame.wh)
        return replace(scene, poses=poses, tracks=tracks)

    def _suppress_duplicates(self, scene: Scene) -> tuple[Poses, Int]:
        """The poses that pose NMS keeps, and the rows (M,) of the boxes they came from."""
        if scene.poses is None:
            raise ConfigError("expected a scene whose poses have been estimated")
        return nms.merge(scene.poses, self.config.pose_nms)

    def _recover_missed(self, tracks: Tracks, frame: Frame) -> Tracks:
        """The tracks, with poses at the predicted boxes of those just missed."""
        rows = self.recovery.candidates(tracks, time_s=frame.time_s, frame_wh=frame.wh)  # (M,), M <= N
        if not len(rows) or self.estimator is None:
            return tracks
        return self.recovery.accept(tracks, rows, self.estimator.estimate(frame, tracks.poses.boxes.take(rows)))


def _boxes_or_empty(scene: Scene) -> Boxes:
    """The boxes of the scene; none if no detector has run."""
    return scene.boxes if scene.boxes is not None else Boxes.empty()


def _with_person_scores(tracks: Tracks, poses: Poses) -> Tracks:
    """The tracks; those detected in this frame get the person score of their pose."""
    score = tracks.poses.boxes.score.copy()  # (N,)
    is_detected = tracks.detection >= 0
    score[is_detected] = poses.boxes.score[tracks.detection[is_detected]]
    boxes = Boxes(tracks.poses.boxes.xyxy, score.astype(np.float32))
    return replace(tracks, poses=replace(tracks.poses, boxes=boxes))
