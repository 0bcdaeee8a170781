"""A video from a time on: the same frames, numbers and times as in the whole video, and most of it not decoded."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame

from benchmarks.support import clips
from realtime_pose.errors import SourceOpenError
from realtime_pose.scene import Frame
from realtime_pose.sources import VideoSource, decoding
from tests.support.clips.containers import COUNT, H264, RATE_HZ, STEADY_SUFFIXES, SUFFIXES, VARIABLE_S

pytestmark = [pytest.mark.slow]

LONG = 32  # frames, in groups of ten


def frames_from(path: Path, start_s: float) -> list[Frame]:
    source = VideoSource(str(path), path.name, start_s=start_s)
    frames = list(source)
    assert source.status.is_complete, source.status.reason
    return frames


def check(path: Path, starts_s: Sequence[float]) -> None:
    """Compare the frames from each start with those of the whole video."""
    whole = frames_from(path, 0.0)
    # The end of MPEG-PS may come earlier than it was written, because not every frame has a time there.
    reached_s = [start_s for start_s in starts_s if start_s <= whole[-1].time_s]
    assert len(reached_s) >= len(starts_s) - 1
    for start_s in reached_s:
        expected = [frame for frame in whole if frame.time_s >= start_s - 1e-6]
        found = frames_from(path, start_s)
        assert [frame.index for frame in found] == [frame.index for frame in expected]
        assert [frame.time_s for frame in found] == pytest.approx([frame.time_s for frame in expected], abs=1e-9)
        for one, other in zip(found, expected, strict=True):
            assert np.array_equal(one.image, other.image), f"frame {one.index}, from {start_s} s"


@pytest.mark.parametrize("b_frames", H264)
@pytest.mark.parametrize("suffix", STEADY_SUFFIXES)
def test_every_container(tmp_path: Path, suffix: str, b_frames: str) -> None:
    path = clips.video(tmp_path / f"a.{suffix}", count=LONG, rate_hz=RATE_HZ, options=H264[b_frames])
    # The first frame of a group, the last one, those around, one in the middle, between two frames, and the last one.
    check(path, [index / RATE_HZ for index in (1, 9, 10, 11, 19, 20, 25, 28.5, LONG - 1.1)])


@pytest.mark.parametrize("b_frames", ["B-frames", "open GOP"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_variable_rate(tmp_path: Path, suffix: str, b_frames: str) -> None:
    path = clips.video(tmp_path / f"a.{suffix}", times_s=VARIABLE_S, options=H264[b_frames])
    check(path, [time_s + shift_s for time_s in VARIABLE_S[1:-1:3] for shift_s in (-0.005, 0.0, 0.005)])


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mkv", "libx265", {"x265-params": "bframes=3:keyint=10:open-gop=1:log-level=none"}),
        ("a.mp4", "libx265", {"x265-params": "bframes=3:keyint=10:open-gop=1:log-level=none"}),
        ("a.webm", "libvpx-vp9", {"g": "10"}),
        ("a.webm", "libvpx", {"g": "10", "auto-alt-ref": "1", "lag-in-frames": "8"}),
        ("a.mkv", "mpeg2video", {"bf": "2", "g": "10"}),
        ("a.mkv", "mjpeg", {}),
        ("a.mp4", "mpeg4", {"bf": "2", "g": "10"}),
    ],
)
def test_other_codecs(tmp_path: Path, name: str, codec: str, options: dict[str, str]) -> None:
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = clips.video(tmp_path / name, codec=codec, count=30, wh=(128, 96), options=options, pix_fmt=pix_fmt)
    check(path, [index / RATE_HZ for index in (1, 9, 10, 11, 20, 25, 28.9)])


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_file_that_starts_late(tmp_path: Path, suffix: str) -> None:
    times_s = [5 + index / RATE_HZ for index in range(LONG)]
    path = clips.video(tmp_path / f"a.{suffix}", times_s=times_s, options=H264["B-frames"])
    check(path, [0.1, 0.5, 0.9])


def test_a_fragmented_file(tmp_path: Path) -> None:
    """As a killed recording leaves it: without an index of the whole."""
    fragmented = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    path = clips.video(tmp_path / "a.mp4", count=LONG, options=H264["B-frames"], container_options=fragmented)
    check(path, [0.3, 0.6, 0.9])


def test_a_damaged_frame_keeps_its_number(tmp_path: Path) -> None:
    path = clips.video(tmp_path / "a.mp4", count=60, wh=(320, 240), options=H264["no B-frames"])
    clips.corrupt(path, 0.3, num_bytes=400)
    whole = list(VideoSource(str(path), "a"))
    assert len(whole) < 60, "a frame is damaged"
    source = VideoSource(str(path), "a", start_s=1.5)
    assert [frame.index for frame in source] == [frame.index for frame in whole if frame.time_s >= 1.5 - 1e-6]
    assert source.status.is_complete, "the damage lies before the start"


@pytest.mark.parametrize(("suffix", "most"), [("mp4", 21), ("mkv", 21), ("ts", 21), ("mov", 21)])
def test_what_comes_before_is_not_decoded(
    tmp_path: Path, suffix: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clips.video(tmp_path / f"a.{suffix}", count=100, rate_hz=RATE_HZ, options=H264["B-frames"])
    decoded: list[object] = []
    to_decoded = decoding.VideoDecoder._to_decoded

    def counting(decoder: decoding.VideoDecoder, frame: VideoFrame) -> object:
        decoded.append(frame)
        return to_decoded(decoder, frame)

    monkeypatch.setattr(decoding.VideoDecoder, "_to_decoded", counting)
    assert len(frames_from(path, 95 / RATE_HZ)) == 5
    assert 5 <= len(decoded) <= most


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "h264"])
def test_a_start_after_the_end(tmp_path: Path, suffix: str) -> None:
    path = clips.video(tmp_path / f"a.{suffix}", count=COUNT, rate_hz=RATE_HZ)
    with pytest.raises(SourceOpenError, match=r"a\..*: start: .* up to the last frame .* at 0.633 s, got 9 s"):
        VideoSource(str(path), path.name, start_s=9)
