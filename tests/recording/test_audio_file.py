"""Audio of a file in its recording: the same packets, at the same times, in every segment."""

from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.support.clips import video
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.config import RecordConfig
from realtime_pose.recording.audio_file import FileAudio
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.targets import SegmentSeries, SingleFile
from realtime_pose.sources import VideoSource
from tests.support.clips.audio_clips import RATE_HZ, SECONDS, video_with_audio
from tests.support.people.stills import nobody, scene

pytestmark = [pytest.mark.slow]


def packets(path: Path) -> list[tuple[float, bytes]]:
    """Time since the first frame, and bytes, of each audio packet."""
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        start_s = float((video.start_time or 0) * (video.time_base or 0))
        tick_s = float(audio.time_base or 0)
        return [
            (packet.pts * tick_s - start_s, bytes(packet))
            for packet in container.demux(audio)
            if packet.pts is not None
        ]


def file_audio(path: Path) -> FileAudio:
    source = VideoSource(str(path), path.name)
    source.close()
    return FileAudio(path, video_start_s=source.info.start_s)


def record(path: Path, audio: Path, *, begin_s: float = 0.0, end_s: float = SECONDS, **settings: str) -> None:
    config = RecordConfig(path=path, **settings)  # type: ignore[arg-type]
    target = SegmentSeries(path, config) if config.is_series else SingleFile(path, config)
    context = RecordingContext(rate_hz=RATE_HZ, audio=file_audio(audio))
    recorder = Recorder(target, config, context=context)
    recorder.start()
    for index in range(round(begin_s * RATE_HZ), round(end_s * RATE_HZ)):
        recorder.write(scene(nobody(), index=index, time_s=index / RATE_HZ))
    recorder.close()


@pytest.mark.parametrize(
    ("codec", "suffix"), [("aac", "mp4"), ("aac", "ts"), ("libmp3lame", "mkv"), ("ac3", "mkv"), ("libopus", "mkv")]
)
def test_packets_are_copied_unchanged(tmp_path: Path, codec: str, suffix: str) -> None:
    source = video_with_audio(tmp_path / f"in.{suffix}", codec)
    record(tmp_path / "out.mp4", source)
    expected = [(time_s, data) for time_s, data in packets(source) if 0 <= time_s < SECONDS]
    found = packets(tmp_path / "out.mp4")
    assert len(found) == len(expected)
    header_bytes = 7 if suffix == "ts" else 0  # ADTS header of each packet, which MP4 does not have
    assert [data for _, data in found] == [data[header_bytes:] for _, data in expected]
    times, expected_times = ([time_s for time_s, _ in part] for part in (found, expected))
    assert times[1:] == pytest.approx(expected_times[1:], abs=0.002)
    assert times[0] == pytest.approx(expected_times[0], abs=0.02)  # the muxer stretches the first back to the start
    assert len(video_times(tmp_path / "out.mp4")) == SECONDS * RATE_HZ


def test_a_file_whose_timestamps_do_not_start_at_zero(tmp_path: Path) -> None:
    source = video_with_audio(tmp_path / "in.mkv", "ac3", start_s=7.0)
    record(tmp_path / "out.mp4", source)
    found = packets(tmp_path / "out.mp4")
    assert found[0][0] == pytest.approx(0.0, abs=0.04)
    assert len(found) == pytest.approx(len(packets(source)), abs=1)


