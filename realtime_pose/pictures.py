"""The pictures of an annotation file, from their folder, as frames."""

from pathlib import Path

from realtime_pose.errors import DatasetError
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.scene import Frame
from realtime_pose.sources.images import read_image


def check_pictures(truth: CocoTruth, folder: Path) -> None:
    """Raise DatasetError unless every picture of the annotations is there."""
    missing = [image.file_name for image in truth.images if not (folder / image.file_name).is_file()]
    if missing:
        raise DatasetError(
            f"{folder}: expected the {len(truth.images)} pictures of the annotations, {len(missing)} of them are not "
            f"there; the first is {missing[0]}"
        )


def frame_of(path: Path) -> Frame:
    """A picture as a frame of its own.

    Raises:
        DatasetError: It cannot be decoded.
    """
    image = read_image(path)
    if image is None:
        raise DatasetError(f"{path}: expected a picture, but it cannot be decoded")
    return Frame(image, index=0, time_s=0.0, captured_s=0.0, source=path.name)
