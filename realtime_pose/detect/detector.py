"""A frame to boxes of persons: letterbox, run, decode, threshold, box NMS.

A one-stage network also gives the poses. P candidates, N persons, K keypoints.
"""

from typing import Protocol, runtime_checkable

import numpy as np

from realtime_pose.config import DetectConfig
from realtime_pose.detect.decoders import DECODERS, NMS_FREE, POSE_DECODERS
from realtime_pose.detect.input_size import check_size, input_wh
from realtime_pose.detect.nms import suppress
from realtime_pose.errors import ConfigError
from realtime_pose.geometry import Float, apply_affine, apply_affine_boxes, area, clip
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.models.network import Network, Outputs
from realtime_pose.scene import Boxes, Frame, Int, Poses
from realtime_pose.skeletons import Skeleton

_MAX_CANDIDATES = 1000  # the best ones enter NMS, whose cost is quadratic


class Detector(Protocol):
    """Finds persons."""

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        """Boxes of the persons with at least this score, best first; may be empty."""


@runtime_checkable
class PoseDetector(Detector, Protocol):
    """Finds persons and their keypoints at once."""

    @property
    def skeleton(self) -> Skeleton:
        """The skeleton of the poses."""

    def detect_poses(self, frame: Frame, *, threshold: float) -> Poses:
        """Poses with at least this score of the detector, best first."""


class NetworkDetector:
    """A detector network of any family that has a decoder.

    Args:
        network: The network with its manifest entry.
        config: Input size, limits of overlap and number; its threshold is not used, callers pass one.

    Raises:
        ConfigError: The family has no decoder, or the network does not accept the configured size.
    """

    def __init__(self, network: Network, config: DetectConfig) -> None:
        spec = network.spec
        if spec.family not in DECODERS:
            raise ConfigError(
                f"model {spec.name}: no decoder for family {spec.family!r}, expected {', '.join(DECODERS)}"
            )
        check_size(spec, config.size_px)
        self._network = network
        self._spec = spec
        self._config = config
        self._decode = DECODERS[spec.family]

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        """Boxes with at least this score, best first; may reach outside the frame."""
        outputs = _run(self._network, frame, self._config)
        xyxy, score = self._decode(outputs.arrays, outputs.input_wh, self._spec)  # (P, 4), (P,) in input pixels
        best = _best_candidates(score, threshold)
        score = np.clip(score[best], 0, 1)
        xyxy = _limit_reach(apply_affine_boxes(outputs.to_image[0], xyxy[best]), frame.wh)
        kept = _suppress_visible(xyxy, score, frame.wh, max_overlap=_max_overlap(self._spec, self._config))
        return Boxes(xyxy, score).take(kept[: self._config.max_persons])


class NetworkPoseDetector:
    """A one-stage pose network of any family that has a decoder.

    Args:
        network: The network with its manifest entry.
        config: Input size, limits of overlap and number; its threshold is not used, callers pass one.

    Raises:
        ConfigError: The family has no decoder, or the network does not accept the configured size.
    """

    def __init__(self, network: Network, config: DetectConfig) -> None:
        spec = network.spec
        if spec.family not in POSE_DECODERS:
            raise ConfigError(
                f"model {spec.name}: no pose decoder for family {spec.family!r}, expected {', '.join(POSE_DECODERS)}"
            )
        check_size(spec, config.size_px)
        self._network = network
        self._spec = spec
        self._config = config
        self._decode = POSE_DECODERS[spec.family]
        self._skeleton = spec.pose_skeleton

    @property
    def skeleton(self) -> Skeleton:
        """The skeleton of the poses."""
        return self._skeleton

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        """Boxes with at least this score, best first: those of ``detect_poses``."""
        return self.detect_poses(frame, threshold=threshold).boxes

    def detect_poses(self, frame: Frame, *, threshold: float) -> Poses:
        """Poses with at least this score of the detector, best first."""
        outputs = _run(self._network, frame, self._config)
        candidates = self._decode(outputs.arrays, outputs.input_wh, self._spec)
        # The threshold comes before the map to the frame: most candidates are below it.
        candidates = candidates.take(_best_candidates(candidates.score, threshold))
        xyxy = _limit_reach(apply_affine_boxes(outputs.to_image[0], candidates.xyxy), frame.wh)
        keypoints, keypoint_score = apply_affine(outputs.to_image[0], candidates.keypoints), candidates.keypoint_score
        if self._spec.keypoints:  # (P, network's K, ...) to (P, K, ...)
            indices = list(self._spec.keypoints)
            keypoints, keypoint_score = keypoints[:, indices], keypoint_score[:, indices]
        boxes = Boxes(xyxy, np.clip(candidates.score, 0, 1))
        kept = _suppress_visible(xyxy, boxes.score, frame.wh, max_overlap=_max_overlap(self._spec, self._config))
        return Poses(keypoints, keypoint_score, boxes, self._skeleton).take(kept[: self._config.max_persons])


def _run(network: Network, frame: Frame, config: DetectConfig) -> Outputs:
    """The outputs for the frame at the configured input size."""
    wh = input_wh(network.spec.input, frame.wh, size_px=config.size_px, scale=config.size_scale)
    return network.run_image(frame.image, wh)


def _best_candidates(score: Float, threshold: float) -> Int:
    """Indices of the candidates at or above the threshold, best first."""
    candidates = np.flatnonzero(score >= threshold)
    return np.asarray(candidates[np.argsort(-score[candidates], kind="stable")][:_MAX_CANDIDATES], dtype=np.int64)


def _limit_reach(xyxy: Float, wh: tuple[int, int]) -> Float:
    """The boxes, limited to one frame size outside the frame on each side.

    Extreme values would overflow later.
    """
    size = np.array([*wh] * 2, np.float32)  # (4,)
    return np.clip(xyxy, -size, 2 * size).astype(np.float32)


def _suppress_visible(xyxy: Float, score: Float, wh: tuple[int, int], *, max_overlap: float) -> Int:
    """Indices of the boxes that overlap the frame and that NMS keeps, best first."""
    visible = np.flatnonzero(area(clip(xyxy, wh)) > 0)
    return np.asarray(visible[suppress(xyxy[visible], score[visible], max_overlap=max_overlap)], dtype=np.int64)


def _max_overlap(spec: ModelSpec, config: DetectConfig) -> float:
    return 1.0 if spec.family in NMS_FREE else config.max_overlap
