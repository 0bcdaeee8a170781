"""The recorder with an encoder that is too slow."""

import re
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.support.clips import pattern_image
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.config import RecordConfig
from realtime_pose.reasons import Reason
from realtime_pose.recording.encoder import PRESETS, encoder_options, faster_preset
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.status import RecorderNote
from realtime_pose.recording.targets import SegmentSeries
from tests.support.fakes.recording_system import (
    LIVE,
    RATE_HZ,
    FakeSystem,
    make_recorder,
    record,
    span,
    videos,
)
from tests.support.people.stills import nobody, scene

pytestmark = [pytest.mark.process]


class TestLoadShedding:
    def test_a_slow_encoder_drops_frames_counts_them_and_uses_a_faster_preset(
        self, tmp_path: Path, system: FakeSystem
    ) -> None:
        system.encode_s = 0.2  # of 0.1 s
        recorder = make_recorder(tmp_path, system, segment="10min", encoder_preset="veryfast")
        recorder.start()
        record(recorder, system, span(0, 1.5))
        system.encode_s = 0.02
        record(recorder, system, span(1.5, 8), first=15)
        recorder.close()
        (path,) = videos(tmp_path)
        assert 5 <= recorder.status.num_dropped <= 10
        assert recorder.status.note == Reason(RecorderNote.PRESET_CHANGED, {"preset": "superfast"})
        times = video_times(path)
        assert len(times) == 80 - recorder.status.num_dropped
        assert times[-1] == pytest.approx(7.9, abs=1e-3)  # recorded frames keep their times
        assert np.all(np.isin(np.round(np.array(times) * 10), np.arange(80)))

    def test_players_can_seek_over_a_change_of_preset(
        self, tmp_path: Path, system: FakeSystem, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The presets superfast and ultrafast use different entropy coders: each key frame needs its parameters."""
        system.encode_s = 0.15
        recorder = make_recorder(tmp_path, system, segment="10min")
        recorder.start()
        record(recorder, system, span(0, 6))
        recorder.close()
        assert "the preset is ultrafast" in caplog.text
        (path,) = videos(tmp_path)
        with av.open(str(path)) as container:
            for time_s in (5, 0, 4, 1):
                container.seek(time_s * av.time_base)
                frame = next(container.decode(video=0))
                index = round(float(frame.time or 0) * RATE_HZ)
                grey = frame.to_ndarray(format="bgr24")[-4, -4, 0]
                assert int(grey) == pytest.approx(int(pattern_image(index)[-1, -1, 0]), abs=10)

    def test_a_real_slow_encoder_uses_faster_presets_until_it_keeps_up(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """With the real timer. Media time advances at 30 Hz, however long encoding takes."""
        config = RecordConfig(path=tmp_path, segment="10min", encoder_preset="veryslow")
        context = replace(LIVE, rate_hz=30.0)
        recorder = Recorder(SegmentSeries(tmp_path, config), config, context=context)
        recorder.start()
        noise = np.random.default_rng(1).integers(0, 256, (8, 480, 640, 3), dtype=np.uint8)
        num_frames = 90
        for index in range(num_frames):
            recorder.write(scene(nobody(), index=index, time_s=index / 30, image=noise[index % 8]))
        recorder.close()
        used = [name for message in caplog.messages for name in re.findall(r"the preset is (\w+)", message)]
        slowest_first = PRESETS["libx264"][::-1]
        assert len(used) >= 2
        assert used == list(slowest_first[1 : 1 + len(used)])
        assert recorder.status.num_dropped >= 5 * len(used)
        (path,) = videos(tmp_path)
        times = video_times(path)
        assert len(times) == num_frames - recorder.status.num_dropped
        assert np.isin(np.round(np.array(times) * 30), np.arange(num_frames)).all()

    def test_it_warns_once_if_no_preset_is_faster(
        self, tmp_path: Path, system: FakeSystem, caplog: pytest.LogCaptureFixture
    ) -> None:
        system.encode_s = 0.3
        recorder = make_recorder(tmp_path, system, segment="10min", encoder_preset="ultrafast")
        recorder.start()
        record(recorder, system, span(0, 8))
        recorder.close()
        assert recorder.status.note == Reason(RecorderNote.FRAMES_DROPPED)
        assert len(caplog.records) == 1

    def test_the_presets_of_both_encoders_are_in_one_table(self) -> None:
        for name, first in (("libx264", "superfast"), ("h264_nvenc", "p4")):
            preset, seen = encoder_options(name, RecordConfig())["preset"], []
            assert preset == first
            while preset := faster_preset(name, preset):
                seen.append(encoder_options(name, RecordConfig(), preset)["preset"])
            assert seen == list(PRESETS[name][: len(seen)])[::-1]
            assert seen[-1] == PRESETS[name][0]

    def test_no_frame_of_a_file_is_dropped_if_the_encoder_is_slow(self, tmp_path: Path, system: FakeSystem) -> None:
        system.encode_s = 10.0
        recorder = make_recorder(tmp_path, system, segment="10min", context=replace(LIVE, is_live=False))
        recorder.start()
        record(recorder, system, span(0, 3))
        recorder.close()
        assert recorder.status.num_dropped == 0
        assert len(video_times(videos(tmp_path)[0])) == 30
