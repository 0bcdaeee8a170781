"""What is deleted of the recordings of a folder, and what is never touched."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from realtime_pose.errors import SinkError
from realtime_pose.recording.retention import RecordingIndex

NOON = datetime(2030, 1, 2, 12, 0, 0, tzinfo=UTC)


def recorded(index: RecordingIndex, *lengths: int, first: datetime = NOON) -> list[Path]:
    """Recordings of these lengths, an hour apart."""
    paths = []
    for hour, length in enumerate(lengths):
        path = index.claim(first + timedelta(hours=hour), ".mp4")
        path.write_bytes(bytes(length))
        paths.append(path)
    return paths


def test_the_oldest_go_first_until_the_rest_fits(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "", keep_bytes=250)
    paths = recorded(index, 100, 100, 100, 100)
    assert index.prune(NOON.timestamp(), sparing=()) == paths[:2]
    assert [path.exists() for path in paths] == [False, False, True, True]
    assert [file.path for file in index.recorded()] == paths[2:]
    assert index.prune(NOON.timestamp(), sparing=()) == []


def test_the_oldest_are_those_that_were_recorded_first_whatever_the_clock_said(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "", keep_bytes=100)
    (first,) = recorded(index, 100)
    (second,) = recorded(index, 100, first=NOON - timedelta(days=1))
    assert index.prune(NOON.timestamp(), sparing=()) == [first]
    assert second.exists()


def test_by_age(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "", keep_days=1.0)
    paths = recorded(index, 1, 1, 1)
    assert index.prune((NOON + timedelta(hours=25.5)).timestamp(), sparing=()) == paths[:2]


def test_what_is_being_written_counts_and_stays(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "", keep_bytes=50, keep_days=1)
    paths = recorded(index, 100, 100)
    assert index.prune((NOON + timedelta(days=9)).timestamp(), sparing=paths[1:]) == paths[:1]
    assert paths[1].exists()


def test_without_a_limit_nothing_goes(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "")
    (path,) = recorded(index, 100)
    assert index.prune((NOON + timedelta(days=9999)).timestamp(), sparing=()) == []
    assert path.exists()


def test_files_that_it_did_not_write_are_never_touched(tmp_path: Path) -> None:
    """Others with names like ours, one that replaced ours, one that was renamed, and one in another folder."""
    index = RecordingIndex(tmp_path / "rec", "door", keep_bytes=1, keep_days=0.001)
    foreign = [tmp_path / "rec" / name for name in ("door_2029-01-01_00-00-00.mp4", "holiday.mp4", "notes.jsonl")]
    for path in foreign:
        path.write_bytes(bytes(1000))
    replaced, renamed, plain = recorded(index, 100, 100, 100)
    keep = replaced.with_suffix(".new")
    keep.write_bytes(b"mine")
    keep.replace(replaced)
    kept = renamed.rename(renamed.with_name("the accident.mp4"))
    outside = tmp_path / "outside.mp4"
    outside.write_bytes(b"mine")
    with (tmp_path / "rec" / ".door.recordings.jsonl").open("a") as file:
        file.write(f'{{"name": "../outside.mp4", "inode": {outside.stat().st_ino}, "begun_s": 0}}\n')
    assert index.prune((NOON + timedelta(days=99)).timestamp(), sparing=()) == [plain]
    assert all(path.exists() for path in (*foreign, replaced, kept, outside))


def test_two_names_in_one_folder_do_not_see_each_other(tmp_path: Path) -> None:
    door, yard = RecordingIndex(tmp_path, "door", keep_bytes=150), RecordingIndex(tmp_path, "yard", keep_bytes=150)
    doors, yards = recorded(door, 100), recorded(yard, 100, 100)
    assert door.prune(NOON.timestamp(), sparing=()) == []
    assert yard.prune(NOON.timestamp(), sparing=()) == yards[:1]
    assert doors[0].exists()


def test_it_goes_on_after_a_restart(tmp_path: Path) -> None:
    paths = recorded(RecordingIndex(tmp_path, ""), 100, 100)
    again = RecordingIndex(tmp_path, "", keep_bytes=150)
    assert again.prune(NOON.timestamp(), sparing=()) == paths[:1]


@pytest.mark.parametrize("torn", [b'{"name": "x", "ino', b"\xff\xfe\n", b'{"inode": 3}\n', b"[1]\n", b"\n\n"])
def test_a_torn_ledger_loses_no_other_line(tmp_path: Path, torn: bytes) -> None:
    index = RecordingIndex(tmp_path, "", keep_bytes=150)
    first = recorded(index, 100)
    with (tmp_path / ".recordings.jsonl").open("ab") as file:
        file.write(torn)
    rest = recorded(index, 100, 100, first=NOON + timedelta(hours=1))
    assert [file.path for file in index.recorded()] == [*first, *rest]
    assert index.prune(NOON.timestamp(), sparing=()) == [*first, rest[0]]


def test_names_that_are_taken_are_numbered(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path, "")
    names = [index.claim(NOON, ".mp4", ".jsonl").name for _ in range(3)]
    assert names == ["2030-01-02_12-00-00.mp4", "2030-01-02_12-00-00-2.mp4", "2030-01-02_12-00-00-3.mp4"]
    assert (tmp_path / "2030-01-02_12-00-00.jsonl").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="expected a folder for recordings"):
        RecordingIndex(tmp_path / "file" / "rec", "")


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    index = RecordingIndex(tmp_path / "rec", "")
    (tmp_path / "rec").rename(tmp_path / "away")
    with pytest.raises(SinkError, match="cannot be made"):
        index.claim(NOON, ".mp4")
    assert index.recorded() == []
    assert not list((tmp_path / "away").iterdir())
