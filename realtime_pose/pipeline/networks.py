"""The networks of a configuration with their backends, shared by any number of streams.

They are a detector, a pose estimator, and a network for re-identification if the user named one.

Contract: a Networks object keeps no state of a stream. All its methods may be called from several threads at once, with
frames of one stream or of several; each result is the same as from a call alone. What a stream keeps is in
`stream_state`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from realtime_pose.appearance.embeddings import PersonEmbedder
from realtime_pose.config import Config
from realtime_pose.detect.detector import Detector, NetworkDetector, NetworkPoseDetector, PoseDetector
from realtime_pose.models.engine import Engine
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.pose.estimator import NetworkPoseEstimator, PoseEstimator
from realtime_pose.pose.transformer import SpatialTransformer
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import Skeleton


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """Which networks run, and where.

    Attributes:
        specs: Manifest entry per stage, with the SHA-256 of the file in use.
        devices: The device that really runs the network of each stage.
        engines: What runs it, with its precision.
    """

    specs: Mapping[str, ModelSpec] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)
    engines: Mapping[str, Engine] = field(default_factory=dict)

    @property
    def engines_by_model(self) -> dict[str, dict[str, str]]:
        """Engine, precision and device of each model, by its name, for the headers of results files."""
        return {
            self.specs[stage].name: {
                "engine": engine.name,
                "precision": engine.precision,
                "device": self.devices[stage],
            }
            for stage, engine in self.engines.items()
        }


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What the detector found in one frame.

    Attributes:
        boxes: N boxes, best first, with the detector's own scores.
        poses: The N poses of a one-stage network; empty if a pose estimator follows.
    """

    boxes: Boxes
    poses: Poses


class Networks(Protocol):
    """Finds persons and their poses; see the contract of the module."""

    @property
    def skeleton(self) -> Skeleton:
        """Names and order of the keypoints."""

    @property
    def info(self) -> NetworkInfo:
        """Which networks run, and where."""

    @property
    def reid(self) -> PersonEmbedder | None:
        """The network that tells people apart; None: the user named none."""

    @property
    def can_estimate_boxes(self) -> bool:
        """Whether ``estimate`` takes boxes that no detector of this object has found."""

    def detect(self, frame: Frame, *, threshold: float) -> Detections:
        """The persons with a score of at least threshold."""

    def pose(self, frame: Frame, detections: Detections) -> Poses:
        """One pose per detection, in the same order."""

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        """One pose per given box, in the same order; only if ``can_estimate_boxes``."""


@dataclass(frozen=True, slots=True)
class TopDownNetworks:
    """A detector, then a single-person pose estimator on each box (RMPE).

    Attributes:
        detector: Finds boxes.
        estimator: Finds the keypoints in boxes.
        info: Which networks run, and where.
        reid: Tells people apart; None: the user named none.
    """

    detector: Detector
    estimator: PoseEstimator
    info: NetworkInfo = field(default_factory=NetworkInfo)
    reid: PersonEmbedder | None = None

    @property
    def skeleton(self) -> Skeleton:
        """Names and order of the keypoints."""
        return self.estimator.skeleton

    @property
    def can_estimate_boxes(self) -> bool:
        """Always."""
        return True

    def detect(self, frame: Frame, *, threshold: float) -> Detections:
        """The persons with a score of at least threshold, without poses."""
        return Detections(self.detector.detect(frame, threshold=threshold), Poses.empty(self.skeleton))

    def pose(self, frame: Frame, detections: Detections) -> Poses:
        """One pose per detection, in the same order."""
        return self.estimator.estimate(frame, detections.boxes)

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        """One pose per given box, in the same order."""
        return self.estimator.estimate(frame, boxes)


@dataclass(frozen=True, slots=True)
class OneStageNetwork:
    """One network that finds boxes and poses together.

    Attributes:
        detector: Finds persons with their keypoints.
        info: Which network runs, and where.
        reid: Tells people apart; None: the user named none.
    """

    detector: PoseDetector
    info: NetworkInfo = field(default_factory=NetworkInfo)
    reid: PersonEmbedder | None = None

    @property
    def skeleton(self) -> Skeleton:
        """Names and order of the keypoints."""
        return self.detector.skeleton

    @property
    def can_estimate_boxes(self) -> bool:
        """Never: the network looks at whole frames."""
        return False

    def detect(self, frame: Frame, *, threshold: float) -> Detections:
        """The persons with a score of at least threshold, with their poses."""
        poses = self.detector.detect_poses(frame, threshold=threshold)
        return Detections(poses.boxes, poses)

    def pose(self, frame: Frame, detections: Detections) -> Poses:  # noqa: ARG002 - the frame was looked at before
        """The poses that came with the detections."""
        return detections.poses

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        """Not possible; see ``can_estimate_boxes``.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            f"a one-stage network cannot estimate poses in boxes of {frame.source}: {len(boxes)} came"
        )


def load_networks(config: Config, *, is_live: bool = True) -> Networks:
    """The networks that a configuration names, loaded and warmed up; those that this process uses already are shared.

    Args:
        config: Names of the networks, and where and how they run.
        is_live: Whether one frame has to be quick, or many frames in total; the results are the same.

    Raises:
        RealtimePoseError: Weights are missing, or a network is not usable.
    """
    specs = find_specs(config)
    networks = {stage: load_network(spec, config.device, is_live=is_live) for stage, spec in specs.items()}
    info = NetworkInfo(
        {stage: network.spec for stage, network in networks.items()},
        {stage: network.device for stage, network in networks.items()},
        {stage: network.engine for stage, network in networks.items()},
    )
    reid = PersonEmbedder(networks["reid"]) if "reid" in networks else None
    if "pose" not in networks:
        return OneStageNetwork(NetworkPoseDetector(networks["detect"], config.detect), info, reid)
    detector = NetworkDetector(networks["detect"], config.detect)
    transformer = SpatialTransformer(networks["sstn"]) if "sstn" in networks else None
    return TopDownNetworks(detector, NetworkPoseEstimator(networks["pose"], config.pose, transformer), info, reid)


def load_detector(config: Config) -> Detector:
    """The detector that a configuration names, alone; raises as ``load_networks``."""
    spec = load_manifest().find(config.detect.model, task="detector")
    network = load_network(spec, config.device)
    if spec.task == "pose-detector":
        return NetworkPoseDetector(network, config.detect)
    return NetworkDetector(network, config.detect)


def find_specs(config: Config) -> dict[str, ModelSpec]:
    """Manifest entries by stage; no "pose" if the detector finds poses too, and no "reid" if none is named."""
    manifest = load_manifest()
    specs = {"detect": manifest.find(config.detect.model, task="detector")}
    # The manifest entry alone decides how outputs are decoded, so any detector works with any pose estimator.
    if specs["detect"].task != "pose-detector":
        specs["pose"] = manifest.find(config.pose.model, task="pose")
        if config.pose.has_sstn:
            specs["sstn"] = manifest.find(config.pose.sstn, task="localisation")
    if config.track.reid:
        specs["reid"] = manifest.find(config.track.reid, task="reid")
    return specs
