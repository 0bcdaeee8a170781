"""The whole configuration: one frozen dataclass per stage; and all of it as TOML.

A field is a flag of the command line (with its own name, or the name in ``tyro.conf.arg``) and a key of the TOML file;
its docstring is the help text. With OmitArgPrefixes the flag is --threads; without it, as in --track.lost-s, it has the
name of its stage. Precedence: defaults < preset < TOML file < flags (presets.py). Units are in the names.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tomli_w
import tyro

from realtime_pose.config.models import DetectConfig, DeviceConfig, PoseConfig, PoseNmsConfig
from realtime_pose.config.part import PartConfig
from realtime_pose.config.publish import PublishConfig
from realtime_pose.config.record import RecordConfig
from realtime_pose.config.render import RenderConfig
from realtime_pose.config.source import SourceConfig
from realtime_pose.config.toml_dataclass import to_table
from realtime_pose.config.track import SmoothConfig, TrackConfig
from realtime_pose.config.units import check_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration: the content of a TOML file, with one table per stage."""

    headless: bool = False
    """Run without a window."""
    max_frames: int = 0
    """Stop after this many frames; 0: no limit."""
    save_poses: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="PATH"), tyro.conf.UseAppendAction] = ()
    """Write poses: .jsonl, .json (COCO), .csv, .txt (MOT), openpose:DIR, alphapose:FILE.json; - or csv:- is stdout."""
    save_angles: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="PATH.csv"), tyro.conf.UseAppendAction] = ()
    """Write the angles of the joints here, one row per person and frame; they are angles in the picture's plane."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Pictures: write each one, annotated, into this folder; it keeps its name."""
    overwrite: bool = False
    """Replace existing files at --record, --out, --save-poses and --save-angles. The source is never replaced."""
    source: tyro.conf.OmitArgPrefixes[SourceConfig] = field(default_factory=SourceConfig)
    part: tyro.conf.OmitArgPrefixes[PartConfig] = field(default_factory=PartConfig)
    device: tyro.conf.OmitArgPrefixes[DeviceConfig] = field(default_factory=DeviceConfig)
    detect: tyro.conf.OmitArgPrefixes[DetectConfig] = field(default_factory=DetectConfig)
    pose: tyro.conf.OmitArgPrefixes[PoseConfig] = field(default_factory=PoseConfig)
    pose_nms: PoseNmsConfig = field(default_factory=PoseNmsConfig)
    track: TrackConfig = field(default_factory=TrackConfig)
    smooth: SmoothConfig = field(default_factory=SmoothConfig)
    render: tyro.conf.OmitArgPrefixes[RenderConfig] = field(default_factory=RenderConfig)
    record: tyro.conf.OmitArgPrefixes[RecordConfig] = field(default_factory=RecordConfig)
    publish: tyro.conf.OmitArgPrefixes[PublishConfig] = field(default_factory=PublishConfig)

    def __post_init__(self) -> None:
        """Check the range."""
        check_range(self.max_frames, 0, 10**12, "max_frames")


def to_toml(config: Config) -> str:
    """The configuration as TOML that ``load`` reads back; without the values that are None or empty."""
    return tomli_w.dumps(to_table(config))