@pytest.mark.parametrize(
    ("suffix", "start_s"),
    [("avi", 0.0), *((suffix, start_s) for suffix in ("mkv", "asf", "flv", "mp4", "ts") for start_s in (0.0, 7.0))],
)  # AVI files always start at 0
def test_audio_fits_to_the_frames_of_every_container(tmp_path: Path, suffix: str, start_s: float) -> None:
    """The audio gets louder with time, so that its level tells where it comes from."""
    codec = "libmp3lame" if suffix in ("asf", "flv", "avi") else "aac"
    source = video_with_audio(tmp_path / f"in.{suffix}", codec, start_s=start_s, b_frames=2)
    record(tmp_path / "out.mp4", source)
    with av.open(str(tmp_path / "out.mp4")) as container:
        blocks = [(frame.time, frame.to_ndarray()) for frame in container.decode(audio=0)]
    moments = np.array([time_s for time_s, _ in blocks])
    levels = np.array([np.abs(block).max() for _, block in blocks])
    inside = (moments > 0.5) & (moments < SECONDS - 0.5)
    assert inside.sum() > 50
    expected = moments[inside] / SECONDS * 20_000 / 32_768
    assert np.abs(levels[inside] - expected).max() < 0.12 / SECONDS  # a tenth of a second


def test_audio_beside_a_title_in_another_encoding_is_recorded(tmp_path: Path) -> None:
    source = video_with_audio(tmp_path / "in.avi", "libmp3lame", title="Caf\u00e9")
    source.write_bytes(source.read_bytes().replace("Caf\u00e9".encode(), b"Caf\xe9\0"))  # Latin-1
    record(tmp_path / "out.mp4", source)
    assert len(packets(tmp_path / "out.mp4")) > 100


def test_segments_share_the_packets_without_loss(tmp_path: Path) -> None:
    source = video_with_audio(tmp_path / "in.mkv", "ac3")
    record(tmp_path / "rec", source, segment="1.5s")
    paths = sorted((tmp_path / "rec").glob("*.mp4"), key=lambda path: path.stat().st_ino)
    parts = [packets(path) for path in paths]
    assert len(parts) == 3
    assert all(0 <= part[0][0] < 0.04 for part in parts)
    expected = [data for time_s, data in packets(source) if 0 <= time_s < SECONDS]
    assert sorted(data for part in parts for _, data in part) == sorted(expected)


def test_a_recording_from_the_middle_has_the_audio_of_the_middle(tmp_path: Path) -> None:
    source = video_with_audio(tmp_path / "in.mkv", "ac3")
    record(tmp_path / "out.mp4", source, begin_s=2.0, end_s=3.0)
    expected = [data for time_s, data in packets(source) if 2.0 <= time_s < 3.0]
    assert [data for _, data in packets(tmp_path / "out.mp4")] == expected


def test_a_file_without_audio_gives_a_recording_without_audio(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4")
    record(tmp_path / "out.mp4", source, end_s=0.4)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert not container.streams.audio


def test_audio_that_ends_early_does_not_delay_the_video(tmp_path: Path) -> None:
    """A muxer that waits for audio keeps ten seconds in memory, and a kill loses them."""
    source = video(tmp_path / "in.mp4", count=10, audio_s=0.4)
    config = RecordConfig()
    context = RecordingContext(rate_hz=RATE_HZ, audio=file_audio(source))
    recorder = Recorder(SingleFile(tmp_path / "out.mp4", config), config, context=context)
    recorder.start()
    for index in range(200):
        recorder.write(scene(nobody(), index=index, time_s=index / RATE_HZ))
    copy = tmp_path / "copy.mp4"
    copy.write_bytes((tmp_path / "out.mp4").read_bytes())  # what a kill leaves
    recorder.close()
    assert video_times(copy)[-1] > 200 / RATE_HZ - 2


def test_audio_that_mp4_cannot_hold_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = video_with_audio(tmp_path / "in.avi", "adpcm_ms")
    record(tmp_path / "out.mp4", source, end_s=0.4)
    assert "MP4 cannot hold adpcm_ms audio" in caplog.text
    assert len(video_times(tmp_path / "out.mp4")) == 10


def test_segments_leave_no_file_open(tmp_path: Path) -> None:
    source = video_with_audio(tmp_path / "in.mkv", "ac3")
    record(tmp_path / "first", source, segment="1s", picture="both")  # libraries that open files once have done so now
    before = len(list(Path("/proc/self/fd").iterdir()))
    for name in ("second", "third", "fourth"):
        record(tmp_path / name, source, segment="1s", picture="both")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
