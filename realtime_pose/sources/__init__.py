"""Where frames come from: the `Source` protocol, and `open_source`, which finds the right one for an address."""

import os
from importlib.resources import files
from pathlib import Path

from realtime_pose.config import SourceConfig
from realtime_pose.sources.address import Address, AddressKind, parse_address, redact_url
from realtime_pose.sources.connection import connect, is_file
from realtime_pose.sources.endpoint import resolve_endpoint
from realtime_pose.sources.images import FolderSource
from realtime_pose.sources.source import Source, SourceInfo, SourceState, SourceStatus
from realtime_pose.sources.stream import StreamSource
from realtime_pose.sources.video import VideoSource
from realtime_pose.sources.webcam import NegotiatedFormat, Webcam, WebcamSource, list_webcams

__all__ = [
    "FolderSource",
    "NegotiatedFormat",
    "Source",
    "SourceInfo",
    "SourceState",
    "SourceStatus",
    "StreamSource",
    "VideoSource",
    "Webcam",
    "WebcamSource",
    "list_webcams",
    "open_source",
    "redact_url",
]

SLACK_S = 1.0


def open_source(config: SourceConfig) -> Source:
    """The source that ``config.uri`` leads to, opened: a picture of it was already decoded.

    The URL of a camera is opened in the background: the source is CONNECTING at first. A web address that ends as video
    files do is no camera.

    Raises:
        SourceOpenError: The address is of no known form, leads nowhere, or gives no picture in time.
    """
    address = parse_address(config.uri)
    match address.kind:
        case AddressKind.CAMERA:
            return WebcamSource(int(address.uri) if address.uri.isdecimal() else address.uri, config)
        case AddressKind.DEMO:
            return VideoSource(str(files("realtime_pose") / "media" / "demo.mp4"), address.name)
        case AddressKind.FILE:
            return VideoSource(address.uri, address.name)
        case AddressKind.FOLDER:
            return FolderSource(Path(address.uri), address.name, rate_hz=config.folder_rate_hz)
        case AddressKind.URL:
            return _from_url(address, config)


def _from_url(address: Address, config: SourceConfig) -> Source:
    """A served file, read to its end, or a camera."""
    endpoint = resolve_endpoint(
        address.uri,
        transport=config.transport,
        credentials_file=config.credentials_file,
        environment=os.environ,
    )
    limits_s = (config.open_timeout_s, config.read_timeout_s)
    if is_file(endpoint):
        return VideoSource(endpoint.url, endpoint.name, timeouts_s=limits_s)
    # FFmpeg's own limits are later than ours: at its own it hands out what its parser held, as if pictures came again.
    later_s = config.open_timeout_s + SLACK_S, config.read_timeout_s + SLACK_S
    return StreamSource(endpoint.name, lambda progress: connect(endpoint, progress, limits_s=later_s), config)
