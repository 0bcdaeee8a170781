"""Which files a folder, a pattern or a list means, whether they are a video, and what they are called."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.support import clips
from realtime_pose.config import SourceConfig
from realtime_pose.errors import ConfigError, SourceOpenError
from realtime_pose.picture import Picture
from realtime_pose.sources import PictureSet, PictureSource, VideoSource, find_picture_set, open_source
from realtime_pose.sources.image_decoding import is_picture

SIZE = (64, 48)


def pictures(folder: Path, names: Sequence[str], sizes: Sequence[tuple[int, int]] = (SIZE,)) -> list[Path]:
    """Pictures of these names, whose sizes take turns."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        clips.image_file(folder / name, clips.pattern_image(index, sizes[index % len(sizes)]))
        for index, name in enumerate(names)
    ]


def find(*uris: object, as_video: bool = False, as_pictures: bool = False) -> PictureSet:
    uri, *more = map(str, uris)
    found = find_picture_set(SourceConfig(uri=uri, more=tuple(more), as_video=as_video, as_pictures=as_pictures))
    assert found is not None
    return found


def named(found: PictureSet) -> list[tuple[str, int]]:
    return [(file.picture.file_name, file.picture.image_id) for file in found.files]


class TestSinglePictures:
    def test_of_a_folder_a_pattern_a_list_and_one_file(self, tmp_path: Path) -> None:
        files = pictures(tmp_path, ["b2.png", "b10.png", "c.jpg"])
        expected = [("b2.png", 1), ("b10.png", 2), ("c.jpg", 3)]
        for uris in ([tmp_path], [tmp_path / "*"], files, [tmp_path / "b*", files[2]]):
            found = find(*uris)
            assert named(found) == expected
            assert not found.is_video
        assert named(find(files[1])) == [("b10.png", 1)]

    def test_two_spellings_of_a_path_are_one_picture(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pictures(tmp_path / "x", ["a.png"])
        pictures(tmp_path / "y", ["a.png"])
        monkeypatch.chdir(tmp_path)
        assert named(find("x/../y/a.png", "x/a.png", "y/a.png", tmp_path / "x")) == [("y/a.png", 1), ("x/a.png", 2)]

    def test_a_way_back_out_of_a_linked_folder_is_that_of_the_system(self, tmp_path: Path) -> None:
        pictures(tmp_path / "far" / "y", ["a.png"])
        (tmp_path / "far" / "x").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "far" / "x")
        pictures(tmp_path / "y", ["a.png"])
        found = find(tmp_path / "link" / ".." / "y" / "a.png", tmp_path / "y")
        assert named(found) == [("far/y/a.png", 1), ("y/a.png", 2)]

    def test_each_is_a_frame_with_its_names_and_no_time(self, tmp_path: Path) -> None:
        pictures(tmp_path, ["a.png", "b.png"], [SIZE, (32, 80)])
        source = open_source(SourceConfig(uri=str(tmp_path)))
        frames = list(source)
        assert [frame.picture for frame in frames] == [Picture("a.png", 1), Picture("b.png", 2)]
        assert [(frame.source, frame.index, frame.time_s) for frame in frames] == [("a.png", 0, 0.0), ("b.png", 1, 0.0)]
        assert [frame.wh for frame in frames] == [SIZE, (32, 80)]
        assert (source.info.is_pictures, source.info.rate_hz, source.info.num_frames) == (True, None, 2)

    def test_one_that_cannot_be_read_keeps_its_id(self, tmp_path: Path) -> None:
        pictures(tmp_path, ["a.png", "b.png", "c.png"])
        (tmp_path / "b.png").write_bytes(b"no image")
        source = open_source(SourceConfig(uri=str(tmp_path)))
        assert [frame.picture for frame in source] == [Picture("a.png", 1), Picture("c.png", 3)]
        assert [reason.values["file"] for reason in source.status.skipped_reasons] == ["b.png"]

    def test_a_file_given_twice_is_one_picture(self, tmp_path: Path) -> None:
        (file,) = pictures(tmp_path, ["a.png"])
        assert named(find(file, file, tmp_path)) == [("a.png", 1)]

    def test_equal_names_of_two_folders_are_kept_apart(self, tmp_path: Path) -> None:
        pictures(tmp_path / "x" / "in", ["1.png", "2.png"])
        pictures(tmp_path / "y", ["1.PNG"])
        assert named(find(tmp_path / "x" / "in", tmp_path / "y")) == [
            ("x/in/1.png", 1),
            ("x/in/2.png", 2),
            ("y/1.PNG", 3),
        ]

    @pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".avif"])
    def test_an_animation_is_a_video_and_a_still_is_none(self, tmp_path: Path, suffix: str) -> None:
        value = cv2.Animation()
        value.frames = [clips.pattern_image(index) for index in range(3)]
        value.durations = [100] * 3
        (tmp_path / f"moves{suffix}").write_bytes(cv2.imencodeanimation(suffix, value)[1].tobytes())
        source = open_source(SourceConfig(uri=str(tmp_path / f"moves{suffix}")))
        assert not source.info.is_pictures
        assert len(list(source)) == 3
        clips.image_file(tmp_path / f"still{suffix}", clips.pattern_image(0))
        assert open_source(SourceConfig(uri=str(tmp_path / f"still{suffix}"))).info.is_pictures

    @pytest.mark.parametrize(
        ("name", "start", "expected"),
        [
            ("a.heif", b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf", True),
            ("a.avif", b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", True),
            ("a.cr3", b"\0\0\0\x18ftypcrx \0\0\0\0crx isom", True),
            ("a.jpg", b"\0\0\0\x18ftypisom\0\0\0\0isommp41", False),
            ("a.png", b"\x1a\x45\xdf\xa3 Matroska", False),
            ("a.txt", b"text", False),
        ],
    )
    def test_a_picture_is_known_by_its_first_bytes_and_its_suffix(
        self, tmp_path: Path, name: str, start: bytes, *, expected: bool
    ) -> None:
        (tmp_path / name).write_bytes(start)
        assert is_picture(tmp_path / name) == expected

    @pytest.mark.parametrize(
        ("mode", "expected"), [("grey 16 bit", (200, 200, 200)), ("cmyk", (0, 0, 255)), ("webp", (10, 20, 200))]
    )
    def test_unusual_pixels(self, tmp_path: Path, mode: str, expected: tuple[int, int, int]) -> None:
        path = tmp_path / "a.png"
        if mode == "cmyk":
            pil = pytest.importorskip("PIL.Image")
            path = tmp_path / "a.jpg"
            pil.new("CMYK", (32, 32), (0, 255, 255, 0)).save(path, quality=95)  # red
        elif mode == "webp":
            path = clips.image_file(tmp_path / "a.webp", np.full((32, 32, 3), expected, np.uint8))
        else:
            clips.image_file(path, np.full((32, 32), 200 * 257, np.uint16))
        (frame,) = open_source(SourceConfig(uri=str(path)))
        assert np.abs(frame.image.astype(int) - expected).max() <= 4


class TestVideo:
    @pytest.mark.parametrize("form", ["img_{:04d}.png", "{:06d}.png", "frame-{:03d}.png"])
    def test_numbered_frames_of_one_size_are_one_and_that_is_said(
        self, tmp_path: Path, form: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        files = pictures(tmp_path, [form.format(number) for number in range(1, 6)])
        for uris in ([tmp_path], [tmp_path / "*.png"], files):
            assert find(*uris).is_video
        source = open_source(SourceConfig(uri=str(tmp_path), folder_rate_hz=10))
        assert [frame.time_s for frame in source] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
        assert not source.info.is_pictures
        assert "5 pictures with consecutive numbers and one size are taken as a video" in caplog.text
        assert "--as-pictures" in caplog.text
        assert not find(tmp_path, as_pictures=True).is_video

    @pytest.mark.parametrize(
        "names",
        [
            ["img_0001.png", "img_0002.png"],
            ["photo1.png", "photo2.png", "photo3.png"],
            ["000000000139.png", "000000000285.png", "000000000632.png"],
            ["img_0001.png", "img_0002.png", "img_0003.png", "other.png"],
            ["a_0001.png", "a_0002.png", "b_0003.png"],
            ["a_0001.png", "a_0002.png", "a_0003.jpg"],
        ],
        ids=["two", "no leading zeros", "gaps", "another", "two names", "two formats"],
    )
    def test_other_names_are_none(self, tmp_path: Path, names: list[str]) -> None:
        pictures(tmp_path, names)
        assert not find(tmp_path).is_video
        assert find(tmp_path, as_video=True).is_video

    def test_other_sizes_are_none(self, tmp_path: Path) -> None:
        pictures(tmp_path, [f"img_{number:04d}.png" for number in range(9)], [SIZE, SIZE, (48, 64)])
        assert not find(tmp_path).is_video

    def test_numbered_photos_of_a_camera_are_none(self, tmp_path: Path) -> None:
        for number in range(5):
            path = tmp_path / f"IMG_{number:04d}.jpg"
            path.write_bytes(clips.jpeg_with_exif(clips.pattern_image(number), 1))
        assert not find(tmp_path).is_video

    def test_both_choices_are_refused(self) -> None:
        with pytest.raises(ConfigError, match="--as-video or --as-pictures, got both"):
            SourceConfig(as_video=True, as_pictures=True)


class TestAnnotations:
    def test_their_names_and_ids_are_those_of_the_pictures(self, tmp_path: Path) -> None:
        pictures(tmp_path / "val", ["a.png", "b.png", "c.png"])
        ids = {"val/b.png": 70, "a.png": 60, "z.png": 1}
        found = find_picture_set(SourceConfig(uri=str(tmp_path / "val")), ids)
        assert found is not None
        assert named(found) == [("a.png", 60), ("val/b.png", 70)]
        assert found.notices == ("left out, not in the annotations: 1 picture (c.png)",)

    def test_numbered_pictures_with_ids_are_no_video(self, tmp_path: Path) -> None:
        pictures(tmp_path, [f"{number:012d}.jpg" for number in (1, 2, 3)])
        config = SourceConfig(uri=str(tmp_path), annotations=tmp_path / "truth.json")
        found = find_picture_set(config, {"000000000002.jpg": 2})
        assert found is not None
        assert (found.is_video, named(found)) == (False, [("000000000002.jpg", 2)])

    def test_without_one_known_picture_they_are_refused(self, tmp_path: Path) -> None:
        pictures(tmp_path, ["a.png"])
        with pytest.raises(SourceOpenError, match=r"none of 1 picture is there; the first: a\.png"):
            find_picture_set(SourceConfig(uri=str(tmp_path)), {"b.png": 1})

    def test_two_pictures_for_one_image_are_refused(self, tmp_path: Path) -> None:
        pictures(tmp_path / "x", ["a.png"])
        pictures(tmp_path / "y", ["a.png"])
        with pytest.raises(SourceOpenError, match=r"got two for a\.png"):
            find_picture_set(SourceConfig(uri=str(tmp_path / "x"), more=(str(tmp_path / "y"),)), {"a.png": 1})


class TestOtherSources:
    def test_they_are_no_pictures(self, tmp_path: Path) -> None:
        video = clips.video(tmp_path / "a.mp4", count=3)
        for uri in ("0", "demo", "rtsp://host/1", str(video), str(tmp_path / "*.mp4")):
            assert find_picture_set(SourceConfig(uri=uri)) is None
        assert isinstance(open_source(SourceConfig(uri=str(tmp_path / "a*"))), VideoSource)

    def test_several_videos_are_refused(self, tmp_path: Path) -> None:
        for name in "ab":
            clips.video(tmp_path / f"{name}.mp4", count=3)
        with pytest.raises(SourceOpenError, match="expected one video or pictures, got 2 files"):
            open_source(SourceConfig(uri=str(tmp_path / "*.mp4")))

    def test_a_video_among_pictures_is_refused(self, tmp_path: Path) -> None:
        (picture,) = pictures(tmp_path, ["a.png"])
        video = clips.video(tmp_path / "b.mp4", count=3)
        with pytest.raises(SourceOpenError, match=r"b\.mp4: expected a picture or a folder of pictures"):
            open_source(SourceConfig(uri=str(picture), more=(str(video),)))

    def test_a_pattern_without_a_match_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(SourceOpenError, match="no such file or folder"):
            open_source(SourceConfig(uri=str(tmp_path / "*.jpg")))

    def test_a_file_url_of_a_folder(self, tmp_path: Path) -> None:
        pictures(tmp_path, ["a.png"])
        assert isinstance(open_source(SourceConfig(uri=tmp_path.as_uri())), PictureSource)
