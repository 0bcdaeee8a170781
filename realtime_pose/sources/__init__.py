"""Sources of frames: the `Source` protocol, and `open_source`, which opens the right source for an address."""

import os
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from realtime_pose.config import PartConfig, SourceConfig
from realtime_pose.errors import ConfigError, SourceOpenError
from realtime_pose.sources.address import Address, AddressKind, parse_address
from realtime_pose.sources.connection import Connection, connect
from realtime_pose.sources.endpoint import has_video_suffix, resolve_endpoint
from realtime_pose.sources.image_decoding import FOREIGN_SUFFIXES, IMAGE_FILE_SUFFIXES, has_heif_brand
from realtime_pose.sources.image_file import ImageFileSource, NotAnImageError
from realtime_pose.sources.images import FolderSource
from realtime_pose.sources.part import PartSource
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.source import NegotiatedFormat, Source, SourceInfo, SourceState, SourceStatus
from realtime_pose.sources.status import StatusTracker
from realtime_pose.sources.stream import StreamSource
from realtime_pose.sources.video import VideoSource
from realtime_pose.sources.webcam import Webcam, WebcamSource, list_webcams

__all__ = [
    "FolderSource",
    "ImageFileSource",
    "NegotiatedFormat",
    "PartSource",
    "Source",
    "SourceInfo",
    "SourceReason",
    "SourceState",
    "SourceStatus",
    "StreamSource",
    "VideoSource",
    "Webcam",
    "WebcamSource",
    "list_webcams",
    "open_source",
    "source_files",
]

FFMPEG_SLACK_S = 1.0  # seconds by which the limits of FFmpeg are later than ours


def open_source(config: SourceConfig, part: PartConfig | None = None) -> Source:
    """The source at ``config.uri``, opened: its first frame was decoded.

    A camera URL is opened in the background, so its source starts in the state CONNECTING. A web address with the
    suffix of a video file is read as a file.

    Args:
        config: The address, and how to read it.
        part: The part of the source to use; None: all of it.

    Raises:
        SourceOpenError: The address has no known form, nothing is there, no frame came in time, or it ends too early.
        ConfigError: The region does not lie in the picture.
    """
    if part is None or part.is_whole:
        return _open_whole(config)
    source = _open_whole(config, start_s=part.start_s)
    try:
        return PartSource(source, part)
    except ConfigError:
        source.close()
        raise


def _open_whole(config: SourceConfig, *, start_s: float = 0.0) -> Source:
    """The source; a video begins at the start, of the others all frames come."""
    address = parse_address(config.uri)
    match address.kind:
        case AddressKind.CAMERA:
            return WebcamSource(int(address.uri) if address.uri.isdecimal() else address.uri, config)
        case AddressKind.DEMO:
            return VideoSource(str(_demo_path()), address.name, start_s=start_s)
        case AddressKind.FILE:
            return _open_file(Path(address.uri), address.name, start_s=start_s)
        case AddressKind.FOLDER:
            return FolderSource(Path(address.uri), address.name, rate_hz=config.folder_rate_hz, start_s=start_s)
        case AddressKind.URL:
            return _open_url(address, config, start_s=start_s)


def source_files(uri: str) -> Iterator[Path]:
    """The files of this computer that a source at this address reads; none if it cannot be opened."""
    try:
        address = parse_address(uri)
    except SourceOpenError:  # `open_source` reports it
        return
    match address.kind:
        case AddressKind.DEMO:
            yield _demo_path()
        case AddressKind.FILE:
            yield Path(address.uri)
        case AddressKind.FOLDER:
            yield from Path(address.uri).iterdir()


def _demo_path() -> Path:
    return Path(str(files("realtime_pose") / "media" / "demo.mp4"))


def _open_file(path: Path, name: str, *, start_s: float) -> Source:
    """A picture, by its suffix or its first bytes, or a video, which may have the suffix of a picture too."""
    is_heif = has_heif_brand(path)
    if path.suffix.lower() not in (*IMAGE_FILE_SUFFIXES, *FOREIGN_SUFFIXES) and not is_heif:
        return VideoSource(str(path), name, start_s=start_s)
    try:
        return ImageFileSource(path, name)
    except NotAnImageError:
        if is_heif:  # FFmpeg would take one tile for the picture
            raise
        with suppress(SourceOpenError):
            return VideoSource(str(path), name, start_s=start_s)
        raise


def _open_url(address: Address, config: SourceConfig, *, start_s: float) -> Source:
    """A served video file, or a camera."""
    endpoint = resolve_endpoint(
        address.uri,
        transport=config.transport,
        credentials_file=config.credentials_file,
        environment=os.environ,
    )
    limits_s = (config.open_timeout_s, config.read_timeout_s)
    if has_video_suffix(endpoint.url):
        return VideoSource(endpoint.url, endpoint.name, timeouts_s=limits_s, start_s=start_s)
    # FFmpeg's limits must be later than ours: when its own limit passes, FFmpeg returns the data that its parser still
    # held, and that looks like new frames.
    ffmpeg_limits_s = config.open_timeout_s + FFMPEG_SLACK_S, config.read_timeout_s + FFMPEG_SLACK_S

    def open_connection(progress: StatusTracker) -> Connection:
        return connect(endpoint, progress, limits_s=ffmpeg_limits_s, poll_s=config.poll_s)

    return StreamSource(endpoint.name, open_connection, config)
