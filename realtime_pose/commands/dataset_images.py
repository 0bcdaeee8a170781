"""Annotation files with their images, images as frames, and those for which a network gave NaN or infinite values."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError, DatasetError, NotFiniteError

if TYPE_CHECKING:
    from realtime_pose.evaluate.coco import CocoTruth
    from realtime_pose.scene import Frame

_MAX_WARNINGS = 10  # images that are warned of one by one: it may be every image

_log = logging.getLogger(__name__)


class SkippedImages:
    """Counts the images for which a network gave NaN or infinite values; persons in them count as missed.

    Attributes:
        count: Number of images left out.
    """

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def skip_if_not_finite(self, name: str) -> Iterator[None]:
        """End the block early if a network gives no numbers for this image; count it and log a warning."""
        try:
            yield
        except NotFiniteError as error:
            self.count += 1
            # The log would be flooded by a network that fails on every image.
            if self.count <= _MAX_WARNINGS:
                last = "; further ones are only counted" if self.count == _MAX_WARNINGS else ""
                _log.warning("%s left out so far, now %s: %s%s", counted(self.count, "image"), name, error, last)

    def check(self, num_images: int) -> None:
        """Raise NotFiniteError if all of this number of images were left out: there is no result then."""
        if self.count == num_images:
            raise NotFiniteError(
                f"expected numbers from the networks, got none for any image ({counted(num_images, 'image')}); the "
                "warnings name the model, try another file of it"
            )

    @property
    def line(self) -> str:
        """The line for a table of results; "" if no image was left out."""
        if not self.count:
            return ""
        return (
            f"{counted(self.count, 'image')} left out, because a network gave no numbers; their persons count as missed"
        )


def pair_datasets(command: str, annotations: Sequence[Path], images: Sequence[Path]) -> tuple[tuple[Path, Path], ...]:
    """Each annotation file with its folder of images, for a command of this name.

    Raises:
        ConfigError: There is no file, or not one folder per file.
    """
    if not annotations or len(annotations) != len(images):
        raise ConfigError(
            f"{command}: expected --annotations FILE [FILE ...] and --images DIR [DIR ...], a folder for each file; "
            f"got {counted(len(annotations), 'file')} and {counted(len(images), 'folder')}"
        )
    return tuple(zip(annotations, images, strict=True))


def check_images(truth: CocoTruth, folder: Path) -> None:
    """Raise DatasetError unless every image of the annotations is in the folder."""
    missing = [image.file_name for image in truth.images if not (folder / image.file_name).is_file()]
    if missing:
        raise DatasetError(
            f"{folder}: expected all images of the annotations, but {len(missing)} of "
            f"{counted(len(truth.images), 'image')} cannot be found; the first is {missing[0]}"
        )


def load_frame(path: Path) -> Frame:
    """An image file as a frame.

    Raises:
        DatasetError: The file cannot be decoded.
    """
    from realtime_pose.scene import Frame
    from realtime_pose.sources.faults import FrameError
    from realtime_pose.sources.image_decoding import read_image

    try:
        image = read_image(path)
    except FrameError as error:
        raise DatasetError(f"{path.parent}: {error}") from error
    return Frame(image, index=0, time_s=0.0, captured_s=0.0, source=path.name)
