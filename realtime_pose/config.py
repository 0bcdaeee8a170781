"""Every setting and its default, one frozen dataclass a stage; and all of them as TOML.

A field is a flag of the command line (named after it, or as its ``tyro.conf.arg`` says) and a key of the TOML file; its
docstring is the help text. Precedence: defaults < preset < TOML file < flags (presets.py). Units stand in the names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tomli_w
import tyro

from realtime_pose.errors import ConfigError
from realtime_pose.quantities import within as _within
from realtime_pose.record_config import RecordConfig
from realtime_pose.toml_tables import to_table
from realtime_pose.track_config import SmoothConfig, TrackConfig

LOW_SCORE = 0.05  # of boxes: precision is averaged over all recalls, so what a live picture leaves out counts too


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """Where frames come from."""

    uri: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")] = field(default="0", repr=False)
    """Webcam number, path or webcam:NAME, video file, folder of images, rtsp://, rtmp:// or http(s):// URL, or demo."""
    camera_width_px: int = 1280
    """Picture width asked of a webcam."""
    camera_height_px: int = 720
    """Picture height asked of a webcam."""
    camera_rate_hz: float = 30.0
    """Frames per second asked of a webcam."""
    folder_rate_hz: float = 30.0
    """Frames per second at which a folder of images counts as a video."""
    open_timeout_s: float = 8.0
    """Longest wait for a webcam or a URL to open."""
    read_timeout_s: float = 5.0
    """Longest wait for the next frame of a webcam or a URL."""
    keep_trying: bool = False
    """Without a window: wait for a camera that is not there yet, instead of failing at once; a lost one is always."""
    transport: str = "tcp"
    """How RTSP brings the pictures: tcp, or udp (less delay, but losses show); ?transport=udp in the URL wins."""
    credentials_file: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Its first line, user:password or the password alone, is used for a URL without a password."""
    stalled_s: float = 1.0
    """A live source without a new frame, or with frames so late, counts as stalled."""
    frozen_s: float = 10.0
    """A picture of a live source that has not changed by a bit for so long stands still."""
    max_lag_s: float = 2.0
    """Frames of a stream that come so late make it connect anew, to be at the present again."""
    freshness_ms: float = 250.0
    """Frames of a live source that have waited longer are dropped before a stage works on them."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        _within(self.camera_width_px, 1, 16384, "camera_width_px")
        _within(self.camera_height_px, 1, 16384, "camera_height_px")
        _within(self.camera_rate_hz, 0.01, 1000, "camera_rate_hz")
        _within(self.folder_rate_hz, 0.01, 1000, "folder_rate_hz")
        _within(self.open_timeout_s, 0.1, 600, "open_timeout_s")
        _within(self.read_timeout_s, 0.1, 600, "read_timeout_s")
        if self.transport not in ("tcp", "udp"):
            raise ConfigError(f"transport: expected tcp or udp, got {self.transport!r}")
        _within(self.stalled_s, 0.05, 600, "stalled_s")
        _within(self.frozen_s, 0.1, 86400, "frozen_s")
        _within(self.max_lag_s, 0.1, 600, "max_lag_s")
        _within(self.freshness_ms, 1, 600_000, "freshness_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfig:
    """Where the networks run."""

    device: str = "auto"
    """auto, cpu, cuda or cuda:N."""
    threads: int = 0
    """CPU threads of each network; 0: as many as there are physical cores."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", self.device):
            raise ConfigError(f"device: expected auto, cpu, cuda or cuda:N, got {self.device!r}")
        _within(self.threads, 0, 1024, "threads")


SIZES: Mapping[str, float] = {"small": 0.75, "auto": 1.0, "large": 1.5}
"""Detector sizes in words: the published size times this, where the graph is free in size; else the published one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectConfig:
    """The person detector."""

    model: Annotated[str, tyro.conf.arg(name="detector", metavar="NAME|PATH")] = "nanodet-g"
    """Name in weights/manifest.toml, or an ONNX file with its manifest entry beside it (.toml)."""
    size: Annotated[str, tyro.conf.arg(name="detector-size", metavar="small|auto|large|PX|WxH")] = "auto"
    """Longer side of the detector's input in pixels, or WxH; auto as published, small or large where that is free."""
    threshold: Annotated[float, tyro.conf.arg(name="detector-threshold")] = 0.3
    """Boxes scored lower are dropped."""
    max_overlap: float = 0.6
    """Of two boxes with a larger IoU the worse is dropped (box NMS)."""
    max_persons: int = 50
    """At most so many boxes a frame, the best."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.size not in SIZES and not re.fullmatch(r"\d+|\d+x\d+", self.size):
            raise ConfigError(
                f"detector-size: expected {', '.join(SIZES)}, pixels such as 640, or WxH such as 640x384, "
                f"got {self.size!r}"
            )
        for side in self.size_px:
            _within(side, 32, 4096, "detector-size")
        _within(self.threshold, 0, 1, "threshold")
        _within(self.max_overlap, 0, 1, "max_overlap")
        _within(self.max_persons, 1, 10000, "max_persons")

    @property
    def size_px(self) -> tuple[int, ...]:
        """The input's longer side, or its width and height; () for a size in words."""
        return () if self.size in SIZES else tuple(int(side) for side in self.size.split("x"))

    @property
    def size_scale(self) -> float:
        """What a size in words makes of the published one; 1 for a size in pixels."""
        return SIZES.get(self.size, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseConfig:
    """The single-person pose estimator."""

    model: Annotated[str, tyro.conf.arg(name="pose", metavar="NAME|PATH")] = "movenet-thunder"
    """Name in weights/manifest.toml, or an ONNX file with its manifest entry beside it (.toml)."""
    passes: Annotated[int, tyro.conf.arg(name="pose-passes", metavar="1|2|3|4")] = 1
    """Looks at each person: again, mirrored, in a crop shifted to what was seen, in the first one, in a tight one."""

    def __post_init__(self) -> None:
        """Check the range."""
        _within(self.passes, 1, 4, "pose-passes")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseNmsConfig:
    """Parametric pose NMS; lengths are relative to the person's box, sums over keypoints are means.

    Symbols as in RMPE, arXiv:1612.00137, section 3.3. The defaults are what `realtime-pose fit nms` wrote for two pairs
    of models and 214 pictures of COCO, coco_train_extra and kp_only_gt.json: docs/accuracy.md has the command and AP.
    """

    sigma_1: float = 0.3
    """Softness of the keypoint scores in the soft match K_sim."""
    sigma_2: float = 0.0025
    """Squared distance, in squared box sides, at which the spatial similarity H_sim has fallen to 1/e."""
    mu: float = 1.0
    """Weight of H_sim beside K_sim."""
    eta: float = 0.9
    """Similarity above which the worse of two poses is the same person."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        _within(self.sigma_1, 1e-6, 1e6, "sigma_1")
        _within(self.sigma_2, 1e-9, 1e6, "sigma_2")
        _within(self.mu, 0, 1e6, "mu")
        _within(self.eta, 0, 1e6, "eta")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderConfig:
    """What is drawn, in the recording and at first in the window."""

    keypoint_threshold: float = 0.2
    """Keypoints scored lower are not drawn."""
    skeletons: bool = True
    """Draw limbs and keypoints."""
    boxes: bool = False
    """Draw boxes."""
    ids: bool = True
    """Write track ids."""
    trails: bool = False
    """Draw where each person came from."""
    hud: bool = True
    """Write rate, age, number of persons and device in a corner."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        _within(self.keypoint_threshold, 0, 1, "keypoint_threshold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration: what a TOML file holds, a table a stage."""

    headless: bool = False
    """No window."""
    max_frames: int = 0
    """Stop after so many frames; 0: never."""
    save_poses: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="PATH"), tyro.conf.UseAppendAction] = ()
    """Write poses here: .jsonl native, .json COCO results, .txt MOTChallenge, .csv a row a keypoint; repeatable."""
    source: tyro.conf.OmitArgPrefixes[SourceConfig] = field(default_factory=SourceConfig)
    device: tyro.conf.OmitArgPrefixes[DeviceConfig] = field(default_factory=DeviceConfig)
    detect: tyro.conf.OmitArgPrefixes[DetectConfig] = field(default_factory=DetectConfig)
    pose: tyro.conf.OmitArgPrefixes[PoseConfig] = field(default_factory=PoseConfig)
    pose_nms: PoseNmsConfig = field(default_factory=PoseNmsConfig)
    track: TrackConfig = field(default_factory=TrackConfig)
    smooth: SmoothConfig = field(default_factory=SmoothConfig)
    render: tyro.conf.OmitArgPrefixes[RenderConfig] = field(default_factory=RenderConfig)
    record: tyro.conf.OmitArgPrefixes[RecordConfig] = field(default_factory=RecordConfig)

    def __post_init__(self) -> None:
        """Check the ranges."""
        _within(self.max_frames, 0, 10**12, "max_frames")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings:
    """What may change while the pipeline runs; swapped as one reference.

    Attributes:
        detector_threshold: Boxes scored lower are dropped, from the next frame on.
        shown: What the window draws. The recording keeps drawing what the configuration says.
        smooth: How keypoints are smoothed, from the next frame on; None: as the configuration says.
        display_wh: Width and height in device pixels of the space for the picture in the window; None: no window.
    """

    detector_threshold: float
    shown: RenderConfig
    smooth: SmoothConfig | None = None
    display_wh: tuple[int, int] | None = None


def to_toml(config: Config) -> str:
    """The configuration as TOML that ``load`` reads back; what is None or empty is left out."""
    return tomli_w.dumps(to_table(config))
