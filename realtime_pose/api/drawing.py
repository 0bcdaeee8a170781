"""People drawn on an image, which a notebook shows and a program can save."""

from dataclasses import replace
from pathlib import Path

from realtime_pose import render
from realtime_pose.api.people import People
from realtime_pose.config import RenderConfig
from realtime_pose.errors import ConfigError
from realtime_pose.files import atomic
from realtime_pose.scene import Image, Scene
from realtime_pose.sinks.picture_files import encode


def draw(image: Image, people: People, *, style: RenderConfig | None = None) -> Image:
    """A new image with the people drawn in.

    Args:
        image: (H, W, 3) uint8 BGR, of the size in which the people were found.
        people: The people.
        style: What to draw; None: skeletons, and ids if there was a tracker.

    Returns:
        (H, W, 3) uint8 BGR, owned by the caller.

    Raises:
        ConfigError: The image has another size.
    """
    is_known = people.frame.wh != (0, 0)  # a file of poses may not state the size
    if is_known and image.shape[:2] != people.frame.wh[::-1]:
        raise ConfigError(
            f"expected an image of {people.frame.wh[0]}x{people.frame.wh[1]}, in which the people were found, got "
            f"{image.shape[1]}x{image.shape[0]}; give the same image"
        )
    frame = replace(people.frame, image=image)
    scene = Scene.from_tracks(frame, people.tracks, people.names)
    scene = replace(scene, colours=render.choose_colours(people.tracks))
    return render.draw(scene, style or RenderConfig(ids=people.is_tracked))


class DrawnImage:
    """An image with skeletons drawn in; a notebook shows it.

    Attributes:
        image: (H, W, 3) uint8 BGR.
    """

    def __init__(self, image: Image) -> None:
        self.image = image

    def save(self, path: str | Path) -> None:
        """Write the image to this path, in the format of its ending; an existing file is replaced.

        Raises:
            ConfigError: OpenCV writes no images with this ending.
            SinkError: The file cannot be written.
        """
        atomic.write(Path(path), _encode(self.image, Path(path).suffix or ".png", str(path)))

    def _repr_png_(self) -> bytes:
        """The image for a notebook."""
        return _encode(self.image, ".png", "the image")


def _encode(image: Image, suffix: str, name: str) -> bytes:
    """The image as the content of a file."""
    content = encode(image, suffix)
    if content is None:
        raise ConfigError(f"{name}: expected the ending of an image format, such as .jpg or .png, got {suffix!r}")
    return content
