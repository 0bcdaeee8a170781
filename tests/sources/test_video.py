"""Video files, valid and damaged."""

import struct
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from benchmarks.support import clips
from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Frame, Image
from realtime_pose.sources import SourceReason, SourceState, VideoSource
from realtime_pose.sources.orientation import apply_orientation

pytestmark = [pytest.mark.slow]

FASTSTART = {"movflags": "+faststart"}
MAX_COLOUR_ERROR = 8  # of 255: the loss of the codec


def open_video(path: Path) -> VideoSource:
    return VideoSource(str(path), path.name)


def corner_colours(image: Image) -> list[list[int]]:
    """Colours of top left, top right, bottom left, bottom right."""
    return [[int(value) for value in image[y, x]] for y in (2, -3) for x in (2, -3)]


def frame_numbers(frames: list[Frame]) -> list[int]:
    """Numbers of these frames, read from their grey level (20 different ones)."""
    return [round((float(frame.image[-8:, -8:].mean()) - 16) / 12) for frame in frames]


def is_close(colours: list[list[int]], expected: list[tuple[int, int, int]]) -> bool:
    return bool((np.abs(np.array(colours) - np.array(expected)) <= MAX_COLOUR_ERROR).all())


def test_colours_are_blue_green_red(tmp_path: Path) -> None:
    frame = next(iter(open_video(clips.video(tmp_path / "a.mp4"))))
    assert is_close(corner_colours(frame.image), [clips.RED, clips.GREEN, clips.BLUE, (16, 16, 16)])


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("a.mp4", {}),
        ("a.mkv", {}),
        ("a.ts", {}),
        ("a.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("b.mp4", {"options": {"crf": "5", "bf": "3", "preset": "veryfast"}}),
        ("c.mp4", {"container_options": {"movflags": "frag_keyframe+empty_moov+delay_moov"}}),
        ("a.h264", {}),
    ],
)
def test_every_frame_comes_once_and_in_order(tmp_path: Path, name: str, settings: dict[str, str]) -> None:
    source = open_video(clips.video(tmp_path / name, count=20, **settings))  # type: ignore[arg-type]
    frames = list(source)
    assert frame_numbers(frames) == list(range(20))
    assert source.status.state is SourceState.ENDED
    assert source.status.is_complete


def test_times_of_a_variable_frame_rate_are_kept(tmp_path: Path) -> None:
    times_s = [0, 0.033, 0.07, 0.1, 0.5, 0.533, 0.566, 1.2]
    frames = list(open_video(clips.video(tmp_path / "a.mp4", times_s=times_s)))
    assert [frame.time_s for frame in frames] == pytest.approx(times_s, abs=1e-5)


def test_times_count_from_the_start_of_the_stream(tmp_path: Path) -> None:
    frames = list(open_video(clips.video(tmp_path / "a.ts", times_s=[7.0, 7.1, 7.3])))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.3], abs=1e-4)


@pytest.mark.parametrize(
    ("degrees", "mirroring", "order"),
    [
        (0, "as it is", "RGB."),
        (90, "as it is", "BR.G"),
        (180, "as it is", ".BGR"),
        (270, "as it is", "G.RB"),
        (0, "mirrored", "GR.B"),
        (90, "mirrored", ".GBR"),
    ],
)
def test_frames_are_rotated_by_the_display_matrix(tmp_path: Path, degrees: int, mirroring: str, order: str) -> None:
    source = open_video(clips.rotated_mp4(tmp_path / "a.mp4", degrees, mirrored=mirroring == "mirrored"))
    frames = list(source)
    colours = {"R": clips.RED, "G": clips.GREEN, "B": clips.BLUE, ".": (16, 16, 16)}
    assert is_close(corner_colours(frames[0].image), [colours[letter] for letter in order])
    assert source.info.wh == frames[-1].wh == ((48, 64) if degrees in (90, 270) else (64, 48))
    assert frames[0].image.flags.c_contiguous


