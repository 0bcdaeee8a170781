"""What a program calls an image, as one array: a path, the bytes of a file, a NumPy array, or a PIL image."""

from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Image

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

ImageLike: TypeAlias = "str | PathLike[str] | bytes | NDArray[Any] | PilImage"


def to_image(image: ImageLike) -> tuple[Image, str]:
    """The pixels, and a name for messages.

    Args:
        image: The path of an image file; the content of one; (H, W, 3) uint8 BGR, as OpenCV has it, (H, W, 4) BGRA or
            (H, W) grey; or a PIL image.

    Returns:
        (H, W, 3) uint8 BGR, upright; and the name of the file, or "image".

    Raises:
        SourceOpenError: It is no image; it has another shape or type; the file cannot be read.
    """
    from realtime_pose.sources.faults import FrameError
    from realtime_pose.sources.image_decoding import decode_image, read_image

    try:
        if isinstance(image, bytes):
            return decode_image(image, name="the bytes"), "image"
        if isinstance(image, str | PathLike):
            return read_image(Path(fspath(image))), Path(fspath(image)).name
    except FrameError as error:
        raise SourceOpenError(str(error)) from error
    if isinstance(image, np.ndarray):
        return _from_array(image), "image"
    if hasattr(image, "convert"):
        return _from_pil(image), "image"
    raise SourceOpenError(
        "expected an image: a path, bytes, a NumPy array (H, W, 3) uint8 in BGR, or a PIL image; got "
        f"{type(image).__name__}"
    )


def _from_array(array: NDArray[Any]) -> Image:
    is_image = array.dtype == np.uint8 and array.ndim in {2, 3} and array.size > 0
    if not is_image or (array.ndim == 3 and array.shape[2] not in {1, 3, 4}):
        raise SourceOpenError(
            f"expected an image as an array (H, W, 3) of uint8 in BGR, got {array.dtype} {array.shape}; convert it, "
            "for example with (image * 255).astype('uint8')"
        )
    if array.ndim == 2 or array.shape[2] == 1:
        return np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(array[..., :3])


def _from_pil(image: Any) -> Image:
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(image) or image
    return np.ascontiguousarray(np.asarray(upright.convert("RGB"), np.uint8)[..., ::-1])
