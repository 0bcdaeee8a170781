"""The command ``fit nms``: AP of the cached scorer equals AP of pycocotools; duplicates are removed; bad input.

The shipped limits are those that the documented command printed.
"""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime_pose._cv2 import cv2
from realtime_pose.cli import main
from realtime_pose.config import PoseNmsConfig, load
from realtime_pose.evaluate.cached_scorer import CachedScorer
from realtime_pose.evaluate.coco import CocoTruth, keypoint_results
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17
from realtime_pose.train.fit_nms import Candidates, fit
from tests.support.models.graphs import constant_graph
from tests.support.people.coco_tables import table

pytestmark = [pytest.mark.slow]

F32 = np.float32


def write_annotations(folder: Path, content: dict[str, Any], name: str = "truth.json") -> CocoTruth:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return CocoTruth(path)


def candidates_in(truth: CocoTruth, image_id: int, *, copies: int = 1, noise_px: float = 1.0) -> Candidates:
    """Copies of each person in an image, with falling scores; all copies of a person score above the next person."""
    rng = np.random.default_rng(image_id)
    xy = np.array([entry["keypoints"] for entry in truth.entries(image_id)], F32).reshape(-1, 17, 3)[..., :2]
    boxes = truth.boxes(image_id).xyxy
    spread = [noise_px * (1 + 3 * place) for place in range(copies)]
    keypoints = np.concatenate([xy + rng.normal(0, off, xy.shape) for off in spread]).astype(F32)
    score = (0.9 - 0.1 * np.arange(copies)[:, None] - 0.4 * np.arange(len(xy))).ravel().astype(F32)
    many = Boxes(np.tile(boxes, (copies, 1)), score)
    return Candidates(Poses(keypoints, np.full(keypoints.shape[:2], 0.8, F32), many, COCO17), many)


def candidates_in_all(truth: CocoTruth, **how: Any) -> list[Candidates]:
    return [candidates_in(truth, image.image_id, **how) for image in truth.images]


class TestCachedScorer:
    @pytest.mark.parametrize("noise_px", [0.1, 6.0, 12.0, 200.0])
    def test_ap_is_that_of_the_scorer(self, tmp_path: Path, noise_px: float) -> None:
        truth = write_annotations(tmp_path, table())
        scorer = CachedScorer([truth])
        for copies in (2, 1, 3, 2):
            poses = [part.poses for part in candidates_in_all(truth, copies=copies, noise_px=noise_px)]
            results = [
                r for image, p in zip(truth.images, poses, strict=True) for r in keypoint_results(image.image_id, p)
            ]
            expected = truth.score(results, kind="keypoints").ap
            assert scorer.ap(poses) == scorer.ap(poses) == pytest.approx(expected, abs=1e-9)

    def test_an_image_in_which_nobody_was_found(self, tmp_path: Path) -> None:
        truth = write_annotations(tmp_path, table())
        scorer = CachedScorer([truth])
        poses = [part.poses for part in candidates_in_all(truth)]
        nobody = Poses.empty(COCO17)
        assert scorer.ap([nobody, nobody]) == 0
        assert 0 < scorer.ap([poses[0], nobody]) < scorer.ap(poses)

    def test_several_files_are_one_set(self, tmp_path: Path) -> None:
        """Also if their images and persons have the same ids."""
        first, second = write_annotations(tmp_path, table()), write_annotations(tmp_path, table(), "second.json")
        good, bad = ([part.poses for part in candidates_in_all(first, noise_px=noise_px)] for noise_px in (1.0, 300.0))
        alone = CachedScorer([first])
        together = CachedScorer([first, second])
        assert together.ap([*good, *good]) == pytest.approx(alone.ap(good))
        assert alone.ap(bad) < together.ap([*good, *bad]) < alone.ap(good)


