"""Annotated pictures as files: their names and formats, and poses that carry the names of pictures."""

import csv
import json
from dataclasses import replace
from functools import partial
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

import realtime_pose as rp
from realtime_pose.cli import main
from realtime_pose.errors import SinkError
from realtime_pose.picture import Picture
from realtime_pose.pipeline.sink_failures import SinkFailures
from realtime_pose.scene import Image, Scene
from realtime_pose.sinks import RunHeader
from realtime_pose.sinks.picture_files import PictureFilesSink
from realtime_pose.skeletons import COCO17
from realtime_pose.sources.image_decoding import read_image
from tests.support.people.stills import nobody, people, scene
from tests.support.recorders import open_pose_sink

RUN = RunHeader("pictures", COCO17, {}, is_pictures=True)


def image_of(scene: Scene) -> Image:
    return scene.frame.image


def picture_scene(
    name: str, image_id: int, *, index: int = 0, num_people: int = 2, wh: tuple[int, int] = (64, 48)
) -> Scene:
    tracks = people([[5, 5, 25, 45], [30, 5, 60, 40]][:num_people]) if num_people else nobody()
    value = scene(tracks, index=index, time_s=0.0, wh=wh)
    return replace(value, frame=replace(value.frame, source=name, picture=Picture(name, image_id)))


@pytest.mark.parametrize(
    "name", ["a.png", "b.JPG", "c.webp", "d.tiff", "e.bmp", "f.jp2", "g.avif", "x/y/h.jpeg", "i j.ppm"]
)
def test_a_picture_keeps_its_name_and_format(tmp_path: Path, name: str) -> None:
    sink = PictureFilesSink(tmp_path / "out", image_of)
    sink.write(picture_scene(name, 1))
    sink.close()
    assert [path.name for path in (tmp_path / "out" / name).parent.iterdir()] == [Path(name).name]
    assert read_image(tmp_path / "out" / name).shape == (48, 64, 3)


@pytest.mark.parametrize("name", ["a.heic", "a.HEIF", "a.gif", "a.pgm"])
def test_a_format_that_cannot_be_written_becomes_jpeg(tmp_path: Path, name: str) -> None:
    PictureFilesSink(tmp_path, image_of).write(picture_scene(name, 1))
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.jpg"]
    assert (tmp_path / f"{name}.jpg").read_bytes().startswith(b"\xff\xd8")