def test_a_rotation_moves_each_pixel_to_its_place() -> None:
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    clockwise = struct.pack("=9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    assert np.array_equal(apply_orientation(image, clockwise), np.rot90(image, -1))
    identity = struct.pack("=9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    assert apply_orientation(image, identity) is image


@pytest.mark.parametrize(
    ("wh", "settings"),
    [
        ((1, 1), {"pix_fmt": "yuv444p"}),
        ((1, 1), {"codec": "png", "pix_fmt": "rgb24"}),
        ((16, 9), {"pix_fmt": "yuv444p"}),
        ((17, 9), {"pix_fmt": "yuv444p"}),
        ((64, 48), {"pix_fmt": "gray"}),
        ((64, 48), {"codec": "png", "pix_fmt": "rgba"}),
        ((64, 48), {"codec": "libx264rgb", "pix_fmt": "rgb24"}),
    ],
)
def test_all_sizes_and_pixel_formats_become_bgr(tmp_path: Path, wh: tuple[int, int], settings: dict[str, str]) -> None:
    source = open_video(clips.video(tmp_path / "a.mp4", count=3, wh=wh, **settings))  # type: ignore[arg-type]
    frames = list(source)
    assert len(frames) == 3
    assert source.info.wh == wh
    for frame in frames:
        assert frame.image.shape == (wh[1], wh[0], 3)
        assert frame.image.flags.c_contiguous


def test_the_frame_size_may_change(tmp_path: Path) -> None:
    source = open_video(clips.ts_with_two_sizes(tmp_path / "a.ts", (64, 48), (96, 64)))
    frames = list(source)
    assert [frame.wh for frame in frames] == [(64, 48)] * 6 + [(96, 64)] * 6
    assert frame_numbers(frames) == list(range(12))
    assert source.info.wh == (64, 48)
    # The timestamps of the second part start again at 0; the times go on.
    assert [frame.time_s for frame in frames] == pytest.approx([index / 30 for index in range(12)], abs=1e-4)
    assert source.status.state is SourceState.ENDED


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_audio_is_ignored_even_if_it_is_longer(tmp_path: Path, name: str) -> None:
    source = open_video(clips.video(tmp_path / name, count=10, audio_s=2.0))
    assert len(list(source)) == 10
    assert source.status.is_complete


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_file_cut_in_half_gives_what_can_be_decoded(tmp_path: Path, name: str) -> None:
    options = FASTSTART if name.endswith("mp4") else {}
    path = clips.video(tmp_path / name, count=20, wh=(320, 240), container_options=options)
    source = open_video(clips.truncate(path))
    frames = list(source)
    assert 3 <= len(frames) < 20
    assert frame_numbers(frames) == list(range(len(frames)))
    assert source.status.state is SourceState.ENDED
    reason = source.status.reason
    assert reason.code == SourceReason.INCOMPLETE
    assert (reason.values["num_frames"], reason.values.get("num_stated", 20)) == (len(frames), 20)
    assert ("num_stated" in reason.values) is name.endswith("mp4")
    assert float(reason.values["end_s"]) < float(reason.values["stated_s"]) == pytest.approx(0.67, abs=0.01)
    assert not source.status.is_complete


def test_a_frame_that_is_cut_off_is_not_shown(tmp_path: Path) -> None:
    path = clips.video(
        tmp_path / "a.mp4", codec="mjpeg", pix_fmt="yuvj420p", wh=(320, 240), container_options=FASTSTART
    )
    source = open_video(clips.truncate(path))
    for frame in source:
        assert is_close(corner_colours(frame.image)[:2], [clips.RED, clips.GREEN])
        assert is_close(corner_colours(frame.image)[2:3], [clips.BLUE])
    assert source.status.skipped == 1


def test_damaged_frames_are_skipped_and_counted(tmp_path: Path) -> None:
    path = clips.video(
        tmp_path / "a.mp4", count=20, codec="png", pix_fmt="rgb24", options={}, container_options=FASTSTART
    )
    source = open_video(clips.corrupt(path, 0.6, 40))
    frames = list(source)
    skipped = source.status.skipped
    assert 1 <= skipped <= 2
    assert len(frames) == 20 - skipped
    assert frame_numbers(frames) == [frame.index for frame in frames]  # the numbers of the skipped ones are left out
    gaps = np.diff([frame.time_s for frame in frames])
    assert gaps.max() == pytest.approx((1 + skipped) / 30)  # the other times do not change
    last = source.status.skipped_reasons[-1]
    assert (last.code, last.values["cause"]) == (SourceReason.FRAME_FAILED, SourceReason.CUT_OFF)
    assert not source.status.is_complete
    assert source.status.state is SourceState.ENDED


def test_frames_that_the_decoder_had_to_guess_are_skipped(tmp_path: Path) -> None:
    options = {"crf": "5", "g": "1", "slices": "4", "preset": "ultrafast"}
    codes: set[str] = set()
    for start in np.linspace(0.4, 0.9, 9):
        path = clips.video(tmp_path / "a.mp4", count=20, wh=(320, 240), options=options, container_options=FASTSTART)
        source = open_video(clips.corrupt(path, float(start), 40))
        frames = list(source)
        assert source.status.skipped <= 2
        assert len(frames) == 20 - source.status.skipped
        assert frame_numbers(frames) == [frame.index for frame in frames]
        codes.update(reason.code for reason in source.status.skipped_reasons)
    assert SourceReason.FRAME_DAMAGED in codes  # other damage makes the decoder fail, or has no effect


def test_a_recording_that_was_killed_at_any_byte_can_be_read(tmp_path: Path) -> None:
    path = clips.video(
        tmp_path / "a.mp4",
        count=20,
        options={"crf": "5", "g": "4", "tune": "zerolatency"},
        container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    )
    content = path.read_bytes()
    third_fragment = content.index(b"moof", content.index(b"moof", content.index(b"moof") + 1) + 1) - 4
    for length in range(third_fragment, third_fragment + 130, 3):  # in the header of a fragment and around it
        path.write_bytes(content[:length])
        assert frame_numbers(list(open_video(path)))[:8] == list(range(8)), f"cut at {length}"


def write_text(path: Path) -> None:
    path.write_text("This is not a video.\n" * 200)


def write_subtitles(path: Path) -> None:
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")


def write_without_index(path: Path) -> None:
    clips.truncate(clips.video(path))


def write_without_frames(path: Path) -> None:
    content = clips.video(path, container_options=FASTSTART).read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 12])


