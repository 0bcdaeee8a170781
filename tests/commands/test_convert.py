"""`convert`: a file made from a finished one is the file that the run would have written."""

import json
import re
from pathlib import Path

import pytest

import realtime_pose as rp
from realtime_pose.cli import main
from realtime_pose.commands.id_files import read_ids
from realtime_pose.scene import PREDICTED, TrackState
from realtime_pose.sinks import RunHeader
from realtime_pose.skeletons import COCO17, Skeleton, generic_skeleton
from tests.support.people.stills import nobody, people, scene
from tests.support.recorders import open_pose_sink

BOXES = [(10, 5, 30, 40), (32, 4, 60, 44), (2, 2, 9, 9)]
NUMBER = re.compile(r"-?\d+\.?\d*")
TARGETS = ["o.json", "o.csv", "o.txt", "alphapose:o.json", "angles:o.csv", "openpose:o"]


def write(value: str, skeleton: Skeleton = COCO17) -> Path:
    """Some frames in the format of this value of --save-poses: a tentative person and a lost one are among them."""
    sink = open_pose_sink(Path(value), RunHeader("clips/door 1.mp4", skeleton, {}))
    states = [TrackState.CONFIRMED, TrackState.TENTATIVE, TrackState.LOST]
    for index in range(4):
        seen = people(BOXES, ids=[3, 8, 9], states=states, is_detected=[True, True, False])
        assert seen.detection[2] == PREDICTED
        sink.write(scene(nobody() if index == 2 else seen, index=index, time_s=index / 8))
    sink.close()
    return Path(value.rpartition(":")[2])


def contents(path: Path) -> dict[str, str]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name if path.is_dir() else "": file.read_text("utf-8") for file in files}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("target", TARGETS)
def test_as_the_run_would_have_written_it(target: str) -> None:
    write("poses.jsonl")
    prefix, _, name = target.rpartition(":")
    assert main(["convert", "poses.jsonl", target]) == 0
    expected = write(f"{prefix}:e{name}" if prefix else f"e{name}")
    found, wanted = contents(Path(name)), contents(expected)
    assert found.keys() == wanted.keys()
    for key, text in found.items():
        assert NUMBER.sub("", text) == NUMBER.sub("", wanted[key])
        # Middles and angles are made from rounded keypoints.
        numbers, expected_numbers = (list(map(float, NUMBER.findall(each))) for each in (text, wanted[key]))
        assert numbers == pytest.approx(expected_numbers, abs=0.15 if prefix == "angles" else 0.011)


@pytest.mark.parametrize("origin", ["p.csv", "alphapose:p.json", "p.json", "openpose:p"])
def test_other_origins(origin: str) -> None:
    path = write(origin)
    assert main(["convert", str(path), "openpose:o"]) == 0
    assert len(list(Path("o").iterdir())) == (4 if origin.startswith("openpose") else 3)


@pytest.mark.parametrize(
    ("origin", "target", "message"),
    [
        ("p.json", "o.csv", "a table needs the times of the frames, which p.json does not have"),
        ("p.json", "angles:o.csv", "a table needs the times"),
        ("p.txt", "openpose:o", "this format holds keypoints, but MOTChallenge results have boxes only"),
        ("p.csv", "o.jsonl", "JSON lines hold more than p.csv"),
        ("p.csv", "o.avi", "expected a path for poses"),
        ("p.csv", "p.csv", "this is the same file as p.csv"),
        ("p.csv", "no/o.json", "the folder no does not exist"),
    ],
)
def test_what_cannot_be_converted(origin: str, target: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(origin)
    before = Path(origin).read_bytes()
    assert main(["convert", origin, target, *(["--overwrite"] if target == origin else [])]) in (1, 2)
    assert message in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == [origin]
    assert Path(origin).read_bytes() == before


def test_an_existing_file_is_kept_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    write("poses.jsonl")
    Path("o.csv").write_text("mine", encoding="utf-8")
    assert main(["convert", "poses.jsonl", "o.csv"]) == 1
    assert "this file exists" in capsys.readouterr().err
    assert Path("o.csv").read_text("utf-8") == "mine"
    assert main(["convert", "poses.jsonl", "o.csv", "--overwrite"]) == 0
    assert Path("o.csv").read_text("utf-8").startswith("frame,")


def test_a_format_that_the_skeleton_does_not_fit_leaves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    sink = open_pose_sink(Path("p.jsonl"), RunHeader("a", generic_skeleton(17), {}))
    sink.write(scene(nobody()))
    sink.close()
    assert main(["convert", "p.jsonl", "openpose:o"]) == 1
    assert "has none of them by name" in capsys.readouterr().err
    assert not Path("o").exists()


def write_untracked(kind: str) -> Path:
    """Two frames as other programs write them without tracking: no ids, or -1."""
    person = {"score": 0.9, "keypoints": [5, 5, 0.9] * 17}
    if kind == "openpose":
        folder = Path("p")
        folder.mkdir()
        content = {"people": [{"person_id": [-1], "pose_keypoints_2d": [5, 5, 0.9] * 25}] * 2}
        for index in range(2):
            (folder / f"v_{index:012}_keypoints.json").write_text(json.dumps(content), "utf-8")
        return folder
    ids = [{}, {"track_id": 4}] if kind == "partly" else [{}, {}]
    results = [{"image_id": index, "category_id": 1, **ids[index], **person} for index in range(2)]
    Path("p.json").write_text(json.dumps(results), "utf-8")
    return Path("p.json")


@pytest.mark.parametrize("kind", ["openpose", "coco", "partly"])
def test_people_who_are_not_tracked_get_no_ids(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    origin = str(write_untracked(kind))
    assert main(["convert", origin, "o.txt"]) == 2
    assert (
        f"MOTChallenge is about people who are tracked, but the poses of {origin} have none" in capsys.readouterr().err
    )
    assert not Path("o.txt").exists()
    for target in ("o.json", "alphapose:a.json") + (("openpose:o",) if kind == "openpose" else ()):
        assert main(["convert", origin, target]) == 0
    results = [*json.loads(Path("o.json").read_text("utf-8")), *json.loads(Path("a.json").read_text("utf-8"))]
    assert len(results) == (8 if kind == "openpose" else 4)
    assert not [each for each in results if {"track_id", "idx"} & set(each)]
    for file in Path("o").glob("*"):
        assert [person["person_id"] for person in json.loads(file.read_text("utf-8"))["people"]] == [[-1], [-1]]


def test_a_folder_of_openpose_with_ids_becomes_tracks() -> None:
    """A frame without people, which has no id, changes nothing."""
    write("openpose:p")
    assert main(["convert", "p", "o.txt"]) == 0
    assert [line.split(",")[:2] for line in Path("o.txt").read_text("utf-8").splitlines()] == [
        ["1", "3"],
        ["2", "3"],
        ["4", "3"],
    ]


@pytest.mark.parametrize("target", ["o.csv", "o.json", "alphapose:o.json", "angles:o.csv"])
def test_names_are_kept(target: str) -> None:
    write("p.jsonl")
    assert main(["ids", "p.jsonl", "--name", "3=Anna", "--overwrite"]) == 0
    assert main(["convert", "p.jsonl", target]) == 0
    path = Path(target.rpartition(":")[2])
    assert read_ids(path).names == {3: "Anna"}
    if not target.startswith("angles"):
        named = {person.id: person.name for frame in rp.read_poses(path) for person in frame}
        assert named == {3: "Anna"} | ({8: ""} if target == "o.json" else {})  # COCO has the tentative person too
