"""Single image files: photos with EXIF data, HEIC pictures, animations, and what cannot be read."""

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.support import clips
from realtime_pose.config import SourceConfig
from realtime_pose.errors import SourceOpenError
from realtime_pose.messages.source_messages import describe_source
from realtime_pose.scene import Image
from realtime_pose.sources import ImageFileSource, PictureSource, SourceState, VideoSource, open_source
from realtime_pose.sources.image_decoding import is_heif, read_image

GREY = (16, 16, 16)  # of the first image
MAX_COLOUR_ERROR = 12  # of 255: the loss of the codecs


def top_left_is(image: Image, colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(image[4, 4].astype(int) - colour) <= MAX_COLOUR_ERROR).all())


def animation(path: Path, durations_ms: list[int]) -> Path:
    """An animation of the images 0, 1, 2, ..., each shown for this long."""
    value = cv2.Animation()
    value.frames = [clips.pattern_image(index) for index in range(len(durations_ms))]
    value.durations = durations_ms
    is_written, content = cv2.imencodeanimation(path.suffix, value)
    assert is_written
    path.write_bytes(content.tobytes())
    return path


def heic(path: Path, image: Image) -> Path:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.from_bytes("BGR", (image.shape[1], image.shape[0]), image.tobytes()).save(path, quality=95)
    return path


def open_file(path: Path) -> ImageFileSource | PictureSource:
    source = open_source(SourceConfig(uri=str(path)))
    assert isinstance(source, ImageFileSource | PictureSource)
    return source


@pytest.mark.parametrize(
    ("orientation", "top_left"),
    [
        (1, clips.RED),
        (2, clips.GREEN),
        (3, (16, 16, 16)),
        (4, clips.BLUE),
        (5, clips.RED),
        (6, clips.BLUE),
        (8, clips.GREEN),
    ],
)
def test_a_photo_is_upright(tmp_path: Path, orientation: int, top_left: tuple[int, int, int]) -> None:
    (tmp_path / "a.jpg").write_bytes(clips.jpeg_with_exif(clips.pattern_image(0), orientation))
    source = open_file(tmp_path / "a.jpg")
    (frame,) = source
    assert frame.wh == source.info.wh == ((48, 64) if orientation >= 5 else (64, 48))
    assert top_left_is(frame.image, top_left)
    assert (frame.index, frame.time_s, source.status.state) == (0, 0.0, SourceState.ENDED)


@pytest.mark.parametrize(("orientation", "top_left"), [(1, clips.RED), (3, GREY), (6, clips.BLUE), (2, clips.GREEN)])
@pytest.mark.parametrize("suffix", ["mjpeg", "avi", "mov"])
def test_motion_jpeg_with_exif_data_is_read(
    tmp_path: Path, suffix: str, orientation: int, top_left: tuple[int, int, int]
) -> None:
    """PyAV raises for EXIF data: it does not know this kind of side data."""
    images = [clips.jpeg_with_exif(clips.pattern_image(index), orientation) for index in range(5)]
    path = clips.video_of_packets(tmp_path / f"a.{suffix}", images)
    frames = list(VideoSource(str(path), path.name))
    assert len(frames) == 5
    assert top_left_is(frames[0].image, top_left)


