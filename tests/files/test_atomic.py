"""Atomic files: complete or absent, an old file stays after a failure, and bad paths are reported before the work."""

import os
import threading
from pathlib import Path

import pytest

from benchmarks.support.full_disk import limit_file_size
from realtime_pose.errors import SinkError
from realtime_pose.files import atomic

UNWRITABLE = Path("/proc")  # even root cannot create a file there


def names(folder: Path) -> list[str]:
    """Names of all files in the folder, also hidden ones such as a forgotten part."""
    return sorted(path.name for path in folder.iterdir())


class TestWrite:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            pytest.param("new ä\n", b"new \xc3\xa4\n", id="text"),
            pytest.param(b"\x00\xff\r\n", b"\x00\xff\r\n", id="bytes"),
            pytest.param("", b"", id="empty text"),
        ],
    )
    @pytest.mark.parametrize("has_old_file", [False, True])
    def test_the_file_holds_the_content(
        self, tmp_path: Path, *, content: str | bytes, expected: bytes, has_old_file: bool
    ) -> None:
        path = tmp_path / "r.json"
        if has_old_file:
            path.write_bytes(b"old and longer than the new content")
        atomic.write(path, content)
        assert path.read_bytes() == expected
        assert names(tmp_path) == ["r.json"]

    @pytest.mark.parametrize("name", ["nowhere/r.json", "file/r.json", "x" * 300, "."])
    def test_a_bad_path_is_refused_by_check_and_write(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(SinkError, match="cannot be written"):
            atomic.check(tmp_path / name)
        with pytest.raises(SinkError, match="cannot be written"):
            atomic.write(tmp_path / name, "new")
        assert names(tmp_path) == ["file"]

    def test_a_folder_that_is_not_writable_is_refused(self) -> None:
        with pytest.raises(SinkError, match=r"/proc/r\.json: the results cannot be written"):
            atomic.check(UNWRITABLE / "r.json")
        with pytest.raises(SinkError, match=r"/proc/r\.json: the results cannot be written"):
            atomic.write(UNWRITABLE / "r.json", "new")

    def test_a_link_stays_and_its_target_is_replaced(self, tmp_path: Path) -> None:
        file, link = tmp_path / "file.json", tmp_path / "link.json"
        file.write_text("old", encoding="utf-8")
        link.symlink_to(file)
        atomic.check(link)
        atomic.write(link, "new")
        assert link.is_symlink()
        assert file.read_text(encoding="utf-8") == "new"
        assert names(tmp_path) == ["file.json", "link.json"]

    def test_a_link_without_a_target_creates_it(self, tmp_path: Path) -> None:
        link = tmp_path / "link.json"
        link.symlink_to(tmp_path / "file.json")
        atomic.write(link, "new")
        assert link.is_symlink()
        assert (tmp_path / "file.json").read_text(encoding="utf-8") == "new"

    def test_a_full_disk_leaves_the_old_file(self, tmp_path: Path) -> None:
        path = tmp_path / "r.json"
        path.write_bytes(b"old")
        with limit_file_size(1000), pytest.raises(SinkError, match="cannot be written"):
            atomic.write(path, "new" * 1000)
        assert path.read_bytes() == b"old"
        assert names(tmp_path) == ["r.json"]

    def test_a_device_is_written_and_stays_a_device(self) -> None:
        atomic.check(Path(os.devnull))
        atomic.write(Path(os.devnull), "new")
        assert Path(os.devnull).is_char_device()

    def test_a_device_without_space_is_reported(self) -> None:
        with pytest.raises(SinkError, match="No space left"):
            atomic.write(Path("/dev/full"), "new")
        assert Path("/dev/full").is_char_device()

    def test_a_pipe_is_written_and_stays_a_pipe(self, tmp_path: Path) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        received: list[str] = []
        reader = threading.Thread(target=lambda: received.append(path.read_text(encoding="utf-8")))
        reader.start()
        atomic.check(path)
        atomic.write(path, "new")
        reader.join(10)
        assert received == ["new"]
        assert path.is_fifo()


def test_a_check_changes_nothing(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_bytes(b"old")
    for path in (old, tmp_path / "new.json"):
        atomic.check(path)
    assert names(tmp_path) == ["old.json"]
    assert old.read_bytes() == b"old"


class TestReplacing:
    def test_the_old_file_stays_until_the_end_of_the_block(self, tmp_path: Path) -> None:
        path = tmp_path / "r.json"
        path.write_bytes(b"old")
        with atomic.replacing(path) as part:
            part.write_bytes(b"new")
            assert part.parent == tmp_path, "a rename needs the same file system"
            assert path.read_bytes() == b"old"
        assert path.read_bytes() == b"new"
        assert names(tmp_path) == ["r.json"]

    @pytest.mark.parametrize("has_old_file", [False, True])
    @pytest.mark.parametrize("has_part", [False, True])
    def test_a_block_that_fails_leaves_the_old_file_and_no_part(
        self, tmp_path: Path, *, has_old_file: bool, has_part: bool
    ) -> None:
        path = tmp_path / "r.json"
        if has_old_file:
            path.write_bytes(b"old")

        def fail_in_the_block() -> None:
            with atomic.replacing(path) as part:
                if has_part:
                    part.write_bytes(b"half of the new")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_in_the_block()
        assert names(tmp_path) == (["r.json"] if has_old_file else [])
        assert not has_old_file or path.read_bytes() == b"old"

    def test_a_block_that_writes_nothing_raises_and_leaves_the_old_file(self, tmp_path: Path) -> None:
        path = tmp_path / "r.json"
        path.write_bytes(b"old")
        with pytest.raises(FileNotFoundError), atomic.replacing(path):
            pass
        assert path.read_bytes() == b"old"

    def test_two_runs_have_parts_of_their_own(self, tmp_path: Path) -> None:
        path = tmp_path / "r.json"
        with atomic.replacing(path) as first, atomic.replacing(path) as second:
            atomic.check(path)
            first.write_bytes(b"first")
            second.write_bytes(b"second")
        assert path.read_bytes() == b"first", "the one that was finished last, as a whole"
        assert names(tmp_path) == ["r.json"]

    def test_a_file_of_the_user_that_looks_like_a_part_is_kept(self, tmp_path: Path) -> None:
        (tmp_path / ".r.json.part").write_bytes(b"of the user")
        atomic.check(tmp_path / "r.json")
        atomic.write(tmp_path / "r.json", "new")
        assert (tmp_path / ".r.json.part").read_bytes() == b"of the user"

    def test_the_target_of_a_link_is_replaced_in_its_own_folder(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        file, link = tmp_path / "elsewhere" / "file.json", tmp_path / "link.json"
        file.write_bytes(b"old")
        link.symlink_to(file)
        with atomic.replacing(link) as part:
            assert part.parent == file.parent
            part.write_bytes(b"new")
        assert link.is_symlink()
        assert file.read_bytes() == b"new"
        assert names(file.parent) == ["file.json"]

    def test_a_device_is_never_replaced(self) -> None:
        with atomic.replacing(Path(os.devnull)) as part:
            part.write_bytes(b"new")
        assert Path(os.devnull).is_char_device()
        with pytest.raises(ZeroDivisionError), atomic.replacing(Path(os.devnull)):
            raise ZeroDivisionError
        assert Path(os.devnull).is_char_device()

    def test_a_folder_that_is_not_writable_raises(self) -> None:
        with pytest.raises(OSError, match="proc"), atomic.replacing(UNWRITABLE / "r.json") as part:
            part.write_bytes(b"new")

    def test_files_of_one_name_in_a_folder_and_its_subfolder_stay_apart(self, tmp_path: Path) -> None:
        outer, inner = tmp_path / "r", tmp_path / "folder" / "r"
        inner.parent.mkdir()
        with atomic.replacing(outer) as outer_part, atomic.replacing(inner) as inner_part:
            outer_part.write_bytes(b"outer")
            inner_part.write_bytes(b"inner")
        assert (outer.read_bytes(), inner.read_bytes()) == (b"outer", b"inner")
        assert names(tmp_path) == ["folder", "r"]

    def test_a_file_may_have_the_name_of_its_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "r.json" / "r.json"
        path.parent.mkdir()
        with atomic.replacing(path) as part:
            part.write_bytes(b"new")
        assert path.read_bytes() == b"new"
        assert names(path.parent) == ["r.json"]


class TestPublish:
    def test_the_part_takes_the_name_of_the_file(self, tmp_path: Path) -> None:
        part, path = tmp_path / "a.part", tmp_path / "a"
        part.write_bytes(b"new")
        path.write_bytes(b"old")
        atomic.publish(part, path)
        assert path.read_bytes() == b"new"
        assert names(tmp_path) == ["a"]

    def test_a_folder_at_the_path_keeps_both(self, tmp_path: Path) -> None:
        part, path = tmp_path / "a.part", tmp_path / "a"
        part.write_bytes(b"new")
        path.mkdir()
        with pytest.raises(OSError, match="directory"):
            atomic.publish(part, path)
        assert part.read_bytes() == b"new"
        assert path.is_dir()

    def test_content_is_synced_before_the_rename_and_the_name_after_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        part, path, calls = tmp_path / "a.part", tmp_path / "a", list[tuple[str, bool]]()
        part.write_bytes(b"new")
        real_sync = os.fsync

        def sync_file(descriptor: int) -> None:
            calls.append(("content", path.exists()))
            real_sync(descriptor)

        monkeypatch.setattr("realtime_pose.files.atomic.os.fsync", sync_file)
        monkeypatch.setattr(atomic, "sync_folder", lambda folder: calls.append(("name", path.exists())))
        atomic.publish(part, path)
        assert calls == [("content", False), ("name", True)]
