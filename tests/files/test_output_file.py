"""Output files that grow: complete after each step, truncated to the last complete state by a failure."""

import os
from pathlib import Path

import pytest

from benchmarks.support.full_disk import limit_file_size
from realtime_pose.errors import SinkError
from realtime_pose.files.output_file import OutputFile


def test_the_footer_ends_the_file_after_each_append(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    file = OutputFile(path)
    file.begin("[", footer="]\n")
    assert path.read_text(encoding="utf-8") == "[]\n"
    for text, expected in [("1", "[1]\n"), (",2", "[1,2]\n"), ("", "[1,2]\n")]:
        file.append(text)
        assert path.read_text(encoding="utf-8") == expected
    assert file.committed_bytes == len("[1,2")
    file.close()


def test_a_failed_write_truncates_to_the_last_commit(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    file = OutputFile(path)
    file.write(b"complete")
    file.commit()
    file.write(b"half")
    with limit_file_size(14), pytest.raises(SinkError, match="writing stopped"):
        file.write(b"more")
    assert path.read_bytes() == b"complete"
    assert file.has_failed
    with pytest.raises(SinkError, match="writing stopped"):
        file.write(b"after the failure")
    file.close()


def test_fail_reports_the_reason_and_the_advice(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "a.bin")
    error = file.fail("the encoder stopped", advice="try another encoder")
    assert str(error).startswith(f"{tmp_path / 'a.bin'}: writing stopped (the encoder stopped)")
    assert str(error).endswith("; try another encoder")
    with pytest.raises(SinkError, match="the encoder stopped"):
        file.check()
    file.close()


def test_seek_and_tell_count_from_the_start(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "a.bin")
    assert file.write(b"0123456789") == 10
    assert file.seek(-4, os.SEEK_CUR) == 6
    assert file.tell() == 6
    file.close()


def test_a_disk_error_of_a_sync_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = OutputFile(tmp_path / "a.bin")
    file.sync()

    def fail(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("realtime_pose.files.output_file.os.fsync", fail)
    with pytest.raises(SinkError, match="Input/output error"):
        file.sync()
    file.close()


def test_discard_deletes_the_file_and_may_be_called_twice(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "a.bin")
    file.write(b"content")
    file.discard()
    file.discard()
    assert file.closed
    assert not list(tmp_path.iterdir())
