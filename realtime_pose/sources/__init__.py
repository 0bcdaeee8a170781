"""Where frames come from: the `Source` protocol, and `open_source`, which finds the right one for an address."""

from importlib.resources import files
from pathlib import Path

from realtime_pose.config import SourceConfig
from realtime_pose.sources.address import AddressKind, address_of, masked
from realtime_pose.sources.camera import Camera, CameraSource, Granted, list_cameras
from realtime_pose.sources.images import FolderSource
from realtime_pose.sources.source import Source, SourceState, SourceStatus
from realtime_pose.sources.video import VideoSource

__all__ = [
    "Camera",
    "CameraSource",
    "FolderSource",
    "Granted",
    "Source",
    "SourceState",
    "SourceStatus",
    "VideoSource",
    "list_cameras",
    "masked",
    "open_source",
]


def open_source(config: SourceConfig) -> Source:
    """The source that ``config.uri`` leads to, opened: a picture of it was already decoded.

    Raises:
        SourceOpenError: The address is of no known form, leads nowhere, or gives no picture in time.
    """
    address = address_of(config.uri)
    match address.kind:
        case AddressKind.CAMERA:
            return CameraSource(int(address.uri), config)
        case AddressKind.DEMO:
            return VideoSource(str(files("realtime_pose") / "media" / "demo.mp4"), address.name)
        case AddressKind.FILE:
            return VideoSource(address.uri, address.name)
        case AddressKind.FOLDER:
            return FolderSource(Path(address.uri), address.name, rate_hz=config.folder_rate_hz)
        case AddressKind.URL:
            timeouts_s = (config.open_timeout_s, config.read_timeout_s)
            return VideoSource(address.uri, address.name, timeouts_s=timeouts_s)
