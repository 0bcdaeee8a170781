"""The report of `eval coco`: results to images in a folder (curves, error types, the worst images with their truth)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime_pose._cv2 import cv2
from realtime_pose.errors import ConfigError, DatasetError, SinkError
from realtime_pose.evaluate.coco import CocoTruth, Result
from realtime_pose.evaluate.curves import Curves, curves
from realtime_pose.evaluate.error_types import ErrorCounts, count_errors
from realtime_pose.evaluate.matching import GroundTruthMatching, match_ground_truth
from realtime_pose.evaluate.worst_images import ImageScore, worst_images
from realtime_pose.reports import charts
from realtime_pose.reports.coco_panels import draw_panels
from realtime_pose.reports.report_file import write_report_file
from realtime_pose.scene import Image
from realtime_pose.skeletons import COCO17
from realtime_pose.sources.faults import FrameError
from realtime_pose.sources.image_decoding import read_image

NUM_WORST = 20


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """Results on a set of images.

    Attributes:
        models: Names of the models, for the titles.
        keypoints: COCO keypoint results.
        boxes: COCO box results.
    """

    models: str
    keypoints: Sequence[Result]
    boxes: Sequence[Result]


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """Errors of keypoint results.

    Attributes:
        matchings: Poses and true persons of each image.
        curves: Precision over recall, and the score with the best F1: unmatched poses below it are not counted.
        errors: Numbers of errors of each type.
    """

    matchings: Sequence[GroundTruthMatching]
    curves: Curves
    errors: ErrorCounts


def diagnose(truth: CocoTruth, keypoints: Sequence[Result]) -> Diagnosis:
    """The diagnosis of COCO keypoint results.

    Raises:
        MissingPackageError: The scorer is not installed.
    """
    matchings, curve = match_ground_truth(truth, keypoints), curves(truth, keypoints, kind="keypoints")
    return Diagnosis(matchings, curve, count_errors(matchings, COCO17, score=curve.best_score))


def check(folder: Path) -> None:
    """Check that charts can be drawn and that this can be a folder; call it before the models run for a long time.

    Raises:
        ConfigError: The path is a file.
        MissingPackageError: Matplotlib is not installed.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"plot: expected a folder for the images, got the file {folder}; choose another path")
    charts.check_matplotlib()


def plot(truth: CocoTruth, diagnosis: Diagnosis, results: Results, *, images: Path, folder: Path) -> int:
    """Write curves.png, errors.png, worst_NN.jpg and worst.md with the reasons; the number of worst images.

    Args:
        truth: The annotations.
        diagnosis: Of the keypoint results.
        results: The results of the diagnosis, and the boxes.
        images: Folder of the images.
        folder: Folder of the report. Older files with these names are replaced, older worst_NN.jpg are removed.

    Raises:
        SinkError: A file cannot be written.
        DatasetError: An image cannot be read.
        MissingPackageError: The scorer or Matplotlib is not installed.
    """
    score = diagnosis.errors.score
    title = f"{results.models}, {truth.size_text}"
    of_keypoints = diagnosis.curves, truth.score(results.keypoints, kind="keypoints")
    of_boxes = curves(truth, results.boxes, kind="bbox"), truth.score(results.boxes, kind="bbox")
    write_report_file(folder / "curves.png", charts.draw_curves(of_keypoints, of_boxes, title=title))
    write_report_file(folder / "errors.png", charts.draw_errors(diagnosis.errors, COCO17, title=title))
    worst = worst_images(diagnosis.matchings, count=NUM_WORST, score=score)
    for number, image_score in enumerate(worst, start=1):
        panels = _draw_worst(image_score, images, number=number, score=score)
        jpeg = cv2.imencode(".jpg", panels, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
        write_report_file(folder / _file_name(number), jpeg)
    _remove_old(folder, len(worst))
    write_report_file(folder / "worst.md", _index(worst, title=title, score=score).encode())
    return len(worst)


def _draw_worst(image_score: ImageScore, images: Path, *, number: int, score: float) -> Image:
    """One of the worst images with its truth and its poses."""
    file_name = image_score.matching.image.file_name
    try:
        image = read_image(images / file_name)
    except FrameError as error:
        raise DatasetError(f"{images}: {error}") from error
    caption = f"{number}. {file_name}: mean OKS {image_score.oks:.2f}; {image_score.reason}"
    return draw_panels(image, image_score.matching, caption=caption, score=score)


def _index(worst: Sequence[ImageScore], *, title: str, score: float) -> str:
    """A Markdown table of the worst images with the reasons."""
    explanation = (
        "The mean OKS of an image counts 0 for each missed person, and for each pose without a person whose score is "
        f"{score:.2f} or more. Left: the truth. Right: the poses. "
        "A person has the same number and colour on both sides."
    )
    lines = [
        f"# The {len(worst)} worst images",
        "",
        f"{title}.",
        "",
        explanation,
        "",
        "| | Image | Mean OKS | Persons found | Poses without a person | What is wrong |",
        "|---|---|---|---|---|---|",
    ]
    for number, each in enumerate(worst, start=1):
        count = len(each.matching.truth)
        lines.append(
            f"| [{number}]({_file_name(number)}) | {each.matching.image.file_name} | {each.oks:.2f} "
            f"| {count - each.missed} of {count} | {each.false} | {each.reason} |"
        )
    return "\n".join(lines) + "\n"


def _file_name(number: int) -> str:
    return f"worst_{number:02d}.jpg"


def _remove_old(folder: Path, count: int) -> None:
    """Remove the worst images of an earlier run that had more than count."""
    new = {_file_name(number) for number in range(1, count + 1)}
    for path in folder.glob("worst_[0-9][0-9].jpg"):
        if path.name in new:
            continue
        try:
            path.unlink()
        except OSError as error:
            raise SinkError(f"{path}: cannot be removed ({error.strerror}); check the folder") from error
