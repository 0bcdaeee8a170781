"""The recorder: cuts, pre-roll and post-roll, and what is recorded."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.support.clips import pattern_image
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.reasons import Outage, Reason
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.status import RecorderState
from realtime_pose.recording.targets import SegmentSeries, SingleFile
from realtime_pose.scene import Scene
from realtime_pose.sources.reasons import SourceReason
from tests.support.fakes.recording_system import (
    LIVE,
    NOON,
    RATE_HZ,
    FakeSystem,
    greys,
    make_recorder,
    record,
    span,
    state,
    videos,
)
from tests.support.people.stills import nobody, people, scene

pytestmark = [pytest.mark.process]


class TestSegments:
    def test_are_cut_at_their_length_named_by_time_and_start_at_zero(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, segment="2s")
        recorder.start()
        record(recorder, system, span(5, 10))
        recorder.close()
        assert [path.name for path in videos(tmp_path)] == [
            "2030-01-02_12-00-00.mp4", "2030-01-02_12-00-02.mp4", "2030-01-02_12-00-04.mp4",
        ]  # fmt: skip
        times = [video_times(path) for path in videos(tmp_path)]
        assert [len(each) for each in times] == [20, 20, 10]
        assert all(each == pytest.approx(span(0, len(each) / RATE_HZ), abs=1e-4) for each in times)

    def test_no_frame_is_lost_or_repeated_at_a_cut(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, segment="1s", context=replace(LIVE, is_live=False))
        recorder.start()
        record(recorder, system, span(0, 2.0))
        recorder.close()
        found = [grey for path in videos(tmp_path) for grey in greys(path)]
        expected = [int(pattern_image(index)[-1, -1, 0]) for index in range(20)]
        assert found == pytest.approx(expected, abs=8)

    def test_a_length_between_key_frames_is_exact(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, segment="1.5s")
        recorder.start()
        record(recorder, system, span(0, 4.5))
        recorder.close()
        assert [len(video_times(path)) for path in videos(tmp_path)] == [15, 15, 15]

    def test_are_cut_at_their_size(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, segment="100kB")
        recorder.start()
        noise = np.random.default_rng(1)
        for index, time_s in enumerate(span(0, 12)):
            image = noise.integers(0, 256, (48, 64, 3), dtype=np.uint8)
            system.now = NOON + timedelta(seconds=time_s)
            recorder.write(scene(nobody(), index=index, time_s=time_s, image=image))
        recorder.close()
        sizes = [path.stat().st_size for path in videos(tmp_path)]
        assert len(sizes) > 2
        assert max(sizes) <= 100_000
        assert min(sizes[:-1]) > 85_000

    def test_a_prefix_stands_before_the_time(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path / "new" / "door.mp4", system, segment="1s")
        recorder.start()
        record(recorder, system, span(0, 0.5))
        recorder.close()
        assert [path.name for path in videos(tmp_path / "new")] == ["door_2030-01-02_12-00-00.mp4"]

    def test_a_clock_set_back_an_hour_only_changes_names(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, segment="1s", keep_days=1.0)
        recorder.start()
        record(recorder, system, span(0, 2))
        system.now -= timedelta(hours=1)
        record(recorder, system, span(2, 4), first=20)
        system.now = NOON  # the same times again
        record(recorder, system, span(4, 5), first=40)
        recorder.close()
        names = [path.name for path in videos(tmp_path)]
        assert len(names) == 5
        assert "2030-01-02_12-00-00-2.mp4" in names
        assert all(len(video_times(path)) == 10 for path in videos(tmp_path))

    def test_without_a_scene_no_file_is_left(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, segment="1s", picture="both")
        recorder.start()
        recorder.close()
        assert sorted(path.name for path in tmp_path.iterdir()) == [".recordings.jsonl", ".recordings.jsonl.lock"]


class TestPreroll:
    def test_a_recording_begins_before_the_trigger_with_a_key_frame(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, preroll="2s")
        record(recorder, system, span(0, 7.5))
        assert state(recorder) is RecorderState.ARMED
        assert not videos(tmp_path)
        recorder.start()
        record(recorder, system, span(7.5, 9), first=75)
        assert state(recorder) is RecorderState.RECORDING
        recorder.stop()
        assert state(recorder) is RecorderState.ARMED
        recorder.close()
        (path,) = videos(tmp_path)
        times = video_times(path)
        assert times == pytest.approx(span(0, 4.0), abs=1e-4)  # 5.0 is the last key frame 2 s or more before 7.4
        assert path.name == "2030-01-02_12-00-05.mp4"

    def test_old_frames_are_dropped(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, preroll="2s")
        record(recorder, system, span(0, 60))
        assert len(recorder._preroll) <= 3 * RATE_HZ
        recorder.close()

    def test_a_trigger_records_before_and_after_it(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, preroll="1s", postroll="2s")
        record(recorder, system, span(0, 5))
        recorder.trigger()
        assert state(recorder) is RecorderState.ENDING
        record(recorder, system, span(5, 9), first=50)
        assert state(recorder) is RecorderState.ARMED
        recorder.close()
        (path,) = videos(tmp_path)
        assert len(video_times(path)) == pytest.approx(40, abs=11)  # from 3.0, the key frame 1 s before 4.9, to 6.9

    def test_a_second_trigger_makes_it_longer(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, postroll="1s")
        record(recorder, system, span(0, 1))
        recorder.trigger()
        record(recorder, system, span(1, 1.5), first=10)
        recorder.trigger()
        record(recorder, system, span(1.5, 4), first=15)
        recorder.close()
        (path,) = videos(tmp_path)
        assert len(video_times(path)) == 15  # from 1.0 to 2.4, a second after 1.4

    def test_a_trigger_during_an_outage_records_what_follows_the_outage(
        self, tmp_path: Path, system: FakeSystem
    ) -> None:
        recorder = make_recorder(tmp_path, system, preroll="1s", postroll="2s")
        record(recorder, system, span(0, 3))
        recorder.trigger()
        record(recorder, system, span(33, 37), first=30)
        assert state(recorder) is RecorderState.ARMED
        recorder.close()
        (path,) = videos(tmp_path)
        times = np.array(video_times(path))
        assert (times < 3).sum() == pytest.approx(15, abs=6)  # the pre-roll, from a key frame on
        assert (times > 30).sum() == pytest.approx(20, abs=1)

    def test_stop_records_the_postroll_and_a_second_stop_ends_at_once(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, postroll="1s")
        record(recorder, system, span(0, 0.1))
        recorder.start()
        record(recorder, system, span(0.1, 1), first=1)
        recorder.stop()
        assert state(recorder) is RecorderState.ENDING
        record(recorder, system, span(1, 1.5), first=10)
        recorder.stop()
        assert state(recorder) is RecorderState.ARMED
        assert recorder.status.path is None
        record(recorder, system, span(1.5, 3), first=15)
        recorder.close()
        (path,) = videos(tmp_path)
        assert len(video_times(path)) == 14

    def test_two_events_are_two_files_without_common_frames(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, preroll="2s")
        record(recorder, system, span(0, 2))
        for begin in (2.0, 3.0):
            recorder.start()
            record(recorder, system, span(begin, begin + 0.5), first=round(begin * RATE_HZ))
            recorder.stop()
            record(recorder, system, span(begin + 0.5, begin + 1), first=round((begin + 0.5) * RATE_HZ))
        recorder.close()
        assert [len(video_times(path)) for path in videos(tmp_path)] == [25, 10]

    def test_segments_with_a_preroll(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, preroll="3s", segment="1s")
        record(recorder, system, span(0, 4))
        recorder.start()
        record(recorder, system, span(4, 5), first=40)
        recorder.close()
        assert sum(len(video_times(path)) for path in videos(tmp_path)) == 50
        assert len(videos(tmp_path)) == 5


class TestRecordAs:
    def write(self, folder: Path, system: FakeSystem, picture: str) -> None:
        config = RecordConfig(path=folder, segment="1s", picture=picture)

        def make_image(scene: Scene, kind: str) -> NDArray[np.uint8]:
            return np.full((48, 64, 3), 200, np.uint8) if kind == "overlay" else scene.frame.image

        target, system_clock = SegmentSeries(folder, config), system.system_clock
        recorder = Recorder(target, config, context=LIVE, make_image=make_image, system_clock=system_clock)
        recorder.start()
        black: NDArray[np.uint8] = np.zeros((48, 64, 3), np.uint8)
        for index, time_s in enumerate(span(7, 9)):
            system.now += timedelta(seconds=0.1)
            recorder.write(scene(people([[1, 1, 9, 20]]), index=index, time_s=time_s, image=black))
        recorder.close()

    def mean(self, path: Path) -> float:
        with av.open(str(path)) as container:
            return float(next(container.decode(video=0)).to_ndarray(format="gray").mean())

    def test_clean_has_poses_with_the_same_times(self, tmp_path: Path, system: FakeSystem) -> None:
        self.write(tmp_path, system, "clean")
        assert len(videos(tmp_path)) == 2
        for path in videos(tmp_path):
            assert self.mean(path) < 30
            header, *lines = map(json.loads, path.with_suffix(".jsonl").read_text().splitlines())
            assert header["source"] == "door"
            assert [line["time_s"] for line in lines] == pytest.approx(video_times(path), abs=1e-5)
            assert all(len(line["people"]) == 1 for line in lines)

    def test_an_outage_is_written_only_in_the_file_of_its_time(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, segment="1s", picture="clean")
        for index, time_s in enumerate(span(0, 4)):
            system.now += timedelta(seconds=0.1)
            still = scene(nobody(), index=index, time_s=time_s)
            outage = Outage((index >= 5) + (index >= 23), 2.0, Reason(SourceReason.NO_FRAMES, {"waited_s": 1.0}))
            recorder.write(replace(still, frame=replace(still.frame, outage=outage)))
            if index == 9:
                recorder.start()  # after the first outage
        recorder.close()
        files = [path.read_text().splitlines()[1:] for path in sorted(tmp_path.glob("2*.jsonl"))]
        frames = [[line["frame"] for line in map(json.loads, lines) if "interruption" in line] for lines in files]
        assert frames == [[], [23], []]

    def test_both(self, tmp_path: Path, system: FakeSystem) -> None:
        self.write(tmp_path, system, "both")
        clean = sorted(tmp_path.glob("*.clean.mp4"))
        drawn = [path for path in videos(tmp_path) if path not in clean]
        assert len(clean) == len(drawn) == len(list(tmp_path.glob("2*.jsonl"))) == 2
        assert all(self.mean(path) < 30 for path in clean)
        assert all(self.mean(path) > 180 for path in drawn)
        assert [video_times(path) for path in clean] == [video_times(path) for path in drawn]


def test_a_single_file_that_failed_raises_at_every_write(tmp_path: Path, system: FakeSystem) -> None:
    target = SingleFile(tmp_path / "a.mp4", RecordConfig())
    recorder = Recorder(target, RecordConfig(), context=LIVE, system_clock=system.system_clock)
    recorder.start()
    record(recorder, system, span(0, 1))
    (tmp_path / "a.mp4").unlink()
    for _ in range(2):
        with pytest.raises(SinkError, match="moved or deleted"):
            record(recorder, system, span(1, 1.1), first=10)
    recorder.close()
