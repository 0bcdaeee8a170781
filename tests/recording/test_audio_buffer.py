"""Audio of a live stream in its recordings: copied, in step with the frames, and without delaying them."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from benchmarks.support.servers.rtsp_server import RtspServer
from benchmarks.support.servers.web_live import HlsChannel, Web, segments
from realtime_pose.audio.packets import AudioFormat, AudioPacket
from realtime_pose.config import Config, DetectConfig, PoseConfig, RecordConfig, SourceConfig
from realtime_pose.pipeline.build import build
from realtime_pose.recording.audio_buffer import MAX_AUDIO_LAG_S, AudioBuffer
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.encoder import Packet
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.targets import SegmentSeries, SingleFile
from realtime_pose.scene import Scene
from realtime_pose.sources import open_source
from realtime_pose.sources.audio_demuxer import AudioDemuxer
from realtime_pose.sources.audio_timestamps import AudioTimestampMapper, DemuxedAudioPacket
from tests.support.clips import beeps
from tests.support.clips.audio_clips import RATE_HZ, video_with_audio
from tests.support.people.stills import nobody, scene
from tests.support.servers.rtmp_server import RtmpServer

pytestmark = [pytest.mark.server]


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return beeps.write_units(tmp_path_factory.mktemp("clip"))


@pytest.fixture
def server(units: tuple[Path, Path]) -> Iterator[RtspServer]:
    with RtspServer(units[0], audio=(units[1], "aac", beeps.AAC_STEP_NS)) as running:
        yield running


class LiveRecording:
    """Records a source in a thread, as the end of a pipeline does.

    Attributes:
        ages_s: Age of each frame when it arrived.
        time_s: Media time of the newest frame.
    """

    def __init__(self, uri: str, path: Path, **settings: Any) -> None:
        source = open_source(SourceConfig(uri=uri, keep_trying=True, read_timeout_s=1.0))
        self.audio, self.source = AudioBuffer(), source
        source.listen(self.audio)
        config = RecordConfig(path=path, **settings)
        target = SegmentSeries(path, config) if config.is_series else SingleFile(path, config)
        self.recorder = Recorder(target, config, context=RecordingContext(is_live=True, audio=self.audio))
        self.ages_s: list[float] = []
        self.time_s = 0.0
        self._lock = threading.Lock()  # as the writer of a pipeline has one
        self._thread = threading.Thread(target=self._run, daemon=True)
        if not config.waits:
            self.recorder.start()
        self._thread.start()

    def until(self, time_s: float, within_s: float = 15.0) -> None:
        """Wait for this media time."""
        pause, deadline_s = threading.Event(), time.monotonic() + within_s
        while self.time_s < time_s:
            assert time.monotonic() < deadline_s, self.source.status
            pause.wait(0.02)

    def start(self) -> None:
        with self._lock:
            self.recorder.start()

    def stop(self) -> None:
        with self._lock:
            self.recorder.stop()

    def end(self) -> None:
        self.source.close()
        self._thread.join(5.0)
        assert not self._thread.is_alive()
        self.recorder.close()

    def _run(self) -> None:
        for frame in self.source:
            self.ages_s.append(time.monotonic() - frame.captured_s)
            with self._lock:
                self.recorder.write(Scene.from_tracks(frame, nobody()))
            self.time_s = frame.time_s


def record_live(uri: str, path: Path, *, seconds: float = 3.3) -> LiveRecording:
    recording = LiveRecording(uri, path)
    recording.until(seconds)
    recording.end()
    return recording


class TestServers:
    def test_rtsp_audio_is_in_step_with_the_frames_and_does_not_delay_them(
        self, server: RtspServer, tmp_path: Path
    ) -> None:
        recording = record_live(server.address, tmp_path / "o.mp4")
        found = beeps.find_flashes_and_beeps(tmp_path / "o.mp4")
        assert len(found.offsets_s) >= 2
        assert np.abs(found.offsets_s).max() < 0.1
        assert found.audio_s == pytest.approx(found.video_s, abs=0.2)
        assert np.percentile(recording.ages_s, 95) < 0.1
        with av.open(str(tmp_path / "o.mp4")) as container:
            assert container.streams.audio[0].codec_context.name == "aac"

    def test_rtmp(self, units: tuple[Path, Path], tmp_path: Path) -> None:
        clip = beeps.video(tmp_path / "clip.mp4")
        with RtmpServer(clip, tmp_path) as rtmp:
            record_live(rtmp.address, tmp_path / "o.mp4")
        assert np.abs(beeps.find_flashes_and_beeps(tmp_path / "o.mp4").offsets_s).max() < 0.1

    def test_hls_with_adts_headers(self, units: tuple[Path, Path], tmp_path: Path) -> None:
        (folder := tmp_path / "segments").mkdir()
        clip = beeps.video(tmp_path / "clip.mp4", rounds=4)
        with Web(HlsChannel(segments(folder, clip=clip))) as web:
            record_live(web.address("live.m3u8"), tmp_path / "o.mp4")
        found = beeps.find_flashes_and_beeps(tmp_path / "o.mp4")
        assert len(found.offsets_s) >= 1
        assert np.abs(found.offsets_s).max() < 0.1

    def test_stays_in_step_after_an_outage(self, server: RtspServer, tmp_path: Path) -> None:
        recording = LiveRecording(server.address, tmp_path / "o.mp4")
        recording.until(1.0)
        server.kill()
        server.start()
        recording.until(recording.time_s + 4.0)
        recording.end()
        assert recording.source.status.reconnects == 1
        found = beeps.find_flashes_and_beeps(tmp_path / "o.mp4")
        assert found.flashes_s[-1] > 3.0
        assert len(found.offsets_s) >= 2
        assert np.abs(found.offsets_s).max() < 0.1

    def test_audio_that_mp4_cannot_hold_is_left_out_with_one_warning(
        self, units: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        audio = beeps.write_mulaw(tmp_path)
        with RtspServer(units[0], audio=(audio, "mulaw", 20_000_000)) as running, caplog.at_level(logging.WARNING):
            recording = LiveRecording(running.address, tmp_path / "rec", segment="1s")
            recording.until(3.2)
            recording.end()
        assert len(caplog.messages) == 1
        assert "MP4 cannot hold pcm_mulaw audio" in caplog.messages[0]
        paths = list((tmp_path / "rec").glob("*.mp4"))
        assert len(paths) == 4
        assert all(beeps.find_flashes_and_beeps(path).audio_s == 0 for path in paths)

    def test_a_preroll_has_audio(self, server: RtspServer, tmp_path: Path) -> None:
        recording = LiveRecording(server.address, tmp_path / "rec", preroll="2s")
        recording.until(4.0)
        max_packets = (2.0 + MAX_AUDIO_LAG_S + 1.0) * beeps.AUDIO_HZ / beeps.FRAME_SAMPLES
        assert 2.0 * beeps.AUDIO_HZ / beeps.FRAME_SAMPLES < len(recording.audio) < max_packets
        recording.start()
        recording.until(5.0)
        recording.end()
        (path,) = (tmp_path / "rec").glob("*.mp4")
        found = beeps.find_flashes_and_beeps(path)
        assert found.video_s > 2.5
        assert found.audio_s == pytest.approx(found.video_s, abs=0.2)
        assert np.abs(found.offsets_s).max() < 0.1

    def test_no_audio_is_kept_while_nothing_is_recorded(self, server: RtspServer, tmp_path: Path) -> None:
        recording = LiveRecording(server.address, tmp_path / "rec", postroll="1s")
        recording.until(1.0)
        assert recording.audio.format is not None
        assert len(recording.audio) == 0
        recording.start()
        recording.until(2.0)
        assert len(recording.audio) > 20
        recording.stop()
        recording.until(3.5)
        assert len(recording.audio) == 0
        recording.end()


@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_pipeline_records_audio_if_the_configuration_says_so(
    server: RtspServer, tmp_path: Path, *, is_recorded: bool
) -> None:
    config = Config(
        source=SourceConfig(uri=server.address, keep_trying=True),
        detect=DetectConfig(size="64"),
        pose=PoseConfig(model="movenet-lightning"),
        record=RecordConfig(path=tmp_path / "o.mp4", audio=is_recorded),
    )
    pipeline, pause, deadline_s = build(config), threading.Event(), time.monotonic() + 20
    pipeline.start()
    while pipeline.report().num_frames < 3 and time.monotonic() < deadline_s:
        pause.wait(0.02)
    pause.wait(3.0 if is_recorded else 1.0)  # with audio longer than the clip
    pipeline.stop()
    assert pipeline.wait(2.0)  # raises the error of a failed stage
    assert pipeline.report().num_frames > 3, pipeline.report()
    found = beeps.find_flashes_and_beeps(tmp_path / "o.mp4")
    assert found.video_s > (2.0 if is_recorded else 0.5)
    assert found.audio_s == pytest.approx(found.video_s if is_recorded else 0.0, abs=0.3)
    if is_recorded:
        assert len(found.offsets_s)
        assert np.abs(found.offsets_s).max() < 0.1


def encode(path: Path, codec: str) -> tuple[AudioFormat, list[bytes]]:
    """Four seconds of audio in this codec, as a connection delivers them."""
    with av.open(str(video_with_audio(path, codec))) as container:
        demuxer = AudioDemuxer(container)
        assert demuxer.format is not None
        for packet in container.demux(audio=0):
            demuxer.receive(packet)
        return demuxer.format, [packet.data for packet in demuxer.take()]


def record(
    audio: AudioBuffer, path: Path, parts: Sequence[tuple[AudioFormat, list[bytes]]], **settings: Any
) -> list[Path]:
    """Record 2 s of each format, one after another."""
    config = RecordConfig(path=path, **settings)
    target = SegmentSeries(path, config) if config.is_series else SingleFile(path, config)
    audio.set_format(parts[0][0])
    recorder = Recorder(target, config, context=RecordingContext(rate_hz=RATE_HZ, is_live=True, audio=audio))
    recorder.start()
    for number, (audio_format, packets) in enumerate(parts):
        audio.set_format(audio_format)
        step_s = 1024 / 48_000 if audio_format.codec == "aac" else 1152 / 48_000
        left = [(number * 2 + index * step_s, data) for index, data in enumerate(packets) if index * step_s < 2]
        for index in range(number * 2 * RATE_HZ, (number + 1) * 2 * RATE_HZ):
            while left and left[0][0] <= index / RATE_HZ:
                time_s, data = left.pop(0)
                audio.receive(AudioPacket(time_s, step_s, data, audio_format))
            recorder.write(scene(nobody(), index=index, time_s=index / RATE_HZ))
    recorder.close()
    return sorted(path.glob("*.mp4"), key=lambda each: each.stat().st_mtime_ns) if config.is_series else [path]


def codec_and_length(path: Path) -> tuple[str, float]:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return "", 0.0
        stream = container.streams.audio[0]
        times = [float(packet.pts * packet.time_base) for packet in container.demux(stream) if packet.pts is not None]
        return stream.codec_context.name, times[-1]


class TestFormats:
    def test_another_codec_ends_the_audio_of_a_file(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        parts = [encode(tmp_path / "a.mp4", "aac"), encode(tmp_path / "b.mkv", "libmp3lame")]
        (path,) = record(AudioBuffer(), tmp_path / "o.mp4", parts)
        codec, length_s = codec_and_length(path)
        assert codec == "aac"
        assert 1.8 < length_s < 2.05
        assert caplog.messages == ["the audio changed from aac to mp3float; the current file goes on without audio"]

    def test_another_codec_is_recorded_from_the_next_segment_on(self, tmp_path: Path) -> None:
        parts = [encode(tmp_path / "a.mp4", "aac"), encode(tmp_path / "b.mkv", "libmp3lame")]
        paths = record(AudioBuffer(), tmp_path / "rec", parts, segment="1s")
        assert [codec_and_length(path)[0] for path in paths] == ["aac", "aac", "mp3float", "mp3float"]
        assert all(codec_and_length(path)[1] > 0.8 for path in paths)

    def test_both_videos_have_audio(self, tmp_path: Path) -> None:
        record(AudioBuffer(), tmp_path / "o.mp4", [encode(tmp_path / "a.mp4", "aac")], picture="both")
        assert codec_and_length(tmp_path / "o.mp4") == codec_and_length(tmp_path / "o.clean.mp4")

    def test_damaged_packets_do_not_end_a_recording(self, tmp_path: Path) -> None:
        audio_format, packets = encode(tmp_path / "a.ts", "aac")
        assert audio_format.has_header
        noise = np.random.default_rng(3)
        damaged = [noise.bytes(len(data)) if index % 5 == 3 else data for index, data in enumerate(packets)]
        (path,) = record(AudioBuffer(), tmp_path / "o.mp4", [(audio_format, damaged)])
        assert codec_and_length(path)[0] == "aac"
        with av.open(str(path)) as container:
            assert len(list(container.decode(video=0))) == 2 * RATE_HZ

    def test_packets_with_a_damaged_adts_header_are_left_out(self, tmp_path: Path) -> None:
        with av.open(str(video_with_audio(tmp_path / "a.ts", "aac"))) as container:
            demuxer = AudioDemuxer(container)
            packets = [packet for packet in container.demux(audio=0) if packet.size]
            for index, packet in enumerate(packets):
                damaged = Packet(bytes(packet)[index % 2 :])
                damaged.pts, damaged.time_base = packet.pts, packet.time_base
                demuxer.receive(damaged)
        assert len(demuxer.take()) == (len(packets) + 1) // 2

    def test_audio_without_the_codec_header_that_it_needs_is_left_out(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        audio_format, packets = encode(tmp_path / "a.mkv", "libopus")
        (path,) = record(AudioBuffer(), tmp_path / "o.mp4", [(replace(audio_format, has_header=False), packets)])
        assert codec_and_length(path) == ("", 0.0)
        assert "MP4 cannot hold" in caplog.text


class RecordingListener:
    """Keeps the times of the packets it receives."""

    def __init__(self) -> None:
        self.times_s: list[float] = []

    def set_format(self, audio_format: AudioFormat | None) -> None:
        pass

    def receive(self, packet: AudioPacket) -> None:
        self.times_s.append(packet.time_s)


class TestTimestamps:
    @pytest.fixture
    def mapper(self) -> AudioTimestampMapper:
        mapper, audio_format = AudioTimestampMapper(), AudioFormat("aac", (), 48_000, has_header=True, template=None)
        mapper.listen(RecordingListener())
        mapper.connect(audio_format)
        return mapper

    def times_s(self, mapper: AudioTimestampMapper) -> list[float]:
        assert isinstance(mapper._listener, RecordingListener)
        return mapper._listener.times_s

    def test_packets_have_the_times_of_the_frames_beside_them(self, mapper: AudioTimestampMapper) -> None:
        mapper.forward(
            [DemuxedAudioPacket(99.98, 0.02, b""), DemuxedAudioPacket(100.0, 0.02, b"")], video_pts_s=100.0, time_s=3.0
        )
        assert self.times_s(mapper) == pytest.approx([2.98, 3.0])

    def test_times_only_increase(self, mapper: AudioTimestampMapper) -> None:
        mapper.forward(
            [DemuxedAudioPacket(1.0, 0, b""), DemuxedAudioPacket(0.9, 0, b""), DemuxedAudioPacket(1.1, 0, b"")],
            video_pts_s=1.0,
            time_s=5.0,
        )
        mapper.connect(mapper._format)
        mapper.forward([DemuxedAudioPacket(0.0, 0, b""), DemuxedAudioPacket(0.2, 0, b"")], video_pts_s=0.0, time_s=5.05)
        assert self.times_s(mapper) == pytest.approx([5.0, 5.1, 5.25])

    def test_different_clocks_are_matched_once_by_arrival(self, mapper: AudioTimestampMapper) -> None:
        mapper.forward([DemuxedAudioPacket(5000.0, 0, b"")], video_pts_s=2.0, time_s=7.0)
        mapper.forward(
            [DemuxedAudioPacket(5000.02, 0, b""), DemuxedAudioPacket(5000.04, 0, b"")], video_pts_s=2.4, time_s=7.4
        )
        assert self.times_s(mapper) == pytest.approx([7.0, 7.02, 7.04])

    def test_packets_beside_a_frame_without_timestamp_are_dropped(self, mapper: AudioTimestampMapper) -> None:
        mapper.forward([DemuxedAudioPacket(1.0, 0, b"")], video_pts_s=None, time_s=7.0)
        assert self.times_s(mapper) == []


def test_the_inbox_is_bounded() -> None:
    audio, audio_format = AudioBuffer(), AudioFormat("aac", (), 48_000, has_header=True, template=None)
    audio.enable(is_enabled=True)
    for index in range(20_000):
        audio.receive(AudioPacket(index * 0.02, 0.02, b"x", audio_format))
    assert len(audio) == 4096
    assert next(audio.packets_from(0))[1].time_s == pytest.approx((20_000 - 4096) * 0.02)
