"""What `eval coco --plot` writes: files that hold what they say, and refusals before the models run for long."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime_pose._cv2 import cv2
from realtime_pose.errors import ConfigError, DatasetError, MissingPackageError, SinkError
from realtime_pose.evaluate.coco import CocoTruth, Result, keypoint_results
from realtime_pose.evaluate.matching import match_ground_truth
from realtime_pose.evaluate.worst_images import worst_images
from realtime_pose.reports import charts, coco_report
from realtime_pose.reports.coco_panels import draw_panels
from realtime_pose.scene import Image
from realtime_pose.skeletons import COCO17
from tests.support.coco_tables import person, poses_of, results_of, table, written

GREY = np.full((480, 640, 3), 128, np.uint8)
MISS_BGR = np.array((0x00, 0x5E, 0xD5))  # the colour of misses in the chart of errors

INVERSION_BGR = np.array((0xB2, 0x72, 0x00))


@pytest.fixture
def truth(tmp_path: Path) -> CocoTruth:
    """Two pictures with three persons and one with nobody, written beside their annotations."""
    content: dict[str, Any] = table()
    content["images"].append({"id": 3, "file_name": "3.jpg", "width": 640, "height": 480})
    for number in (1, 2, 3):
        cv2.imwrite(str(tmp_path / f"{number}.jpg"), GREY)
    return CocoTruth(written(tmp_path, content))


def boxes_of(results: list[Result]) -> list[Result]:
    """A box for each pose, where the first person stands."""
    return [{**person(1, 1, 20), "image_id": each["image_id"], "score": each["score"]} for each in results]


def plotted(truth: CocoTruth, keypoints: list[Result], folder: Path) -> int:
    results = coco_report.Results("a + b", keypoints, boxes_of(keypoints))
    diagnosis = coco_report.diagnose(truth, keypoints)
    return coco_report.plot(truth, diagnosis, results, images=folder, folder=folder / "plots")


def read(path: Path) -> Image:
    image = cv2.imread(str(path))
    assert image is not None, path
    return image.astype(np.uint8, copy=False)


def num_pixels(image: Image, bgr: np.ndarray) -> int:
    """How many pixels are of this colour, or very near to it."""
    return int((np.abs(image.astype(int) - bgr).max(axis=2) <= 12).sum())


def astray(result: Result) -> Result:
    """The same pose far from everybody."""
    xy = np.array(result["keypoints"]).reshape(17, 3) + np.array([2000, 2000, 0])
    return {**result, "keypoints": xy.ravel().tolist()}


def test_every_file_is_there_and_the_worst_picture_is_the_first(truth: CocoTruth, tmp_path: Path) -> None:
    right, wrong = results_of(), [astray(each) for each in keypoint_results(2, poses_of(2))]
    assert plotted(truth, [*right[:1], *wrong], tmp_path) == 2
    folder = tmp_path / "plots"
    names = ["curves.png", "errors.png", "worst.md", "worst_01.jpg", "worst_02.jpg"]
    assert sorted(path.name for path in folder.iterdir()) == names
    for name in (name for name in names if not name.endswith(".md")):
        assert min(read(folder / name).shape[:2]) > 300
    rows = [line for line in (folder / "worst.md").read_text(encoding="utf-8").splitlines() if "worst_" in line]
    assert "[1](worst_01.jpg) | 2.jpg | 0.00 | 0 of 1" in rows[0]
    assert "[2](worst_02.jpg) | 1.jpg | 0.50 | 1 of 2" in rows[1]


def test_a_picture_without_persons_is_ranked_only_if_somebody_was_found_there(truth: CocoTruth, tmp_path: Path) -> None:
    assert plotted(truth, results_of(), tmp_path) == 2
    ghost = {**results_of()[0], "image_id": 3, "score": 0.95}
    assert plotted(truth, [*results_of(), ghost], tmp_path) == 3
    index = (tmp_path / "plots" / "worst.md").read_text(encoding="utf-8")
    assert "| [1](worst_01.jpg) | 3.jpg | 0.00 | 0 of 0 | 1 | 1 pose of nobody |" in index


def test_no_worst_picture_of_an_earlier_run_stays(truth: CocoTruth, tmp_path: Path) -> None:
    """Those of the same names are written anew; what else lies there is not ours."""
    folder = tmp_path / "plots"
    folder.mkdir()
    others = ["worst_2.jpg", "worst_03.png", "my_worst_03.jpg", "worst_003.jpg"]
    for name in ["worst_01.jpg", "worst_03.jpg", "worst_20.jpg", *others]:
        (folder / name).write_bytes(b"old")
    assert plotted(truth, [], tmp_path) == 2
    written_anew = ["curves.png", "errors.png", "worst.md", "worst_01.jpg", "worst_02.jpg"]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*written_anew, *others])
    assert (folder / "worst_01.jpg").read_bytes() != b"old"


def test_nothing_found_at_all(truth: CocoTruth, tmp_path: Path) -> None:
    assert plotted(truth, [], tmp_path) == 2
    assert "2 of 2 persons missed" in (tmp_path / "plots" / "worst.md").read_text(encoding="utf-8")


def test_the_chart_of_errors_shows_misses_where_there_are_any(truth: CocoTruth) -> None:
    def num_missed(results: list[Result]) -> int:
        errors = coco_report.diagnose(truth, results).errors
        encoded = np.frombuffer(charts.draw_errors(errors, COCO17, title=""), np.uint8)
        return num_pixels(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8), MISS_BGR)

    half_wrong = np.array(results_of()[0]["keypoints"]).reshape(17, 3)
    half_wrong[:8, :2] += 2000
    some = num_missed([{**results_of()[0], "keypoints": half_wrong.ravel().tolist()}, *results_of()[1:]])
    assert some > num_missed(results_of()) + 1000, "beyond the patch of the legend"


def test_the_same_results_make_the_same_chart(truth: CocoTruth) -> None:
    errors = coco_report.diagnose(truth, results_of(shift_px=6)).errors
    first, second = (charts.draw_errors(errors, COCO17, title="a") for _ in range(2))
    assert first == second


def test_truth_and_prediction_stand_side_by_side_in_the_same_colours(truth: CocoTruth) -> None:
    paired = match_ground_truth(truth, results_of()[:1])[0]
    panels = draw_panels(GREY, paired, caption="a caption", score=0.5)
    left, right = np.array_split(panels, 2, axis=1)
    red = np.array((40, 30, 215))
    assert num_pixels(left, red) > 500, "the plate of the person who was missed"
    assert num_pixels(right, red) == 0
    coloured = [int((np.ptp(half.astype(int), axis=2) > 60).sum()) for half in (left, right)]
    assert coloured[0] > coloured[1] > 1000, "two persons left, one right"


def test_wrong_keypoints_have_rings_in_the_colour_of_their_kind(truth: CocoTruth) -> None:
    inverted = np.array(results_of()[0]["keypoints"]).reshape(17, 3)[COCO17.mirrored]
    numbers = []
    for result in (results_of()[0], {**results_of()[0], "keypoints": inverted.ravel().tolist()}):
        right = np.array_split(
            draw_panels(GREY, match_ground_truth(truth, [result])[0], caption="", score=0.5), 2, axis=1
        )[1]
        numbers.append(num_pixels(right, INVERSION_BGR))
    assert numbers[1] > numbers[0] + 16 * 20


def test_a_picture_that_cannot_be_read_is_named(truth: CocoTruth, tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"1\.jpg: expected a picture"):
        plotted(truth, results_of(), tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(truth: CocoTruth, tmp_path: Path) -> None:
    (tmp_path / "plots").write_text("notes", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"expected a folder .* got the file .*plots"):
        coco_report.check(tmp_path / "plots")
    with pytest.raises(SinkError, match="cannot be written"):
        plotted(truth, results_of(), tmp_path)


def test_without_the_library_that_draws_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingPackageError, match=r"realtime-pose\[eval\]"):
        coco_report.check(tmp_path / "plots")


class TestOrder:
    def test_equally_bad_pictures_stand_by_how_many_people_are_wrong(self, truth: CocoTruth) -> None:
        worst = worst_images(match_ground_truth(truth, []), count=20, score=0.0)
        assert [(each.matching.image.image_id, each.oks, each.missed) for each in worst] == [(1, 0, 2), (2, 0, 1)]

    def test_no_more_than_asked_for_and_none_of_none(self, truth: CocoTruth) -> None:
        assert len(worst_images(match_ground_truth(truth, []), count=1, score=0.0)) == 1
        assert worst_images([], count=20, score=0.0) == []

    def test_a_perfect_picture_has_nothing_wrong(self, truth: CocoTruth) -> None:
        (best, *_) = worst_images(match_ground_truth(truth, results_of()), count=20, score=0.0)
        assert (best.oks, best.why) == (1, "nothing")

    def test_a_pose_of_nobody_counts_from_its_score_on(self, truth: CocoTruth) -> None:
        unsure = {**astray(results_of()[0]), "score": 0.3}
        paired = match_ground_truth(truth, [*results_of(), unsure])
        by_limit = {limit: worst_images(paired, count=1, score=limit)[0].oks for limit in (0.2, 0.4)}
        assert by_limit == {0.2: pytest.approx(2 / 3), 0.4: 1}
