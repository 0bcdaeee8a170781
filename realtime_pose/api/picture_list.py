"""What a program calls pictures: a folder, a pattern, one file, or a list of them."""

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path

from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.pipeline.picture_outputs import image_ids
from realtime_pose.sources import PictureSource, find_picture_set

PictureList = str | PathLike[str] | Sequence[str | PathLike[str]]


def addresses(pictures: PictureList) -> tuple[str, ...]:
    """The address of each, at least one.

    Raises:
        SourceOpenError: The list is empty.
    """
    if isinstance(pictures, str | PathLike):
        return (fspath(pictures),)
    if not pictures:
        raise SourceOpenError("expected pictures, got an empty list")
    return tuple(fspath(picture) for picture in pictures)


def open_pictures(pictures: PictureList, annotations: str | PathLike[str] | None = None) -> PictureSource:
    """Single pictures, also if they are numbered like the frames of a video.

    Raises:
        SourceOpenError: They are none, or cannot be read.
        DatasetError: The annotation file cannot be used.
    """
    uri, *more = addresses(pictures)
    path = None if annotations is None else Path(fspath(annotations))
    config = SourceConfig(uri=uri, more=tuple(more), as_pictures=True, annotations=path)
    found = find_picture_set(config, image_ids(config))
    if found is None:
        raise SourceOpenError(f"{uri}: expected a folder of pictures, a pattern or a list; got another source")
    return PictureSource(found.files, found.name)
