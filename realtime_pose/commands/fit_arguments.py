"""What the command ``fit`` is asked: the flags, named here and parsed by cli.py."""

import shlex
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, Self

import tyro

from realtime_pose.config import LOW_SCORE, Config, DetectConfig, DeviceConfig, PoseConfig, PoseNmsConfig
from realtime_pose.errors import ConfigError

NEARLY_ALL = 0.9  # IoU of box NMS: turned almost off, so that pose NMS has duplicates to remove
MANY = 40  # boxes a picture; the scorer looks at 20 poses


@dataclass(frozen=True, slots=True, kw_only=True)
class FitArguments:
    """Fit parameters to pictures with truth; nms: the limits of pose NMS, to keypoint AP (RMPE's own procedure)."""

    what: Annotated[Literal["nms"], tyro.conf.Positional] = "nms"
    """What is fitted."""
    annotations: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE.json")] = ()
    """COCO annotation files of persons with keypoints; all count as one set."""
    images: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR")] = ()
    """Folders of their pictures, in the same order."""
    also: Annotated[tuple[tuple[str, str], ...], tyro.conf.arg(metavar="DETECTOR POSE")] = ()
    """Further pairs of models, each a detector and a pose estimator: what is fitted is their mean AP."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE.toml")] = Path("pose_nms.toml")
    """Write the fitted limits here, for --config."""
    device: tyro.conf.OmitArgPrefixes[DeviceConfig] = field(default_factory=DeviceConfig)
    detect: tyro.conf.OmitArgPrefixes[DetectConfig] = field(
        default_factory=lambda: DetectConfig(threshold=LOW_SCORE, max_overlap=NEARLY_ALL, max_persons=MANY)
    )
    pose: tyro.conf.OmitArgPrefixes[PoseConfig] = field(default_factory=PoseConfig)
    pose_nms: PoseNmsConfig = field(default_factory=PoseNmsConfig)
    preset: Annotated[str, tyro.conf.arg(metavar="fast|balanced|accurate")] = ""
    """Speed or accuracy of the models, below --config and the flags; balanced where nothing is said."""
    config: Annotated[Path | None, tyro.conf.arg(metavar="FILE.toml")] = None
    """Read the models and the start of the fit from this file; flags win over it."""
    debug: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Show tracebacks and debug messages."""

    @classmethod
    def from_config(cls, config: Config, path: Path | None) -> Self:
        """With the stages set as in a configuration, which was read from this path; but box NMS almost off."""
        detect = replace(config.detect, threshold=LOW_SCORE, max_overlap=NEARLY_ALL, max_persons=MANY)
        return cls(device=config.device, detect=detect, pose=config.pose, pose_nms=config.pose_nms, config=path)

    @property
    def sets(self) -> tuple[tuple[Path, Path], ...]:
        """Each annotation file with its folder of pictures.

        Raises:
            ConfigError: There is none, or not a folder for each file.
        """
        if not self.annotations or len(self.annotations) != len(self.images):
            raise ConfigError(
                "fit nms: expected --annotations FILE [FILE ...] and --images DIR [DIR ...], a folder for each file; "
                f"got {len(self.annotations)} files and {len(self.images)} folders"
            )
        return tuple(zip(self.annotations, self.images, strict=True))

    @property
    def command(self) -> str:
        """The command line that asks for this, what matters to the result written out."""
        flags = {
            "--detector": self.detect.model,
            "--detector-size": self.detect.size,
            "--detector-threshold": self.detect.threshold,
            "--max-overlap": self.detect.max_overlap,
            "--max-persons": self.detect.max_persons,
            "--pose": self.pose.model,
            "--pose-passes": self.pose.passes,
            **{f"--pose-nms.{name.replace('_', '-')}": f"{value:g}" for name, value in asdict(self.pose_nms).items()},
        }
        words = ["realtime-pose", "fit", "nms", "--annotations", *self.annotations, "--images", *self.images]
        also = ["--also", *(name for pair in self.also for name in pair)] if self.also else []
        return shlex.join(str(word) for word in [*words, *(part for pair in flags.items() for part in pair), *also])

    def to_config(self) -> tuple[Config, ...]:
        """The configuration of each pair of models."""
        first = Config(device=self.device, detect=self.detect, pose=self.pose, pose_nms=self.pose_nms)
        further = (
            replace(first, detect=replace(self.detect, model=detector), pose=replace(self.pose, model=pose))
            for detector, pose in self.also
        )
        return first, *further
