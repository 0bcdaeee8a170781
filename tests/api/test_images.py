"""Whatever a program calls an image becomes the same BGR array."""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

from benchmarks.support.clips import BLUE, GREEN, RED, pattern_image
from realtime_pose.api.images import to_image
from realtime_pose.errors import SourceOpenError

IMAGE = pattern_image(3)
PIL_IMAGE = PIL.Image.fromarray(np.ascontiguousarray(IMAGE[..., ::-1]))


def encoded() -> bytes:
    return bytes(cv2.imencode(".png", IMAGE)[1])


def test_each_form_gives_the_same_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded())
    for image in (path, str(path), encoded(), IMAGE, PIL_IMAGE, np.dstack((IMAGE, IMAGE[..., 0]))):
        pixels, _ = to_image(image)
        assert np.array_equal(pixels, IMAGE)
        assert pixels.flags["C_CONTIGUOUS"]
    assert to_image(path)[1] == "a.png"
    assert [tuple(IMAGE[row, column]) for row, column in ((0, 0), (0, -1), (-1, 0))] == [RED, GREEN, BLUE]


@pytest.mark.parametrize("grey", [IMAGE[..., 0], IMAGE[..., :1]], ids=["two dimensions", "one channel"])
def test_grey_becomes_three_channels(grey: Any) -> None:
    pixels, _ = to_image(grey)
    assert pixels.shape == IMAGE.shape
    assert (pixels == IMAGE[..., :1]).all()


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_every_mode_of_pil(mode: str) -> None:
    expected = np.asarray(PIL_IMAGE.convert(mode).convert("RGB"))[..., ::-1]
    assert np.array_equal(to_image(PIL_IMAGE.convert(mode))[0], expected)


def test_a_picture_of_pil_is_turned_upright() -> None:
    content = io.BytesIO()
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    PIL_IMAGE.save(content, "JPEG", exif=exif)
    assert to_image(PIL.Image.open(content))[0].shape == (IMAGE.shape[1], IMAGE.shape[0], 3)
    assert to_image(content.getvalue())[0].shape == (IMAGE.shape[1], IMAGE.shape[0], 3)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4, 3), np.float32), r"uint8 in BGR, got float32 \(4, 4, 3\).*astype"),
        (np.zeros((4, 4, 2), np.uint8), r"got uint8 \(4, 4, 2\)"),
        (np.zeros((0, 4, 3), np.uint8), r"got uint8 \(0, 4, 3\)"),
        (np.zeros((1, 4, 4, 3), np.uint8), r"got uint8 \(1, 4, 4, 3\)"),
        (b"", "the bytes"),
        (b"no image", "the bytes"),
        (None, "a PIL image; got NoneType"),
        ([1, 2], "a PIL image; got list"),
        ("missing.png", "missing.png"),
        ("", "image"),
    ],
)
def test_what_is_no_image_is_an_error(image: Any, message: str) -> None:
    with pytest.raises(SourceOpenError, match=message):
        to_image(image)
