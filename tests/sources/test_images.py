"""Folders of images, good and bad."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.sources import FolderSource, SourceState, open_source
from tests.support import clips

COLOUR = (10, 20, 200)  # BGR


def _open(folder: Path, rate_hz: float = 10.0) -> FolderSource:
    return FolderSource(folder, folder.name, rate_hz=rate_hz)


def _flat(channels: int, dtype: type[np.uint8] | type[np.uint16]) -> np.ndarray:
    """(4, 5) or (4, 5, channels) of one colour, in the full range of the dtype."""
    scale = 257 if dtype is np.uint16 else 1
    values = [200] if channels == 1 else [*COLOUR, 0][:channels]  # the alpha of the last says "invisible"
    image = np.full((4, 5, channels), np.array(values) * scale, dtype)
    return image[..., 0] if channels == 1 else image


def test_natural_order_counts_digits_as_numbers(tmp_path: Path) -> None:
    names = ["2.png", "10.png", "1.png", "Frame9.png", "frame10.png", "frame1a10.png", "frame1a9.png", "B.png", "a.png"]
    for index, name in enumerate(names):
        clips.image_file(tmp_path / name, np.full((4, 4, 3), index, np.uint8))
    order = ["1.png", "2.png", "10.png", "a.png", "B.png", "frame1a9.png", "frame1a10.png", "Frame9.png", "frame10.png"]
    seen = [names[int(frame.image[0, 0, 0])] for frame in _open(tmp_path)]
    assert seen == order


def test_the_rate_gives_the_times(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path, 4)
    source = open_source(SourceConfig(uri=str(tmp_path), folder_rate_hz=8.0))
    assert [frame.time_s for frame in source] == [0, 0.125, 0.25, 0.375]
    assert (source.info.rate_hz, source.info.num_frames) == (8.0, 4)


@pytest.mark.parametrize("ending", [".png", ".tiff"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("channels", "expected"), [(1, (200, 200, 200)), (3, COLOUR), (4, COLOUR)])
def test_every_kind_of_picture_becomes_bgr_bytes(
    tmp_path: Path,
    ending: str,
    dtype: type[np.uint8] | type[np.uint16],
    channels: int,
    expected: tuple[int, int, int],
) -> None:
    clips.image_file(tmp_path / f"a{ending}", _flat(channels, dtype))
    (frame,) = _open(tmp_path)
    assert frame.image.shape == (4, 5, 3)
    assert frame.image.dtype == np.uint8
    assert (frame.image == expected).all()


@pytest.mark.parametrize("ending", [".bmp", ".JPG", ".jpeg", ".jp2", ".ppm", ".webp", ".tif"])
def test_every_ending_is_understood(tmp_path: Path, ending: str) -> None:
    image = clips.picture(0, (64, 48))
    (tmp_path / f"a{ending}").write_bytes(cv2.imencode(ending.lower(), image)[1].tobytes())
    (frame,) = _open(tmp_path)
    assert np.abs(frame.image[4:12, 4:12].astype(int) - clips.RED).max() < 10


def test_a_photo_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    content = cv2.imencode(".jpg", clips.picture(0, (64, 48)))[1].tobytes()
    orientation_6 = bytes.fromhex("4578696600004d4d002a00000008000101120003000000010006000000000000")
    exif = b"\xff\xe1" + (len(orientation_6) + 2).to_bytes(2, "big") + orientation_6
    (tmp_path / "a.jpg").write_bytes(content[:2] + exif + content[2:])
    (frame,) = _open(tmp_path)
    assert frame.wh == (48, 64)
    assert np.abs(frame.image[4, -4].astype(int) - clips.RED).max() < 10


def test_sizes_may_differ_down_to_one_pixel(tmp_path: Path) -> None:
    sizes = [(64, 48), (1, 1), (16, 9), (48, 64)]
    for index, wh in enumerate(sizes):
        clips.image_file(tmp_path / f"{index}.png", clips.picture(0, wh))
    source = _open(tmp_path)
    assert [frame.wh for frame in source] == sizes
    assert source.info.wh == (64, 48)


@pytest.mark.parametrize("content", [b"", b"no image", None], ids=["empty", "text", "cut in half"])
def test_a_corrupt_image_is_left_out_counted_and_named(tmp_path: Path, content: bytes | None) -> None:
    clips.folder_of_images(tmp_path, 4)
    bad = tmp_path / "2.png"
    if content is None:
        clips.image_file(bad, np.random.default_rng(1).integers(0, 255, (50, 50, 3), np.uint8))
        clips.cut(bad)
    else:
        bad.write_bytes(content)
    source = _open(tmp_path)
    frames = list(source)
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.time_s for frame in frames] == [0, 0.2, 0.3]  # its moment passes
    assert source.status.state is SourceState.ENDED
    assert source.status.skipped == 1
    assert "2.png" in source.status.reason


def test_several_corrupt_images_are_counted_and_the_last_is_named(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path, 4)
    for name in ("1.png", "4.png"):
        (tmp_path / name).write_bytes(b"no image")
    source = _open(tmp_path)
    assert len(list(source)) == 2
    assert source.status.reason.startswith("2 skipped, the last: 4.png")


def test_an_image_that_vanishes_is_left_out(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path, 3)
    source = _open(tmp_path)
    (tmp_path / "2.png").unlink()
    assert len(list(source)) == 2
    assert "2.png" in source.status.reason


def test_what_is_no_image_is_not_looked_at(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path, 2)
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "._1.png").write_bytes(b"what macOS leaves behind")
    clips.folder_of_images(tmp_path / "inner.png", 2)
    source = _open(tmp_path)
    assert source.info.num_frames == 2
    assert len(list(source)) == 2
    assert source.status.skipped == 0


def test_a_folder_without_images_is_refused_with_the_endings(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    with pytest.raises(SourceOpenError, match=r"none of its 1 entries ends in \.bmp, .*\.jpg, .*\.png"):
        _open(tmp_path)


def test_a_folder_of_corrupt_images_only_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(SourceOpenError, match=r"none of its 1 images can be decoded; the first is a\.png"):
        _open(tmp_path)


def test_a_folder_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceOpenError, match="cannot be read"):
        _open(tmp_path / "gone")
