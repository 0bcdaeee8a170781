"""A frame to the boxes of the persons in it: prepare, run, decode, threshold, box NMS.

A one-stage network brings the poses too.
"""

from typing import Protocol, runtime_checkable

import numpy as np

from realtime_pose.config import DetectConfig
from realtime_pose.detect.decoders import DECODERS, ONE_BOX_EACH, POSE_DECODERS
from realtime_pose.detect.nms import suppress
from realtime_pose.errors import ConfigError
from realtime_pose.geometry import Float, apply_affine, apply_affine_boxes, area, clip, invert_affine
from realtime_pose.models import patches_cpu
from realtime_pose.models.backend import Arrays, Backend, require_finite
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.scene import Boxes, Frame, Int, Poses
from realtime_pose.skeletons import Skeleton, skeleton_named

_MAX_CANDIDATES = 1000  # NMS looks at so many at most, the best: it is quadratic


class Detector(Protocol):
    """Finds persons."""

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        """Boxes of the persons scored at least threshold, best first; none gives an empty value."""


@runtime_checkable
class PoseDetector(Detector, Protocol):
    """Finds persons and their keypoints at once."""

    @property
    def skeleton(self) -> Skeleton:
        """What the keypoints are."""

    def detect_poses(self, frame: Frame, *, threshold: float) -> Poses:
        """Poses of the persons scored at least threshold, best first; their score is the detector's own."""


class NetworkDetector:
    """Any detector network whose family has a decoder.

    Args:
        backend: The network.
        spec: Its manifest entry.
        config: Input size, overlap and count limits; its threshold is the default that callers pass in.

    Raises:
        ConfigError: No decoder knows the family, or the size asked for is not one that the network takes.
    """

    def __init__(self, backend: Backend, spec: ModelSpec, config: DetectConfig) -> None:
        if spec.family not in DECODERS:
            raise ConfigError(
                f"model {spec.name}: no decoder for family {spec.family!r}, expected {', '.join(DECODERS)}"
            )
        patches_cpu.check_size(spec, config.size_px)
        self._backend = backend
        self._spec = spec
        self._config = config
        self._decode = DECODERS[spec.family]

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        """Boxes of the persons scored at least threshold, best first, in frame pixels; they may leave the frame."""
        outputs, wh, to_frame = _run(self._backend, self._spec, frame, self._config)
        xyxy, score = self._decode(outputs, wh, self._spec)
        best = _best(score, threshold)
        xyxy, score = _placed(apply_affine_boxes(to_frame, xyxy[best]), frame.wh), np.clip(score[best], 0, 1)
        kept = _kept(xyxy, score, frame.wh, max_overlap=_max_overlap(self._spec, self._config))
        return Boxes(xyxy, score).take(kept[: self._config.max_persons])


class NetworkPoseDetector:
    """Any one-stage pose network whose family has a decoder: a detector that brings its own poses.

    Args:
        backend: The network.
        spec: Its manifest entry.
        config: Input size, overlap and count limits; its threshold is the default that callers pass in.

    Raises:
        ConfigError: No decoder knows the family, or the size asked for is not one that the network takes.
    """

    def __init__(self, backend: Backend, spec: ModelSpec, config: DetectConfig) -> None:
        if spec.family not in POSE_DECODERS:
            raise ConfigError(
                f"model {spec.name}: no pose decoder for family {spec.family!r}, expected {', '.join(POSE_DECODERS)}"
            )
        patches_cpu.check_size(spec, config.size_px)
        self._backend = backend
        self._spec = spec
        self._config = config
        self._decode = POSE_DECODERS[spec.family]
        self._skeleton = skeleton_named(spec.skeleton)

    @property
    def skeleton(self) -> Skeleton:
        """What the keypoints are."""
        return self._skeleton

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        """Boxes of the persons scored at least threshold, best first: those of ``detect_poses``."""
        return self.detect_poses(frame, threshold=threshold).boxes

    def detect_poses(self, frame: Frame, *, threshold: float) -> Poses:
        """Poses of the persons scored at least threshold, best first; their score is the detector's own."""
        outputs, wh, to_frame = _run(self._backend, self._spec, frame, self._config)
        found = self._decode(outputs, wh, self._spec)
        found = found.take(_best(found.score, threshold))
        xyxy = _placed(apply_affine_boxes(to_frame, found.xyxy), frame.wh)
        keypoints, keypoint_score = apply_affine(to_frame, found.keypoints), found.keypoint_score
        if self._spec.keypoints:
            chosen = list(self._spec.keypoints)
            keypoints, keypoint_score = keypoints[:, chosen], keypoint_score[:, chosen]
        boxes = Boxes(xyxy, np.clip(found.score, 0, 1))
        kept = _kept(xyxy, boxes.score, frame.wh, max_overlap=_max_overlap(self._spec, self._config))
        return Poses(keypoints, keypoint_score, boxes, self._skeleton).take(kept[: self._config.max_persons])


def _run(
    backend: Backend, spec: ModelSpec, frame: Frame, config: DetectConfig
) -> tuple[Arrays, tuple[int, int], Float]:
    """The outputs for a frame, the input's width and height, and the map from the input to the frame."""
    wh = patches_cpu.input_wh(spec.input, frame.wh, size_px=config.size_px, scale=config.size_scale)
    batch, affine = patches_cpu.whole_frame(frame.image, spec.input, wh)
    outputs = backend.run(batch)
    require_finite(outputs, spec.name)
    return outputs, wh, invert_affine(affine)


def _best(score: Float, threshold: float) -> Int:
    """Indices of the candidates at or above the threshold, best first, not more than NMS can take."""
    candidates = np.flatnonzero(score >= threshold)
    return np.asarray(candidates[np.argsort(-score[candidates], kind="stable")][:_MAX_CANDIDATES], dtype=np.int64)


def _placed(xyxy: Float, wh: tuple[int, int]) -> Float:
    """The boxes, none farther outside the frame than the frame is large: farther ones only break the arithmetic."""
    reach = np.array([*wh] * 2, np.float32)
    return np.clip(xyxy, -reach, 2 * reach).astype(np.float32)


def _kept(xyxy: Float, score: Float, wh: tuple[int, int], *, max_overlap: float) -> Int:
    """Indices of the boxes that show something of the frame and that NMS leaves, best first."""
    visible = np.flatnonzero(area(clip(xyxy, wh)) > 0)
    return np.asarray(visible[suppress(xyxy[visible], score[visible], max_overlap=max_overlap)], dtype=np.int64)


def _max_overlap(spec: ModelSpec, config: DetectConfig) -> float:
    return 1.0 if spec.family in ONE_BOX_EACH else config.max_overlap
