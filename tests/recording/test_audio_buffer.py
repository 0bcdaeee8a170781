"""The sound of a live stream in its recordings: copied, beside its pictures, and never in the way of them."""

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

from realtime_pose.audio.packets import AudioFormat, AudioPacket
from realtime_pose.config import Config, DetectConfig, PoseConfig, RecordConfig, SourceConfig
from realtime_pose.pipeline.build import build
from realtime_pose.recording.audio_buffer import LATE_S, AudioBuffer
from realtime_pose.recording.context import RecordingContext
from realtime_pose.recording.encoder import Packet
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.targets import SegmentSeries, SingleFile
from realtime_pose.scene import Scene
from realtime_pose.sources import StreamSource, open_source
from realtime_pose.sources.audio_demuxer import AudioDemuxer
from realtime_pose.sources.audio_timestamps import AudioTimestampMapper, DemuxedAudioPacket
from tests.recording.test_audio_file import with_sound
from tests.support import beeps
from tests.support.rtmp_server import RtmpServer
from tests.support.rtsp_server import RtspServer
from tests.support.stills import nobody, scene
from tests.support.web_live import HlsChannel, Web, segments

RATE_HZ = 25


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return beeps.units(tmp_path_factory.mktemp("clip"))


@pytest.fixture
def server(units: tuple[Path, Path]) -> Iterator[RtspServer]:
    with RtspServer(units[0], sound=(units[1], "aac", beeps.AAC_STEP_NS)) as running:
        yield running


class Filming:
    """Records what a source gives, in a thread, as the end of a pipeline would.

    Attributes:
        ages_s: How old each frame was when it came.
        time_s: Media time of the newest frame.
    """

    def __init__(self, uri: str, path: Path, **settings: Any) -> None:
        source = open_source(SourceConfig(uri=uri, keep_trying=True, read_timeout_s=1.0))
        assert isinstance(source, StreamSource)
        self.sound, self.source = AudioBuffer(), source
        source.listen(self.sound)
        config = RecordConfig(path=path, **settings)
        place = SegmentSeries(path, config) if config.is_series else SingleFile(path)
        self.recorder = Recorder(place, config, context=RecordingContext(is_live=True, sound=self.sound))
        self.ages_s: list[float] = []
        self.time_s = 0.0
        self._lock = threading.Lock()  # as the writer of a pipeline has one
        self._thread = threading.Thread(target=self._write_encoded, daemon=True)
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

    def _write_encoded(self) -> None:
        for frame in self.source:
            self.ages_s.append(time.monotonic() - frame.captured_s)
            with self._lock:
                self.recorder.write(Scene(frame))
            self.time_s = frame.time_s


def filmed(uri: str, path: Path, *, seconds: float = 3.3) -> Filming:
    filming = Filming(uri, path)
    filming.until(seconds)
    filming.end()
    return filming


