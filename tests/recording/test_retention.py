"""Which recordings of a folder are deleted, and which files never are."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from realtime_pose.errors import SinkError
from realtime_pose.files import atomic
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
    with pytest.raises(SinkError, match="cannot be created"):
        index.claim(NOON, ".mp4")
    assert index.recorded() == []
    assert not list((tmp_path / "away").iterdir())
