"""The command ``fit nms``: pictures with truth to the limits of pose NMS, as TOML that ``--config`` reads.

``echo`` takes a line for the person at the terminal.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from statistics import fmean

import tomli_w
from rich.console import Console
from rich.progress import track

from realtime_pose.commands.dataset_images import SkippedImages, check_images, load_frame
from realtime_pose.commands.fit_arguments import FitArguments
from realtime_pose.config import Config, LiveSettings, PoseNmsConfig
from realtime_pose.errors import ConfigError
from realtime_pose.evaluate.cached_scorer import CachedScorer
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.files import atomic
from realtime_pose.pipeline.build import LoadedModels, load_models
from realtime_pose.pipeline.perception import PerceptionStages
from realtime_pose.scene import Boxes, Frame, Poses, Scene
from realtime_pose.skeletons import COCO17
from realtime_pose.train.fit_nms import EPSILON, USUAL_OVERLAP, Candidates, FittedNms, fit

Echo = Callable[[str], None]


def fit_nms(arguments: FitArguments, *, echo: Echo) -> str:
    """The table of AP before and after; the fitted limits are in a file.

    Raises:
        RealtimePoseError: The annotations, a picture, a model, the scorer or the file's folder is not usable.
    """
    truths = []
    for annotations, folder in arguments.sets:
        truths.append(CocoTruth(annotations))
        check_images(truths[-1], folder)
    scorer = CachedScorer(truths)  # is asked for before the models run for long
    atomic.check(arguments.out)
    paths = [
        folder / image.file_name
        for truth, (_, folder) in zip(truths, arguments.sets, strict=True)
        for image in truth.images
    ]
    models = [_loaded(config) for config in arguments.to_config()]
    pairs = [_candidates(loaded, paths, echo=echo) for loaded in models]
    echo("searching")
    fitted = fit(scorer, pairs, arguments.pose_nms)
    table = _table(fitted, arguments)
    atomic.write(arguments.out, _toml(fitted, arguments, table=table, truths=truths))
    echo(f"written: {arguments.out}")
    return table


def _loaded(config: Config) -> LoadedModels:
    """A pair of models; all are loaded, and refused if they cannot be scored, before one of them runs for long."""
    loaded = load_models(config)
    loaded.skeleton.indices_of(COCO17)
    return loaded


def _candidates(loaded: LoadedModels, paths: Sequence[Path], *, echo: Echo) -> list[Candidates]:
    """What a pair of models finds in each picture: nobody where a network gives no numbers."""
    nobody = Candidates(Poses.empty(loaded.skeleton), Boxes.empty())
    candidates, left_out = [nobody] * len(paths), SkippedImages()
    console = Console(stderr=True)
    for place, path in enumerate(track(paths, "pictures", console=console, disable=not console.is_terminal)):
        with left_out.unless_finite(path.name):
            candidates[place] = _found(loaded.stages, load_frame(path))
    left_out.check(len(paths))
    echo(
        f"{_models(loaded.stages.config)}: {sum(len(part.poses) for part in candidates)} poses in {len(paths)} pictures"
    )
    if left_out.count:
        echo(left_out.line)
    return candidates


def _found(work: PerceptionStages, frame: Frame) -> Candidates:
    """The poses of all boxes in a picture."""
    settings = LiveSettings(detector_threshold=work.config.detect.threshold, shown=work.config.render)
    scene = work.pose(work.detect(Scene(frame), settings=lambda: settings))
    if scene.poses is None or scene.boxes is None:
        raise ConfigError("expected a pair of models that finds boxes and poses")
    return Candidates(scene.poses, scene.boxes)


def _models(config: Config) -> str:
    """Which pair of models, in words."""
    return f"{Path(config.detect.model).stem} + {Path(config.pose.model).stem}"


def _table(fitted: FittedNms, arguments: FitArguments) -> str:
    """AP before and after for a person to read: a line a pair."""
    overlap = arguments.detect.max_overlap
    heads = (
        f"box NMS {overlap:g}, pose NMS as before",
        f"box NMS {overlap:g}, pose NMS fitted",
        f"box NMS {USUAL_OVERLAP:g}, no pose NMS",
        f"box NMS {USUAL_OVERLAP:g}, pose NMS fitted",
    )
    names = [_models(config) for config in arguments.to_config()]
    columns = [[100 * ap for ap in astuple(scores)] for scores in fitted.scores]
    if len(columns) > 1:
        names, columns = [*names, "mean"], [*columns, [fmean(row) for row in zip(*columns, strict=True)]]
    lines = [f"{'AP':<36}" + "".join(f"  {name}" for name in names)]
    for head, row in zip(heads, zip(*columns, strict=True), strict=True):
        lines.append(f"{head:<36}" + "".join(f"  {ap:>{len(name)}.2f}" for name, ap in zip(names, row, strict=True)))
    lines.append(f"{_words(fitted.limits)}; {_searched(fitted)}, epsilon {100 * EPSILON:g} AP")
    return "\n".join(lines)


def _toml(fitted: FittedNms, arguments: FitArguments, *, table: str, truths: Sequence[CocoTruth]) -> str:
    """The limits, and in comments where they come from."""
    data = [
        f"{annotations.name}: {len(truth.images)} pictures, {truth.num_persons} persons with keypoints"
        for truth, (annotations, _) in zip(truths, arguments.sets, strict=True)
    ]
    comments = (
        "Limits of pose NMS, fitted to keypoint AP by",
        arguments.command,
        *data,
        *table.splitlines()[:-1],
        _searched(fitted),
    )
    limits = {name: float(f"{value:.4g}") for name, value in asdict(fitted.limits).items()}
    return "".join(f"# {line}\n" for line in comments) + "\n" + tomli_w.dumps({"pose_nms": limits})


def _searched(fitted: FittedNms) -> str:
    return f"{fitted.num_scored} settings scored, {fitted.num_ruled_out} ruled out as unsound"


def _words(limits: PoseNmsConfig) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in asdict(limits).items())
