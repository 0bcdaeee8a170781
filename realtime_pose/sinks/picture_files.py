"""Scenes of single pictures to annotated pictures, each in a file with the name of its source."""

from collections.abc import Callable
from pathlib import Path

from realtime_pose._cv2 import cv2
from realtime_pose.errors import LostPictureError, SinkError
from realtime_pose.files import atomic
from realtime_pose.scene import Image, Scene

# OpenCV reads these, but writes no such file, or only one with few colours or none.
_ENCODED_AS_JPEG = (".gif", ".heic", ".heif", ".hif", ".pgm")


def picture_path(folder: Path, file_name: str) -> Path:
    """Where a picture is written: its own name in the folder; ``.jpg`` is added if its format cannot be written.

    >>> [picture_path(Path("out"), name).as_posix() for name in ("a/1.png", "2.HEIC")]
    ['out/a/1.png', 'out/2.HEIC.jpg']
    """
    path = folder / file_name
    return path.with_name(f"{path.name}.jpg") if path.suffix.lower() in _ENCODED_AS_JPEG else path


class PictureFilesSink:
    """Writes each picture as a whole file, in the format of its name.

    Args:
        folder: Where the files go; made if it is missing.
        make_image: Returns the annotated picture of a scene.

    Raises:
        SinkError: The folder cannot be made.
    """

    def __init__(self, folder: Path, make_image: Callable[[Scene], Image]) -> None:
        self._folder = folder
        self._make_image = make_image
        _make(folder)

    def write(self, scene: Scene) -> None:
        """Write the picture of one scene.

        Raises:
            LostPictureError: It cannot be encoded; another one may be.
            SinkError: It cannot be written.
        """
        path = picture_path(self._folder, scene.frame.source)
        _make(path.parent)
        image = self._make_image(scene)
        content = encode(image, path.suffix)
        if content is None:
            raise LostPictureError(
                f"{scene.frame.source}: an image of {image.shape[1]}x{image.shape[0]} cannot be written as "
                f"{path.suffix}; convert the picture to PNG first"
            )
        atomic.write(path, content)

    def close(self) -> None:
        """Nothing is open."""


def encode(image: Image, suffix: str) -> bytes | None:
    """The content of an image file with this ending; None if OpenCV cannot write it."""
    try:
        is_encoded, content = cv2.imencode(suffix, image)
    except cv2.error:
        return None
    return bytes(content) if is_encoded else None


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"{folder}: expected a folder, but it cannot be made ({error.strerror})") from error