@pytest.mark.parametrize("suffix", ["avif", "png", "webp", "tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_of_every_format_are_upright(tmp_path: Path, suffix: str, orientation: int) -> None:
    pil = pytest.importorskip("PIL.Image")
    pixels, exif = clips.pattern_image(0), pil.Exif()
    exif[0x0112] = orientation
    pil.fromarray(pixels[..., ::-1].copy()).save(tmp_path / f"a.{suffix}", exif=exif)
    (tmp_path / "a.jpg").write_bytes(clips.jpeg_with_exif(pixels, orientation))
    (frame,) = open_file(tmp_path / f"a.{suffix}")
    expected = read_image(tmp_path / "a.jpg")
    assert frame.image.shape == expected.shape
    assert frame.image.flags.c_contiguous
    assert np.abs(frame.image.astype(int) - expected).mean() < 5


@pytest.mark.parametrize("suffix", [".tiff", ".tif", ".png", ".webp", ".bmp", ".jp2", ".avif", ".ppm"])
def test_every_format_of_images_is_read(tmp_path: Path, suffix: str) -> None:
    clips.image_file(tmp_path / f"a{suffix}", clips.pattern_image(0))
    (frame,) = open_file(tmp_path / f"a{suffix}")
    assert frame.wh == (64, 48)
    assert top_left_is(frame.image, clips.RED)


@pytest.mark.parametrize("name", ["100%.jpg", "a%03d.png", "~a.png", "a b.png", "ä.png"])
def test_a_name_is_no_pattern(tmp_path: Path, name: str) -> None:
    clips.image_file(tmp_path / name, clips.pattern_image(0))
    assert len(list(open_file(tmp_path / name))) == 1


@pytest.mark.parametrize("suffix", [".webp", ".png", ".avif"])
@pytest.mark.parametrize("count", [2, 16, 17, 40])
def test_an_animation_gives_all_frames_with_their_times(tmp_path: Path, suffix: str, count: int) -> None:
    durations_ms = [100 if index % 3 else 300 for index in range(count)]
    source = open_file(animation(tmp_path / f"a{suffix}", durations_ms))
    frames = list(source)
    starts_s = np.concatenate([[0], np.cumsum(durations_ms)[:-1]]) / 1000
    assert [frame.time_s for frame in frames] == pytest.approx(starts_s.tolist(), abs=2e-3)
    levels = [round((float(frame.image[-8:, -8:].mean()) - 16) / 12) for frame in frames]
    assert levels == [index % 20 for index in range(count)]
    assert [frame.index for frame in frames] == list(range(count))
    assert source.status.is_complete


def test_frames_of_an_animation_without_durations_follow_each_other(tmp_path: Path) -> None:
    frames = list(open_file(animation(tmp_path / "a.webp", [0, 0, 0])))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.2])


def test_a_gif_is_read_as_a_video(tmp_path: Path) -> None:
    frames = list(open_source(SourceConfig(uri=str(animation(tmp_path / "a.gif", [100, 100, 300, 100])))))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.5])


def test_an_animation_that_is_cut_off_is_not_complete(tmp_path: Path) -> None:
    source = open_file(clips.truncate(animation(tmp_path / "a.png", [100] * 40), 0.7))
    assert 1 <= len(list(source)) < 40
    assert not source.status.is_complete


@pytest.mark.parametrize("name", ["a.heic", "a.HEIF", "a.hif", "a.jpg", "a.mp4", "a"])
def test_a_heic_picture_is_read_whole_whatever_its_name(tmp_path: Path, name: str) -> None:
    heic(tmp_path / "a.heic", clips.pattern_image(0, (640, 480))).rename(tmp_path / name)
    (frame,) = open_file(tmp_path / name)
    assert frame.wh == (640, 480)
    assert top_left_is(frame.image, clips.RED)


def test_a_heic_picture_of_tiles_is_read_whole(shared_data: Path) -> None:
    pytest.importorskip("pillow_heif")
    (frame,) = open_file(shared_data / "cases" / "iphone_like_grid.heic")
    assert frame.wh == (812, 1440)


