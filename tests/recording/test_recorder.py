"""The recorder: where it cuts, what lies before and after a trigger, and what it does when the disk is nearly full."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose.config import RecordConfig
from realtime_pose.errors import SinkError
from realtime_pose.recording.context import RecordingContext, SystemClock
from realtime_pose.recording.encoder import LADDERS, encoder_options, faster_preset
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.targets import SegmentSeries, SingleFile
from realtime_pose.scene import Outage, Scene
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import COCO17
from tests.support.clips import picture
from tests.support.full_disk import SmallDisk, mounted
from tests.support.sink_readers import video_times
from tests.support.stills import nobody, people, scene

RATE_HZ = 10
LIVE = RecordingContext(rate_hz=float(RATE_HZ), is_live=True, run=RunHeader("door", COCO17, {}))
NOON = datetime(2030, 1, 2, 12, 0, 0, tzinfo=UTC)
MB = 1_000_000


class Machine:
    """A wall clock that a test moves, a disk that it fills, and a timer that says how long encoding takes."""

    def __init__(self) -> None:
        self.now = NOON
        self.free = 10_000 * MB
        self.encode_s = 0.0
        self._time_s = 0.0

    @property
    def system_clock(self) -> SystemClock:
        return SystemClock(now=lambda: self.now, free_bytes=lambda folder: self.free, timer=self._read)

    def _read(self) -> float:
        """Each reading is `encode_s` after the one before."""
        self._time_s += self.encode_s
        return self._time_s


@pytest.fixture
def machine() -> Machine:
    return Machine()


def recorder(folder: Path, machine: Machine, *, context: RecordingContext = LIVE, **settings: object) -> Recorder:
    config = RecordConfig(path=folder, **settings)  # type: ignore[arg-type]
    return Recorder(SegmentSeries(folder, config), config, context=context, system_clock=machine.system_clock)


def film(sink: Recorder, machine: Machine, seconds: Sequence[float], *, start: int = 0) -> None:
    """Scenes of these media times, while the wall clock goes along."""
    begun = machine.now
    for index, time_s in enumerate(seconds, start=start):
        machine.now = begun + timedelta(seconds=time_s - seconds[0])
        sink.write(scene(nobody(), index=index, time_s=time_s))


def span(begin: float, end: float) -> list[float]:
    """Media times from begin until before end."""
    return [begin + index / RATE_HZ for index in range(round((end - begin) * RATE_HZ))]


def state(sink: Recorder) -> str:
    return str(sink.state)


def videos(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.mp4"))


def greys(path: Path) -> list[int]:
    """The grey of the bottom right quarter of each picture: it tells which picture it is."""
    with av.open(str(path)) as container:
        images = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    return [int(image[image.shape[0] * 3 // 4, image.shape[1] * 3 // 4, 0]) for image in images]


class TestSegments:
    def test_are_cut_at_the_length_named_by_time_and_each_begins_at_zero(
        self, tmp_path: Path, machine: Machine
    ) -> None:
        sink = recorder(tmp_path, machine, segment="2s")
        sink.start()
        film(sink, machine, span(5, 10))
        sink.close()
        assert [path.name for path in videos(tmp_path)] == [
            "2030-01-02_12-00-00.mp4", "2030-01-02_12-00-02.mp4", "2030-01-02_12-00-04.mp4",
        ]  # fmt: skip
        times = [video_times(path) for path in videos(tmp_path)]
        assert [len(each) for each in times] == [20, 20, 10]
        assert all(each == pytest.approx(span(0, len(each) / RATE_HZ), abs=1e-4) for each in times)

    def test_no_frame_is_lost_or_doubled_at_a_cut(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, segment="1s", context=replace(LIVE, is_live=False))
        sink.start()
        film(sink, machine, span(0, 2.0))
        sink.close()
        found = [grey for path in videos(tmp_path) for grey in greys(path)]
        wanted = [int(picture(index)[-1, -1, 0]) for index in range(20)]
        assert found == pytest.approx(wanted, abs=8)

    def test_a_length_between_key_frames_is_kept_to_the_frame(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, segment="1.5s")
        sink.start()
        film(sink, machine, span(0, 4.5))
        sink.close()
        assert [len(video_times(path)) for path in videos(tmp_path)] == [15, 15, 15]

    def test_by_size(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, segment="100kB")
        sink.start()
        noise = np.random.default_rng(1)
        for index, time_s in enumerate(span(0, 12)):
            image = noise.integers(0, 256, (48, 64, 3), dtype=np.uint8)
            machine.now = NOON + timedelta(seconds=time_s)
            sink.write(scene(nobody(), index=index, time_s=time_s, image=image))
        sink.close()
        sizes = [path.stat().st_size for path in videos(tmp_path)]
        assert len(sizes) > 2
        assert max(sizes) <= 100_000
        assert min(sizes[:-1]) > 85_000

    def test_a_prefix_stands_before_the_time(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path / "new" / "door.mp4", machine, segment="1s")
        sink.start()
        film(sink, machine, span(0, 0.5))
        sink.close()
        assert [path.name for path in videos(tmp_path / "new")] == ["door_2030-01-02_12-00-00.mp4"]

    def test_the_clock_set_back_an_hour_changes_names_only(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, segment="1s", keep_days=1.0)
        sink.start()
        film(sink, machine, span(0, 2))
        machine.now -= timedelta(hours=1)
        film(sink, machine, span(2, 4), start=20)
        machine.now = NOON  # and once more over the same times
        film(sink, machine, span(4, 5), start=40)
        sink.close()
        names = [path.name for path in videos(tmp_path)]
        assert len(names) == 5
        assert "2030-01-02_12-00-00-2.mp4" in names
        assert all(len(video_times(path)) == 10 for path in videos(tmp_path))

    def test_nothing_is_left_where_no_scene_came(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, segment="1s", picture="both")
        sink.start()
        sink.close()
        assert [path.name for path in tmp_path.iterdir()] == [".recordings.jsonl"]


class TestPreroll:
    def test_a_recording_begins_before_the_trigger_with_a_key_frame(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, preroll="2s")
        film(sink, machine, span(0, 7.5))
        assert state(sink) == "armed"
        assert not videos(tmp_path)
        sink.start()
        film(sink, machine, span(7.5, 9), start=75)
        assert state(sink) == "recording"
        sink.stop()
        assert state(sink) == "armed"
        sink.close()
        (path,) = videos(tmp_path)
        times = video_times(path)
        assert times == pytest.approx(span(0, 4.0), abs=1e-4)  # 5.0 is the last key frame 2 s or more before 7.4
        assert path.name == "2030-01-02_12-00-05.mp4"

    def test_it_holds_no_more_than_it_must(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, preroll="2s")
        film(sink, machine, span(0, 60))
        assert len(sink._preroll) <= 3 * RATE_HZ
        sink.close()

    def test_a_trigger_records_before_and_after_it(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, preroll="1s", postroll="2s")
        film(sink, machine, span(0, 5))
        sink.trigger()
        assert state(sink) == "ending"
        film(sink, machine, span(5, 9), start=50)
        assert state(sink) == "armed"
        sink.close()
        (path,) = videos(tmp_path)
        assert len(video_times(path)) == pytest.approx(40, abs=11)  # from 3.0, the key frame 1 s before 4.9, to 6.9

    def test_a_second_trigger_makes_it_longer(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, postroll="1s")
        film(sink, machine, span(0, 1))
        sink.trigger()
        film(sink, machine, span(1, 1.5), start=10)
        sink.trigger()
        film(sink, machine, span(1.5, 4), start=15)
        sink.close()
        (path,) = videos(tmp_path)
        assert len(video_times(path)) == 15  # from 1.0 to 2.4, a second after 1.4

    def test_a_trigger_while_the_source_is_away_records_what_comes_when_it_is_back(
        self, tmp_path: Path, machine: Machine
    ) -> None:
        sink = recorder(tmp_path, machine, preroll="1s", postroll="2s")
        film(sink, machine, span(0, 3))
        sink.trigger()
        film(sink, machine, span(33, 37), start=30)
        assert state(sink) == "armed"
        sink.close()
        (path,) = videos(tmp_path)
        times = np.array(video_times(path))
        assert (times < 3).sum() == pytest.approx(15, abs=6)  # the pre-roll, from a key frame on
        assert (times > 30).sum() == pytest.approx(20, abs=1)

    def test_stop_ends_after_the_postroll_and_at_once_the_second_time(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, postroll="1s")
        film(sink, machine, span(0, 0.1))
        sink.start()
        film(sink, machine, span(0.1, 1), start=1)
        sink.stop()
        assert state(sink) == "ending"
        film(sink, machine, span(1, 1.5), start=10)
        sink.stop()
        assert state(sink) == "armed"
        assert sink.path == ""
        film(sink, machine, span(1.5, 3), start=15)
        sink.close()
        (path,) = videos(tmp_path)
        assert len(video_times(path)) == 14

    def test_two_events_are_two_files_and_a_frame_is_in_one_of_them(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, preroll="2s")
        film(sink, machine, span(0, 2))
        for begin in (2.0, 3.0):
            sink.start()
            film(sink, machine, span(begin, begin + 0.5), start=round(begin * RATE_HZ))
            sink.stop()
            film(sink, machine, span(begin + 0.5, begin + 1), start=round((begin + 0.5) * RATE_HZ))
        sink.close()
        assert [len(video_times(path)) for path in videos(tmp_path)] == [25, 10]

    def test_segments_and_a_preroll_go_together(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, preroll="3s", segment="1s")
        film(sink, machine, span(0, 4))
        sink.start()
        film(sink, machine, span(4, 5), start=40)
        sink.close()
        assert sum(len(video_times(path)) for path in videos(tmp_path)) == 50
        assert len(videos(tmp_path)) == 5


class TestDisk:
    def test_recording_stops_before_it_is_full_says_so_and_resumes(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, segment="10min", keep_free="500MB")
        sink.start()
        film(sink, machine, span(0, 3))
        machine.free = 499 * MB
        film(sink, machine, span(3, 6), start=30)
        assert state(sink) == "paused"
        assert "disk nearly full: 499 MB free" in sink.note
        assert sink.path == ""
        (first,) = videos(tmp_path)
        assert len(video_times(first)) == 30
        machine.free = 550 * MB  # at the limit it does not flap
        film(sink, machine, span(6, 8), start=60)
        assert state(sink) == "paused"
        machine.free = 700 * MB
        film(sink, machine, span(8, 10), start=80)
        assert state(sink) == "recording"
        assert sink.note == ""
        sink.close()
        assert [len(video_times(path)) for path in videos(tmp_path)] == [30, 20]

    def test_one_file_of_a_camera_goes_on_in_a_numbered_one(self, tmp_path: Path, machine: Machine) -> None:
        config = RecordConfig()
        sink = Recorder(SingleFile(tmp_path / "out.mp4"), config, context=LIVE, system_clock=machine.system_clock)
        sink.start()
        film(sink, machine, span(0, 2))
        machine.free = 0
        film(sink, machine, span(2, 4), start=20)
        machine.free = 10_000 * MB
        film(sink, machine, span(4, 6), start=40)
        sink.close()
        assert [path.name for path in videos(tmp_path)] == ["out-2.mp4", "out.mp4"]
        assert [len(video_times(path)) for path in videos(tmp_path)] == [20, 20]

    def test_a_full_disk_at_the_start_is_no_failure(self, tmp_path: Path, machine: Machine) -> None:
        machine.free = 0
        sink = recorder(tmp_path, machine, segment="1s")
        sink.start()
        assert state(sink) == "paused"
        film(sink, machine, span(0, 2))
        assert not videos(tmp_path)
        sink.close()

    def test_to_stop_while_it_waits_for_room_is_to_give_up(self, tmp_path: Path, machine: Machine) -> None:
        sink = recorder(tmp_path, machine, preroll="1s", postroll="5s")
        film(sink, machine, span(0, 2))
        machine.free = 0
        sink.start()
        assert state(sink) == "paused"
        sink.stop()
        assert state(sink) == "armed"
        machine.free = 10_000 * MB
        film(sink, machine, span(2, 5), start=20)
        assert state(sink) == "armed"
        sink.close()
        assert not videos(tmp_path)

    def test_a_folder_that_goes_away_is_told_and_tried_again(self, tmp_path: Path, machine: Machine) -> None:
        folder, away = tmp_path / "rec", tmp_path / "away"
        sink = recorder(folder, machine, segment="10min")
        sink.start()
        film(sink, machine, span(0, 2))
        folder.rename(away)
        film(sink, machine, span(2, 4), start=20)
        assert state(sink) == "paused"
        assert "moved or deleted" in sink.note
        away.rename(folder)
        film(sink, machine, span(4, 10), start=40)
        assert state(sink) == "recording"
        sink.close()
        assert len(videos(folder)) == 2

    def test_a_disk_that_is_really_full_keeps_the_segments(self, small_disk: SmallDisk, machine: Machine) -> None:
        """The guard is told of room that is not there, as when another program fills the disk within a second."""
        sink = recorder(small_disk.folder, machine, segment="1s")
        sink.start()
        film(sink, machine, span(0, 4))
        with small_disk.filled():
            film(sink, machine, span(4, 10), start=40)
            assert re.search("No space left|File too large", sink.note)
            assert state(sink) == "paused"
        film(sink, machine, span(10, 20), start=100)
        assert state(sink) == "recording"
        assert sink.note == ""
        sink.close()
        counts = [len(video_times(path)) for path in videos(small_disk.folder)]
        assert counts[:3] == [10, 10, 10]
        assert sum(counts) >= 70
        assert min(counts) > 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of 2 MB."""
    with mounted(tmp_path / "disk", num_mb=2) as disk:
        yield disk


