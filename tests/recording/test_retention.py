"""Which recordings of a folder are deleted, and which files never are."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from realtime_pose.errors import SinkError
from realtime_pose.files import atomic
from realtime_pose.files.output_file import OutputFile
from realtime_pose.recording.retention import RecordingIndex

NOON = datetime(2030, 1, 2, 12, 0, 0, tzinfo=UTC)


def write_recordings(index: RecordingIndex, *sizes: int, first: datetime = NOON) -> list[Path]:
    """Write recordings of these sizes in bytes, an hour apart."""
    paths = []
    for hour, size in enumerate(sizes):
        path = index.claim(first + timedelta(hours=hour), ".mp4")
        path.write_bytes(bytes(size))
        paths.append(path)
    return paths


def test_the_oldest_are_deleted_until_the_rest_fits(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "", keep_bytes=250)
    paths = write_recordings(index, 100, 100, 100, 100)
    assert index.prune(NOON.timestamp(), in_use=()) == paths[:2]
    assert [path.exists() for path in paths] == [False, False, True, True]
    assert [file.path for file in index.recorded()] == paths[2:]
    assert index.prune(NOON.timestamp(), in_use=()) == []


def test_the_order_of_recording_counts_not_the_clock(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "", keep_bytes=100)
    (first,) = write_recordings(index, 100)
    (second,) = write_recordings(index, 100, first=NOON - timedelta(days=1))
    assert index.prune(NOON.timestamp(), in_use=()) == [first]
    assert second.exists()


def test_files_older_than_the_limit_are_deleted(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "", keep_days=1.0)
    paths = write_recordings(index, 1, 1, 1)
    assert index.prune((NOON + timedelta(hours=25.5)).timestamp(), in_use=()) == paths[:2]


def test_files_in_use_count_and_stay(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "", keep_bytes=50, keep_days=1)
    paths = write_recordings(index, 100, 100)
    assert index.prune((NOON + timedelta(days=9)).timestamp(), in_use=paths[1:]) == paths[:1]
    assert paths[1].exists()


def test_without_a_limit_nothing_is_deleted(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "")
    (path,) = write_recordings(index, 100)
    assert index.prune((NOON + timedelta(days=9999)).timestamp(), in_use=()) == []
    assert path.exists()


SUFFIXES = (".mp4", ".clean.mp4", ".jsonl")


def write_segment(index: RecordingIndex, hour: int, sizes: tuple[int, ...] = (100, 100, 10)) -> list[Path]:
    """Write a segment of several files; its paths."""
    first = index.claim(NOON + timedelta(hours=hour), *SUFFIXES)
    paths = [first.with_suffix(suffix) for suffix in SUFFIXES]
    for path, size in zip(paths, sizes, strict=True):
        path.write_bytes(bytes(size))
    return paths


class TestSegments:
    """The files of a segment are kept or deleted together."""

    @pytest.mark.parametrize("keep_bytes", range(1, 640, 30))
    def test_by_size(self, tmp_path: Path, keep_bytes: int) -> None:
        index = RecordingIndex(tmp_path, "door.v1", keep_bytes=keep_bytes)
        segments = [write_segment(index, hour) for hour in range(3)]
        index.prune(NOON.timestamp(), in_use=segments[2][1:2])
        left = [sum(path.exists() for path in segment) for segment in segments]
        num_kept = max(1, keep_bytes // 210)
        assert left == [0] * (3 - num_kept) + [3] * num_kept

    def test_by_age(self, tmp_path: Path) -> None:
        index = RecordingIndex(tmp_path, "", keep_days=1)
        old, new = write_segment(index, 0), write_segment(index, 30)
        assert index.prune((NOON + timedelta(hours=31)).timestamp(), in_use=()) == old
        assert all(path.exists() for path in new)

    @pytest.mark.parametrize("file", range(3))
    def test_one_file_in_use_keeps_all(self, tmp_path: Path, file: int) -> None:
        index = RecordingIndex(tmp_path, "", keep_bytes=1)
        segment = write_segment(index, 0)
        assert index.prune(NOON.timestamp(), in_use=[segment[file]]) == []

    @pytest.mark.parametrize("file", range(3))
    def test_one_file_that_another_run_writes_keeps_all(self, tmp_path: Path, file: int) -> None:
        index = RecordingIndex(tmp_path, "", keep_bytes=1)
        segment = write_segment(index, 0)
        written = OutputFile(segment[file], may_replace=True)
        assert index.prune(NOON.timestamp(), in_use=()) == []
        written.close()
        assert index.prune(NOON.timestamp(), in_use=()) == segment

    def test_what_the_user_has_taken_stays_and_the_rest_goes(self, tmp_path: Path) -> None:
        index = RecordingIndex(tmp_path, "", keep_bytes=1)
        video, clean, poses = write_segment(index, 0)
        taken = video.rename(tmp_path / "the accident.mp4")
        assert index.prune(NOON.timestamp(), in_use=()) == [clean, poses]
        assert taken.exists()

    def test_of_an_index_of_an_earlier_version(self, tmp_path: Path) -> None:
        index = RecordingIndex(tmp_path, "", keep_bytes=300)
        old, new = write_segment(index, 0), write_segment(index, 1)
        path = tmp_path / ".recordings.jsonl"
        entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for entry in entries:
            del entry["segment"]
        path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
        assert index.prune(NOON.timestamp(), in_use=()) == old
        assert all(path.exists() for path in new)


CLAIMS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from realtime_pose.recording.retention import RecordingIndex
index = RecordingIndex(Path(sys.argv[1]), "", keep_bytes=int(sys.argv[2]))
for number in range(40):
    path = index.claim(datetime(2030, 1, 2, 12, 0, number % 4, tzinfo=UTC), ".mp4", ".jsonl")
    path.write_bytes(bytes(10))
    index.prune(0, in_use=())
"""


