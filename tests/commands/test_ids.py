"""`ids`: persons are joined, split and named in every format, and nothing else changes."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import realtime_pose as rp
from realtime_pose.cli import main
from realtime_pose.files.output_file import OutputFile
from realtime_pose.scene import Scene
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import COCO17
from tests.support.people.stills import nobody, people, scene
from tests.support.recorders import open_pose_sink
from tests.support.schemas import check

LEFT, RIGHT = (4, 4, 20, 44), (40, 4, 60, 44)
# Ids in each frame: 3 is lost after frame 2 and comes back as 7; 5 is somebody else from frame 4 on.
IDS = [[3, 5], [3, 5], [3, 5], [5], [7, 5], [7, 5], [], [7]]
FORMATS = [".jsonl", ".json", ".csv", ".txt", "alphapose:", "angles:"]
Run = Callable[..., int]


def scenes() -> list[Scene]:
    return [
        scene(
            people([RIGHT if each == 5 else LEFT for each in ids], ids=ids) if ids else nobody(), index=i, time_s=i / 10
        )
        for i, ids in enumerate(IDS)
    ]


def written(folder: Path, kind: str) -> Path:
    prefix, suffix = {"alphapose:": ("alphapose:", ".json"), "angles:": ("angles:", ".csv")}.get(kind, ("", kind))
    path = folder / f"poses{suffix}"
    sink = open_pose_sink(Path(f"{prefix}{path}"), RunHeader("door", COCO17, {"net": "ab" * 32}))
    for each in scenes():
        sink.write(each)
    sink.close()
    return path


def ids_in(path: Path) -> dict[int, list[int]]:
    """The ids in each frame, by the simplest means that the format allows."""
    text, found = path.read_text("utf-8"), dict[int, list[int]]()
    if path.suffix == ".jsonl":
        for line in map(json.loads, text.splitlines()):
            if line.get("people"):
                found[line["frame"]] = [person["track_id"] for person in line["people"]]
        return found
    if path.suffix == ".json":
        pairs = [(str(each["image_id"]), each.get("track_id", each.get("idx"))) for each in json.loads(text)]
        pairs = [(image.removesuffix(".jpg"), track_id) for image, track_id in pairs]
    elif path.suffix == ".csv":
        pairs = [(line.split(",")[0], line.split(",")[2]) for line in text.splitlines()[1:]]
    else:
        pairs = [(str(int(line.split(",")[0]) - 1), line.split(",")[1]) for line in text.splitlines()]
    for frame, track_id in dict.fromkeys(pairs):
        found.setdefault(int(frame), []).append(int(track_id))
    return found


def expected(changed: Callable[[int, int], int]) -> dict[int, list[int]]:
    """The ids in each frame, if ``changed`` gives the new id of a frame and an id."""
    return {frame: [changed(frame, each) for each in ids] for frame, ids in enumerate(IDS) if ids}


@pytest.mark.parametrize("kind", FORMATS)
def test_merge_and_split(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind)
    out = path.with_name(f"out{path.suffix}")
    has_times = kind in (".jsonl", ".csv", "angles:")
    before = path.read_bytes()
    moment = "5@0.4s" if has_times else "5@4f"
    assert main(["ids", str(path), "--merge", "3,7", "--split", moment, "--out", str(out)]) == 0
    assert path.read_bytes() == before
    assert ids_in(out) == expected(lambda frame, each: 3 if each == 7 else 8 if each == 5 and frame >= 4 else each)


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_but_the_ids_changes(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind)
    out = path.with_name(f"out{path.suffix}")
    assert main(["ids", str(path), "--merge", "3,7", "--out", str(out)]) == 0
    assert main(["ids", str(out), "--split", "3@4f", "--overwrite"]) == 0  # the next free id is 6, in place of 7
    pattern = {
        ".jsonl": r'"track_id":6',
        ".json": r'"(track_id|idx)":6',
        ".csv": r"(?m)^\d+,[\d.]+,6",
        ".txt": r"(?m)^\d+,6",
    }
    text = out.read_text("utf-8")
    restored = re.sub(pattern[path.suffix], lambda found: found[0][:-1] + "7", text)
    assert restored != text
    assert restored == path.read_text("utf-8")


@pytest.mark.parametrize("kind", [".jsonl", ".json", ".csv", "alphapose:"])
def test_names(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind)
    assert main(["ids", str(path), "--merge", "3,7", "--name", "3=Anna B", "--name", "5=Łukasz", "--overwrite"]) == 0
    read = rp.read_poses(path)
    assert {frame.index: [person.name for person in frame] for frame in read if len(frame)} == {
        frame: ["Łukasz" if each == 5 else "Anna B" for each in ids] for frame, ids in enumerate(IDS) if ids
    }
    assert read[0][0].to_dict()["name"] == "Anna B"
    if kind == ".jsonl":
        for line in path.read_text("utf-8").splitlines():
            check("poses", json.loads(line))
    if kind == ".json":
        check("coco_results", json.loads(path.read_text("utf-8")))
    # Another change keeps the names; a new person of a split has none.
    assert main(["ids", str(path), "--split", "3@5f", "--overwrite"]) == 0
    names = {int(person.id): person.name for frame in rp.read_poses(path) for person in frame}
    assert names == {3: "Anna B", 5: "Łukasz", 6: ""}


def test_a_merge_keeps_a_name_of_either(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, ".jsonl")
    assert main(["ids", str(path), "--name", "7=Anna", "--overwrite"]) == 0
    assert main(["ids", str(path), "--merge", "3,7", "--list"]) == 0
    captured = capsys.readouterr()
    assert re.search(r"3 +Anna +6 +0\.000 s - 0\.700 s", captured.out)
    assert "7 is 3 now, in 3 entries" in captured.err
    assert "nothing was written" in captured.err
    assert ids_in(path) == expected(lambda _, each: each)


def test_several_splits_of_one_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two persons were exchanged for a while: 5 is split twice, and its parts are joined with others."""
    path = written(tmp_path, ".jsonl")
    splits = ("--split", "5@0.4", "--split", "5@3f", "--split", "7@0:00.6")
    assert main(["ids", str(path), *splits, "--merge", "5,9", "--name", "10=Eva", "--overwrite"]) == 0
    assert "5 is 8 from frame 3 (0.300 s) on\n5 is 9 from frame 4 (0.400 s) on" in capsys.readouterr().err
    new = {(3, 5): 8, (7, 7): 10}
    assert ids_in(path) == expected(lambda frame, each: new.get((frame, each), each))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--merge", "3,5"), "3 and 5 cannot be one person: both are in frame 0 (0.000 s), and together in 3 frames"),
        (("--merge", "3"), "merge: expected two or more different ids, such as 3,7, got '3'"),
        (("--merge", "3,3"), "merge: expected two or more different ids"),
        (("--merge", "3,x"), "merge: expected two or more different ids"),
        (("--merge", "3,99"), "merge: expected an id of the file (3, 5, 7), got 99"),
        (("--split", "5"), "split: expected an id and a moment, such as 5@12.4s"),
        (("--split", "5@soon"), "split: expected seconds, mm:ss or hh:mm:ss"),
        (("--split", "99@1"), "split: expected an id of the file (3, 5, 7), got 99"),
        (("--split", "5@9"), "got 5@9; 5 is there from frame 0 (0.000 s) to frame 5 (0.500 s)"),
        (("--split", "5@0"), "split: expected moments with 5 before and after each"),
        (("--name", "3"), "name: expected an id and a name, such as 3=Anna, got '3'"),
        (("--name", "3= "), "name: expected an id and a name"),
        (("--name", "3=a\nb"), "name: expected an id and a name"),
        (("--name", "3=a", "--name", "3=b"), "name: expected one name for 3, got 'a' and 'b'"),
        (("--merge", "3,7", "--name", "7=a"), "name: expected an id of the file (3, 5), got 7"),
        ((), "expected --merge, --split, --name or --list, got none of them"),
    ],
)
def test_wrong_changes(
    tmp_path: Path, flags: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, ".jsonl")
    before = path.read_bytes()
    assert main(["ids", str(path), *flags, "--overwrite"]) == 2
    assert message in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("kind", "flags", "message"),
    [
        (".txt", ("--name", "3=Anna"), "MOTChallenge results have no place for names"),
        (".txt", ("--split", "5@0.4"), "this format has no times, such as 5@372f, got '5@0.4'"),
        (".json", ("--split", "5@0:30"), "this format has no times"),
    ],
)
def test_what_a_format_cannot_hold(
    tmp_path: Path, kind: str, flags: tuple[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, kind)
    assert main(["ids", str(path), *flags, "--overwrite"]) == 2
    assert message in capsys.readouterr().err


def test_no_file_is_replaced_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, other = written(tmp_path, ".jsonl"), tmp_path / "other.jsonl"
    other.write_text("mine", encoding="utf-8")
    before = path.read_bytes()
    for flags, code, message in [
        ((), 2, "expected --out FILE for the corrected file, or --overwrite to change"),
        (("--out", str(other)), 1, "this file exists; choose another name"),
        (("--out", str(path), "--overwrite"), 1, "this is the same file as"),
        (("--out", str(tmp_path / "o.csv")), 2, "out: expected a file that ends with .jsonl"),
        (("--out", str(tmp_path / "no" / "o.jsonl")), 1, "does not exist; make it or choose another"),
    ]:
        assert main(["ids", str(path), "--merge", "3,7", *flags]) == code
        assert message in capsys.readouterr().err
    assert (path.read_bytes(), other.read_text("utf-8")) == (before, "mine")
    assert main(["ids", str(path), "--merge", "3,7", "--out", str(other), "--overwrite"]) == 0
    assert ids_in(other) == expected(lambda _, each: 3 if each == 7 else each)


def test_a_file_that_a_run_writes_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, ".jsonl")
    running = OutputFile(path, may_replace=True)
    assert main(["ids", str(path), "--merge", "3,7", "--overwrite"]) == 1
    assert "a run is writing this file" in capsys.readouterr().err
    running.close()


