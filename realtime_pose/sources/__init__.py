"""Sources of frames: the `Source` protocol, and `open_source`, which opens the right source for an address."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from realtime_pose.config import PartConfig, SourceConfig
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError, SourceOpenError
from realtime_pose.sources.address import Address, AddressKind, glob_files, parse_address
from realtime_pose.sources.byte_ranges import sends_parts
from realtime_pose.sources.connection import Connection, connect
from realtime_pose.sources.endpoint import has_video_suffix, resolve_endpoint
from realtime_pose.sources.image_decoding import FOREIGN_SUFFIXES, IMAGE_FILE_SUFFIXES, has_heif_brand
from realtime_pose.sources.image_file import ImageFileSource, NotAnImageError
from realtime_pose.sources.part import PartSource, part_of
from realtime_pose.sources.picture_set import PictureSet, find_picture_set
from realtime_pose.sources.pictures import PictureFile, PictureSource
from realtime_pose.sources.reasons import SourceReason
from realtime_pose.sources.source import NegotiatedFormat, Source, SourceInfo, SourceState, SourceStatus
from realtime_pose.sources.status import StatusTracker
from realtime_pose.sources.stream import StreamSource
from realtime_pose.sources.video import VideoSource
from realtime_pose.sources.webcam import Webcam, WebcamSource, list_webcams

__all__ = [
    "ImageFileSource",
    "NegotiatedFormat",
    "PartSource",
    "PictureFile",
    "PictureSet",
    "PictureSource",
    "Source",
    "SourceInfo",
    "SourceReason",
    "SourceState",
    "SourceStatus",
    "StreamSource",
    "VideoSource",
    "Webcam",
    "WebcamSource",
    "find_picture_set",
    "list_webcams",
    "open_source",
    "part_of",
    "sends_parts",
    "source_files",
]

_log = logging.getLogger(__name__)

FFMPEG_SLACK_S = 1.0  # seconds by which the limits of FFmpeg are later than ours


def open_source(
    config: SourceConfig, part: PartConfig | None = None, *, image_ids: Mapping[str, int] | None = None
) -> Source:
    """The source at ``config.uri``, opened: its first frame was decoded.

    A camera URL is opened in the background, so its source starts in the state CONNECTING. A web address with the
    suffix of a video file is read as a file.

    Args:
        config: The address, and how to read it.
        part: The part of the source to use; None: all of it.
        image_ids: COCO's ids of pictures, by file name; None: they are counted from 1.

    Raises:
        SourceOpenError: The address has no known form, nothing is there, no frame came in time, or it ends too early.
        ConfigError: The region does not lie in the picture.
    """
    part = part or PartConfig()
    source = _open_whole(config, image_ids, start_s=part.start_s)
    try:
        return part_of(source, part)
    except ConfigError:
        source.close()
        raise


def _open_whole(config: SourceConfig, image_ids: Mapping[str, int] | None, *, start_s: float = 0.0) -> Source:
    """The source; a video begins at the start, of the others all frames come."""
    pictures = find_picture_set(config, image_ids)
    if pictures is not None:
        for notice in pictures.notices:
            _log.warning("%s", notice)
        rate_hz = config.folder_rate_hz if pictures.is_video else None
        return PictureSource(pictures.files, pictures.name, rate_hz=rate_hz, start_s=start_s)
    address = parse_address(config.uri)
    match address.kind:
        case AddressKind.CAMERA:
            return WebcamSource(int(address.uri) if address.uri.isdecimal() else address.uri, config)
        case AddressKind.DEMO:
            return VideoSource(str(_demo_path()), address.name, start_s=start_s)
        case AddressKind.URL:
            return _open_url(address, config, start_s=start_s)
    return _open_file(_single_file(address), address.name, start_s=start_s)


def source_files(config: SourceConfig) -> Iterator[Path]:
    """The files of this computer that a source reads; none if it cannot be opened."""
    for uri in (config.uri, *config.more):
        try:
            address = parse_address(uri)
        except SourceOpenError:  # `open_source` reports it
            continue
        match address.kind:
            case AddressKind.DEMO:
                yield _demo_path()
            case AddressKind.FILE:
                yield Path(address.uri)
            case AddressKind.FOLDER:
                yield from Path(address.uri).iterdir()
            case AddressKind.PATTERN:
                yield from glob_files(address.uri)


def _single_file(address: Address) -> Path:
    """The file at an address, or the one that a pattern names."""
    if address.kind is not AddressKind.PATTERN:
        return Path(address.uri)
    found = glob_files(address.uri)
    if len(found) > 1:
        raise SourceOpenError(
            f"{address.name}: expected one video or pictures, got {counted(len(found), 'file')}; annotate several "
            "videos with: realtime-pose process"
        )
    return found[0]


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
