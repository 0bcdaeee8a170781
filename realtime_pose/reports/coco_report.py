"""The results of `eval coco` to pictures in a folder: curves, error types, the worst pictures beside their truth."""

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
from realtime_pose.scene import Image
from realtime_pose.skeletons import COCO17
from realtime_pose.sources.images import read_image

NUM_WORST = 20


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What was found in a set of pictures.

    Attributes:
        models: Which found it, in words.
        keypoints: COCO keypoint results.
        boxes: COCO box results.
    """

    models: str
    keypoints: Sequence[Result]
    boxes: Sequence[Result]


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """What is right and wrong with keypoint results.

    Attributes:
        pairings: Who is whom in each picture.
        curves: Precision over recall; also the score from which on poses of nobody are counted.
        errors: How many there are of each kind.
    """

    match_ground_truth: Sequence[GroundTruthMatching]
    curves: Curves
    errors: ErrorCounts


def diagnose(truth: CocoTruth, keypoints: Sequence[Result]) -> Diagnosis:
    """The diagnosis of COCO keypoint results.

    Raises:
        MissingPackageError: The scorer is not installed.
    """
    paired, curve = match_ground_truth(truth, keypoints), curves(truth, keypoints, kind="keypoints")
    return Diagnosis(paired, curve, count_errors(paired, COCO17, score=curve.best_score))


def check(folder: Path) -> None:
    """Raise unless pictures can be drawn and this is, or can become, a folder: before the models are run for long.

    Raises:
        ConfigError: Something else has this name.
        MissingPackageError: The library that draws is not installed.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"plot: expected a folder for the pictures, got the file {folder}; name another")
    charts.check()


def plot(truth: CocoTruth, diagnosis: Diagnosis, results: Results, *, images: Path, folder: Path) -> int:
    """Write curves.png, errors.png, worst_NN.jpg and worst.md, which says why; how many pictures are among the worst.

    Args:
        truth: The annotations.
        diagnosis: Of the keypoints.
        results: What was diagnosed, and the boxes.
        images: Folder of the pictures.
        folder: Where to; what has these names there is replaced, and no worst_NN.jpg of an earlier run stays.

    Raises:
        SinkError: They cannot be written.
        DatasetError: A picture cannot be read.
        MissingPackageError: The scorer or the library that draws is not installed.
    """
    title = f"{results.models}, {len(truth.images)} pictures, {truth.num_persons} persons with keypoints"
    by_keypoints = diagnosis.curves, truth.score(results.keypoints, kind="keypoints")
    by_boxes = curves(truth, results.boxes, kind="bbox"), truth.score(results.boxes, kind="bbox")
    _write(folder / "curves.png", charts.draw_curves(by_keypoints, by_boxes, title=title))
    _write(folder / "errors.png", charts.draw_errors(diagnosis.errors, COCO17, title=title))
    worst = worst_images(diagnosis.match_ground_truth, count=NUM_WORST, score=diagnosis.errors.score)
    for number, picture in enumerate(worst, start=1):
        shown = _side_by_side(picture, images, number=number, score=diagnosis.errors.score)
        _write(folder / _name(number), cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    _keep_worst(folder, len(worst))
    _write(folder / "worst.md", _index(worst, title=title, score=diagnosis.errors.score).encode())
    return len(worst)


def _side_by_side(picture: ImageScore, images: Path, *, number: int, score: float) -> Image:
    """One of the worst pictures with what is true and what was found."""
    file_name = picture.matching.image.file_name
    image = read_image(images / file_name)
    if image is None:
        raise DatasetError(f"{images / file_name}: expected a picture, but it cannot be decoded")
    caption = f"{number}. {file_name}: mean OKS {picture.oks:.2f}; {picture.why}"
    return draw_panels(image, picture.matching, caption=caption, score=score)


def _index(worst: Sequence[ImageScore], *, title: str, score: float) -> str:
    """A Markdown table of the worst pictures and why they are."""
    rule = (
        "A picture's mean OKS counts 0 for a person who was missed, and for a pose of nobody with a score of "
        f"{score:.2f} or more. Left the truth, right what was found; who is whom is told by number and colour."
    )
    lines = [
        f"# The {len(worst)} worst pictures",
        "",
        f"{title}.",
        "",
        rule,
        "",
        "| | DecodedFrame | Mean OKS | Persons found | Poses of nobody | What is wrong |",
        "|---|---|---|---|---|---|",
    ]
    for number, each in enumerate(worst, start=1):
        count = len(each.matching.truth)
        lines.append(
            f"| [{number}]({_name(number)}) | {each.matching.image.file_name} | {each.oks:.2f} "
            f"| {count - each.missed} of {count} | {each.false} | {each.why} |"
        )
    return "\n".join(lines) + "\n"


def _name(number: int) -> str:
    return f"worst_{number:02d}.jpg"


def _keep_worst(folder: Path, count: int) -> None:
    """Remove the worst pictures of an earlier run that had more of them."""
    kept = {_name(number) for number in range(1, count + 1)}
    for path in folder.glob("worst_[0-9][0-9].jpg"):
        if path.name not in kept:
            try:
                path.unlink()
            except OSError as error:
                raise SinkError(f"{path}: cannot be removed ({error.strerror}); check the folder") from error


def _write(path: Path, content: bytes) -> None:
    """A file in a folder that is made where there is none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise SinkError(f"{path}: the picture cannot be written ({error.strerror}); check the folder") from error
