"""An index of JSON lines: damage costs no other line, and two processes lose none of theirs."""

import subprocess
import sys
from pathlib import Path

import filelock
import pytest

from realtime_pose.errors import SinkError
from realtime_pose.files import line_index
from realtime_pose.files.line_index import LineIndex


@pytest.mark.parametrize("damage", [b'{"name": "x", "ino', b"\xff\xfe\n", b"[1]\n", b"\n\n", b"3\n"])
def test_a_damaged_line_costs_no_other_line(tmp_path: Path, damage: bytes) -> None:
    index = LineIndex(tmp_path / "index")
    index.append([{"name": "a"}])
    with (tmp_path / "index").open("ab") as file:
        file.write(damage)
    index.append([{"name": "b"}, {"name": "c"}])
    assert index.read() == [{"name": "a"}, {"name": "b"}, {"name": "c"}]


def test_a_missing_index_is_empty(tmp_path: Path) -> None:
    index = LineIndex(tmp_path / "index")
    assert (index.read(), index.length_bytes) == ([], 0)


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    name = "caf\udce9.mp4"
    index = LineIndex(tmp_path / "index")
    index.append([{"name": name}])
    assert index.read() == [{"name": name}]


def test_replace(tmp_path: Path) -> None:
    index = LineIndex(tmp_path / "index")
    index.append([{"name": "a"}, {"name": "b"}])
    index.replace([{"name": "b"}])
    assert index.read() == [{"name": "b"}]


CHANGES = """
import sys
from pathlib import Path
from realtime_pose.files.line_index import LineIndex
index = LineIndex(Path(sys.argv[1]))
for number in range(50):
    with index.locked():
        index.replace([*index.read(), {"name": f"{sys.argv[2]}{number}"}])
"""


@pytest.mark.process
def test_two_processes_lose_no_line(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHANGES, str(tmp_path / "index")]
    root = Path(__file__).resolve().parents[2]
    runs = [subprocess.Popen([*command, name], cwd=root) for name in "ab"]
    assert [run.wait(timeout=60) for run in runs] == [0, 0]
    names = {entry["name"] for entry in LineIndex(tmp_path / "index").read()}
    assert names == {f"{name}{number}" for name in "ab" for number in range(50)}


def test_a_lock_that_is_never_released_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_index, "_LOCK_TIMEOUT_S", 0.05)
    index = LineIndex(tmp_path / "index")
    with filelock.FileLock(tmp_path / "index.lock"):
        wait = pytest.raises(SinkError, match="another run has locked it")
        with wait, index.locked():
            pass


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    index = LineIndex(tmp_path / "gone" / "index")
    with pytest.raises(SinkError, match="gone"), index.locked():
        pass
    assert not (tmp_path / "gone").exists()
