"""Settings of the recording."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from realtime_pose.config.choices import one_of
from realtime_pose.config.renamed import RENAMED_KEYS
from realtime_pose.config.units import check_range, is_duration, parse_duration, parse_size
from realtime_pose.deprecation import accept_old_names
from realtime_pose.errors import ConfigError

X264_PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
# Value of --record-as: the images that are recorded, the one with the file name as it was given first.
RECORDED_IMAGES = {"overlay": ("overlay",), "clean": ("clean",), "both": ("overlay", "clean")}


@accept_old_names(RENAMED_KEYS["record"])
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConfig:
    """The recorded video. Durations are written as 10s, 10min or 2h, sizes as 500MB or 20GB."""

    path: Annotated[Path | None, tyro.conf.arg(name="record", metavar="PATH.mp4|FOLDER")] = None
    """Record here, H.264 in MP4. With segments or a pre-roll: a folder, or FOLDER/PREFIX.mp4 for the file names."""
    # Encoder.
    quality_crf: int = 23
    """Constant rate factor of the encoder: lower means better quality and larger files."""
    encoder_preset: Annotated[str, one_of(X264_PRESETS)] = "superfast"
    """Speed preset of libx264: a slower one makes smaller files. Superfast is a little faster here than in x264."""
    # Content.
    picture: Annotated[str, tyro.conf.arg(name="record-as"), one_of(RECORDED_IMAGES)] = "overlay"
    """overlay: with the skeletons; clean: the original picture, with the poses in a .jsonl file; or both."""
    audio: Annotated[bool, tyro.conf.arg(name="record-audio")] = True
    """Copy the audio of a file or a stream into its recording."""
    # When a recording starts and ends.
    segment: Annotated[str, tyro.conf.arg(metavar="10min|500MB")] = ""
    """Record in files of this length or size; their names hold the time."""
    preroll: Annotated[str, tyro.conf.arg(metavar="10s")] = ""
    """Record only after the R key or a trigger (SIGUSR1 if there is no window), from this long before it."""
    postroll: Annotated[str, tyro.conf.arg(metavar="10s")] = ""
    """Go on recording for this long after a trigger, or after the R key ended the recording."""
    # Space on the disk.
    keep: Annotated[str, tyro.conf.arg(metavar="20GB")] = ""
    """Delete the oldest segments beyond this total size; only files that this program wrote."""
    keep_days: float = 0.0
    """Delete segments older than this many days; 0: never."""
    keep_free: Annotated[str, tyro.conf.arg(metavar="500MB")] = "500MB"
    """Pause the recording while the disk has less free space; "": never pause."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_range(self.quality_crf, 0, 51, "quality_crf")
        check_range(self.keep_days, 0, 1e5, "keep_days")
        if self.encoder_preset not in X264_PRESETS:
            raise ConfigError(f"encoder_preset: expected one of {', '.join(X264_PRESETS)}, got {self.encoder_preset!r}")
        if self.picture not in RECORDED_IMAGES:
            raise ConfigError(f"record-as: expected one of {', '.join(RECORDED_IMAGES)}, got {self.picture!r}")
        if self.segment and not is_duration(self.segment):
            parse_size(self.segment, "segment (a duration such as 10min, or a size)")
        for name in ("preroll", "postroll"):
            parse_duration(getattr(self, name), name)
        # The pre-roll is kept in memory: ten minutes of encoded video are already hundreds of megabytes.
        check_range(self.preroll_s, 0, 600, "preroll, in seconds")
        check_range(self.segment_s, 0, 1e6, "segment, in seconds")
        for name in ("keep", "keep_free"):
            parse_size(getattr(self, name), name.replace("_", "-"))

    @property
    def segment_s(self) -> float:
        """Length of a segment in seconds of media time; 0: no limit."""
        return parse_duration(self.segment, "segment") if is_duration(self.segment) else 0.0

    @property
    def segment_bytes(self) -> int:
        """Size of a segment; 0: no limit."""
        return 0 if is_duration(self.segment) else parse_size(self.segment, "segment")

    @property
    def preroll_s(self) -> float:
        """Seconds of media time recorded before a trigger."""
        return parse_duration(self.preroll, "preroll")

    @property
    def postroll_s(self) -> float:
        """Seconds of media time recorded after a trigger or after the R key."""
        return parse_duration(self.postroll, "postroll")

    @property
    def keep_bytes(self) -> int:
        """Largest total size of all segments; 0: no limit."""
        return parse_size(self.keep, "keep")

    @property
    def keep_free_bytes(self) -> int:
        """Free space on the disk below which recording pauses; 0: never."""
        return parse_size(self.keep_free, "keep-free")

    @property
    def is_series(self) -> bool:
        """Whether there can be many files, named by the time, instead of the one at ``path``."""
        return bool(self.segment or self.waits or self.keep or self.keep_days)

    @property
    def waits(self) -> bool:
        """Whether recording starts with the R key or a trigger, and not with the source."""
        return bool(self.preroll or self.postroll)

    @property
    def folder(self) -> Path | None:
        """Folder of the recordings; None if nothing is recorded."""
        if self.path is None or (self.is_series and self.path.suffix.lower() != ".mp4"):
            return self.path
        return self.path.parent