@pytest.mark.parametrize(
    ("write", "name", "parts"),
    [
        (write_text, "a.mp4", ["expected a video", "cannot be read as one"]),
        (write_text, "a.txt", ["expected a video", "holds text"]),
        (write_subtitles, "a.mp4", ["expected a video", "holds subtitle"]),
        (write_without_index, "a.mp4", ["cut off before its index"]),
        (write_without_frames, "a.mp4", ["no picture of it can be decoded"]),
    ],
)
def test_a_file_that_is_not_a_video_is_refused_with_a_reason(
    tmp_path: Path, write: object, name: str, parts: list[str]
) -> None:
    assert callable(write)
    write(tmp_path / name)
    with pytest.raises(SourceOpenError) as raised:
        open_video(tmp_path / name)
    assert all(part in str(raised.value) for part in [name, *parts]), str(raised.value)


def write_with_cover(path: Path, *, has_video: bool = False) -> Path:
    """Audio with a picture of its album, as music has it; or a video with a cover."""
    cover = clips.jpeg(clips.pattern_image(0, (200, 200)))
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mjpeg", rate=1)
        assert isinstance(picture, av.VideoStream)
        picture.width, picture.height, picture.pix_fmt = 200, 200, "yuvj420p"
        picture.disposition = Disposition.attached_pic
        audio = container.add_stream("mp3" if path.suffix == ".mp3" else "aac", rate=48_000)
        assert isinstance(audio, av.AudioStream)
        if has_video:
            video = container.add_stream("libx264", rate=30)
            assert isinstance(video, av.VideoStream)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            for index in range(10):
                container.mux(video.encode(av.VideoFrame.from_ndarray(clips.pattern_image(index), format="bgr24")))
            container.mux(video.encode(None))
        packet = av.Packet(cover)
        packet.stream, packet.pts, packet.dts, packet.time_base = picture, 0, 0, Fraction(1, 1000)
        container.mux(packet)
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.int16), "s16", "mono")
        samples.sample_rate = 48_000
        container.mux(audio.encode(samples))
        container.mux(audio.encode(None))
    return path


@pytest.mark.parametrize("name", ["a.mp3", "a.mp4"])
def test_music_with_a_cover_is_no_video(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceOpenError, match=r"expected a video, but it holds a cover picture and audio only"):
        open_video(write_with_cover(tmp_path / name))


def test_a_video_with_a_cover_gives_its_frames(tmp_path: Path) -> None:
    frames = list(open_video(write_with_cover(tmp_path / "a.mp4", has_video=True)))
    assert [frame.wh for frame in frames] == [(64, 48)] * 10


def count_handles(path: Path) -> int:
    """How often this process has the file open."""
    handles = [Path(f"/proc/self/fd/{entry.name}") for entry in Path("/proc/self/fd").iterdir()]
    return sum(handle.exists() and handle.resolve() == path.resolve() for handle in handles)


@pytest.mark.parametrize("way", ["end", "close", "leave", "not iterated"])
def test_the_file_is_released(tmp_path: Path, way: str) -> None:
    path = clips.video(tmp_path / "a.mp4")
    source = open_video(path)
    assert count_handles(path) == 1
    if way == "not iterated":
        source.close()
    else:
        for _ in source:
            if way == "leave":
                break
            if way == "close":
                source.close()
    assert count_handles(path) == 0


def test_a_file_needs_no_worker_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    source = open_video(clips.video(tmp_path / "a.mp4"))
    assert threading.active_count() == before
    source.close()