class TestOfServers:
    def test_rtsp_is_in_step_with_its_pictures_and_does_not_delay_them(
        self, server: RtspServer, tmp_path: Path
    ) -> None:
        filming = filmed(server.address, tmp_path / "o.mp4")
        found = beeps.found(tmp_path / "o.mp4")
        assert len(found.apart_s) >= 2
        assert np.abs(found.apart_s).max() < 0.1
        assert found.sound_s == pytest.approx(found.video_s, abs=0.2)
        assert np.percentile(filming.ages_s, 95) < 0.1
        with av.open(str(tmp_path / "o.mp4")) as container:
            assert container.streams.audio[0].codec_context.name == "aac"

    def test_rtmp(self, units: tuple[Path, Path], tmp_path: Path) -> None:
        clip = beeps.film(tmp_path / "clip.mp4")
        with RtmpServer(clip, tmp_path) as rtmp:
            filmed(rtmp.address, tmp_path / "o.mp4")
        assert np.abs(beeps.found(tmp_path / "o.mp4").apart_s).max() < 0.1

    def test_hls_whose_sound_has_its_header_in_each_packet(self, units: tuple[Path, Path], tmp_path: Path) -> None:
        (folder := tmp_path / "segments").mkdir()
        clip = beeps.film(tmp_path / "clip.mp4", rounds=4)
        with Web(HlsChannel(segments(folder, clip=clip))) as web:
            filmed(web.address("live.m3u8"), tmp_path / "o.mp4")
        found = beeps.found(tmp_path / "o.mp4")
        assert len(found.apart_s) >= 1
        assert np.abs(found.apart_s).max() < 0.1

    def test_goes_on_in_step_after_a_loss(self, server: RtspServer, tmp_path: Path) -> None:
        filming = Filming(server.address, tmp_path / "o.mp4")
        filming.until(1.0)
        server.kill()
        server.start()
        filming.until(filming.time_s + 4.0)
        filming.end()
        assert filming.source.status.reconnects == 1
        found = beeps.found(tmp_path / "o.mp4")
        assert found.flashes_s[-1] > 3.0
        assert len(found.apart_s) >= 2
        assert np.abs(found.apart_s).max() < 0.1

    def test_what_mp4_does_not_take_is_left_out_and_told_once(
        self, units: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        sound = beeps.mulaw(tmp_path)
        with RtspServer(units[0], sound=(sound, "mulaw", 20_000_000)) as running, caplog.at_level(logging.WARNING):
            filming = Filming(running.address, tmp_path / "rec", segment="1s")
            filming.until(3.2)
            filming.end()
        said = [record.getMessage() for record in caplog.records]
        assert [words for words in said if "MP4 takes no pcm_mulaw sound" in words] == said
        assert len(said) == 1
        paths = list((tmp_path / "rec").glob("*.mp4"))
        assert len(paths) == 4
        assert all(beeps.found(path).sound_s == 0 for path in paths)

    def test_a_preroll_has_its_sound(self, server: RtspServer, tmp_path: Path) -> None:
        filming = Filming(server.address, tmp_path / "rec", preroll="2s")
        filming.until(4.0)
        most = (2.0 + LATE_S + 1.0) * beeps.SOUND_HZ / beeps.PIECE
        assert 2.0 * beeps.SOUND_HZ / beeps.PIECE < len(filming.sound) < most
        filming.start()
        filming.until(5.0)
        filming.end()
        (path,) = (tmp_path / "rec").glob("*.mp4")
        found = beeps.found(path)
        assert found.video_s > 2.5
        assert found.sound_s == pytest.approx(found.video_s, abs=0.2)
        assert np.abs(found.apart_s).max() < 0.1

    def test_none_is_kept_while_nobody_records(self, server: RtspServer, tmp_path: Path) -> None:
        filming = Filming(server.address, tmp_path / "rec", postroll="1s")
        filming.until(1.0)
        assert filming.sound.format is not None
        assert len(filming.sound) == 0
        filming.start()
        filming.until(2.0)
        assert len(filming.sound) > 20
        filming.stop()
        filming.until(3.5)
        assert len(filming.sound) == 0
        filming.end()


@pytest.mark.parametrize("wanted", [True, False])
def test_a_whole_run_records_it_unless_it_is_not_wanted(server: RtspServer, tmp_path: Path, *, wanted: bool) -> None:
    config = Config(
        source=SourceConfig(uri=server.address, keep_trying=True),
        detect=DetectConfig(size="64"),
        pose=PoseConfig(model="movenet-lightning"),
        record=RecordConfig(path=tmp_path / "o.mp4", sound=wanted),
    )
    pipeline, pause, deadline_s = build(config), threading.Event(), time.monotonic() + 20
    pipeline.start()
    while pipeline.report().num_frames < 3 and time.monotonic() < deadline_s:
        pause.wait(0.02)
    pause.wait(3.0)  # more than a round of the clip
    pipeline.stop()
    assert pipeline.wait(2.0)  # raises what a stage has failed of
    assert pipeline.report().num_frames > 3, pipeline.report()
    found = beeps.found(tmp_path / "o.mp4")
    assert found.video_s > 2.0
    assert found.sound_s == pytest.approx(found.video_s if wanted else 0.0, abs=0.3)
    if wanted:
        assert len(found.apart_s)
        assert np.abs(found.apart_s).max() < 0.1


def coded(path: Path, codec: str) -> tuple[AudioFormat, list[bytes]]:
    """Four seconds of sound in this codec, as a connection gives them."""
    with av.open(str(with_sound(path, codec))) as container:
        form = AudioDemuxer(container).format
        assert form is not None
        track = AudioDemuxer(container)
        for packet in container.demux(audio=0):
            track.add(packet)
        return form, [heard.data for heard in track.take()]


def record(
    sound: AudioBuffer, path: Path, parts: Sequence[tuple[AudioFormat, list[bytes]]], **settings: Any
) -> list[Path]:
    """Record 2 s of each kind of sound, one after another."""
    config = RecordConfig(path=path, **settings)
    place = SegmentSeries(path, config) if config.is_series else SingleFile(path)
    sound.begin(parts[0][0])
    recorder = Recorder(place, config, context=RecordingContext(rate_hz=RATE_HZ, is_live=True, sound=sound))
    recorder.start()
    for number, (form, packets) in enumerate(parts):
        sound.begin(form)
        step_s = 1024 / 48_000 if form.codec == "aac" else 1152 / 48_000
        left = [(number * 2 + index * step_s, data) for index, data in enumerate(packets) if index * step_s < 2]
        for index in range(number * 2 * RATE_HZ, (number + 1) * 2 * RATE_HZ):
            while left and left[0][0] <= index / RATE_HZ:
                time_s, data = left.pop(0)
                sound.receive(AudioPacket(time_s, step_s, data, form))
            recorder.write(scene(nobody(), index=index, time_s=index / RATE_HZ))
    recorder.close()
    return sorted(path.glob("*.mp4"), key=lambda each: each.stat().st_mtime_ns) if config.is_series else [path]


def kind_and_length(path: Path) -> tuple[str, float]:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return "", 0.0
        stream = container.streams.audio[0]
        times = [float(packet.pts * packet.time_base) for packet in container.demux(stream) if packet.pts is not None]
        return stream.codec_context.name, times[-1]


class TestChanges:
    def test_another_codec_ends_the_track_of_a_file(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        parts = [coded(tmp_path / "a.mp4", "aac"), coded(tmp_path / "b.mkv", "libmp3lame")]
        (path,) = record(AudioBuffer(), tmp_path / "o.mp4", parts)
        kind, length_s = kind_and_length(path)
        assert kind == "aac"
        assert 1.8 < length_s < 2.05
        assert caplog.messages == ["the sound changed from aac to mp3float; the running file goes on without"]

    def test_and_begins_anew_with_the_next_segment(self, tmp_path: Path) -> None:
        parts = [coded(tmp_path / "a.mp4", "aac"), coded(tmp_path / "b.mkv", "libmp3lame")]
        paths = record(AudioBuffer(), tmp_path / "rec", parts, segment="1s")
        assert [kind_and_length(path)[0] for path in paths] == ["aac", "aac", "mp3float", "mp3float"]
        assert all(kind_and_length(path)[1] > 0.8 for path in paths)

    def test_both_videos_have_it(self, tmp_path: Path) -> None:
        record(AudioBuffer(), tmp_path / "o.mp4", [coded(tmp_path / "a.mp4", "aac")], picture="both")
        assert kind_and_length(tmp_path / "o.mp4") == kind_and_length(tmp_path / "o.clean.mp4")

    def test_damaged_packets_do_not_end_a_recording(self, tmp_path: Path) -> None:
        form, packets = coded(tmp_path / "a.ts", "aac")
        assert form.has_header  # made of what is at the head of each packet
        noise = np.random.default_rng(3)
        spoilt = [noise.bytes(len(data)) if index % 5 == 3 else data for index, data in enumerate(packets)]
        (path,) = record(AudioBuffer(), tmp_path / "o.mp4", [(form, spoilt)])
        assert kind_and_length(path)[0] == "aac"
        with av.open(str(path)) as container:
            assert len(list(container.decode(video=0))) == 2 * RATE_HZ

    def test_damaged_heads_are_left_out(self, tmp_path: Path) -> None:
        with av.open(str(with_sound(tmp_path / "a.ts", "aac"))) as container:
            track = AudioDemuxer(container)
            packets = [packet for packet in container.demux(audio=0) if packet.size]
            for index, packet in enumerate(packets):
                spoilt = Packet(bytes(packet)[index % 2 :])
                spoilt.pts, spoilt.time_base = packet.pts, packet.time_base
                track.add(spoilt)
        assert len(track.take()) == (len(packets) + 1) // 2

    def test_sound_without_the_header_that_it_needs_is_left_out(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        form, packets = coded(tmp_path / "a.mkv", "libopus")
        (path,) = record(AudioBuffer(), tmp_path / "o.mp4", [(replace(form, has_header=False), packets)])
        assert kind_and_length(path) == ("", 0.0)
        assert "MP4 takes no" in caplog.text


class Noting:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.times_s: list[float] = []

    def begin(self, form: AudioFormat | None) -> None:
        pass

    def receive(self, packet: AudioPacket) -> None:
        self.times_s.append(packet.time_s)


class TestTimes:
    @pytest.fixture
    def hearing(self) -> AudioTimestampMapper:
        hearing, form = AudioTimestampMapper(), AudioFormat("aac", (), 48_000, has_header=True, template=None)
        hearing.listen(Noting())
        hearing.connect(form)
        return hearing

    def times_s(self, hearing: AudioTimestampMapper) -> list[float]:
        assert isinstance(hearing._listener, Noting)
        return hearing._listener.times_s

    def test_are_those_of_the_pictures_beside_it(self, hearing: AudioTimestampMapper) -> None:
        hearing.hand_on(
            [DemuxedAudioPacket(99.98, 0.02, b""), DemuxedAudioPacket(100.0, 0.02, b"")], stamp_s=100.0, time_s=3.0
        )
        assert self.times_s(hearing) == pytest.approx([2.98, 3.0])

    def test_only_grow(self, hearing: AudioTimestampMapper) -> None:
        hearing.hand_on(
            [DemuxedAudioPacket(1.0, 0, b""), DemuxedAudioPacket(0.9, 0, b""), DemuxedAudioPacket(1.1, 0, b"")],
            stamp_s=1.0,
            time_s=5.0,
        )
        hearing.connect(hearing._format)
        hearing.hand_on([DemuxedAudioPacket(0.0, 0, b""), DemuxedAudioPacket(0.2, 0, b"")], stamp_s=0.0, time_s=5.05)
        assert self.times_s(hearing) == pytest.approx([5.0, 5.1, 5.25])

    def test_clocks_that_are_apart_meet_by_arrival_and_then_count_steps(self, hearing: AudioTimestampMapper) -> None:
        hearing.hand_on([DemuxedAudioPacket(5000.0, 0, b"")], stamp_s=2.0, time_s=7.0)
        hearing.hand_on(
            [DemuxedAudioPacket(5000.02, 0, b""), DemuxedAudioPacket(5000.04, 0, b"")], stamp_s=2.4, time_s=7.4
        )
        assert self.times_s(hearing) == pytest.approx([7.0, 7.02, 7.04])

    def test_a_picture_without_a_stamp_gives_it_no_place(self, hearing: AudioTimestampMapper) -> None:
        hearing.hand_on([DemuxedAudioPacket(1.0, 0, b"")], stamp_s=None, time_s=7.0)
        assert self.times_s(hearing) == []


def test_what_nobody_collects_is_bounded() -> None:
    sound, form = AudioBuffer(), AudioFormat("aac", (), 48_000, has_header=True, template=None)
    sound.keep(is_kept=True)
    for index in range(20_000):
        sound.receive(AudioPacket(index * 0.02, 0.02, b"x", form))
    assert len(sound) == 4096
    assert next(sound.after(0))[1].time_s == pytest.approx((20_000 - 4096) * 0.02)
