"""The command ``fit nms``: pictures with truth to the limits of pose NMS, as TOML that ``--config`` reads.

``say`` takes a line for the person at the terminal.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import tomli_w
from rich.console import Console
from rich.progress import track

from realtime_pose.config import LiveSettings, PoseNmsConfig
from realtime_pose.errors import ConfigError, SinkError
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.evaluate.remembering import RememberingScorer
from realtime_pose.fit_arguments import FitArguments
from realtime_pose.pictures import check_pictures, frame_of
from realtime_pose.pipeline.build import load_work
from realtime_pose.pipeline.work import Work
from realtime_pose.scene import Boxes, Scene
from realtime_pose.skeletons import COCO17
from realtime_pose.train.fit_nms import EPSILON, USUAL_OVERLAP, Candidates, FittedNms, fit

Say = Callable[[str], None]


def fit_nms(arguments: FitArguments, *, say: Say) -> str:
    """The table of AP before and after; the fitted limits are in a file.

    Raises:
        RealtimePoseError: The annotations, a picture, a model, the scorer or the file's folder is not usable.
    """
    truths = []
    for annotations, folder in arguments.pairs:
        truths.append(CocoTruth(annotations))
        check_pictures(truths[-1], folder)
    scorer = RememberingScorer(truths)  # is asked for before the models run for long
    _write(arguments.out, "")
    candidates = _candidates(arguments, truths)
    say(f"{sum(len(part.poses) for part in candidates)} poses in {len(candidates)} pictures; searching")
    fitted = fit(scorer, candidates, arguments.pose_nms)
    table = _table(fitted, arguments)
    _write(arguments.out, _toml(fitted, arguments, table=table, truths=truths))
    say(f"written: {arguments.out}")
    return table


def _candidates(arguments: FitArguments, truths: Sequence[CocoTruth]) -> list[Candidates]:
    """What the networks find in each picture."""
    loaded = load_work(arguments.applied())
    loaded.skeleton.numbers_of(COCO17)  # one that cannot be read so is refused before the models run for long
    paths = [
        folder / image.file_name
        for truth, (_, folder) in zip(truths, arguments.pairs, strict=True)
        for image in truth.images
    ]
    console = Console(stderr=True)
    pictures = track(paths, "pictures", console=console, disable=not console.is_terminal)
    return [_found(loaded.work, path, arguments) for path in pictures]


def _found(work: Work, path: Path, arguments: FitArguments) -> Candidates:
    """The poses of all boxes in a picture."""
    settings = LiveSettings(detector_threshold=arguments.detect.threshold, shown=arguments.applied().render)
    scene = work.detect(Scene(frame_of(path)), settings=lambda: settings)
    boxes = scene.boxes if scene.boxes is not None else Boxes.empty()
    if scene.poses is not None:
        return Candidates(scene.poses, boxes)
    if work.estimator is None:
        raise ConfigError("expected a pose estimator, or a detector that brings its own poses; got neither")
    return Candidates(work.estimator.estimate(scene.frame, boxes), boxes)


def _table(fitted: FittedNms, arguments: FitArguments) -> str:
    """AP before and after for a person to read."""
    rows = (
        (f"box NMS {arguments.detect.max_overlap:g}, pose NMS as before", fitted.start_ap),
        (f"box NMS {arguments.detect.max_overlap:g}, pose NMS fitted", fitted.ap),
        (f"box NMS {USUAL_OVERLAP:g}, no pose NMS", fitted.box_nms_ap),
        (f"box NMS {USUAL_OVERLAP:g}, pose NMS fitted", fitted.both_ap),
    )
    lines = [f"{'':<36}{'AP':>7}", *(f"{title:<36}{100 * ap:>7.2f}" for title, ap in rows)]
    lines.append(f"{_words(fitted.limits)}; {fitted.num_evaluations} settings scored, epsilon {100 * EPSILON:g} AP")
    return "\n".join(lines)


def _toml(fitted: FittedNms, arguments: FitArguments, *, table: str, truths: Sequence[CocoTruth]) -> str:
    """The limits, and in comments where they come from."""
    data = [
        f"{annotations.name}: {len(truth.images)} pictures, {truth.num_persons} persons with keypoints"
        for truth, (annotations, _) in zip(truths, arguments.pairs, strict=True)
    ]
    comments = (
        "Limits of pose NMS, fitted to keypoint AP by",
        arguments.command,
        f"from {_words(arguments.pose_nms)}",
        *data,
        *table.splitlines()[:-1],
        f"{fitted.num_evaluations} settings scored",
    )
    limits = {name: float(f"{value:.4g}") for name, value in asdict(fitted.limits).items()}
    return "".join(f"# {line}\n" for line in comments) + "\n" + tomli_w.dumps({"pose_nms": limits})


def _words(limits: PoseNmsConfig) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in asdict(limits).items())


def _write(path: Path, text: str) -> None:
    """The file, whole."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SinkError(f"{path}: the limits cannot be written ({error.strerror}); check the folder") from error
