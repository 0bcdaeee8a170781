"""The command ``fit nms``: pictures with truth to the limits of pose NMS, as TOML that ``--config`` reads.

``say`` takes a line for the person at the terminal.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from statistics import fmean

import tomli_w
from rich.console import Console
from rich.progress import track

from realtime_pose.config import Config, LiveSettings, PoseNmsConfig
from realtime_pose.errors import ConfigError
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.evaluate.remembering import RememberingScorer
from realtime_pose.fit_arguments import FitArguments
from realtime_pose.pictures import LeftOut, check_pictures, frame_of
from realtime_pose.pipeline.build import LoadedWork, load_work
from realtime_pose.pipeline.work import Work
from realtime_pose.scene import Boxes, Frame, Poses, Scene
from realtime_pose.sinks import whole_file
from realtime_pose.skeletons import COCO17
from realtime_pose.train.fit_nms import EPSILON, USUAL_OVERLAP, Candidates, FittedNms, fit

Say = Callable[[str], None]


def fit_nms(arguments: FitArguments, *, say: Say) -> str:
    """The table of AP before and after; the fitted limits are in a file.

    Raises:
        RealtimePoseError: The annotations, a picture, a model, the scorer or the file's folder is not usable.
    """
    truths = []
    for annotations, folder in arguments.sets:
        truths.append(CocoTruth(annotations))
        check_pictures(truths[-1], folder)
    scorer = RememberingScorer(truths)  # is asked for before the models run for long
    whole_file.check(arguments.out)
    paths = [
        folder / image.file_name
        for truth, (_, folder) in zip(truths, arguments.sets, strict=True)
        for image in truth.images
    ]
    models = [_loaded(config) for config in arguments.applied()]
    pairs = [_candidates(loaded, paths, say=say) for loaded in models]
    say("searching")
    fitted = fit(scorer, pairs, arguments.pose_nms)
    table = _table(fitted, arguments)
    whole_file.write(arguments.out, _toml(fitted, arguments, table=table, truths=truths))
    say(f"written: {arguments.out}")
    return table


def _loaded(config: Config) -> LoadedWork:
    """A pair of models; all are loaded, and refused if they cannot be scored, before one of them runs for long."""
    loaded = load_work(config)
    loaded.skeleton.numbers_of(COCO17)
    return loaded


def _candidates(loaded: LoadedWork, paths: Sequence[Path], *, say: Say) -> list[Candidates]:
    """What a pair of models finds in each picture: nobody where a network gives no numbers."""
    nobody = Candidates(Poses.empty(loaded.skeleton), Boxes.empty())
    candidates, left_out = [nobody] * len(paths), LeftOut()
    console = Console(stderr=True)
    for place, path in enumerate(track(paths, "pictures", console=console, disable=not console.is_terminal)):
        with left_out.unless_finite(path.name):
            candidates[place] = _found(loaded.work, frame_of(path))
    left_out.check(len(paths))
    say(f"{_models(loaded.work.config)}: {sum(len(part.poses) for part in candidates)} poses in {len(paths)} pictures")
    if left_out.count:
        say(left_out.line)
    return candidates


def _found(work: Work, frame: Frame) -> Candidates:
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
    names = [_models(config) for config in arguments.applied()]
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
