"""Values of --save-poses: format, and whether it is a file, a pipe or standard output."""

import os
from pathlib import Path

import pytest

from realtime_pose.config import Config
from realtime_pose.errors import SinkError
from realtime_pose.pipeline.outputs import check_run
from realtime_pose.sinks import parse_pose_target

KINDS = {"-": (True, True), "/dev/stdout": (True, True), "/dev/null": (False, True), "pipe.csv": (False, True)}


@pytest.mark.parametrize(
    ("value", "expected_format"),
    [
        ("-", "jsonl"),
        ("csv:-", "csv"),
        ("txt:-", "txt"),
        ("/dev/stdout", "jsonl"),
        ("/dev/null", "jsonl"),
        ("csv:/dev/null", "csv"),
        ("pipe.csv", "csv"),
        ("jsonl:pipe.csv", "jsonl"),
        ("a.csv", "csv"),
        ("A.JSON", "json"),
        ("csv:a.txt", "csv"),
        ("json:a", "json"),
        ("folder:b/a.txt", "txt"),
        ("openpose:b", "openpose"),
        ("alphapose:b/a.json", "alphapose"),
    ],
)
def test_format_and_kind(value: str, expected_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.csv")
    target = parse_pose_target(Path(value))
    assert target.format == expected_format
    is_standard_output, is_stream = KINDS.get(value.rsplit(":", maxsplit=1)[-1], (False, False))
    assert (target.is_standard_output, target.is_stream) == (is_standard_output, is_stream)
    assert parse_pose_target(target.setting) == target


@pytest.mark.parametrize("value", ["a.avi", "a", "csv:", "xml:-"])
def test_an_unknown_format(value: str) -> None:
    with pytest.raises(SinkError, match="or - for standard output"):
        parse_pose_target(Path(value))


def test_openpose_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="a file for each frame; give a folder"):
        parse_pose_target(Path("openpose:-"))
    (tmp_path / "a").touch()
    with pytest.raises(SinkError, match="expected a folder for one file per frame, got a file"):
        check_run(Config(save_poses=(Path(f"openpose:{tmp_path / 'a'}"),), overwrite=True))
    with pytest.raises(SinkError, match=r"the folder .* does not exist"):
        check_run(Config(save_poses=(Path(f"openpose:{tmp_path / 'b' / 'c'}"),)))


@pytest.mark.parametrize("value", ["json:-", "json:/dev/null", "alphapose:-"])
def test_a_list_needs_a_file(value: str) -> None:
    with pytest.raises(SinkError, match="written to a pipe cannot be replaced"):
        parse_pose_target(Path(value))
