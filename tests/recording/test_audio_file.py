"""The sound of a file in its recording: the same packets, at the same times, in every segment."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from realtime_pose.config import RecordConfig
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.targets import SegmentSeries, SingleFile
from tests.support.clips import picture, video
from tests.support.sink_readers import video_times
from tests.support.stills import nobody, scene

RATE_HZ = 25
SECONDS = 4.0


def with_sound(path: Path, codec: str, *, start_s: float = 0.0) -> Path:
    """A video of 4 s whose sound grows louder; its time stamps begin at start_s."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ, options={"preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream(codec, rate=48_000)
        assert isinstance(sound, av.AudioStream)
        for index in range(round(SECONDS * RATE_HZ)):
            frame = av.VideoFrame.from_ndarray(picture(index), format="bgr24")
            frame.pts, frame.time_base = index + round(start_s * RATE_HZ), Fraction(1, RATE_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        moments = np.arange(int(SECONDS * 48_000)) / 48_000
        tone = (np.sin(moments * 2000) * moments / SECONDS * 20_000).astype(np.int16)
        for begin in range(0, len(tone), 960):
            samples = av.AudioFrame.from_ndarray(np.repeat(tone[begin : begin + 960], 2)[None], "s16", "stereo")
            samples.sample_rate, samples.pts = 48_000, begin + round(start_s * 48_000)
            samples.time_base = Fraction(1, 48_000)
            container.mux(sound.encode(samples))
        container.mux(sound.encode(None))
    return path


def packets(path: Path) -> list[tuple[float, bytes]]:
    """Time since the first picture, and content, of each packet of sound."""
    with av.open(str(path)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        start_s = float((video.start_time or 0) * (video.time_base or 0))
        tick_s = float(sound.time_base or 0)
        return [
            (packet.pts * tick_s - start_s, bytes(packet))
            for packet in container.demux(sound)
            if packet.pts is not None
        ]


def record(path: Path, sound: Path, *, begin_s: float = 0.0, end_s: float = SECONDS, **settings: str) -> None:
    config = RecordConfig(path=path, **settings)  # type: ignore[arg-type]
    place = SegmentSeries(path, config) if config.is_series else SingleFile(path)
    recorder = Recorder(place, config, context=RecordingContext(rate_hz=RATE_HZ, sound=sound))
    recorder.start()
    for index in range(round(begin_s * RATE_HZ), round(end_s * RATE_HZ)):
        recorder.write(scene(nobody(), index=index, time_s=index / RATE_HZ))
    recorder.close()


@pytest.mark.parametrize(
    ("codec", "ending"), [("aac", "mp4"), ("aac", "ts"), ("libmp3lame", "mkv"), ("ac3", "mkv"), ("libopus", "mkv")]
)
def test_is_copied_packet_for_packet(tmp_path: Path, codec: str, ending: str) -> None:
    source = with_sound(tmp_path / f"in.{ending}", codec)
    record(tmp_path / "out.mp4", source)
    wanted = [(time_s, data) for time_s, data in packets(source) if 0 <= time_s < SECONDS]
    found = packets(tmp_path / "out.mp4")
    assert len(found) == len(wanted)
    heads = 7 if ending == "ts" else 0  # bytes at the head of each packet, which MP4 has once
    assert [data for _, data in found] == [data[heads:] for _, data in wanted]
    times, expected = ([time_s for time_s, _ in part] for part in (found, wanted))
    assert times[1:] == pytest.approx(expected[1:], abs=0.002)
    assert times[0] == pytest.approx(expected[0], abs=0.02)  # the muxer stretches the first back to the start
    assert len(video_times(tmp_path / "out.mp4")) == SECONDS * RATE_HZ


def test_a_source_whose_clock_does_not_begin_at_zero(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "in.mkv", "ac3", start_s=7.0)
    record(tmp_path / "out.mp4", source)
    found = packets(tmp_path / "out.mp4")
    assert found[0][0] == pytest.approx(0.0, abs=0.04)
    assert len(found) == pytest.approx(len(packets(source)), abs=1)


def test_every_segment_has_its_own_and_none_is_lost(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "in.mkv", "ac3")
    record(tmp_path / "rec", source, segment="1.5s")
    paths = sorted((tmp_path / "rec").glob("*.mp4"), key=lambda path: path.stat().st_ino)
    parts = [packets(path) for path in paths]
    assert len(parts) == 3
    assert all(0 <= part[0][0] < 0.04 for part in parts)
    wanted = [data for time_s, data in packets(source) if 0 <= time_s < SECONDS]
    assert sorted(data for part in parts for _, data in part) == sorted(wanted)


def test_a_recording_from_the_middle_has_the_sound_of_the_middle(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "in.mkv", "ac3")
    record(tmp_path / "out.mp4", source, begin_s=2.0, end_s=3.0)
    wanted = [data for time_s, data in packets(source) if 2.0 <= time_s < 3.0]
    assert [data for _, data in packets(tmp_path / "out.mp4")] == wanted


def test_a_source_without_sound_gives_a_recording_without(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4")
    record(tmp_path / "out.mp4", source, end_s=0.4)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert not container.streams.audio


def test_sound_that_ends_early_does_not_hold_back_the_pictures(tmp_path: Path) -> None:
    """A muxer that waits for sound would keep ten seconds in memory: a kill would cost them."""
    source = video(tmp_path / "in.mp4", count=10, audio_s=0.4)
    config = RecordConfig()
    recorder = Recorder(
        SingleFile(tmp_path / "out.mp4"), config, context=RecordingContext(rate_hz=RATE_HZ, sound=source)
    )
    recorder.start()
    for index in range(200):
        recorder.write(scene(nobody(), index=index, time_s=index / RATE_HZ))
    copy = tmp_path / "copy.mp4"
    copy.write_bytes((tmp_path / "out.mp4").read_bytes())  # what a kill would leave
    recorder.close()
    assert video_times(copy)[-1] > 200 / RATE_HZ - 2


def test_sound_that_mp4_does_not_take_is_left_out_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = with_sound(tmp_path / "in.avi", "adpcm_ms")
    record(tmp_path / "out.mp4", source, end_s=0.4)
    assert "MP4 takes no adpcm_ms sound" in caplog.text
    assert len(video_times(tmp_path / "out.mp4")) == 10


def test_many_segments_leave_no_file_open(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "in.mkv", "ac3")
    record(tmp_path / "first", source, segment="1s", picture="both")  # what libraries open once is open now
    before = len(list(Path("/proc/self/fd").iterdir()))
    for name in ("second", "third", "fourth"):
        record(tmp_path / name, source, segment="1s", picture="both")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
