"""Settings of the source of frames."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from realtime_pose.config.choices import one_of
from realtime_pose.config.units import check_range
from realtime_pose.errors import ConfigError

TRANSPORTS = ("tcp", "udp")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """Where frames come from."""

    # repr=False: the address may hold a password.
    uri: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")] = field(default="0", repr=False)
    """Webcam (number, path, webcam:NAME), video, picture, folder or "pattern*" of pictures, rtsp, rtmp, http, demo."""
    more: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="PICTURE")] = ()
    """More pictures and folders of pictures."""
    # Requests: the driver of a webcam may choose other values.
    camera_width_px: int = 1280
    """Picture width requested from a webcam."""
    camera_height_px: int = 720
    """Picture height requested from a webcam."""
    camera_rate_hz: float = 30.0
    """Frames per second requested from a webcam."""
    # Pictures.
    as_video: bool = False
    """Pictures: they are one video, whose people are tracked."""
    as_pictures: bool = False
    """Pictures: they are no video, although they are numbered like one."""
    annotations: Annotated[Path | None, tyro.conf.arg(metavar="FILE.json")] = None
    """Pictures: a COCO annotation file with the ids of the pictures, for the results."""
    folder_rate_hz: float = 30.0
    """Frames per second of pictures that are a video."""
    # Connection.
    open_timeout_s: float = 8.0
    """Longest wait for a webcam or a URL to open."""
    read_timeout_s: float = 5.0
    """Longest wait for the next frame of a webcam or a URL."""
    poll_s: float = 1.0
    """Seconds between two requests of a web address that gives one picture, such as the snapshot of a camera."""
    keep_trying: bool = False
    """Without a window: wait for a camera that is not there at the start, as for one that is lost later."""
    transport: Annotated[str, one_of(TRANSPORTS)] = "tcp"
    """Transport of RTSP: tcp, or udp (less delay, but lost packets show). ?transport=udp in the URL wins."""
    credentials_file: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """File whose first line is user:password or the password alone; used for a URL without a password."""
    # Supervision of a live source.
    stalled_s: float = 1.0
    """A live source counts as stalled after this time without a new frame, or when frames are late by this much."""
    frozen_s: float = 10.0
    """The picture of a live source counts as frozen when no pixel changed for this time."""
    max_lag_s: float = 2.0
    """A stream whose frames are late by this much is connected again."""
    freshness_ms: float = 250.0
    """Frames of a live source that waited longer for a stage are dropped."""
    pose_budget_ms: float = 200.0
    """Live: time for the poses of a frame; of a crowd, the largest and longest-tracked people get one. 0: no limit."""

    target_fps: float = 0.0
    """Live: hold this many frames per second by doing less for each frame if needed. 0: the rate of the source."""
    target_age_ms: float = 0.0
    """Live: keep frames younger than this when they are tracked, in the same way. 0: any age."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_range(self.camera_width_px, 1, 16384, "camera_width_px")
        check_range(self.camera_height_px, 1, 16384, "camera_height_px")
        check_range(self.camera_rate_hz, 0.01, 1000, "camera_rate_hz")
        check_range(self.folder_rate_hz, 0.01, 1000, "folder_rate_hz")
        check_range(self.open_timeout_s, 0.1, 600, "open_timeout_s")
        check_range(self.read_timeout_s, 0.1, 600, "read_timeout_s")
        check_range(self.poll_s, 0.05, 86400, "poll_s")
        if self.as_video and self.as_pictures:
            raise ConfigError("expected --as-video or --as-pictures, got both; leave one out")
        if self.transport not in TRANSPORTS:
            raise ConfigError(f"transport: expected tcp or udp, got {self.transport!r}")
        check_range(self.stalled_s, 0.05, 600, "stalled_s")
        check_range(self.frozen_s, 0.1, 86400, "frozen_s")
        check_range(self.max_lag_s, 0.1, 600, "max_lag_s")
        check_range(self.freshness_ms, 1, 600_000, "freshness_ms")
        check_range(self.pose_budget_ms, 0, 600_000, "pose_budget_ms")
        check_range(self.target_fps, 0, 1000, "target_fps")
        check_range(self.target_age_ms, 0, 600_000, "target_age_ms")
