"""The pictures of an annotation file, from their folder, as frames; and those that a network gives no numbers for."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realtime_pose.errors import DatasetError, NotFiniteError
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.scene import Frame
from realtime_pose.sources.images import read_image

_NAMED = 10  # pictures left out that are warned of one by one: it may be every picture

_log = logging.getLogger(__name__)


class SkippedImages:
    """Counts the pictures for which a network gave NaN or infinite values: whoever is in them counts as missed.

    Attributes:
        count: So many were left out.
    """

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def unless_finite(self, name: str) -> Iterator[None]:
        """End the block, which looks at this picture, where a network gives no numbers; count and warn of it."""
        try:
            yield
        except NotFiniteError as error:
            self.count += 1
            if self.count <= _NAMED:
                last = "; further ones are only counted" if self.count == _NAMED else ""
                _log.warning("%d picture(s) left out so far, now %s: %s%s", self.count, name, error, last)

    def check(self, num_pictures: int) -> None:
        """Raise NotFiniteError where nothing is left of so many pictures: that is no result."""
        if self.count == num_pictures:
            raise NotFiniteError(
                f"all {num_pictures} pictures were left out: for none of them the networks gave numbers; the warnings "
                "name the model, try another file of it"
            )

    @property
    def line(self) -> str:
        """What a table says of them; "" where none was left out."""
        if not self.count:
            return ""
        return f"{self.count} picture(s) left out, a network gave no numbers: whoever is there is missed"


def check_images(truth: CocoTruth, folder: Path) -> None:
    """Raise DatasetError unless every picture of the annotations is there."""
    missing = [image.file_name for image in truth.images if not (folder / image.file_name).is_file()]
    if missing:
        raise DatasetError(
            f"{folder}: expected the {len(truth.images)} pictures of the annotations, {len(missing)} of them are not "
            f"there; the first is {missing[0]}"
        )


def load_frame(path: Path) -> Frame:
    """A picture as a frame of its own.

    Raises:
        DatasetError: It cannot be decoded.
    """
    image = read_image(path)
    if image is None:
        raise DatasetError(f"{path}: expected a picture, but it cannot be decoded")
    return Frame(image, index=0, time_s=0.0, captured_s=0.0, source=path.name)