class TestPictures:
    def write(self, folder: Path, machine: Machine, picture: str) -> None:
        config = RecordConfig(path=folder, segment="1s", picture=picture)

        def draw(scene: Scene) -> Scene:
            return replace(scene, drawn=np.full((48, 64, 3), 200, np.uint8))

        sink = Recorder(
            SegmentSeries(folder, config), config, context=LIVE, draw=draw, system_clock=machine.system_clock
        )
        sink.start()
        black: NDArray[np.uint8] = np.zeros((48, 64, 3), np.uint8)
        for index, time_s in enumerate(span(7, 9)):
            machine.now += timedelta(seconds=0.1)
            sink.write(scene(people([[1, 1, 9, 20]]), index=index, time_s=time_s, image=black))
        sink.close()

    def mean(self, path: Path) -> float:
        with av.open(str(path)) as container:
            return float(next(container.decode(video=0)).to_ndarray(format="gray").mean())

    def test_clean_with_the_poses_at_the_same_times(self, tmp_path: Path, machine: Machine) -> None:
        self.write(tmp_path, machine, "clean")
        assert len(videos(tmp_path)) == 2
        for path in videos(tmp_path):
            assert self.mean(path) < 30
            header, *lines = map(json.loads, path.with_suffix(".jsonl").read_text().splitlines())
            assert header["source"] == "door"
            assert [line["time_s"] for line in lines] == pytest.approx(video_times(path), abs=1e-5)
            assert all(len(line["people"]) == 1 for line in lines)

    def test_a_gap_of_the_source_is_told_in_the_file_that_it_falls_into_only(
        self, tmp_path: Path, machine: Machine
    ) -> None:
        sink = recorder(tmp_path, machine, segment="1s", picture="clean")
        for index, time_s in enumerate(span(0, 4)):
            machine.now += timedelta(seconds=0.1)
            still = scene(nobody(), index=index, time_s=time_s)
            gap = Outage("not live for 2.0 s: no picture came", (index >= 5) + (index >= 23))
            sink.write(replace(still, frame=replace(still.frame, outage=gap)))
            if index == 9:
                sink.start()  # the first gap was before
        sink.close()
        files = [path.read_text().splitlines()[1:] for path in sorted(tmp_path.glob("2*.jsonl"))]
        told = [[line["frame"] for line in map(json.loads, lines) if "interruption" in line] for lines in files]
        assert told == [[], [23], []]

    def test_both(self, tmp_path: Path, machine: Machine) -> None:
        self.write(tmp_path, machine, "both")
        clean = sorted(tmp_path.glob("*.clean.mp4"))
        drawn = [path for path in videos(tmp_path) if path not in clean]
        assert len(clean) == len(drawn) == len(list(tmp_path.glob("2*.jsonl"))) == 2
        assert all(self.mean(path) < 30 for path in clean)
        assert all(self.mean(path) > 180 for path in drawn)
        assert [video_times(path) for path in clean] == [video_times(path) for path in drawn]


