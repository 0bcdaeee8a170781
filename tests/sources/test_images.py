"""Folders of images, valid and damaged."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.support import clips
from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.messages.source_messages import describe_source
from realtime_pose.reasons import NO_REASON
from realtime_pose.sources import PictureSource, SourceReason, SourceState, open_source
from realtime_pose.sources.picture_names import name_pictures
from realtime_pose.sources.picture_set import list_pictures

COLOUR = (10, 20, 200)  # BGR


def open_folder(folder: Path, rate_hz: float = 10.0) -> PictureSource:
    return PictureSource(name_pictures(list_pictures(folder, folder.name)), folder.name, rate_hz=rate_hz)


def plain_image(channels: int, dtype: type[np.uint8] | type[np.uint16]) -> np.ndarray:
    """(4, 5) or (4, 5, channels) of one colour, scaled to the range of the dtype."""
    scale = 257 if dtype is np.uint16 else 1
    values = [200] if channels == 1 else [*COLOUR, 0][:channels]  # alpha 0: transparent
    image = np.full((4, 5, channels), np.array(values) * scale, dtype)
    return image[..., 0] if channels == 1 else image


@pytest.mark.parametrize(
    "ordered",
    [
        ["1", "2", "10", "a", "B", "frame1a9", "frame1a10", "Frame9", "frame10"],
        ["img06", "img007", "img07", "img7", "img8"],  # equal numbers: by the plain name
        ["1-2", "1.5", "1.10", "01", "1", "1a"],
        ["frame1", "frame 1", "frame-1", "frame-2", "frame-10", "frame", "frame_1"],  # a minus is not a sign
        ["a", "ä2", "Ä10", "b", "é", "z"],
    ],
    ids=["numbers and case", "leading zeros", "dots", "separators", "accents"],
)
def test_images_come_in_natural_order(tmp_path: Path, ordered: list[str]) -> None:
    names = sorted(ordered, key=len)
    for index, name in enumerate(names):
        clips.image_file(tmp_path / f"{name}.png", np.full((4, 4, 3), index, np.uint8))
    assert [names[int(frame.image[0, 0, 0])] for frame in open_folder(tmp_path)] == ordered


def test_the_rate_determines_the_times(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path, 4)
    source = open_source(SourceConfig(uri=str(tmp_path), folder_rate_hz=8.0, as_video=True))
    assert [frame.time_s for frame in source] == [0, 0.125, 0.25, 0.375]
    assert (source.info.rate_hz, source.info.num_frames) == (8.0, 4)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("channels", "expected"), [(1, (200, 200, 200)), (3, COLOUR), (4, COLOUR)])
def test_every_image_format_becomes_8_bit_bgr(
    tmp_path: Path,
    suffix: str,
    dtype: type[np.uint8] | type[np.uint16],
    channels: int,
    expected: tuple[int, int, int],
) -> None:
    clips.image_file(tmp_path / f"a{suffix}", plain_image(channels, dtype))
    (frame,) = open_folder(tmp_path)
    assert frame.image.shape == (4, 5, 3)
    assert frame.image.dtype == np.uint8
    assert (frame.image == expected).all()


@pytest.mark.parametrize("suffix", [".bmp", ".JPG", ".jpeg", ".jp2", ".ppm", ".webp", ".tif"])
def test_every_suffix_is_read(tmp_path: Path, suffix: str) -> None:
    image = clips.pattern_image(0, (64, 48))
    (tmp_path / f"a{suffix}").write_bytes(cv2.imencode(suffix.lower(), image)[1].tobytes())
    (frame,) = open_folder(tmp_path)
    assert np.abs(frame.image[4:12, 4:12].astype(int) - clips.RED).max() < 10


def test_a_photo_is_rotated_by_its_exif_orientation(tmp_path: Path) -> None:
    content = cv2.imencode(".jpg", clips.pattern_image(0, (64, 48)))[1].tobytes()
    orientation_6 = bytes.fromhex("4578696600004d4d002a00000008000101120003000000010006000000000000")
    exif = b"\xff\xe1" + (len(orientation_6) + 2).to_bytes(2, "big") + orientation_6
    (tmp_path / "a.jpg").write_bytes(content[:2] + exif + content[2:])
    (frame,) = open_folder(tmp_path)
    assert frame.wh == (48, 64)
    assert np.abs(frame.image[4, -4].astype(int) - clips.RED).max() < 10


def test_sizes_may_differ_and_be_one_pixel(tmp_path: Path) -> None:
    sizes = [(64, 48), (1, 1), (16, 9), (48, 64)]
    for index, wh in enumerate(sizes):
        clips.image_file(tmp_path / f"{index}.png", clips.pattern_image(0, wh))
    source = open_folder(tmp_path)
    assert [frame.wh for frame in source] == sizes
    assert source.info.wh == (64, 48)


@pytest.mark.parametrize("content", [b"", b"no image", None], ids=["empty", "text", "cut in half"])
def test_a_corrupt_image_is_skipped_counted_and_named(tmp_path: Path, content: bytes | None) -> None:
    clips.folder_of_images(tmp_path, 4)
    bad = tmp_path / "2.png"
    if content is None:
        clips.image_file(bad, np.random.default_rng(1).integers(0, 255, (50, 50, 3), np.uint8))
        clips.truncate(bad)
    else:
        bad.write_bytes(content)
    source = open_folder(tmp_path)
    frames = list(source)
    assert [frame.index for frame in frames] == [0, 2, 3]  # its number is left out
    assert [frame.time_s for frame in frames] == [0, 0.2, 0.3]  # its time passes
    assert source.status.state is SourceState.ENDED
    assert source.status.skipped == 1
    (reason,) = source.status.skipped_reasons
    assert (reason.code, reason.values["file"]) == (SourceReason.IMAGE_FAILED, "2.png")
    assert (source.status.reason, source.status.is_complete) == (NO_REASON, False)


def test_several_corrupt_images_are_counted_and_each_is_named(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path, 4)
    for name in ("1.png", "4.png"):
        (tmp_path / name).write_bytes(b"no image")
    source = open_folder(tmp_path)
    assert [frame.index for frame in source] == [1, 2]
    assert source.status.skipped == 2
    assert [reason.values["file"] for reason in source.status.skipped_reasons] == ["1.png", "4.png"]


def test_an_image_that_was_deleted_is_skipped(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path, 3)
    source = open_folder(tmp_path)
    (tmp_path / "2.png").unlink()
    assert len(list(source)) == 2
    assert describe_source(source.status) == "2.png: the image cannot be read (No such file or directory)"


def test_other_files_are_ignored(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path, 2)
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "._1.png").write_bytes(b"metadata of macOS")
    clips.folder_of_images(tmp_path / "inner.png", 2)
    source = open_folder(tmp_path)
    assert source.info.num_frames == 2
    assert len(list(source)) == 2
    assert source.status.skipped == 0


def test_a_folder_without_images_is_refused_and_the_suffixes_are_listed(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    with pytest.raises(SourceOpenError, match=r"got 1 entry, of which none ends in .*\.bmp, .*\.jpg, .*\.png"):
        open_folder(tmp_path)


def test_a_folder_with_only_corrupt_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(SourceOpenError, match=r"1 image, but none can be decoded; the first: a\.png"):
        open_folder(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceOpenError, match="cannot be read"):
        open_folder(tmp_path / "gone")
