"""Clean videos of a camera: its packets are copied, whatever the camera sends and whenever a recording starts."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.support import clips
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.config import RecordConfig
from realtime_pose.recording.context import RecordingContext, SystemClock
from realtime_pose.recording.recorded_frame import LatestFrames
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.targets import SegmentSeries, SingleFile
from tests.support.clips.camera_packets import camera_frames, recorded

pytestmark = [pytest.mark.slow]

RATE_HZ, GOP = 25, 10
NOON = datetime(2030, 1, 2, 12, 0, 0, tzinfo=UTC)
LIVE = RecordingContext(rate_hz=float(RATE_HZ), is_live=True)
IN_ORDER = {"g": str(GOP), "bf": "0", "sc_threshold": "0"}
REORDERED = {"g": str(GOP), "bf": "2", "b_strategy": "0", "sc_threshold": "0"}


def write_clip(folder: Path, *, num_frames: int = 50, options: dict[str, str] | None = None) -> Path:
    return clips.video(folder / "camera.ts", count=num_frames, rate_hz=RATE_HZ, options=options or IN_ORDER)


def write_noise(path: Path, *, num_frames: int, options: dict[str, str]) -> Path:
    """A clip of 64x48 whose frames all take about the same number of bytes."""
    noise = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ, options=options)
        stream.width, stream.height = 64, 48
        for _ in range(num_frames):
            image = noise.integers(0, 256, (48, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def single_file(path: Path, record_as: str = "clean") -> Recorder:
    config = RecordConfig(path=path, picture=record_as)
    return Recorder(SingleFile(path, config), config, context=LIVE)


def series(folder: Path, record_as: str = "clean", **settings: str) -> Recorder:
    """A recorder whose segments have names a second apart."""
    config, seconds = RecordConfig(path=folder, picture=record_as, **settings), count()  # type: ignore[arg-type]
    system_clock = SystemClock(now=lambda: NOON + timedelta(seconds=next(seconds)))
    return Recorder(SegmentSeries(folder, config), config, context=LIVE, system_clock=system_clock)


def packet_bytes(path: Path) -> list[bytes]:
    """The last slice of each packet of an H.264 file: each container stores the parameters elsewhere."""
    with av.open(str(path)) as container:
        filtered = av.BitStreamFilterContext("h264_mp4toannexb", container.streams.video[0])
        packets = [part for packet in container.demux(video=0) if packet.size for part in filtered.filter(packet)]
    return [bytes(packet).split(b"\x00\x00\x01")[-1] for packet in packets]


def steps(num_frames: int, first: int = 0) -> list[float]:
    return [(first + index) / RATE_HZ for index in range(num_frames)]


def times_of_poses(path: Path) -> list[tuple[int, float]]:
    """Frame number and time of each line of a poses file."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(line["frame"], line["time_s"]) for line in lines if "frame" in line]


@pytest.mark.parametrize("options", [IN_ORDER, REORDERED], ids=["in order", "reordered"])
def test_every_packet_is_copied_unchanged_with_its_time(tmp_path: Path, options: dict[str, str]) -> None:
    clip = write_clip(tmp_path, options=options)
    recorder = single_file(tmp_path / "o.mp4")
    recorder.start()
    for number, (frame, packets) in enumerate(camera_frames(clip, start_s=7.0)):
        recorder.record(recorded(frame, packets, is_analysed=number % 3 == 0))
    recorder.close()
    assert video_times(tmp_path / "o.mp4") == pytest.approx(steps(50), abs=1e-4)
    assert packet_bytes(tmp_path / "o.mp4") == packet_bytes(clip)
    assert times_of_poses(tmp_path / "o.jsonl") == [(number, number / RATE_HZ) for number in range(0, 50, 3)]


@pytest.mark.parametrize("options", [IN_ORDER, REORDERED], ids=["in order", "reordered"])
def test_segments_begin_at_key_frames_and_nothing_is_lost_between_them(tmp_path: Path, options: dict[str, str]) -> None:
    clip = write_clip(tmp_path, num_frames=100, options=options)
    recorder = series(tmp_path / "rec", segment="1s")
    recorder.start()
    for frame, packets in camera_frames(clip):
        recorder.record(recorded(frame, packets))
    recorder.close()
    files = sorted((tmp_path / "rec").glob("*.mp4"))
    # The first key frame after one second is that of frame 30, as each tenth frame is one.
    assert [video_times(path) for path in files] == [
        pytest.approx(steps(length), abs=1e-4) for length in (30, 30, 30, 10)
    ]
    assert [content for path in files for content in packet_bytes(path)] == packet_bytes(clip)


