"""Names written into finished files of poses: each format, and files that stay as they are."""

import json
from pathlib import Path

import pytest

from realtime_pose.errors import SinkError
from realtime_pose.sinks.named_files import add_names

NAMES = {3: "Änna"}


def test_json_lines_get_the_name_behind_the_id_and_other_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    header, empty = '{"schema":1,"source":"x"}\n', '{"frame":0,"time_s":0.0,"people":[]}\n'
    people = '{"frame":1,"time_s":0.1,"people":[{"track_id":3,"score":0.5},{"track_id":4,"name":"Old","score":0.5}]}\n'
    path.write_text(header + empty + people, encoding="utf-8")
    assert add_names(path, NAMES)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert lines[:2] == [header, empty]
    assert lines[2] == (
        '{"frame":1,"time_s":0.1,"people":[{"track_id":3,"name":"Änna","score":0.5},{"track_id":4,"score":0.5}]}\n'
    )


@pytest.mark.parametrize("key", ["track_id", "idx"])
def test_lists_of_results(tmp_path: Path, key: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(f'[\n{{"image_id":0,"{key}":3}},\n{{"image_id":0,"{key}":4}}\n]\n')
    assert add_names(path, NAMES)
    assert json.loads(path.read_text(encoding="utf-8")) == [
        {"image_id": 0, key: 3, "name": "Änna"},
        {"image_id": 0, key: 4},
    ]


def test_an_empty_list_of_results(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[\n]\n")
    assert add_names(path, NAMES)
    assert path.read_text() == "[\n]\n"


def test_tables_get_a_last_column_and_keep_quoted_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('frame,time_s,track_id,keypoint\n0,0.0,3,"no,se"\n0,0.0,4,eye\n')
    assert add_names(path, {3: "Anna, B"})
    assert path.read_text() == 'frame,time_s,track_id,keypoint,name\n0,0.0,3,"no,se","Anna, B"\n0,0.0,4,eye,\n'


@pytest.mark.parametrize("name", ["a.txt", "missing.jsonl", "-"])
def test_what_has_no_place_for_names_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text("1,1,0,0,1,1,1,-1,-1,-1\n")
    assert not add_names(tmp_path / name, NAMES)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_damaged_file_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"frame":0,"people":[{"track_id":3}]}\n{"fra')
    with pytest.raises(SinkError, match="the file is as before"):
        add_names(path, NAMES)
    assert path.read_text().endswith('{"fra')
    assert len(list(tmp_path.iterdir())) == 1
