"""A frame to the boxes of the persons in it: prepare, run, decode, threshold, box NMS."""

from typing import Protocol

import numpy as np

from realtime_pose.config import DetectConfig
from realtime_pose.detect.decoders import DECODERS
from realtime_pose.detect.nms import suppress
from realtime_pose.errors import ConfigError
from realtime_pose.geometry import apply_affine_boxes, invert_affine
from realtime_pose.models import patches_cpu
from realtime_pose.models.backend import Backend
from realtime_pose.models.manifest import ModelSpec
from realtime_pose.scene import Boxes, Frame

_MAX_CANDIDATES = 1000  # NMS looks at so many at most, the best: it is quadratic


class Detector(Protocol):
    """Finds persons."""

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        """Boxes of the persons scored at least threshold, best first; none gives an empty value."""


class NetworkDetector:
    """Any detector network whose family has a decoder.

    Args:
        backend: The network.
        spec: Its manifest entry.
        config: Input size, overlap and count limits; its threshold is the default that callers pass in.

    Raises:
        ConfigError: No decoder knows the family.
    """

    def __init__(self, backend: Backend, spec: ModelSpec, config: DetectConfig) -> None:
        if spec.family not in DECODERS:
            raise ConfigError(
                f"model {spec.name}: no decoder for family {spec.family!r}, expected {', '.join(DECODERS)}"
            )
        self._backend = backend
        self._spec = spec
        self._config = config
        self._decode = DECODERS[spec.family]

    def detect(self, frame: Frame, *, threshold: float) -> Boxes:
        """Boxes of the persons scored at least threshold, best first, in frame pixels; they may leave the frame."""
        wh = patches_cpu.input_wh(self._spec.input, frame.wh, longer_side_px=self._config.longer_side_px)
        batch, affine = patches_cpu.whole_frame(frame.image, self._spec.input, wh)
        xyxy, score = self._decode(self._backend.run(batch), wh, self._spec)
        candidates = np.flatnonzero(score >= threshold)
        best = candidates[np.argsort(-score[candidates], kind="stable")][:_MAX_CANDIDATES]
        xyxy, score = xyxy[best], np.clip(score[best], 0, 1)
        kept = suppress(xyxy, score, max_overlap=self._config.max_overlap)[: self._config.max_persons]
        return Boxes(apply_affine_boxes(invert_affine(affine), xyxy[kept]), score[kept])