def test_the_fit_removes_duplicates(tmp_path: Path) -> None:
    """It starts from limits that remove nothing and ends with limits that remove the copies, which raises AP."""
    truth = write_annotations(tmp_path, table())
    scorer = CachedScorer([truth])
    fitted = fit(scorer, [candidates_in_all(truth, copies=3)], PoseNmsConfig(eta=3))
    (scores,) = fitted.scores
    assert scores.start < scores.fitted
    assert scores.fitted == pytest.approx(scorer.ap([part.poses for part in candidates_in_all(truth)]), abs=0.03)
    assert fitted.limits.eta < 2.1
    assert scores.box_nms == pytest.approx(scores.both)  # all copies have the same box
    assert fitted.num_scored > 40
    assert fitted.num_ruled_out > 40


def test_the_fit_uses_the_mean_of_several_pairs_of_models(tmp_path: Path) -> None:
    """The copies of one pair need other limits; the other pair has no copies and loses nothing by them."""
    truth = write_annotations(tmp_path, table())
    scorer = CachedScorer([truth])
    fitted = fit(scorer, [candidates_in_all(truth), candidates_in_all(truth, copies=3)], PoseNmsConfig(eta=3))
    alone, copied = fitted.scores
    assert alone.start == pytest.approx(alone.fitted)
    assert copied.start < copied.fitted
    assert fitted.limits.eta < 2.1


