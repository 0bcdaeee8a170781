"""Detect, pose and track of one stream: what each of these stages does with a frame, and what they tell each other.

The tracker comes last, but says where the tracks are expected in the next frame, so its newest scene goes back to the
stages before it.
"""

import math
from dataclasses import replace

from realtime_pose.config import Config, LiveSettings
from realtime_pose.effort import Effort
from realtime_pose.pipeline.detector_timing import DetectorTiming, Look
from realtime_pose.pipeline.latest_scene import LatestScene
from realtime_pose.pipeline.networks import Networks
from realtime_pose.pipeline.parts import PipelineParts
from realtime_pose.pipeline.perception import CapturedFrame, DetectedFrame, PosedFrame, detect, skip_detector
from realtime_pose.pipeline.pose_budget import PoseBudget, time_for_poses_s
from realtime_pose.pipeline.stream_state import StreamState, check_interval
from realtime_pose.scene import Frame, Scene


class FramePerception:
    """Detect, pose and track of a program's own frames, one after another. For one thread and one stream.

    Args:
        config: All settings.
        networks: May be shared.

    Raises:
        ConfigError: The detector may leave out frames, but these networks find the poses together with the boxes.
    """

    def __init__(self, config: Config, networks: Networks) -> None:
        self._networks = networks
        self._threshold = config.detect.threshold
        self._effort = Effort(config.detect.interval)
        self._state = StreamState(config, networks)
        check_interval(config.detect, self._state)
        self._timing = DetectorTiming()
        self._budget = PoseBudget()
        self._latest: Scene | None = None

    def scene(self, frame: Frame) -> Scene:
        """The scene of the next frame."""
        captured = CapturedFrame(frame)
        if self._timing.look(frame, self._latest, interval=self._effort.detect_every) is Look.NONE:
            detected = skip_detector(self._networks, captured)
        else:
            detected = detect(self._networks, captured, threshold=self._threshold)
        posed = self._budget.pose(detected, budget_s=math.inf, latest=self._latest)
        self._latest = replace(self._state.track(posed), effort=self._effort)
        return self._latest


class StreamPerception:
    """The work of the stages detect, pose and track; each method is for the thread of its stage.

    Attributes:
        settings: Settings that may change during the run; any thread may replace them.

    Args:
        parts: Source, networks and state of the stream.
        settings: See the attribute.
    """

    def __init__(self, parts: PipelineParts, settings: LiveSettings) -> None:
        self.settings = settings
        self._parts = parts
        self._timing = DetectorTiming()
        self._budget = PoseBudget()
        self._latest = LatestScene()
        self._posed_index: int | None = None  # of the frame that was posed last

    @property
    def is_sequential(self) -> bool:
        """Whether a frame begins only when the one before is tracked: so the results of a file are always the same."""
        return not self._parts.source.info.is_live and self._parts.effort.detect_every > 1

    def detect(self, captured: CapturedFrame) -> DetectedFrame:
        """The frame with its detections, if the detector has to look at it."""
        interval = self._effort.detect_every
        look = self._timing.look(captured.frame, self._latest.scene, interval=interval)
        networks = self._parts.networks.present  # one read: they may be exchanged at any moment
        # People can be followed only into frames of networks that look at boxes.
        if look is Look.NONE and networks.can_estimate_boxes:
            return skip_detector(networks, captured)
        return detect(networks, captured, threshold=self.settings.detector_threshold)

    def pose(self, detected: DetectedFrame) -> PosedFrame:
        """The frame with the poses of its persons."""
        info = self._parts.source.info
        budget_s = time_for_poses_s(self._parts.pose_limit_s, info.rate_hz) if info.is_live else math.inf
        budget_s *= self._effort.pose_share
        latest = self._latest.scene
        # The prediction is better from the frame just before, which the tracker may still have.
        if not detected.is_detected and self._posed_index is not None:
            latest = self._latest.after(self._posed_index)
        posed = self._budget.pose(detected, budget_s=budget_s, latest=latest)
        self._posed_index = posed.frame.index
        return posed

    def track(self, posed: PosedFrame) -> Scene:
        """The scene of the frame."""
        scene = self._parts.state.track(posed, smooth=self.settings.smooth)
        scene = replace(scene, effort=self._effort, names=self.settings.people.names)
        self._latest.put(scene)
        return scene

    def observe(self, scene: Scene) -> None:
        """Let the governor count a scene that was just tracked, with the times of all stages."""
        if self._parts.governor is not None:
            self._parts.governor.add(scene)

    @property
    def _effort(self) -> Effort:
        """What runs at the moment."""
        return self._parts.effort if self._parts.governor is None else self._parts.governor.effort

    def clear(self) -> None:
        """Free the image of the newest scene."""
        self._latest.clear()
