"""The command ``live`` with pictures: each one annotated into its own file, and results that can be scored."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import realtime_pose as rp
from benchmarks.support import clips
from realtime_pose.cli import main
from realtime_pose.evaluate.coco import CocoTruth, import_scorer
from realtime_pose.scene import Image
from realtime_pose.sources.image_decoding import read_image
from tests.support.made_once import made_once

pytestmark = [pytest.mark.process]

QUICK = ("--headless", "--pose", "movenet-lightning")
NUM_PEOPLE = 3  # in the first image of the demo clip


def live(*args: object) -> int:
    return main(["live", *map(str, args), *QUICK])


@pytest.fixture(scope="module", autouse=True)
def free_networks() -> Iterator[None]:
    yield
    rp.unload()


@pytest.fixture
def photos(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, demo_frame: Image) -> Path:
    """Three photos of people, one upside down by its Exif data, and one of nobody."""

    def write(folder: Path) -> None:
        small = demo_frame[::2, ::2].copy()
        clips.image_file(folder / "a.png", small)
        (folder / "b.jpg").write_bytes(clips.jpeg_with_exif(small[::-1, ::-1].copy(), 3))
        clips.image_file(folder / "c.webp", small)
        clips.image_file(folder / "nobody.png", clips.pattern_image(0, (320, 240)))

    return shutil.copytree(made_once(tmp_path_factory, "photos", write), tmp_path / "photos")


def test_each_picture_is_annotated_into_its_own_file_and_nobody_is_left_out(
    tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, poses = tmp_path / "out", tmp_path / "poses.jsonl"
    assert live(photos, "--out", out, "--save-poses", poses) == 0
    found = rp.read_poses(poses)
    assert [(each.source, each.image_id, len(each)) for each in found] == [
        ("a.png", 1, NUM_PEOPLE),
        ("b.jpg", 2, NUM_PEOPLE),
        ("c.webp", 3, NUM_PEOPLE),
        ("nobody.png", 4, 0),
    ]
    for each in found:
        before, after = read_image(photos / each.source), read_image(out / each.source)
        assert before.shape == after.shape
        changed = (np.abs(before.astype(int) - after) > 60).mean()
        assert (changed > 0.002) == bool(len(each)), each.source
    assert "photos: 4 pictures, " in capsys.readouterr().err


def test_an_existing_picture_is_kept_unless_asked(
    tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "c.webp").write_text("of the user")
    assert live(photos, "--out", out) == 1
    assert "c.webp: this file exists" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["c.webp"]
    assert live(photos, "--out", out, "--overwrite") == 0
    assert len(list(out.iterdir())) == 4


@pytest.mark.parametrize("more", [(), ("--overwrite",)])
def test_the_folder_of_the_originals_is_refused(
    tmp_path: Path, photos: Path, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link").symlink_to(photos)
    before = (photos / "a.png").read_bytes()
    for out in (photos, tmp_path / "link"):
        assert live(photos, "--out", out, *more) == 1
        assert "this folder holds the originals" in capsys.readouterr().err
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").symlink_to(photos / "a.png")
    assert live(photos, "--out", tmp_path / "out", *more) == 1
    assert "which is read" in capsys.readouterr().err
    assert (photos / "a.png").read_bytes() == before


def test_the_annotations_are_not_overwritten(tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = tmp_path / "truth.json"
    truth.write_text('{"images": [{"id": 1, "file_name": "a.png"}]}')
    assert live(photos, "--annotations", truth, "--save-poses", truth, "--overwrite") == 1
    assert "which is read" in capsys.readouterr().err
    assert truth.read_text().startswith('{"images"')


def test_a_picture_that_cannot_be_read_is_named_and_the_others_go_on(
    tmp_path: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "b.jpg").write_bytes(b"no image")
    out = tmp_path / "out"
    assert live(photos, "--out", out) == 1
    assert "b.jpg: expected an image, but it cannot be decoded" in capsys.readouterr().err
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "c.webp", "nobody.png"]


def test_lists_patterns_and_equal_names(tmp_path: Path, photos: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.png").write_bytes((photos / "a.png").read_bytes())
    out = tmp_path / "out"
    assert live(photos / "a.png", photos / "*.webp", tmp_path / "more", "--out", out) == 0
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*"))
    assert written == ["more/a.png", "photos/a.png", "photos/c.webp"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--record x.mp4", "single pictures are not recorded as a video"),
        ("--save-poses x.txt", "MOTChallenge is about people who are tracked"),
        ("--as-video --out out", "out: expected single pictures"),
        ("--annotations gone.json", "gone.json: cannot be read"),
    ],
)
def test_what_does_not_fit_pictures_is_refused_before_anything_is_made(
    photos: Path, flags: str, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(photos.parent)
    assert live(photos, *flags.split()) != 0
    assert message in capsys.readouterr().err
    assert [path.name for path in photos.parent.iterdir()] == ["photos"]


def test_pictures_as_a_video_are_tracked_and_recorded(tmp_path: Path, photos: Path) -> None:
    poses = tmp_path / "poses.jsonl"
    assert live(photos, "--as-video", "--save-poses", poses, "--record", tmp_path / "a.mp4") == 0
    lines = [json.loads(line) for line in poses.read_text().splitlines()]
    assert [line["time_s"] for line in lines if "frame" in line] == pytest.approx([0, 1 / 30, 2 / 30, 3 / 30], abs=1e-5)
    assert not any("file_name" in line for line in lines)


class TestCocoResults:
    def test_they_are_scored_by_the_ids_of_the_annotations(self, tmp_path: Path, photos: Path) -> None:
        """What was found is the truth of a second run, which must get full marks, and none under other ids."""
        first, second = tmp_path / "first.json", tmp_path / "second.json"
        assert live(photos, "--save-poses", first) == 0
        found = [each for each in json.loads(first.read_text()) if each["file_name"] != "nobody.png"]
        truth = tmp_path / "truth.json"
        truth.write_text(json.dumps(annotations(found, {"a.png": 139, "b.jpg": 7, "c.webp": 632})))
        assert live(photos, "--annotations", truth, "--save-poses", second) == 0
        results = json.loads(second.read_text())
        assert {(each["file_name"], each["image_id"]) for each in results} == {
            ("a.png", 139),
            ("b.jpg", 7),
            ("c.webp", 632),
        }
        assert CocoTruth(truth).score(results, kind="keypoints").ap == pytest.approx(1)

    def test_pictures_of_coco_are_scored_by_pycocotools_itself(self, tmp_path: Path, shared_data: Path) -> None:
        images, truth = shared_data / "data" / "coco_val" / "images", shared_data / "data" / "coco_val" / "full_gt.json"
        results = tmp_path / "results.json"
        assert live(images / "00000000[0-4]*.jpg", "--annotations", truth, "--save-poses", results) == 0
        annotated = import_scorer("pycocotools.coco").COCO(str(truth))
        evaluation = import_scorer("pycocotools.cocoeval").COCOeval(
            annotated, annotated.loadRes(str(results)), "keypoints"
        )
        evaluation.params.imgIds = sorted({each["image_id"] for each in json.loads(results.read_text())})
        assert len(evaluation.params.imgIds) >= 3
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        assert evaluation.stats[0] > 0.3


def annotations(found: list[dict[str, Any]], ids: dict[str, int]) -> dict[str, Any]:
    """Results as the truth of an annotation file, with other ids of the images."""
    persons = [
        {
            "id": number,
            "image_id": ids[each["file_name"]],
            "category_id": 1,
            "bbox": each["bbox"],
            "area": 12000.0,
            "iscrowd": 0,
            "num_keypoints": 17,
            "keypoints": [2 if place % 3 == 2 else value for place, value in enumerate(each["keypoints"])],
        }
        for number, each in enumerate(found, start=1)
    ]
    images = [{"id": image_id, "file_name": name} for name, image_id in ids.items()]
    return {"images": images, "annotations": persons, "categories": [{"id": 1, "name": "person"}]}