class TestPace:
    def test_a_slow_encoder_leaves_frames_out_counts_them_and_lowers_its_preset(
        self, tmp_path: Path, machine: Machine
    ) -> None:
        machine.encode_s = 0.2  # of 0.1 s
        sink = recorder(tmp_path, machine, segment="10min", encoder_preset="veryfast")
        sink.start()
        film(sink, machine, span(0, 1.5))
        machine.encode_s = 0.02
        film(sink, machine, span(1.5, 8), start=15)
        sink.close()
        (path,) = videos(tmp_path)
        assert 5 <= sink.num_dropped <= 10
        assert "the preset is superfast" in sink.note
        times = video_times(path)
        assert len(times) == 80 - sink.num_dropped
        assert times[-1] == pytest.approx(7.9, abs=1e-3)  # what is there has its own time
        assert np.all(np.isin(np.round(np.array(times) * 10), np.arange(80)))

    def test_a_change_of_preset_can_be_seeked_over(
        self, tmp_path: Path, machine: Machine, caplog: pytest.LogCaptureFixture
    ) -> None:
        """superfast and ultrafast differ in the entropy coder: a player that jumps must find its parameters."""
        machine.encode_s = 0.15
        sink = recorder(tmp_path, machine, segment="10min")
        sink.start()
        film(sink, machine, span(0, 6))
        sink.close()
        assert "the preset is ultrafast" in caplog.text
        (path,) = videos(tmp_path)
        with av.open(str(path)) as container:
            for time_s in (5, 0, 4, 1):
                container.seek(time_s * av.time_base)
                frame = next(container.decode(video=0))
                index = round(float(frame.time or 0) * RATE_HZ)
                grey = frame.to_ndarray(format="bgr24")[-4, -4, 0]
                assert int(grey) == pytest.approx(int(picture(index)[-1, -1, 0]), abs=10)

    def test_a_real_encoder_that_is_too_slow_steps_down_until_it_keeps_up(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Measured by the real timer: media time goes on at 30 Hz, whatever the encoder takes."""
        config = RecordConfig(path=tmp_path, segment="10min", encoder_preset="veryslow")
        context = replace(LIVE, rate_hz=30.0)
        sink = Recorder(SegmentSeries(tmp_path, config), config, context=context)
        sink.start()
        noise = np.random.default_rng(1).integers(0, 256, (8, 480, 640, 3), dtype=np.uint8)
        longest_s = 0.0
        for index in range(150):
            begun_s = time.perf_counter()
            sink.write(scene(nobody(), index=index, time_s=index / 30, image=noise[index % 8]))
            longest_s = max(longest_s, time.perf_counter() - begun_s)
        sink.close()
        said = [re.findall(r"the preset is (\w+)", record.getMessage()) for record in caplog.records]
        steps = [words[0] for words in said if words]
        ladder = LADDERS["libx264"][::-1]
        assert len(steps) >= 2
        assert steps == list(ladder[1 : 1 + len(steps)])
        assert sink.num_dropped >= 5 * len(steps)
        (path,) = videos(tmp_path)
        times = video_times(path)
        assert len(times) == 150 - sink.num_dropped
        assert np.isin(np.round(np.array(times) * 30), np.arange(150)).all()
        assert longest_s < 1.5  # one frame at most makes the pipeline's queue wait

    def test_where_no_preset_is_faster_it_says_so_once(
        self, tmp_path: Path, machine: Machine, caplog: pytest.LogCaptureFixture
    ) -> None:
        machine.encode_s = 0.3
        sink = recorder(tmp_path, machine, segment="10min", encoder_preset="ultrafast")
        sink.start()
        film(sink, machine, span(0, 8))
        sink.close()
        assert "frames are left out, for no preset is faster" in sink.note
        assert len(caplog.records) == 1

    def test_both_encoders_have_their_presets_in_one_table(self) -> None:
        for name, first in (("libx264", "superfast"), ("h264_nvenc", "p4")):
            preset, seen = encoder_options(name, RecordConfig())["preset"], []
            assert preset == first
            while preset := faster_preset(name, preset):
                seen.append(encoder_options(name, RecordConfig(), preset)["preset"])
            assert seen == list(LADDERS[name][: len(seen)])[::-1]
            assert seen[-1] == LADDERS[name][0]

    def test_of_a_file_every_frame_is_recorded_however_long_it_takes(self, tmp_path: Path, machine: Machine) -> None:
        machine.encode_s = 10.0
        sink = recorder(tmp_path, machine, segment="10min", context=replace(LIVE, is_live=False))
        sink.start()
        film(sink, machine, span(0, 3))
        sink.close()
        assert sink.num_dropped == 0
        assert len(video_times(videos(tmp_path)[0])) == 30


def test_a_single_file_that_fails_raises_again_and_again(tmp_path: Path, machine: Machine) -> None:
    sink = Recorder(SingleFile(tmp_path / "a.mp4"), RecordConfig(), context=LIVE, system_clock=machine.system_clock)
    sink.start()
    film(sink, machine, span(0, 1))
    (tmp_path / "a.mp4").unlink()
    for _ in range(2):
        with pytest.raises(SinkError, match="moved or deleted"):
            film(sink, machine, span(1, 1.1), start=10)
    sink.close()
