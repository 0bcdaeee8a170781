"""Times, rates and durations of videos, over containers, B-frames and variable rates; the test knows what it wrote."""

from pathlib import Path

import pytest

from benchmarks.support import clips
from realtime_pose.sources import SourceReason, VideoSource
from tests.support.clips.containers import COUNT, H264, RATE_HZ, STEADY_SUFFIXES, SUFFIXES, VARIABLE_S

pytestmark = [pytest.mark.slow]

TICK_S = 0.0015  # ASF, Matroska and FLV count milliseconds


def open_video(path: Path) -> VideoSource:
    return VideoSource(str(path), path.name)


def read_times(path: Path) -> list[float]:
    """Times of all frames, after a check that every frame came, in order, and the video is complete."""
    source = open_video(path)
    frames = list(source)
    levels = [round((float(frame.image[-8:, -8:].mean()) - 16) / 12) for frame in frames]
    assert levels == [frame.index for frame in frames] == list(range(COUNT))
    assert source.status.is_complete, source.status.reason
    return [frame.time_s for frame in frames]


@pytest.mark.parametrize("b_frames", H264)
@pytest.mark.parametrize("suffix", STEADY_SUFFIXES)
def test_times_of_a_steady_rate(tmp_path: Path, suffix: str, b_frames: str) -> None:
    path = clips.video(tmp_path / f"a.{suffix}", count=COUNT, rate_hz=RATE_HZ, options=H264[b_frames])
    expected_s = [index / RATE_HZ for index in range(COUNT)]
    assert read_times(path) == pytest.approx(expected_s, abs=TICK_S)
    assert open_video(path).info.rate_hz == pytest.approx(RATE_HZ, rel=1e-3)


@pytest.mark.parametrize("b_frames", H264)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_times_of_a_variable_rate(tmp_path: Path, suffix: str, b_frames: str) -> None:
    path = clips.video(tmp_path / f"a.{suffix}", times_s=VARIABLE_S, options=H264[b_frames])
    assert read_times(path) == pytest.approx(VARIABLE_S, abs=TICK_S)


@pytest.mark.parametrize(
    ("name", "codec", "settings"),
    [
        ("a.avi", "mpeg4", {"options": {"bf": "2", "g": "10", "qscale": "2"}}),
        ("a.avi", "wmv2", {}),
        ("a.avi", "mjpeg", {"pix_fmt": "yuvj420p"}),
        ("a.asf", "mpeg4", {"options": {"bf": "2", "g": "10"}}),
        ("a.asf", "wmv2", {}),
        ("a.mxf", "mpeg2video", {"options": {"bf": "2", "g": "10"}}),
        ("a.mkv", "libx265", {"options": {"x265-params": "bframes=3:log-level=none"}}),
        ("a.hevc", "libx265", {"options": {"x265-params": "bframes=3:log-level=none"}}),
        ("a.webm", "libvpx-vp9", {}),
    ],
)
def test_times_of_other_codecs(tmp_path: Path, name: str, codec: str, settings: dict[str, str]) -> None:
    source = open_video(clips.video(tmp_path / name, codec=codec, count=COUNT, wh=(128, 96), **settings))  # type: ignore[arg-type]
    times_s = [frame.time_s for frame in source]
    assert times_s == pytest.approx([index / RATE_HZ for index in range(COUNT)], abs=TICK_S)
    assert source.status.is_complete, source.status.reason


@pytest.mark.parametrize("rate_hz", [10, 24, 30, 60])
@pytest.mark.parametrize(("suffix", "codec"), [("h264", "libx264"), ("hevc", "libx265")])
def test_a_raw_stream_has_the_rate_that_its_codec_states(tmp_path: Path, suffix: str, codec: str, rate_hz: int) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {"bf": "2"}
    source = open_video(
        clips.video(tmp_path / f"a.{suffix}", codec=codec, count=8, wh=(128, 96), rate_hz=rate_hz, options=options)
    )
    assert source.info.rate_hz == rate_hz
    assert [frame.time_s for frame in source] == pytest.approx([index / rate_hz for index in range(8)])


def test_a_stream_without_times_and_rate_has_the_nominal_rate(tmp_path: Path) -> None:
    path = clips.video(tmp_path / "a.mjpeg", codec="mjpeg", pix_fmt="yuvj420p", count=5)
    assert [frame.time_s for frame in open_video(path)] == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])


@pytest.mark.parametrize("start_s", [0.0, 1.5, 5.0])
@pytest.mark.parametrize("b_frames", ["no B-frames", "B-frames"])
@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix != "avi"])  # AVI files start at 0
def test_a_file_that_starts_late_is_complete(tmp_path: Path, suffix: str, b_frames: str, start_s: float) -> None:
    expected_s = [index / RATE_HZ for index in range(COUNT)]
    times_s = [start_s + time_s for time_s in expected_s]
    path = clips.video(tmp_path / f"a.{suffix}", times_s=times_s, options=H264[b_frames])
    assert read_times(path) == pytest.approx(expected_s, abs=TICK_S)


@pytest.mark.parametrize("start", [0, 150])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "flv"])
def test_a_file_that_is_cut_off_is_not_complete_wherever_it_starts(tmp_path: Path, suffix: str, start: int) -> None:
    times_s = [(start + index) / RATE_HZ for index in range(COUNT)]
    options = {"movflags": "+faststart"} if suffix == "mp4" else {}
    path = clips.video(
        tmp_path / f"a.{suffix}", times_s=times_s, wh=(320, 240), options=H264["B-frames"], container_options=options
    )
    source = open_video(clips.truncate(path, 0.7))
    assert 1 <= len(list(source)) < COUNT
    assert source.status.reason.code == SourceReason.INCOMPLETE


def test_a_title_in_another_encoding_does_no_harm(tmp_path: Path) -> None:
    path = clips.video(tmp_path / "a.avi", count=COUNT, metadata={"title": "Caf\u00e9"})
    content = path.read_bytes()
    assert content.count("Café".encode()) == 1
    path.write_bytes(content.replace("Café".encode(), b"Caf\xe9\0"))  # Latin-1
    assert len(read_times(path)) == COUNT


@pytest.mark.parametrize("name", ["h264_bframes.avi", "raw_30fps_in_vui.h264", "silent_bframes.flv"])
def test_times_of_files_that_were_read_wrongly(shared_data: Path, name: str) -> None:
    source = open_video(shared_data / "cases" / name)
    times_s = [frame.time_s for frame in source]
    assert times_s == pytest.approx([index / 30 for index in range(12)], abs=TICK_S)
    assert source.status.is_complete