@pytest.mark.parametrize("kind", FORMATS)
def test_the_list(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, kind)
    assert main(["ids", str(path), "--list"]) == 0
    has_times = kind in (".jsonl", ".csv", "angles:")
    rows = [re.split(r" {2,}", line.strip()) for line in capsys.readouterr().out.splitlines()]
    moments = ["0.000 s - 0.200 s", "0.000 s - 0.500 s", "0.400 s - 0.700 s"]
    frames = ["frame 0 - frame 2", "frame 0 - frame 5", "frame 4 - frame 7"]
    places = moments if has_times else frames
    assert rows[0] == ["id", "name", "frames", "from - to"]
    assert rows[1:] == [["3", "3", places[0]], ["5", "6", places[1]], ["7", "3", places[2]]]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '{"frame": 1, "time_s": 0, "people": [{"id": 1}]}'),
        ("a.jsonl", "no json"),
        ("a.json", "[{}]"),
        ("a.json", '[{"image_id": 1, "score": 1}]'),
        ("a.csv", "a,b\n1,2\n"),
        ("a.csv", "frame,time_s,track_id\n1,2\n"),
        ("a.txt", "1,x\n"),
        ("a.avi", ""),
    ],
)
def test_files_of_another_kind(tmp_path: Path, name: str, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert main(["ids", str(tmp_path / name), "--list"]) == 1
    assert f"{name}" in capsys.readouterr().err
