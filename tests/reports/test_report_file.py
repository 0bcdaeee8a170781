"""Files of a report: the folder is created, old files are replaced, failures are clear errors."""

from pathlib import Path

import pytest

from realtime_pose.errors import SinkError
from realtime_pose.reports.report_file import write_report_file


def test_the_folder_is_created_and_an_old_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "worst.md"
    for content in (b"a long first version", b"second"):
        write_report_file(path, content)
        assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == ["worst.md"]


@pytest.mark.parametrize("name", ["file/curves.png", "folder"])
def test_a_path_that_cannot_be_written_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(SinkError, match=f"{name}: the (report|results) cannot be written"):
        write_report_file(tmp_path / name, b"content")
