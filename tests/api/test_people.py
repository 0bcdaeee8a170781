"""People as a program sees them: indexing, conversions, drawing."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import realtime_pose as rp
from realtime_pose.api import tables
from realtime_pose.api.people import People
from realtime_pose.errors import ConfigError, MissingPackageError, SinkError
from realtime_pose.scene import Frame
from tests.support.people import stills

WH = (320, 240)
NUM_KEYPOINTS = 17


def decoded(content: bytes) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


def make_people(*boxes: tuple[float, float, float, float], is_tracked: bool = True) -> People:
    tracks = stills.people(boxes, ids=[10 + number for number in range(len(boxes))])
    frame = Frame(np.full((WH[1], WH[0], 3), 90, np.uint8), 4, 0.5, 0.0, "street.jpg")
    return People(frame, tracks, is_tracked=is_tracked)


@pytest.fixture
def two() -> People:
    return make_people((10, 20, 110, 220), (150, 20, 250, 220))


def test_persons_by_number(two: People) -> None:
    assert [person.id for person in two] == [10, 11]
    assert two[0].box.tolist() == [10, 20, 110, 220]
    assert two[-1].id == two[np.int64(1)].id == 11
    for number in (2, -3):
        with pytest.raises(IndexError, match="expected a person from 0 to 1"):
            _ = two[number]


def test_keypoints_by_name(two: People) -> None:
    wrist = two[1]["left_wrist"]
    index = two.skeleton.keypoints.index("left_wrist")
    assert (wrist.x, wrist.y) == pytest.approx(two.keypoints[1, index].tolist())
    assert wrist.score == pytest.approx(0.9)
    all_wrists = two["left_wrist"]
    assert all_wrists.shape == (2, 3)
    assert all_wrists[1].tolist() == pytest.approx(list(wrist))
    for owner in (two, two[0]):
        with pytest.raises(KeyError, match=r"left_wrist.*got 'wing'"):
            owner["wing"]


def test_people_by_mask_slice_and_list(two: People) -> None:
    assert [person.id for person in two[two.scores > 0.7]] == [10]
    assert [person.id for person in two[1:]] == [11]
    assert [person.id for person in two[[1, 0]]] == [11, 10]
    assert len(two[two.scores > 1]) == 0


def test_arrays_are_views_with_the_stated_shapes(two: People) -> None:
    assert two.keypoints is two.tracks.poses.keypoints
    assert np.shares_memory(two[0].keypoints, two.keypoints)
    shapes = [array.shape for array in (two.ids, two.scores, two.boxes, two.keypoints, two.keypoint_scores)]
    assert shapes == [(2,), (2,), (2, 4), (2, NUM_KEYPOINTS, 2), (2, NUM_KEYPOINTS)]


def test_nobody() -> None:
    nobody = make_people()
    assert list(nobody) == []
    assert nobody["nose"].shape == (0, 3)
    assert nobody.to_dict()["people"] == []
    assert len(nobody.to_pandas()) == 0
    assert len(nobody.to_supervision()) == 0
    assert (nobody.draw().image == nobody.image).all()
    assert repr(nobody) == "People(0 persons in street.jpg, image 4)"
    assert repr(make_people((10, 20, 110, 220))) == "People(1 person in street.jpg, image 4)"


def test_plain_values_are_ready_for_json(two: People) -> None:
    value = json.loads(json.dumps(two.to_dict()))
    assert {key: value[key] for key in ("source", "frame", "time_s", "size")} == {
        "source": "street.jpg", "frame": 4, "time_s": 0.5, "size": [320, 240],
    }  # fmt: skip
    assert value["people"][0]["box"] == [10.0, 20.0, 110.0, 220.0]
    assert list(value["people"][0]["keypoints"]) == list(two.skeleton.keypoints)


def test_a_table_has_a_row_per_keypoint(two: People) -> None:
    table = two.to_pandas()
    assert list(table.columns) == ["source", "frame", "time_s", "track_id", "keypoint", "x", "y", "score"]
    assert len(table) == 2 * NUM_KEYPOINTS
    row = table[(table["track_id"] == 11) & (table["keypoint"] == "left_wrist")].iloc[0]
    assert [row["x"], row["y"], row["score"]] == pytest.approx(list(two[1]["left_wrist"]))


def test_supervision_gets_the_same_values(two: People) -> None:
    points = two.to_supervision()
    assert np.array_equal(points.xy, two.keypoints)
    ids = np.asarray(points.data["track_id"])
    assert ids.tolist() == [10, 11]
    assert np.array_equal(np.asarray(points.data["xyxy"]), two.boxes)


def test_a_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch, two: People) -> None:
    def fail(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(tables, "import_module", fail)
    with pytest.raises(MissingPackageError, match="pip install pandas"):
        two.to_pandas()


def test_drawing_leaves_the_image_as_it_is(two: People, tmp_path: Path) -> None:
    before = two.image.copy()
    drawn = two.draw(style=rp.RenderConfig(boxes=True))
    assert (two.image == before).all()
    assert (drawn.image != before).any()
    drawn.save(tmp_path / "o.png")
    assert np.array_equal(decoded((tmp_path / "o.png").read_bytes()), drawn.image)
    drawn.save(str(tmp_path / "o.jpg"))
    assert decoded((tmp_path / "o.jpg").read_bytes()).shape == before.shape


def test_ids_are_drawn_only_if_they_mean_something(two: People) -> None:
    single = make_people((10, 20, 110, 220), (150, 20, 250, 220), is_tracked=False)
    assert (single.draw().image != two.draw().image).any()
    assert np.array_equal(single.draw().image, two.draw(style=rp.RenderConfig(ids=False)).image)


def test_drawing_on_another_image(two: People) -> None:
    assert (rp.draw(np.zeros((240, 320, 3), np.uint8), two) > 0).any()
    with pytest.raises(ConfigError, match=r"expected an image of 320x240.*got 10x10"):
        rp.draw(np.zeros((10, 10, 3), np.uint8), two)


@pytest.mark.parametrize("name", ["o.xyz", "o.mp4"])
def test_an_unknown_ending_is_an_error(two: People, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="ending of an image format"):
        two.draw().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_an_error(two: People, tmp_path: Path) -> None:
    with pytest.raises(SinkError):
        two.draw().save(tmp_path / "no" / "o.png")


def test_a_notebook_shows_the_drawn_image(two: People) -> None:
    content = two._repr_png_()
    assert content is not None
    assert np.array_equal(decoded(content), two.draw().image)


def test_angles_of_a_person_and_of_all(two: People) -> None:
    table = two.angles_to_pandas()
    assert list(table["track_id"]) == [10, 11]
    assert two[1].angles["left_knee"] == pytest.approx(table["left_knee_deg"][1])
    assert table["left_knee_score"][0] == pytest.approx(0.9)
    assert list(make_people().angles_to_pandas().columns) == list(table.columns)