def test_a_grey_heic_picture_of_many_bits_becomes_8_bit_bgr(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    image = np.full((48, 64), 200 * 256, np.uint16)
    pillow_heif.from_bytes("I;16", (64, 48), image.tobytes()).save(tmp_path / "a.heic", quality=95)
    assert np.abs(read_image(tmp_path / "a.heic").astype(int) - 200).max() <= 2


def test_without_pillow_heif_the_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips.folder_of_images(tmp_path / "folder", 2)
    heic(tmp_path / "folder" / "3.heic", clips.pattern_image(0))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    command = 'pip install "realtime-pose[heif]"'
    with pytest.raises(SourceOpenError, match=r"3\.heic: HEIC pictures need one more package") as raised:
        open_file(tmp_path / "folder" / "3.heic")
    assert command in str(raised.value)
    source = open_source(SourceConfig(uri=str(tmp_path / "folder")))
    assert [frame.index for frame in source] == [0, 1]
    assert command in describe_source(source.status)
    assert not source.status.is_complete


@pytest.mark.parametrize("name", ["2.jxl", "2.DNG", "2.nef"])
def test_a_picture_of_a_foreign_format_is_named(tmp_path: Path, name: str) -> None:
    clips.folder_of_images(tmp_path / "folder", 1)
    (tmp_path / "folder" / name).write_bytes(b"II*\0" + bytes(100))
    source = open_source(SourceConfig(uri=str(tmp_path / "folder")))
    assert [frame.index for frame in source] == [0]
    assert describe_source(source.status) == f"{name}: images of this format cannot be read; save it as JPEG or PNG"
    with pytest.raises(SourceOpenError, match="save it as JPEG or PNG"):
        open_file(tmp_path / "folder" / name)


def test_the_first_frame_of_an_animation_in_a_folder_counts(tmp_path: Path) -> None:
    for name in ("1.gif", "2.webp", "3.png", "4.avif"):
        animation(tmp_path / name, [100, 100])
    frames = list(open_source(SourceConfig(uri=str(tmp_path))))
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert all(top_left_is(frame.image, clips.RED) for frame in frames)


@pytest.mark.parametrize("content", [b"no image", bytes.fromhex("89504e470d0a1a0a") + bytes(30)])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".heic"])
def test_a_file_that_is_no_image_is_refused_with_its_name(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(SourceOpenError) as raised:
        open_file(path)
    assert str(raised.value) == f"{path}: expected an image, but it cannot be decoded"


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("encode", [clips.jpeg, clips.jpeg_with_exif])
def test_a_photo_that_is_cut_off_is_skipped_and_not_filled_with_grey(
    tmp_path: Path, keep: float, encode: Callable[[Image], bytes]
) -> None:
    clips.folder_of_images(tmp_path, 1)
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    (tmp_path / "2.jpg").write_bytes(encode(noise))
    clips.truncate(tmp_path / "2.jpg", keep)
    source = open_source(SourceConfig(uri=str(tmp_path)))
    assert [frame.index for frame in source] == [0]
    assert describe_source(source.status) == "2.jpg: the image is cut off; copy it again"
    (tmp_path / "2.jpg").write_bytes(encode(noise) + b"a video, as some phones add it: \xff\xda\xff")
    assert len(list(open_source(SourceConfig(uri=str(tmp_path))))) == 2


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".heic"])
def test_a_video_with_the_suffix_of_an_image_is_read_as_a_video(tmp_path: Path, suffix: str) -> None:
    path = clips.video(tmp_path / "a.mp4", count=4).rename(tmp_path / f"a{suffix}")
    source = open_source(SourceConfig(uri=str(path)))
    assert isinstance(source, VideoSource)
    assert len(list(source)) == 4


def test_a_damaged_heic_picture_is_skipped_with_a_reason(tmp_path: Path) -> None:
    clips.folder_of_images(tmp_path, 1)
    clips.truncate(heic(tmp_path / "2.heic", clips.pattern_image(0, (640, 480))))
    with pytest.raises(SourceOpenError, match=r"2\.heic: expected an image, but it cannot be decoded"):
        open_file(tmp_path / "2.heic")
    source = open_source(SourceConfig(uri=str(tmp_path)))
    assert len(list(source)) == 1
    assert describe_source(source.status).startswith("2.heic: expected an image, but it cannot be decoded (")


def test_a_heic_picture_is_recognized_by_its_brands() -> None:
    assert is_heif(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    assert not is_heif(b"\0\0\0\x18ftypavif\0\0\0\0mif1avif")
    assert not is_heif(b"\0\0\0\x18ftypisom\0\0\0\0isomhvc1")
    assert not is_heif(b"")


def test_the_photo_and_the_clip_with_exif_data(shared_data: Path) -> None:
    (frame,) = open_file(shared_data / "cases" / "photo_with_exif.jpg")
    assert frame.wh == (406, 720)
    frames = list(open_source(SourceConfig(uri=str(shared_data / "cases" / "mjpeg_frames_with_exif.avi"))))
    assert [frame.wh for frame in frames] == [(203, 360)] * 3
    assert Fraction(frames[-1].time_s).limit_denominator(100) == Fraction(1, 5)
