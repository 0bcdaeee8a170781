"""Settings of the networks: device, person detector, pose estimator and pose NMS."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import tyro

from realtime_pose.config.choices import number_or, one_of
from realtime_pose.config.units import check_range
from realtime_pose.errors import ConfigError

# Detector threshold for scoring: AP averages precision over all recalls, so boxes too weak for live use count too.
LOW_SCORE = 0.05

ENGINES = ("auto", "onnxruntime", "openvino")
PRECISIONS = ("f32", "bf16", "f16", "int8")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfig:
    """Where the networks run."""

    device: str = "auto"
    """auto, cpu, cuda or cuda:N (NVIDIA), intel-gpu or intel-gpu:N, intel-npu."""
    engine: Annotated[str, one_of(ENGINES)] = "auto"
    """What runs ONNX files. auto: ONNX Runtime on CUDA, else OpenVINO where it is installed."""
    precision: Annotated[str, tyro.conf.arg(metavar="auto|f32|bf16|f16|int8")] = "auto"
    """Arithmetic of the networks, or several, best first, as in bf16,f32. auto: the fastest that keeps the accuracy."""
    threads: int = 0
    """CPU threads of each network; 0: one per physical core."""

    def __post_init__(self) -> None:
        """Check the values, and that they go together."""
        # Whether the device exists is checked when a network is loaded.
        if not re.fullmatch(r"auto|cpu|cuda(:\d+)?|intel-gpu(:\d+)?|intel-npu", self.device):
            raise ConfigError(
                f"device: expected auto, cpu, cuda, cuda:N, intel-gpu, intel-gpu:N or intel-npu, got {self.device!r}"
            )
        if self.engine not in ENGINES:
            raise ConfigError(f"engine: expected {', '.join(ENGINES)}, got {self.engine!r}")
        if self.precision != "auto" and not set(self.precision.split(",")) <= set(PRECISIONS):
            raise ConfigError(
                f"precision: expected auto, or one or several of {', '.join(PRECISIONS)} divided by commas, "
                f"got {self.precision!r}"
            )
        if (self.device[:4], self.engine) in (("cuda", "openvino"), ("inte", "onnxruntime")):
            raise ConfigError(
                f"device {self.device} and engine {self.engine}: expected engine onnxruntime for CUDA, and openvino "
                "for Intel devices; use engine auto, which takes the right one"
            )
        check_range(self.threads, 0, 1024, "threads")


SIZES: Mapping[str, float] = {"small": 0.75, "auto": 1.0, "large": 1.5}
"""Detector sizes by name: factor on the published size, if the network accepts other sizes; else the published one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectConfig:
    """The person detector."""

    model: Annotated[str, tyro.conf.arg(name="detector", metavar="NAME|PATH")] = "nanodet-g"
    """Name in weights/manifest.toml, or an ONNX file with its manifest entry beside it (.toml)."""
    size: Annotated[str, tyro.conf.arg(name="detector-size", metavar="small|auto|large|PX|WxH")] = "auto"
    """Input size: auto is the published size, small and large scale it; or the longer side in pixels, or WxH."""
    threshold: Annotated[float, tyro.conf.arg(name="detector-threshold")] = 0.3
    """Boxes with a lower score are dropped."""
    detect_every: Annotated[int | str, number_or("auto")] = "auto"
    """Look at every N-th frame of a video, or earlier where needed. auto: each one; live, as the computer can."""
    max_overlap: float = 0.6
    """IoU above which the weaker of two boxes is dropped (box NMS)."""
    max_persons: int = 50
    """Most boxes per frame; those with the best scores are kept."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.size not in SIZES and not re.fullmatch(r"\d+|\d+x\d+", self.size):
            raise ConfigError(
                f"detector-size: expected {', '.join(SIZES)}, pixels such as 640, or WxH such as 640x384, "
                f"got {self.size!r}"
            )
        # Networks accept multiples of their stride (mostly 32); smaller inputs have no cell.
        for side in self.size_px:
            check_range(side, 32, 4096, "detector-size")
        if self.detect_every != "auto":
            if not isinstance(self.detect_every, int) or isinstance(self.detect_every, bool):
                raise ConfigError(f"detect-every: expected auto or a whole number, got {self.detect_every!r}")
            check_range(self.detect_every, 1, 1000, "detect-every")
        check_range(self.threshold, 0, 1, "threshold")
        check_range(self.max_overlap, 0, 1, "max_overlap")
        check_range(self.max_persons, 1, 10000, "max_persons")

    def counting_low_scores(self) -> "DetectConfig":
        """For AP, which counts weak boxes too; a threshold other than the default was set on purpose, and stays."""
        return replace(self, threshold=LOW_SCORE) if self.threshold == DetectConfig().threshold else self

    @property
    def interval(self) -> int:
        """Frames from one look of the detector to the next, before anybody adapts it."""
        return self.detect_every if isinstance(self.detect_every, int) else 1

    @property
    def size_px(self) -> tuple[int, ...]:
        """The longer side of the input, or its width and height; () for a size given by name."""
        return () if self.size in SIZES else tuple(int(side) for side in self.size.split("x"))

    @property
    def size_scale(self) -> float:
        """Factor on the published size; 1 for a size in pixels."""
        return SIZES.get(self.size, 1.0)


NO_SSTN = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseConfig:
    """The single-person pose estimator."""

    model: Annotated[str, tyro.conf.arg(name="pose", metavar="NAME|PATH")] = "movenet-thunder"
    """Name in weights/manifest.toml, or an ONNX file with its manifest entry beside it (.toml)."""
    passes: Annotated[int, tyro.conf.arg(name="pose-passes", metavar="1|2|3|4")] = 1
    """Passes per person (test-time augmentation): each further pass adds a mirrored crop with another centre."""
    sstn: Annotated[str, tyro.conf.arg(name="sstn", metavar="none|NAME|PATH")] = NO_SSTN
    """Localisation network that corrects each box before the pose estimator sees it (RMPE's SSTN); or none."""

    def __post_init__(self) -> None:
        """Check the range."""
        check_range(self.passes, 1, 4, "pose-passes")
        if not self.sstn:
            raise ConfigError(f"sstn: expected the name or the file of a localisation network, or {NO_SSTN}, got none")

    @property
    def has_sstn(self) -> bool:
        """Whether boxes are corrected."""
        return self.sstn != NO_SSTN


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseNmsConfig:
    """Parametric pose NMS. Lengths are relative to the person's box; sums over keypoints are means.

    Symbols as in RMPE, arXiv:1612.00137, section 3.3. The defaults were fitted by `realtime-pose fit nms` to two pairs
    of models and 214 pictures of COCO, coco_train_extra and kp_only_gt.json: docs/development/accuracy.md has the
    command and AP.
    """

    sigma_1: float = 0.3
    """Softness of the keypoint scores in the soft match K_sim."""
    sigma_2: float = 0.0025
    """Squared distance, in squared box sides, at which the spatial similarity H_sim falls to 1/e."""
    mu: float = 1.0
    """Weight of H_sim relative to K_sim."""
    eta: float = 0.9
    """Similarity above which the weaker of two poses counts as the same person."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_range(self.sigma_1, 1e-6, 1e6, "sigma_1")
        check_range(self.sigma_2, 1e-9, 1e6, "sigma_2")
        check_range(self.mu, 0, 1e6, "mu")
        check_range(self.eta, 0, 1e6, "eta")  # K_sim + mu H_sim is not limited to 1