def test_overlay_and_clean_have_the_same_frames_and_times(tmp_path: Path) -> None:
    recorder = series(tmp_path / "rec", "both", segment="1s")
    recorder.start()
    for frame, packets in camera_frames(write_clip(tmp_path, num_frames=60, options=REORDERED)):
        recorder.record(recorded(frame, packets))
    recorder.close()
    clean = sorted((tmp_path / "rec").glob("*.clean.mp4"))
    overlay = [path.with_name(path.name.replace(".clean", "")) for path in clean]
    assert [len(video_times(path)) for path in clean] == [30, 30]
    for clean_path, overlay_path in zip(clean, overlay, strict=True):
        assert video_times(overlay_path) == pytest.approx(video_times(clean_path), abs=1e-4)


def test_a_recording_begins_with_the_last_key_frame_before_its_start(tmp_path: Path) -> None:
    """Without these frames up to a whole group of pictures after the start would be lost."""
    sent, gop = camera_frames(write_clip(tmp_path)), LatestFrames()
    for frame, packets in sent[:17]:
        gop.add(recorded(frame, packets))
    recorder = single_file(tmp_path / "o.mp4", "both")
    recorder.start()
    for before in gop.take():
        recorder.record(before)
    for frame, packets in sent[17:30]:
        recorder.record(recorded(frame, packets))
    recorder.close()
    assert video_times(tmp_path / "o.clean.mp4") == pytest.approx(steps(20), abs=1e-4), "frames 10 to 29"
    expected = [0.0, *steps(12, first=8)]
    assert video_times(tmp_path / "o.mp4") == pytest.approx(expected, abs=1e-4), "frames 17 to 29, at the same times"
    assert times_of_poses(tmp_path / "o.jsonl")[0][0] == 10


def test_the_start_of_a_series_in_the_middle_of_a_group_loses_nothing(tmp_path: Path) -> None:
    recorder = series(tmp_path / "rec", segment="10min")
    for number, (frame, packets) in enumerate(camera_frames(write_clip(tmp_path))):
        recorder.record(recorded(frame, packets))
        if number == 25:
            recorder.start()
    recorder.close()
    (path,) = (tmp_path / "rec").glob("*.mp4")
    assert video_times(path) == pytest.approx(steps(30), abs=1e-4), "frames 20 to 49"


@pytest.mark.parametrize("record_as", ["clean", "both"])
def test_the_preroll_is_at_least_as_long_as_it_says(tmp_path: Path, record_as: str) -> None:
    recorder = series(tmp_path / "rec", record_as, preroll="1s", postroll="400ms")
    for number, (frame, packets) in enumerate(camera_frames(write_clip(tmp_path, num_frames=90))):
        if number == 47:
            recorder.trigger()
        recorder.record(recorded(frame, packets))
    recorder.close()
    # One second before the last key frame, 40, was frame 15, so the file begins with the key frame before that, 10. The
    # post-roll ends with frame 56.
    files = sorted((tmp_path / "rec").glob("*.mp4"))
    assert len(files) == (2 if record_as == "both" else 1)
    for path in files:
        assert video_times(path) == pytest.approx(steps(47), abs=1e-4)


def test_packets_before_the_first_key_frame_of_a_connection_are_left_out(tmp_path: Path) -> None:
    sent = camera_frames(write_clip(tmp_path))
    recorder = single_file(tmp_path / "o.mp4")
    recorder.start()
    for frame, packets in sent[4:]:
        recorder.record(recorded(frame, packets))
    recorder.close()
    assert len(video_times(tmp_path / "o.mp4")) == 40


def test_a_camera_that_comes_back_with_another_format_gets_another_file(tmp_path: Path) -> None:
    """An MP4 has one header, which describes one format."""
    small = camera_frames(write_clip(tmp_path, num_frames=20))
    large = camera_frames(
        clips.video(tmp_path / "l.ts", count=20, wh=(128, 96), rate_hz=RATE_HZ, options=IN_ORDER), first=20, start_s=5.0
    )
    recorder = single_file(tmp_path / "o.mp4")
    recorder.start()
    for frame, packets in [*small, *large]:
        recorder.record(recorded(frame, packets))
    recorder.close()
    sizes = {}
    for path in (tmp_path / "o.mp4", tmp_path / "o-2.mp4"):
        with av.open(str(path)) as container:
            sizes[path.stem] = {(frame.width, frame.height) for frame in container.decode(video=0)}
    assert sizes == {"o": {(64, 48)}, "o-2": {(128, 96)}}
    assert len(times_of_poses(tmp_path / "o.jsonl")) == len(times_of_poses(tmp_path / "o-2.jsonl")) == 20


