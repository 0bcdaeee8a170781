"""What `realtime-pose eval` is asked: the flags of its commands, named here and parsed by cli.py."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import tyro

from realtime_pose.config import (
    LOW_SCORE,
    Config,
    DetectConfig,
    DeviceConfig,
    PoseConfig,
    PoseNmsConfig,
    SmoothConfig,
    SourceConfig,
    TrackConfig,
)
from realtime_pose.errors import ConfigError

TRACKERS = ("pose", "greedy-iou")
BOXES = ("detected", "truth")


@dataclass(frozen=True, slots=True, kw_only=True)
class MotArguments:
    """Score the whole application on MOTChallenge sequences: HOTA, DetA, AssA, MOTA, IDF1, switches, fragments."""

    sequences: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="SEQUENCE_DIR")] = ()
    """Folders with pictures in img1, the truth in gt/gt.txt and, unless --fps is given, seqinfo.ini."""
    tracker: str = TRACKERS[0]
    """pose: the project's own; greedy-iou: the plainest one, to compare with."""
    fps: float | None = None
    """Frames per second; wins over seqinfo.ini."""
    out: Annotated[Path, tyro.conf.arg(metavar="DIR")] = Path("mot_results")
    """Write a MOTChallenge results file of each sequence here."""
    plot: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Write a timeline of each sequence, and the frames around each switch, here."""
    device: tyro.conf.OmitArgPrefixes[DeviceConfig] = field(default_factory=DeviceConfig)
    detect: tyro.conf.OmitArgPrefixes[DetectConfig] = field(default_factory=DetectConfig)
    pose: tyro.conf.OmitArgPrefixes[PoseConfig] = field(default_factory=PoseConfig)
    pose_nms: PoseNmsConfig = field(default_factory=PoseNmsConfig)
    track: TrackConfig = field(default_factory=TrackConfig)
    smooth: SmoothConfig = field(default_factory=SmoothConfig)
    preset: Annotated[str, tyro.conf.arg(metavar="fast|balanced|accurate")] = ""
    """Speed or accuracy of the models, below --config and the flags; balanced where nothing is said."""
    config: Annotated[Path | None, tyro.conf.arg(metavar="FILE.toml")] = None
    """Read the settings of the stages from this file; flags win over it."""
    debug: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Show tracebacks and debug messages."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        _check(self.tracker, self.fps)

    @classmethod
    def from_config(cls, config: Config, path: Path | None) -> "MotArguments":
        """With the stages set as in a configuration, which was read from this path."""
        return cls(
            device=config.device,
            detect=config.detect,
            pose=config.pose,
            pose_nms=config.pose_nms,
            track=config.track,
            smooth=config.smooth,
            config=path,
        )

    def to_config(self, source: SourceConfig) -> Config:
        """The configuration of a run without a window on a source."""
        return Config(
            headless=True,
            source=source,
            device=self.device,
            detect=self.detect,
            pose=self.pose,
            pose_nms=self.pose_nms,
            track=self.track,
            smooth=self.smooth,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CocoArguments:
    """Score detector and pose estimator on single pictures: AP and AR of keypoints and of boxes."""

    annotations: Annotated[Path | None, tyro.conf.arg(metavar="FILE.json")] = None
    """COCO annotation file of persons with keypoints."""
    images: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder of its pictures."""
    boxes: str = BOXES[0]
    """detected: the detector's boxes; truth: those of the annotations, to measure the pose estimator alone."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE.json")] = Path("results.json")
    """Write COCO keypoint results here."""
    plot: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Write precision-recall curves, the types of errors and the 20 worst pictures beside their truth here."""
    device: tyro.conf.OmitArgPrefixes[DeviceConfig] = field(default_factory=DeviceConfig)
    detect: tyro.conf.OmitArgPrefixes[DetectConfig] = field(default_factory=lambda: DetectConfig(threshold=LOW_SCORE))
    pose: tyro.conf.OmitArgPrefixes[PoseConfig] = field(default_factory=PoseConfig)
    pose_nms: PoseNmsConfig = field(default_factory=PoseNmsConfig)
    preset: Annotated[str, tyro.conf.arg(metavar="fast|balanced|accurate")] = ""
    """Speed or accuracy of the models, below --config and the flags; balanced where nothing is said."""
    config: Annotated[Path | None, tyro.conf.arg(metavar="FILE.toml")] = None
    """Read the settings of the stages from this file; flags win over it."""
    debug: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Show tracebacks and debug messages."""

    def __post_init__(self) -> None:
        """Check the word."""
        if self.boxes not in BOXES:
            raise ConfigError(f"boxes: expected {' or '.join(BOXES)}, got {self.boxes!r}")

    @classmethod
    def from_config(cls, config: Config, path: Path | None) -> "CocoArguments":
        """With the stages set as in a configuration that was read from this path; low scores count.

        A threshold that differs from a live picture's was meant, and stays.
        """
        is_live = config.detect.threshold == DetectConfig().threshold
        detect = replace(config.detect, threshold=LOW_SCORE) if is_live else config.detect
        return cls(device=config.device, detect=detect, pose=config.pose, pose_nms=config.pose_nms, config=path)

    def to_config(self) -> Config:
        """The configuration of the models."""
        return Config(device=self.device, detect=self.detect, pose=self.pose, pose_nms=self.pose_nms)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerArguments:
    """Score the tracker alone, on given boxes or on the true ones made worse."""

    gt: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """A MOTChallenge sequence, or a folder of such, with gt/gt.txt; pictures are not needed."""
    detections: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Where the boxes are: det/det.txt, NAME/det/det.txt or NAME.txt; the true boxes where there are none of these."""
    tracker: str = TRACKERS[0]
    """pose: the project's own; greedy-iou: the plainest one, to compare with."""
    jitter: float = 0.0
    """Move each edge of a box by a random amount, of this standard deviation as a share of the box's side."""
    drop: float = 0.0
    """Leave out this share of the boxes, by chance."""
    seed: int = 0
    """Of the chance in --jitter and --drop."""
    fps: float | None = None
    """Frames per second; wins over seqinfo.ini."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Write a MOTChallenge results file of each sequence here."""
    plot: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Write a timeline of each sequence, and the frames around each switch, here."""
    track: TrackConfig = field(default_factory=TrackConfig)
    config: Annotated[Path | None, tyro.conf.arg(metavar="FILE.toml")] = None
    """Read the settings of the tracker from this file; flags win over it."""
    debug: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Show tracebacks and debug messages."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        _check(self.tracker, self.fps)
        if not 0 <= self.jitter <= 1:
            raise ConfigError(f"jitter: expected a share from 0 to 1, got {self.jitter!r}")
        if not 0 <= self.drop < 1:
            raise ConfigError(f"drop: expected a share from 0 up to but not 1, got {self.drop!r}")


def _check(tracker: str, fps: float | None) -> None:
    """Raise ConfigError for an unknown tracker or a rate that is none."""
    if tracker not in TRACKERS:
        raise ConfigError(f"tracker: expected {' or '.join(TRACKERS)}, got {tracker!r}")
    if fps is not None and not 0.01 <= fps <= 1000:
        raise ConfigError(f"fps: expected a rate from 0.01 to 1000, got {fps!r}")
