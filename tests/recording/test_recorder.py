"""The recorder: cuts, pre-roll and post-roll, a full disk, and an encoder that is too slow."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.support.clips import pattern_image
from benchmarks.support.full_disk import SmallDisk, mount_small_disk
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.reasons import Outage, Reason
from realtime_pose.recording.context import RecordingContext, SystemClock
from realtime_pose.recording.encoder import PRESETS, encoder_options, faster_preset
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.status import RecorderNote, RecorderState
from realtime_pose.recording.targets import SegmentSeries, SingleFile
from realtime_pose.scene import Scene
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import COCO17
from realtime_pose.sources.reasons import SourceReason
from tests.support.people.stills import nobody, people, scene

pytestmark = [pytest.mark.process]

RATE_HZ = 10
LIVE = RecordingContext(rate_hz=float(RATE_HZ), is_live=True, run=RunHeader("door", COCO17, {}))
NOON = datetime(2030, 1, 2, 12, 0, 0, tzinfo=UTC)
MB = 1_000_000


class FakeSystem:
    """A wall clock, a disk and a timer that a test sets."""

    def __init__(self) -> None:
        self.now = NOON
        self.free = 10_000 * MB
        self.encode_s = 0.0
        self._time_s = 0.0

    @property
    def system_clock(self) -> SystemClock:
        return SystemClock(now=lambda: self.now, free_bytes=lambda folder: self.free, timer=self._read)

    def _read(self) -> float:
        """A time that is `encode_s` later at each call."""
        self._time_s += self.encode_s
        return self._time_s


@pytest.fixture
def system() -> FakeSystem:
    return FakeSystem()


def make_recorder(
    folder: Path, system: FakeSystem, *, context: RecordingContext = LIVE, **settings: object
) -> Recorder:
    config = RecordConfig(path=folder, **settings)  # type: ignore[arg-type]
    return Recorder(SegmentSeries(folder, config), config, context=context, system_clock=system.system_clock)


def record(recorder: Recorder, system: FakeSystem, seconds: Sequence[float], *, first: int = 0) -> None:
    """Record scenes at these media times; the wall clock moves with them."""
    start = system.now
    for index, time_s in enumerate(seconds, start=first):
        system.now = start + timedelta(seconds=time_s - seconds[0])
        recorder.write(scene(nobody(), index=index, time_s=time_s))


def span(begin: float, end: float) -> list[float]:
    """Media times from begin to end, without the end."""
    return [begin + index / RATE_HZ for index in range(round((end - begin) * RATE_HZ))]


def state(recorder: Recorder) -> RecorderState:
    return recorder.status.state


def videos(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.mp4"))


def greys(path: Path) -> list[int]:
    """Grey value of the bottom right quarter of each image; it identifies the image."""
    with av.open(str(path)) as container:
        images = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    return [int(image[image.shape[0] * 3 // 4, image.shape[1] * 3 // 4, 0]) for image in images]


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


class TestDisk:
    def test_recording_pauses_before_it_is_full_and_resumes(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, segment="10min", keep_free="500MB")
        recorder.start()
        record(recorder, system, span(0, 3))
        system.free = 499 * MB
        record(recorder, system, span(3, 6), first=30)
        assert state(recorder) is RecorderState.PAUSED
        values = {"free_bytes": 499 * MB, "resume_bytes": pytest.approx(600 * MB), "folder": str(tmp_path)}
        assert recorder.status.note.code is RecorderNote.DISK_NEARLY_FULL
        assert recorder.status.note.values == values
        assert recorder.status.path is None
        (first,) = videos(tmp_path)
        assert len(video_times(first)) == 30
        system.free = 550 * MB  # above the limit, but not by enough
        record(recorder, system, span(6, 8), first=60)
        assert state(recorder) is RecorderState.PAUSED
        system.free = 700 * MB
        record(recorder, system, span(8, 10), first=80)
        assert state(recorder) is RecorderState.RECORDING
        assert not recorder.status.note
        recorder.close()
        assert [len(video_times(path)) for path in videos(tmp_path)] == [30, 20]

    def test_a_single_file_of_a_camera_continues_in_a_numbered_one(self, tmp_path: Path, system: FakeSystem) -> None:
        config = RecordConfig()
        target = SingleFile(tmp_path / "out.mp4", config)
        recorder = Recorder(target, config, context=LIVE, system_clock=system.system_clock)
        recorder.start()
        record(recorder, system, span(0, 2))
        system.free = 0
        record(recorder, system, span(2, 4), first=20)
        system.free = 10_000 * MB
        record(recorder, system, span(4, 6), first=40)
        recorder.close()
        assert [path.name for path in videos(tmp_path)] == ["out-2.mp4", "out.mp4"]
        assert [len(video_times(path)) for path in videos(tmp_path)] == [20, 20]

    def test_a_full_disk_at_the_start_is_a_pause(self, tmp_path: Path, system: FakeSystem) -> None:
        system.free = 0
        recorder = make_recorder(tmp_path, system, segment="1s")
        recorder.start()
        assert state(recorder) is RecorderState.PAUSED
        record(recorder, system, span(0, 2))
        assert not videos(tmp_path)
        recorder.close()

    def test_stop_during_a_pause_ends_the_recording(self, tmp_path: Path, system: FakeSystem) -> None:
        recorder = make_recorder(tmp_path, system, preroll="1s", postroll="5s")
        record(recorder, system, span(0, 2))
        system.free = 0
        recorder.start()
        assert state(recorder) is RecorderState.PAUSED
        recorder.stop()
        assert state(recorder) is RecorderState.ARMED
        system.free = 10_000 * MB
        record(recorder, system, span(2, 5), first=20)
        assert state(recorder) is RecorderState.ARMED
        recorder.close()
        assert not videos(tmp_path)

    def test_a_missing_folder_is_reported_and_tried_again(self, tmp_path: Path, system: FakeSystem) -> None:
        folder, away = tmp_path / "rec", tmp_path / "away"
        recorder = make_recorder(folder, system, segment="10min")
        recorder.start()
        record(recorder, system, span(0, 2))
        folder.rename(away)
        record(recorder, system, span(2, 4), first=20)
        assert state(recorder) is RecorderState.PAUSED
        assert recorder.status.note.code is RecorderNote.WRITE_FAILED
        assert "moved or deleted" in str(recorder.status.note.values["error"])
        away.rename(folder)
        record(recorder, system, span(4, 10), first=40)
        assert state(recorder) is RecorderState.RECORDING
        recorder.close()
        assert len(videos(folder)) == 2

    def test_a_full_disk_keeps_the_segments(self, small_disk: SmallDisk, system: FakeSystem) -> None:
        """The guard still sees free space, as if another program filled the disk within a second."""
        recorder = make_recorder(small_disk.folder, system, segment="1s")
        recorder.start()
        record(recorder, system, span(0, 4))
        with small_disk.fill():
            record(recorder, system, span(4, 10), first=40)
            assert recorder.status.note.code is RecorderNote.WRITE_FAILED
            assert re.search("No space left|File too large", str(recorder.status.note.values["error"]))
            assert state(recorder) is RecorderState.PAUSED
        record(recorder, system, span(10, 20), first=100)
        assert state(recorder) is RecorderState.RECORDING
        assert not recorder.status.note
        recorder.close()
        counts = [len(video_times(path)) for path in videos(small_disk.folder)]
        assert counts[:3] == [10, 10, 10]
        assert sum(counts) >= 70
        assert min(counts) > 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of 2 MB."""
    with mount_small_disk(tmp_path / "disk", num_mb=2) as disk:
        yield disk


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