def test_a_picture_that_cannot_be_encoded_is_named_and_the_next_one_is_written(tmp_path: Path) -> None:
    sink, failures = PictureFilesSink(tmp_path, image_of), SinkFailures()
    for name, wh in (("small.jp2", (8, 8)), ("b.jp2", (64, 48))):
        value = picture_scene(name, 1, wh=wh)
        assert failures.attempt(sink, partial(sink.write, value))
    assert [path.name for path in tmp_path.iterdir()] == ["b.jp2"]
    assert failures.first is None
    (message,) = failures.messages
    assert message.startswith("small.jp2: an image of 8x8 cannot be written as .jp2")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match=r"file/out: expected a folder, but it cannot be made"):
        PictureFilesSink(tmp_path / "file" / "out", image_of)


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv"])
def test_poses_of_pictures_are_read_back_by_name_and_id(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"poses{suffix}"
    sink = open_pose_sink(path, RUN)
    sink.write(picture_scene("x/a.jpg", 139, index=0, wh=(64, 48)))
    sink.write(picture_scene("x/b.jpg", 285, index=1, num_people=0, wh=(80, 20)))
    sink.write(picture_scene("y/a.jpg", 632, index=2, num_people=1, wh=(32, 96)))
    sink.close()
    found = rp.read_poses(path)
    read = [(each.source, each.image_id, each.ids.tolist(), each.is_tracked) for each in found]
    expected = [("x/a.jpg", 139, [1, 2], False), ("x/b.jpg", 285, [], False), ("y/a.jpg", 632, [1], False)]
    assert read == [each for each in expected if each[2] or suffix == ".jsonl"]
    if suffix == ".jsonl":
        assert [each.frame.wh for each in found] == [(64, 48), (80, 20), (32, 96)]


def test_json_lines_of_pictures_have_one_header(tmp_path: Path) -> None:
    sink = open_pose_sink(tmp_path / "p.jsonl", RUN)
    for index, wh in enumerate([(64, 48), (48, 64), (64, 48)]):
        sink.write(picture_scene(f"{index}.jpg", index + 1, index=index, wh=wh))
    sink.close()
    header, *lines = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    assert header["size"] is None
    assert [(line["file_name"], line["image_id"], line["size"]) for line in lines] == [
        ("0.jpg", 1, [64, 48]),
        ("1.jpg", 2, [48, 64]),
        ("2.jpg", 3, [64, 48]),
    ]


def test_coco_results_of_pictures_have_no_track(tmp_path: Path) -> None:
    sink = open_pose_sink(tmp_path / "p.json", RUN)
    sink.write(picture_scene("a.jpg", 139, index=4))
    sink.close()
    results = json.loads((tmp_path / "p.json").read_text())
    assert [(each["image_id"], each["file_name"], "track_id" in each) for each in results] == [
        (139, "a.jpg", False)
    ] * 2


def test_files_of_openpose_are_called_after_the_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "openpose"
    sink = open_pose_sink(Path(f"openpose:{folder}"), RUN)
    for index, name in enumerate(["a.jpg", "a.png", "x/b.c.jpg"]):
        sink.write(picture_scene(name, index + 1, index=index))
    sink.close()
    expected = ["a_keypoints.json", "a_png_keypoints.json", "x_b.c_keypoints.json"]
    assert sorted(path.name for path in folder.iterdir()) == expected
    content = json.loads((folder / "a_keypoints.json").read_text("utf-8"))
    assert [person["person_id"] for person in content["people"]] == [[-1], [-1]]
    assert [len(each) for each in rp.read_poses(folder)] == [2, 2, 2]


def test_pictures_whose_names_become_one_have_a_file_of_openpose_each(tmp_path: Path) -> None:
    sink = open_pose_sink(Path(f"openpose:{tmp_path / 'o'}"), RUN)
    for index, name in enumerate(["img (1).jpg", "img 1.jpg", "img_1.jpg", "img+1.jpg", "img_1_jpg.png"]):
        given = picture_scene(name, index + 1, index=index)
        sink.write(replace(given, tracks=nobody()) if index == 1 else given)
    sink.close()
    expected = {"img_1": 2, "img_1_jpg": 0, "img_1_jpg_2": 2, "img_1_jpg_3": 2, "img_1_jpg_png": 2}
    found = {path.name: len(json.loads(path.read_text("utf-8"))["people"]) for path in (tmp_path / "o").iterdir()}
    assert found == {f"{name}_keypoints.json": count for name, count in expected.items()}


def test_files_of_other_sources_stay_beside_those_of_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "o"
    folder.mkdir()
    # As a video of the same name would have it.
    others = [folder / "pictures_000000000001_keypoints.json", folder / "other_keypoints.json"]
    for path in (*others, folder / "a_keypoints.json"):
        path.write_text("old", "utf-8")
    with pytest.raises(SinkError, match="--overwrite: files of this source are replaced, others stay"):
        open_pose_sink(Path(f"openpose:{folder}"), RUN)
    sink = open_pose_sink(Path(f"openpose:{folder}"), RUN, may_replace=True)
    sink.write(picture_scene("a.jpg", 1, index=0))
    sink.close()
    assert [path.read_text("utf-8") for path in others] == ["old", "old"]
    assert json.loads((folder / "a_keypoints.json").read_text("utf-8"))["version"] == 1.3


def test_results_of_alphapose_have_the_names_of_the_pictures(tmp_path: Path) -> None:
    path = tmp_path / "alphapose.json"
    sink = open_pose_sink(Path(f"alphapose:{path}"), RUN)
    names = ["b.jpg", "000000000139.jpg", "a.jpg"]
    for index, name in enumerate(names):
        sink.write(picture_scene(name, index + 1, index=index))
    sink.close()
    results = json.loads(path.read_text())
    assert [(each["image_id"], "idx" in each) for each in results] == [(name, False) for name in names for _ in "12"]
    read = rp.read_poses(path)
    assert [(each.source, each.ids.tolist(), each.is_tracked) for each in read] == [
        (name, [1, 2], False) for name in names
    ]
    assert [(each.index, each.image_id) for each in read] == [(0, 1), (1, 2), (2, 3)]


def test_their_lines_and_results_fit_the_schemas(tmp_path: Path) -> None:
    for suffix in (".jsonl", ".json"):
        sink = open_pose_sink(tmp_path / f"p{suffix}", RUN)
        sink.write(picture_scene("a.jpg", 139))
        sink.close()
    schemas = files("realtime_pose") / "schemas"
    lines = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    line_schema, results_schema = (
        json.loads((schemas / f"{name}.schema.json").read_text("utf-8")) for name in ("poses", "coco_results")
    )
    for line in lines:
        jsonschema.validate(line, line_schema)
    results = json.loads((tmp_path / "p.json").read_text())
    jsonschema.validate(results, results_schema)
    del lines[1]["size"]
    results[0]["track_id"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(lines[1], line_schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(results, results_schema)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".json"])
def test_their_numbers_are_no_ids_to_correct(tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    sink = open_pose_sink(tmp_path / f"p{suffix}", RUN)
    sink.write(picture_scene("a.jpg", 139))
    sink.close()
    assert main(["ids", str(tmp_path / f"p{suffix}"), "--list"]) == 1
    message = capsys.readouterr().err
    assert "the single picture a.jpg, in which nobody is tracked" in message or "got no 'track_id'" in message


def test_angles_of_pictures_have_their_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    sink = open_pose_sink(Path(f"angles:{path}"), RUN)
    sink.write(picture_scene("a.jpg", 139))
    sink.close()
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file_name"], row["image_id"], row["track_id"]) for row in rows] == [
        ("a.jpg", "139", "1"),
        ("a.jpg", "139", "2"),
    ]
