"""The report of `eval coco --plot`: its files, and errors before the models run for a long time."""

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
from tests.support.people.coco_tables import person, table, true_poses, true_results, write_annotations

pytestmark = [pytest.mark.slow]

GREY = np.full((480, 640, 3), 128, np.uint8)
MISS_BGR = np.array((0x00, 0x5E, 0xD5))  # the colour of misses in the chart of errors

INVERSION_BGR = np.array((0xB2, 0x72, 0x00))


@pytest.fixture
def truth(tmp_path: Path) -> CocoTruth:
    """Two images with three persons and one without persons, beside their annotations."""
    content: dict[str, Any] = table()
    content["images"].append({"id": 3, "file_name": "3.jpg", "width": 640, "height": 480})
    for number in (1, 2, 3):
        cv2.imwrite(str(tmp_path / f"{number}.jpg"), GREY)
    return CocoTruth(write_annotations(tmp_path, content))


@pytest.fixture
def without_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of the other files: a chart takes half a second."""
    for name in ("draw_curves", "draw_errors"):
        monkeypatch.setattr(charts, name, lambda *_, **__: b"a chart")


def boxes_of(results: list[Result]) -> list[Result]:
    """A box for each pose, at the place of the first person."""
    return [{**person(1, 1, 20), "image_id": each["image_id"], "score": each["score"]} for each in results]


def plot(truth: CocoTruth, keypoints: list[Result], folder: Path) -> int:
    results = coco_report.Results("a + b", keypoints, boxes_of(keypoints))
    diagnosis = coco_report.diagnose(truth, keypoints)
    return coco_report.plot(truth, diagnosis, results, images=folder, folder=folder / "plots")


def read(path: Path) -> Image:
    image = cv2.imread(str(path))
    assert image is not None, path
    return image.astype(np.uint8, copy=False)


def num_pixels(image: Image, bgr: np.ndarray) -> int:
    """Number of pixels of this colour or a very similar one."""
    return int((np.abs(image.astype(int) - bgr).max(axis=2) <= 12).sum())


def shifted_far(result: Result) -> Result:
    """The same pose far from all persons."""
    xy = np.array(result["keypoints"]).reshape(17, 3) + np.array([2000, 2000, 0])
    return {**result, "keypoints": xy.ravel().tolist()}


def test_all_files_are_written_and_the_worst_image_is_the_first(truth: CocoTruth, tmp_path: Path) -> None:
    right, wrong = true_results(), [shifted_far(each) for each in keypoint_results(2, true_poses(2))]
    assert plot(truth, [*right[:1], *wrong], tmp_path) == 2
    folder = tmp_path / "plots"
    names = ["curves.png", "errors.png", "worst.md", "worst_01.jpg", "worst_02.jpg"]
    assert sorted(path.name for path in folder.iterdir()) == names
    for name in (name for name in names if not name.endswith(".md")):
        assert min(read(folder / name).shape[:2]) > 300
    rows = [line for line in (folder / "worst.md").read_text(encoding="utf-8").splitlines() if "worst_" in line]
    assert "[1](worst_01.jpg) | 2.jpg | 0.00 | 0 of 1" in rows[0]
    assert "[2](worst_02.jpg) | 1.jpg | 0.50 | 1 of 2" in rows[1]


@pytest.mark.usefixtures("without_charts")
def test_an_image_without_persons_is_ranked_only_with_a_false_positive(truth: CocoTruth, tmp_path: Path) -> None:
    matchings = coco_report.diagnose(truth, true_results()).matchings
    assert {each.matching.image.image_id for each in worst_images(matchings, count=20, score=0.5)} == {1, 2}
    false_positive = {**true_results()[0], "image_id": 3, "score": 0.95}
    assert plot(truth, [*true_results(), false_positive], tmp_path) == 3
    index = (tmp_path / "plots" / "worst.md").read_text(encoding="utf-8")
    assert "| [1](worst_01.jpg) | 3.jpg | 0.00 | 0 of 0 | 1 | 1 pose without a person |" in index


@pytest.mark.usefixtures("without_charts")
def test_worst_images_of_an_earlier_run_are_removed(truth: CocoTruth, tmp_path: Path) -> None:
    """Images with the same names are replaced; other files stay. There are no results."""
    folder = tmp_path / "plots"
    folder.mkdir()
    others = ["worst_2.jpg", "worst_03.png", "my_worst_03.jpg", "worst_003.jpg"]
    for name in ["worst_01.jpg", "worst_03.jpg", "worst_20.jpg", *others]:
        (folder / name).write_bytes(b"old")
    assert plot(truth, [], tmp_path) == 2
    new_names = ["curves.png", "errors.png", "worst.md", "worst_01.jpg", "worst_02.jpg"]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*new_names, *others])
    assert (folder / "worst_01.jpg").read_bytes() != b"old"
    assert "2 of 2 persons missed" in (folder / "worst.md").read_text(encoding="utf-8")


def test_the_chart_of_errors_shows_misses(truth: CocoTruth) -> None:
    def num_missed(results: list[Result]) -> int:
        errors = coco_report.diagnose(truth, results).errors
        encoded = np.frombuffer(charts.draw_errors(errors, COCO17, title=""), np.uint8)
        return num_pixels(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8), MISS_BGR)

    half_wrong = np.array(true_results()[0]["keypoints"]).reshape(17, 3)
    half_wrong[:8, :2] += 2000
    some = num_missed([{**true_results()[0], "keypoints": half_wrong.ravel().tolist()}, *true_results()[1:]])
    assert some > num_missed(true_results()) + 1000, "more than the patch in the legend"


def test_the_same_results_give_the_same_chart(truth: CocoTruth) -> None:
    errors = coco_report.diagnose(truth, true_results(shift_px=6)).errors
    first, second = (charts.draw_errors(errors, COCO17, title="a") for _ in range(2))
    assert first == second


def test_truth_and_poses_are_side_by_side_in_the_same_colours(truth: CocoTruth) -> None:
    matchings = match_ground_truth(truth, true_results()[:1])[0]
    panels = draw_panels(GREY, matchings, caption="a caption", score=0.5)
    left, right = np.array_split(panels, 2, axis=1)
    red = np.array((40, 30, 215))
    assert num_pixels(left, red) > 500, "the label of the missed person"
    assert num_pixels(right, red) == 0
    coloured = [int((np.ptp(half.astype(int), axis=2) > 60).sum()) for half in (left, right)]
    assert coloured[0] > coloured[1] > 1000, "two persons left, one right"


def test_wrong_keypoints_have_rings_in_the_colour_of_their_type(truth: CocoTruth) -> None:
    inverted = np.array(true_results()[0]["keypoints"]).reshape(17, 3)[COCO17.mirrored]
    numbers = []
    for result in (true_results()[0], {**true_results()[0], "keypoints": inverted.ravel().tolist()}):
        right = np.array_split(
            draw_panels(GREY, match_ground_truth(truth, [result])[0], caption="", score=0.5), 2, axis=1
        )[1]
        numbers.append(num_pixels(right, INVERSION_BGR))
    assert numbers[1] > numbers[0] + 16 * 20


@pytest.mark.usefixtures("without_charts")
def test_an_image_that_cannot_be_read_is_named(truth: CocoTruth, tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"no image")
    with pytest.raises(DatasetError, match=r"1\.jpg: expected an image"):
        plot(truth, true_results(), tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(truth: CocoTruth, tmp_path: Path) -> None:
    (tmp_path / "plots").write_text("notes", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"expected a folder .* got the file .*plots"):
        coco_report.check(tmp_path / "plots")
    with pytest.raises(SinkError, match="cannot be written"):
        plot(truth, true_results(), tmp_path)


def test_a_missing_matplotlib_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingPackageError, match=r"realtime-pose\[eval\]"):
        coco_report.check(tmp_path / "plots")


class TestOrder:
    def test_equally_bad_images_are_ordered_by_the_number_of_wrong_persons(self, truth: CocoTruth) -> None:
        worst = worst_images(match_ground_truth(truth, []), count=20, score=0.0)
        assert [(each.matching.image.image_id, each.oks, each.missed) for each in worst] == [(1, 0, 2), (2, 0, 1)]

    def test_the_number_of_images_is_limited(self, truth: CocoTruth) -> None:
        assert len(worst_images(match_ground_truth(truth, []), count=1, score=0.0)) == 1
        assert worst_images([], count=20, score=0.0) == []

    def test_a_perfect_image_has_nothing_wrong(self, truth: CocoTruth) -> None:
        (best, *_) = worst_images(match_ground_truth(truth, true_results()), count=20, score=0.0)
        assert (best.oks, best.reason) == (1, "nothing")

    def test_a_false_positive_counts_from_a_score_on(self, truth: CocoTruth) -> None:
        uncertain = {**shifted_far(true_results()[0]), "score": 0.3}
        matchings = match_ground_truth(truth, [*true_results(), uncertain])
        by_limit = {limit: worst_images(matchings, count=1, score=limit)[0].oks for limit in (0.2, 0.4)}
        assert by_limit == {0.2: pytest.approx(2 / 3), 0.4: 1}