@pytest.mark.process
@pytest.mark.parametrize(("keep_bytes", "num_left"), [(0, 80), (10**6, 80), (100, 10)])
def test_two_runs_in_one_folder(tmp_path: Path, keep_bytes: int, num_left: int) -> None:
    """They take different names, and the index loses no line of either."""
    command = [sys.executable, "-c", CLAIMS, str(tmp_path), str(keep_bytes)]
    runs = [subprocess.Popen(command, cwd=Path(__file__).resolve().parents[2]) for _ in range(2)]
    assert [run.wait(timeout=100) for run in runs] == [0, 0]
    assert len(list(tmp_path.glob("*.mp4"))) == len(list(tmp_path.glob("2*.jsonl"))) == num_left
    assert len(RecordingIndex(tmp_path, "").recorded()) == 2 * num_left


def test_files_of_others_are_never_deleted(tmp_path: Path) -> None:
    """Files with names like ours, one that replaced ours, one that was renamed, and one in another folder."""
    index = RecordingIndex(tmp_path / "rec", "door", keep_bytes=1, keep_days=0.001)
    foreign = [tmp_path / "rec" / name for name in ("door_2029-01-01_00-00-00.mp4", "holiday.mp4", "notes.jsonl")]
    for path in foreign:
        path.write_bytes(bytes(1000))
    replaced, renamed, plain = write_recordings(index, 100, 100, 100)
    keep = replaced.with_suffix(".new")
    keep.write_bytes(b"mine")
    keep.replace(replaced)
    kept = renamed.rename(renamed.with_name("the accident.mp4"))
    outside = tmp_path / "outside.mp4"
    outside.write_bytes(b"mine")
    with (tmp_path / "rec" / ".door.recordings.jsonl").open("a") as file:
        file.write(f'{{"name": "../outside.mp4", "inode": {outside.stat().st_ino}, "begun_s": 0}}\n')
    assert index.prune((NOON + timedelta(days=99)).timestamp(), in_use=()) == [plain]
    assert all(path.exists() for path in (*foreign, replaced, kept, outside))


def test_two_prefixes_in_one_folder_have_their_own_limits(tmp_path: Path) -> None:
    door, yard = RecordingIndex(tmp_path, "door", keep_bytes=150), RecordingIndex(tmp_path, "yard", keep_bytes=150)
    doors, yards = write_recordings(door, 100), write_recordings(yard, 100, 100)
    assert door.prune(NOON.timestamp(), in_use=()) == []
    assert yard.prune(NOON.timestamp(), in_use=()) == yards[:1]
    assert doors[0].exists()


def test_the_index_is_read_again_after_a_restart(tmp_path: Path) -> None:
    paths = write_recordings(RecordingIndex(tmp_path, ""), 100, 100)
    again = RecordingIndex(tmp_path, "", keep_bytes=150)
    assert again.prune(NOON.timestamp(), in_use=()) == paths[:1]


@pytest.mark.parametrize("damage", [b'{"name": "x", "ino', b"\xff\xfe\n", b'{"inode": 3}\n', b"[1]\n", b"\n\n"])
def test_a_damaged_line_costs_no_other_line(tmp_path: Path, damage: bytes) -> None:
    index = RecordingIndex(tmp_path, "", keep_bytes=150)
    first = write_recordings(index, 100)
    with (tmp_path / ".recordings.jsonl").open("ab") as file:
        file.write(damage)
    rest = write_recordings(index, 100, 100, first=NOON + timedelta(hours=1))
    assert [file.path for file in index.recorded()] == [*first, *rest]
    assert index.prune(NOON.timestamp(), in_use=()) == [*first, rest[0]]


def test_an_index_that_cannot_be_replaced_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = RecordingIndex(tmp_path, "", keep_bytes=150)
    paths = write_recordings(index, 100, 100)
    before = (tmp_path / ".recordings.jsonl").read_bytes()

    def fail(part: Path, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic, "publish", fail)
    assert index.prune(NOON.timestamp(), in_use=()) == paths[:1]
    assert (tmp_path / ".recordings.jsonl").read_bytes() == before
    assert [file.path for file in index.recorded()] == paths[1:]
    assert not list(tmp_path.glob(".*.part"))


def test_existing_names_get_a_number(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "")
    names = [index.claim(NOON, ".mp4", ".jsonl").name for _ in range(3)]
    assert names == ["2030-01-02_12-00-00.mp4", "2030-01-02_12-00-00-2.mp4", "2030-01-02_12-00-00-3.mp4"]
    assert (tmp_path / "2030-01-02_12-00-00.jsonl").exists()


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="expected a folder for recordings"):
        RecordingIndex(tmp_path / "file" / "rec", "")


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path / "rec", "")
    (tmp_path / "rec").rename(tmp_path / "away")
    with pytest.raises(SinkError, match="does not exist; make it again"):
        index.claim(NOON, ".mp4")
    assert index.recorded() == []
    assert not list((tmp_path / "away").iterdir())
