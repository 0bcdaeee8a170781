"""What the command ``process`` is asked for, and the configuration of each of its files."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Self

import tyro

from realtime_pose.config import (
    Config,
    DetectConfig,
    DeviceConfig,
    PoseConfig,
    PoseNmsConfig,
    RenderConfig,
    SmoothConfig,
    TrackConfig,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessArguments:
    """Annotate video files, one after another, every frame of each; what is finished is not done again."""

    files: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]
    """Video files."""
    out: Annotated[Path, tyro.conf.arg(metavar="FOLDER")]
    """Write FOLDER/NAME.mp4 for each; the folder is made where it is missing."""
    again: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Also what is finished."""
    picture: Annotated[str, tyro.conf.arg(name="record-as", metavar="overlay|clean|both")]
    """With the overlay drawn in, clean with the poses in a .jsonl beside it, or both."""
    quality_crf: int
    """Constant rate factor of the encoder: lower is better and larger."""
    encoder_preset: str
    """Speed preset of libx264, from ultrafast to veryslow."""
    device: tyro.conf.OmitArgPrefixes[DeviceConfig]
    detect: tyro.conf.OmitArgPrefixes[DetectConfig]
    pose: tyro.conf.OmitArgPrefixes[PoseConfig]
    pose_nms: PoseNmsConfig
    track: TrackConfig
    smooth: SmoothConfig
    render: tyro.conf.OmitArgPrefixes[RenderConfig]
    preset: Annotated[str, tyro.conf.arg(metavar="fast|balanced|accurate")] = ""
    """Speed or accuracy of the models, below --config and the flags; balanced where nothing is said."""
    config: Annotated[Path | None, tyro.conf.arg(metavar="FILE.toml")] = None
    """Read settings from this file; flags win over it."""
    debug: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Show tracebacks and debug messages."""

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> Self:
        """The defaults, from this configuration and the file it was read from; files and folder must be given."""
        must: Any = tyro.MISSING
        record = loaded.record
        return cls(
            files=must,
            out=must,
            picture=record.picture,
            quality_crf=record.quality_crf,
            encoder_preset=record.encoder_preset,
            **{name: getattr(loaded, name) for name in _STAGES},
            config=path,
        )

    def settings(self, source: Path, target: Path) -> Config:
        """The configuration that turns one file into another.

        Raises:
            ConfigError: A value is out of its range.
        """
        config = Config(headless=True, **{name: getattr(self, name) for name in _STAGES})
        record = replace(
            config.record,
            path=target,
            picture=self.picture,
            quality_crf=self.quality_crf,
            encoder_preset=self.encoder_preset,
        )
        return replace(config, record=record, source=replace(config.source, uri=str(source)))


_STAGES = ("device", "detect", "pose", "pose_nms", "track", "smooth", "render")
