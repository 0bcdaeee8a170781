"""Videos with pixels that are not square: every image of them is stretched, and none shrinks."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support import clips
from realtime_pose.sources import VideoSource
from realtime_pose.sources.orientation import stretch_to_square_pixels

pytestmark = [pytest.mark.slow]


def open_video(path: Path) -> VideoSource:
    return VideoSource(str(path), path.name)


@pytest.mark.parametrize(
    ("pixel_aspect", "expected_wh"),
    [
        (None, (64, 48)),
        (Fraction(1), (64, 48)),
        (Fraction(2), (128, 48)),
        (Fraction(1, 2), (64, 96)),
        (Fraction(4, 3), (85, 48)),
        (Fraction(12, 11), (70, 48)),
        (Fraction(10, 11), (64, 53)),
        (Fraction(4), (256, 48)),
        (Fraction(1, 1000), (64, 48)),  # a damaged header
    ],
)
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov", "ts", "h264", "avi"])
def test_images_are_stretched_to_square_pixels(
    tmp_path: Path, suffix: str, pixel_aspect: Fraction | None, expected_wh: tuple[int, int]
) -> None:
    source = open_video(clips.video(tmp_path / f"a.{suffix}", count=10, pixel_aspect=pixel_aspect))
    frames = list(source)
    assert source.info.wh == expected_wh
    assert [frame.wh for frame in frames] == [expected_wh] * 10
    width, height = expected_wh
    assert np.abs(frames[0].image[: height // 2 - 4, : width // 2 - 4].astype(int) - clips.RED).max() < 10
    assert np.abs(frames[0].image[: height // 2 - 4, width // 2 + 4 :].astype(int) - clips.GREEN).max() < 10


def test_pixels_are_stretched_before_the_image_is_rotated(tmp_path: Path) -> None:
    source = open_video(clips.rotated_mp4(tmp_path / "a.mp4", 90, count=3, pixel_aspect=Fraction(2)))
    assert source.info.wh == (48, 128)


def test_the_pixel_aspect_may_change(tmp_path: Path) -> None:
    parts = [tmp_path / "1.ts", tmp_path / "2.ts"]
    clips.video(parts[0], count=90, pixel_aspect=Fraction(1))
    clips.video(parts[1], count=90, pixel_aspect=Fraction(2), first=90)
    path = tmp_path / "a.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert [frame.wh for frame in open_video(path)] == [(64, 48)] * 90 + [(128, 48)] * 90


@pytest.mark.parametrize(("wh", "aspect", "expected"), [((1, 1), 4, (4, 1)), ((3, 5), 1, (3, 5))])
def test_small_images_are_stretched_too(wh: tuple[int, int], aspect: int, expected: tuple[int, int]) -> None:
    image = np.zeros((wh[1], wh[0], 3), np.uint8)
    stretched = stretch_to_square_pixels(image, Fraction(aspect))
    assert (stretched.shape[1], stretched.shape[0]) == expected
    assert (stretched is image) == (aspect == 1)


def test_an_anamorphic_clip_has_the_shape_of_the_person(shared_data: Path) -> None:
    source = open_video(shared_data / "cases" / "anamorphic_sar2.mp4")
    assert source.info.wh == (408, 720)
