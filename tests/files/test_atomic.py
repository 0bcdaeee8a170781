"""A file of results is whole or as it was; what cannot be written is told before the work."""

import os
import threading
from pathlib import Path

import pytest

from realtime_pose.errors import SinkError
from realtime_pose.files import atomic
from tests.support.full_disk import largest_file


def test_a_check_leaves_everything_as_it_is(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_bytes(b"old")
    for path in (old, tmp_path / "new.json"):
        atomic.check(path)
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]
    assert old.read_bytes() == b"old"


@pytest.mark.parametrize("name", ["nowhere/r.json", "file/r.json", "x" * 300, "."])
def test_what_cannot_be_written_is_refused_by_both(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="cannot be written"):
        atomic.check(tmp_path / name)
    with pytest.raises(SinkError, match="cannot be written"):
        atomic.write(tmp_path / name, "new")


def test_what_stood_there_is_replaced_also_behind_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "file.json", tmp_path / "link.json"
    file.write_text("old", encoding="utf-8")
    link.symlink_to(file)
    atomic.check(link)
    atomic.write(link, "new ä")
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == "new ä"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(b"old")
    with largest_file(1000), pytest.raises(SinkError, match="cannot be written"):
        atomic.write(path, "new" * 1000)
    assert path.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(path.read_text(encoding="utf-8")))
    reader.start()
    atomic.check(path)
    atomic.write(path, "new")
    reader.join(10)
    assert read == ["new"]
    assert path.is_fifo()
