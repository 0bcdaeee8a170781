"""What a run may write of single pictures: the annotated ones into a folder, and their poses."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from realtime_pose.config import Config, SourceConfig
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.evaluate.annotations import read_image_ids
from realtime_pose.files.output_checks import check_no_input, identity
from realtime_pose.files.output_file import existing_error
from realtime_pose.sinks import PoseTarget
from realtime_pose.sinks.picture_files import picture_path
from realtime_pose.sources import PictureFile, PictureSet, find_picture_set


def image_ids(config: SourceConfig) -> Mapping[str, int] | None:
    """The ids of the pictures by file name; None if no annotation file is given.

    Raises:
        DatasetError: The file cannot be used.
    """
    return None if config.annotations is None else read_image_ids(config.annotations)


def find_pictures(config: SourceConfig) -> PictureSet | None:
    """The single pictures that the source is; None if it is another one.

    Raises:
        SourceOpenError: It cannot be opened.
        DatasetError: The annotation file cannot be used.
    """
    pictures = find_picture_set(config, image_ids(config))
    return pictures if pictures is not None and not pictures.is_video else None


def check_pictures(config: Config, pictures: PictureSet | None, targets: Sequence[PoseTarget]) -> None:
    """Raise ConfigError or SinkError unless these settings fit the source: single pictures, or another one (None)."""
    if pictures is None:
        _check_others(config)
        return
    if config.part.start or config.part.end:
        raise ConfigError(
            "start and end: single pictures have no time; name the pictures, or take them as a video with --as-video"
        )
    if config.record.path is not None or config.record.is_series:
        raise ConfigError(
            "record: single pictures are not recorded as a video; write annotated pictures with --out FOLDER, or take "
            "them as a video with --as-video"
        )
    for target in targets:
        target.check_untracked()
    if config.out is not None:
        check_picture_folder(pictures.files, config.out, may_replace=config.overwrite)


def check_picture_folder(files: Sequence[PictureFile], folder: Path, *, may_replace: bool) -> None:
    """Raise SinkError unless annotated pictures may be written into this folder; nothing is made.

    Args:
        files: The pictures.
        folder: Where they go.
        may_replace: Whether existing files may be replaced.
    """
    check_no_source_folder(files, folder)
    existing = [path for file in files if (path := picture_path(folder, file.picture.file_name)).exists()]
    check_no_input(existing, (file.path for file in files))
    if existing and not may_replace:
        raise existing_error(existing[0])


def check_no_source_folder(files: Sequence[PictureFile], folder: Path) -> None:
    """Raise SinkError if pictures would be written beside their originals, or the folder is none."""
    if folder.exists() and not folder.is_dir():
        raise SinkError(f"{folder}: expected a folder for the annotated pictures, got a file; choose another --out")
    if identity(folder) in {identity(parent) for parent in {file.path.parent for file in files}}:
        raise SinkError(f"{folder}: this folder holds the originals; choose another --out for the annotated pictures")


def _check_others(config: Config) -> None:
    """Raise ConfigError if there is a setting that only single pictures have."""
    if config.source.annotations is not None:
        raise ConfigError("annotations: expected single pictures, but the source is another one; leave it out")
    if config.out is not None:
        raise ConfigError("out: expected single pictures, but the source is another one; record it with --record FILE")