def test_a_camera_that_comes_back_with_the_same_format_goes_on_in_the_same_file(tmp_path: Path) -> None:
    clip = write_clip(tmp_path, num_frames=20)
    recorder = single_file(tmp_path / "o.mp4")
    recorder.start()
    for frame, packets in [*camera_frames(clip), *camera_frames(clip, first=20, start_s=3.0)]:
        recorder.record(recorded(frame, packets))
    recorder.close()
    assert video_times(tmp_path / "o.mp4") == pytest.approx(
        [*steps(20), *(3 + time_s for time_s in steps(20))], abs=1e-4
    )


def test_poses_that_come_late_get_the_time_of_their_frame(tmp_path: Path) -> None:
    recorder = single_file(tmp_path / "o.mp4")
    recorder.start()
    sent = camera_frames(write_clip(tmp_path, num_frames=20))
    for frame, packets in sent:
        recorder.record(recorded(frame, packets, is_analysed=False))
        if frame.index == 15:
            recorder.record(recorded(sent[3][0], ()).without_image())
    recorder.close()
    assert times_of_poses(tmp_path / "o.jsonl") == [(3, 3 / RATE_HZ)]
    assert len(video_times(tmp_path / "o.mp4")) == 20


def test_an_encoder_that_is_too_slow_costs_the_copied_video_nothing(tmp_path: Path) -> None:
    ticks = count()
    config = RecordConfig(path=tmp_path / "o.mp4", picture="both")
    recorder = Recorder(
        SingleFile(tmp_path / "o.mp4", config),
        config,
        context=LIVE,
        system_clock=SystemClock(timer=lambda: next(ticks) * 0.2),
    )
    recorder.start()
    for frame, packets in camera_frames(write_clip(tmp_path)):
        recorder.record(recorded(frame, packets))
    recorder.close()
    num_dropped = recorder.status.num_dropped
    assert num_dropped > 20
    assert len(video_times(tmp_path / "o.clean.mp4")) == 50
    assert len(video_times(tmp_path / "o.mp4")) == 50 - num_dropped


@pytest.mark.parametrize("gop", [10, 75])
def test_a_segment_of_a_given_size_is_not_larger(tmp_path: Path, gop: int) -> None:
    options = IN_ORDER | {"g": str(gop), "qp": "10", "preset": "ultrafast"}
    clip = write_noise(tmp_path / "noise.ts", num_frames=300, options=options)
    limit = clip.stat().st_size * 2 // 5
    recorder = series(tmp_path / "rec", segment=f"{limit // 1000}kB")
    recorder.start()
    for frame, packets in camera_frames(clip):
        recorder.record(recorded(frame, packets))
    recorder.close()
    files = sorted((tmp_path / "rec").glob("*.mp4"))
    assert len(files) > 2
    assert max(path.stat().st_size for path in files) <= limit
    assert sum(len(video_times(path)) for path in files) == 300


def test_a_killed_recording_of_a_camera_with_rare_key_frames_loses_little(tmp_path: Path) -> None:
    """The file grows by a fragment every 1.2 s, not only at the key frames."""
    clip = write_clip(tmp_path, num_frames=250, options=IN_ORDER | {"g": "250"})
    recorder = single_file(tmp_path / "o.mp4")
    recorder.start()
    for frame, packets in camera_frames(clip):
        recorder.record(recorded(frame, packets))
    killed = tmp_path / "killed.mp4"
    killed.write_bytes((tmp_path / "o.mp4").read_bytes())  # what a kill would leave at this moment
    recorder.close()
    assert len(video_times(killed)) >= 250 - 1.3 * RATE_HZ
    assert len(video_times(tmp_path / "o.mp4")) == 250


def test_hevc_is_copied_with_the_tag_that_apple_plays(tmp_path: Path) -> None:
    options = {"x265-params": "keyint=10:bframes=0:log-level=none"}
    clip = clips.video(tmp_path / "c.ts", count=30, wh=(128, 96), rate_hz=RATE_HZ, codec="libx265", options=options)
    recorder = single_file(tmp_path / "o.mp4")
    recorder.start()
    for frame, packets in camera_frames(clip):
        recorder.record(recorded(frame, packets))
    recorder.close()
    with av.open(str(tmp_path / "o.mp4")) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"
    assert video_times(tmp_path / "o.mp4") == pytest.approx(steps(30), abs=1e-4)
