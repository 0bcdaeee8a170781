"""The recorder on a full disk, and without its folder."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.support.full_disk import SmallDisk, mount_small_disk
from benchmarks.support.readers.sink_readers import video_times
from realtime_pose.config import RecordConfig
from realtime_pose.recording.recorder import Recorder
from realtime_pose.recording.status import RecorderNote, RecorderState
from realtime_pose.recording.targets import SingleFile
from tests.support.fakes.recording_system import (
    LIVE,
    MB,
    FakeSystem,
    make_recorder,
    record,
    span,
    state,
    videos,
)

pytestmark = [pytest.mark.process]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of 2 MB."""
    with mount_small_disk(tmp_path / "disk", num_mb=2) as disk:
        yield disk


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