def test_the_shipped_limits_are_those_of_the_documented_fit() -> None:
    text = (Path(__file__).parents[2] / "docs" / "development" / "accuracy.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"<!-- table: fit -->(.*?)<!-- end -->", text, re.DOTALL)
    printed = dict(re.findall(r"(sigma_1|sigma_2|mu|eta) ([\d.]+)[,;]", block))
    assert {name: float(value) for name, value in printed.items()} == asdict(PoseNmsConfig())


@pytest.fixture
def one_image(tmp_path: Path, demo_frame: NDArray[np.uint8]) -> Path:
    """A folder with the first frame of the demo clip, annotated with keypoints that fit nobody."""
    cv2.imwrite(str(tmp_path / "1.jpg"), demo_frame)
    content = table()
    content["images"] = content["images"][:1]
    content["annotations"] = content["annotations"][:2]
    write_annotations(tmp_path, content)
    return tmp_path


def run(folder: Path, *more: str, out: str = "nms.toml") -> int:
    annotations, pictures = str(folder / "truth.json"), str(folder)
    common = ["--annotations", annotations, "--images", pictures, "--out", str(folder / out)]
    return main(["fit", "nms", *common, "--pose", "movenet-lightning", *more])


def test_the_command_writes_a_configuration_file(one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(one_image, "--max-persons", "5", "--pose-nms.eta", "0.7") == 0
    captured = capsys.readouterr()
    for words in (
        "box NMS 0.9, pose NMS as before",
        "box NMS 0.6, no pose NMS",
        "settings scored, ",
        "ruled out as unsound",
        "sigma_1",
    ):
        assert words in captured.out
    assert "nanodet-g + movenet-lightning: 5 poses in 1 image" in captured.err
    text = (one_image / "nms.toml").read_text(encoding="utf-8")
    for words in (
        "# realtime-pose fit nms --annotations",
        "--max-overlap 0.9 --max-persons 5",
        "truth.json: 1 image,",
    ):
        assert words in text
    assert (
        load(one_image / "nms.toml").pose_nms.eta == 0.7
    )  # no pose fits the annotations, so all limits score the same and the start stays


def test_another_pair_has_its_own_column(one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--also", "nanodet-g", "movenet-thunder")
    assert run(one_image, "--max-persons", "5", "--pose-nms.eta", "0.7", *more) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[0].split("  ")[-3:] == [
        "nanodet-g + movenet-lightning",
        "nanodet-g + movenet-thunder",
        "mean",
    ]
    assert "nanodet-g + movenet-thunder: 5 poses in 1 image" in captured.err
    text = (one_image / "nms.toml").read_text(encoding="utf-8")
    assert "--pose-nms.eta 0.7 --also nanodet-g movenet-thunder" in text.splitlines()[1]


def test_an_image_without_numbers_is_left_out(
    one_image: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The second image is black and the detector gives NaN for it: only the first counts."""
    content = table()
    content["annotations"] = content["annotations"][:2]
    write_annotations(one_image, content)
    names = [image["file_name"] for image in content["images"]]
    cv2.imwrite(str(one_image / names[1]), np.zeros((64, 64, 3), np.uint8))
    dets = np.array([[[2, 2, 30, 60, 0.9]]], F32)
    detector = constant_graph(one_image / "d.onnx", {"x": ("N", 3, 64, 64)}, {"dets": dets}, fails_on_black=True)
    detector.with_suffix(".toml").write_text(
        'task = "detector"\nfamily = "dets"\n[input]\nname = "x"\nwh = [64, 64]\nfit = "stretch"\n'
    )
    assert run(one_image, "--detector", str(detector)) == 0
    captured = capsys.readouterr()
    assert "1 pose in 2 images" in captured.err
    assert "1 image left out, because a network gave no numbers" in captured.err
    assert f"1 image left out so far, now {names[1]}" in caplog.text


def test_a_setting_is_scored_or_ruled_out(tmp_path: Path) -> None:
    """All poses are right, so no limits are better: the fit stays at the start, and its grids around it are known."""
    truth = write_annotations(tmp_path, table())
    fitted = fit(CachedScorer([truth]), [candidates_in_all(truth)], PoseNmsConfig())
    assert fitted.limits == PoseNmsConfig()
    assert (fitted.num_scored, fitted.num_ruled_out) == (131, 126)


def test_a_start_with_many_digits_is_kept(tmp_path: Path) -> None:
    truth = write_annotations(tmp_path, table())
    start = PoseNmsConfig(sigma_1=0.30000012345678, eta=3)  # unsound, so only the start itself is allowed
    assert fit(CachedScorer([truth]), [candidates_in_all(truth)], start).scores[0].start > 0


@pytest.mark.parametrize("old", [b"[pose_nms]\neta = 0.8\n", None])
def test_a_fit_that_fails_leaves_the_old_file(one_image: Path, old: bytes | None) -> None:
    out = one_image / "nms.toml"
    if old is not None:
        out.write_bytes(old)
    before = sorted(one_image.iterdir())
    (one_image / "1.jpg").write_bytes(b"no picture")
    assert run(one_image) == 1
    assert sorted(one_image.iterdir()) == before
    assert old is None or out.read_bytes() == old


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        pytest.param(["--images", "a", "b"], 2, "a folder for each file; got 1 file and 2 folders", id="folders"),
        pytest.param(["--annotations"], 2, "expected --annotations", id="no file"),
        pytest.param(["--images", "/nowhere"], 1, "1 of 1 image cannot be found", id="no image"),
        pytest.param(["--out", "/nowhere/nms.toml"], 1, "cannot be written", id="no folder for the limits"),
        pytest.param(["--pose", "none-such"], 2, "unknown model 'none-such'", id="no model"),
        pytest.param(["--also", "nanodet-g", "none-such"], 2, "unknown model 'none-such'", id="no second model"),
        pytest.param(["--also", "nanodet-g"], 2, "also", id="half a pair"),
    ],
)
def test_bad_input(
    one_image: Path, capsys: pytest.CaptureFixture[str], more: list[str], code: int, message: str
) -> None:
    assert run(one_image, *more) == code
    assert message in capsys.readouterr().err


def test_other_things_are_not_fitted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "everything"]) == 2
    assert "nms" in capsys.readouterr().err


def test_the_annotations_are_never_overwritten(one_image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (one_image / "truth.json").read_bytes()
    assert run(one_image, out="truth.json") == 1
    assert "which is read; choose another name" in capsys.readouterr().err
    assert (one_image / "truth.json").read_bytes() == before
