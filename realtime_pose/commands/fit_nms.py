"""The command ``fit nms``: images with ground truth to limits of pose NMS, as TOML that ``--config`` reads."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Self

import tomli_w
import tyro

from realtime_pose.commands import terminal, weights
from realtime_pose.commands.dataset_images import SkippedImages, check_images, load_frame, pair_datasets
from realtime_pose.commands.flags import ConfigFlag, DebugFlag, PresetFlag
from realtime_pose.config import LOW_SCORE, Config, DetectConfig, DeviceConfig, PoseConfig, PoseNmsConfig
from realtime_pose.counts import counted

if TYPE_CHECKING:
    from realtime_pose.evaluate.coco import CocoTruth
    from realtime_pose.pipeline.networks import Networks
    from realtime_pose.scene import Frame
    from realtime_pose.train.fit_nms import Candidates, FittedNms

# Box NMS almost off, so that pose NMS gets duplicates to remove.
_MAX_OVERLAP = 0.9  # IoU
_MAX_PERSONS = 40  # boxes per image; the scorer uses the best 20 poses


@dataclass(frozen=True, slots=True, kw_only=True)
class FitNmsArguments:
    """Fit the limits of pose NMS to images with ground truth: those with the highest keypoint AP (as in RMPE)."""

    annotations: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE.json")] = ()
    """COCO annotation files of persons with keypoints; together they are one set."""
    images: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR")] = ()
    """Folders of their images, in the same order."""
    also: Annotated[tuple[tuple[str, str], ...], tyro.conf.arg(metavar="DETECTOR POSE")] = ()
    """More pairs of models, each a detector and a pose estimator; the fit maximizes the mean AP of all pairs."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE.toml")] = Path("pose_nms.toml")
    """Write the fitted limits here, for --config."""
    device: tyro.conf.OmitArgPrefixes[DeviceConfig] = field(default_factory=DeviceConfig)
    detect: tyro.conf.OmitArgPrefixes[DetectConfig] = field(
        default_factory=lambda: DetectConfig(threshold=LOW_SCORE, max_overlap=_MAX_OVERLAP, max_persons=_MAX_PERSONS)
    )
    pose: tyro.conf.OmitArgPrefixes[PoseConfig] = field(default_factory=PoseConfig)
    pose_nms: PoseNmsConfig = field(default_factory=PoseNmsConfig)
    preset: PresetFlag = ""
    config: ConfigFlag = None
    debug: DebugFlag = False

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> Self:
        """The defaults from this configuration, which was read from this path; but with box NMS almost off."""
        detect = replace(loaded.detect, threshold=LOW_SCORE, max_overlap=_MAX_OVERLAP, max_persons=_MAX_PERSONS)
        return cls(device=loaded.device, detect=detect, pose=loaded.pose, pose_nms=loaded.pose_nms, config=path)

    @property
    def datasets(self) -> tuple[tuple[Path, Path], ...]:
        """Each annotation file with its folder of images.

        Raises:
            ConfigError: There is no file, or not one folder per file.
        """
        return pair_datasets("fit nms", self.annotations, self.images)

    @property
    def command(self) -> str:
        """The command line for this fit, with all values that affect the result."""
        flags = {
            "--detector": self.detect.model,
            "--detector-size": self.detect.size,
            "--detector-threshold": self.detect.threshold,
            "--max-overlap": self.detect.max_overlap,
            "--max-persons": self.detect.max_persons,
            "--pose": self.pose.model,
            "--pose-passes": self.pose.passes,
            **{f"--pose-nms.{name.replace('_', '-')}": f"{value:g}" for name, value in asdict(self.pose_nms).items()},
        }
        words = [terminal.PROGRAM, "fit", "nms", "--annotations", *self.annotations, "--images", *self.images]
        also = ["--also", *(name for pair in self.also for name in pair)] if self.also else []
        return shlex.join(str(word) for word in [*words, *(part for pair in flags.items() for part in pair), *also])

    def to_configs(self) -> tuple[Config, ...]:
        """The configuration of each pair of models."""
        first = Config(device=self.device, detect=self.detect, pose=self.pose, pose_nms=self.pose_nms)
        more = (
            replace(first, detect=replace(self.detect, model=detector), pose=replace(self.pose, model=pose))
            for detector, pose in self.also
        )
        return first, *more


def run(arguments: FitNmsArguments) -> int:
    """Write the fitted limits and print AP before and after; the exit code.

    Raises:
        RealtimePoseError: The annotations, an image, a model, the scorer or the output folder cannot be used.
    """
    from realtime_pose.evaluate.cached_scorer import CachedScorer
    from realtime_pose.evaluate.coco import CocoTruth
    from realtime_pose.files import atomic
    from realtime_pose.files.output_checks import check_outputs
    from realtime_pose.train.fit_nms import fit

    configs = arguments.to_configs()
    for config in configs:
        weights.fetch_missing(config.detect, config.pose)
    # All that can fail is checked before the models run for a long time.
    truths: list[CocoTruth] = []
    paths: list[Path] = []
    for annotation_file, folder in arguments.datasets:
        truth = CocoTruth(annotation_file)
        check_images(truth, folder)
        truths.append(truth)
        paths.extend(folder / image.file_name for image in truth.images)
    scorer = CachedScorer(truths)
    atomic.check(arguments.out)
    inputs = [annotation_file for annotation_file, _ in arguments.datasets]
    check_outputs([arguments.out], inputs=inputs, may_replace=True)
    # All pairs are loaded before the first runs, so that a wrong name of the last one fails at once.
    models = [_load(config) for config in configs]
    candidates = [
        _collect_candidates(networks, config, paths) for networks, config in zip(models, configs, strict=True)
    ]
    terminal.echo("searching")
    fitted = fit(scorer, candidates, arguments.pose_nms)
    table = _format_table(fitted, arguments)
    atomic.write(arguments.out, _format_toml(fitted, arguments, table=table, truths=truths))
    terminal.echo(f"written: {arguments.out}")
    terminal.print_result(table)
    return 0


def _load(config: Config) -> Networks:
    """A pair of models; raises ConfigError if its skeleton cannot be scored."""
    from realtime_pose.pipeline.networks import load_networks
    from realtime_pose.skeletons import COCO17

    networks = load_networks(config)
    networks.skeleton.indices_of(COCO17)  # raises if a keypoint is missing
    return networks


def _collect_candidates(networks: Networks, config: Config, paths: Sequence[Path]) -> list[Candidates]:
    """What a pair of models finds in each image; nothing where a network gives no numbers."""
    from realtime_pose.scene import Boxes, Poses
    from realtime_pose.train.fit_nms import Candidates

    nothing = Candidates(Poses.empty(networks.skeleton), Boxes.empty())
    candidates, skipped = [nothing] * len(paths), SkippedImages()
    for index, path in enumerate(terminal.track_progress(paths, "images")):
        with skipped.skip_if_not_finite(path.name):
            candidates[index] = _find_candidates(networks, config, load_frame(path))
    skipped.check(len(paths))
    num_poses = sum(len(found.poses) for found in candidates)
    terminal.echo(f"{_describe_models(config)}: {counted(num_poses, 'pose')} in {counted(len(paths), 'image')}")
    if skipped.count:
        terminal.echo(skipped.line)
    return candidates


def _find_candidates(networks: Networks, config: Config, frame: Frame) -> Candidates:
    """The poses of all boxes in an image, before pose NMS."""
    from realtime_pose.train.fit_nms import Candidates

    detections = networks.detect(frame, threshold=config.detect.threshold)
    return Candidates(networks.pose(frame, detections), detections.boxes)


def _describe_models(config: Config) -> str:
    return f"{Path(config.detect.model).stem} + {Path(config.pose.model).stem}"


def _format_table(fitted: FittedNms, arguments: FitNmsArguments) -> str:
    """AP in percent before and after, one column per pair of models, and their mean."""
    from realtime_pose.train.fit_nms import EPSILON, USUAL_OVERLAP

    overlap = arguments.detect.max_overlap
    titles = (
        f"box NMS {overlap:g}, pose NMS as before",
        f"box NMS {overlap:g}, pose NMS fitted",
        f"box NMS {USUAL_OVERLAP:g}, no pose NMS",
        f"box NMS {USUAL_OVERLAP:g}, pose NMS fitted",
    )
    names = [_describe_models(config) for config in arguments.to_configs()]
    columns = [[100 * ap for ap in astuple(scores)] for scores in fitted.scores]
    if len(columns) > 1:
        names, columns = [*names, "mean"], [*columns, [fmean(row) for row in zip(*columns, strict=True)]]
    lines = [f"{'AP':<36}" + "".join(f"  {name}" for name in names)]
    for title, row in zip(titles, zip(*columns, strict=True), strict=True):
        lines.append(f"{title:<36}" + "".join(f"  {ap:>{len(name)}.2f}" for name, ap in zip(names, row, strict=True)))
    limits = ", ".join(f"{name} {value:.4g}" for name, value in asdict(fitted.limits).items())
    lines.append(f"{limits}; {_describe_search(fitted)}, epsilon {100 * EPSILON:g} AP")
    return "\n".join(lines)


def _format_toml(fitted: FittedNms, arguments: FitNmsArguments, *, table: str, truths: Sequence[CocoTruth]) -> str:
    """The limits, with comments that say how they were fitted."""
    data = [
        f"{annotation_file.name}: {truth.size_text}"
        for truth, (annotation_file, _) in zip(truths, arguments.datasets, strict=True)
    ]
    comments = (
        "Limits of pose NMS, fitted to keypoint AP by",
        arguments.command,
        *data,
        *table.splitlines()[:-1],  # the last line holds the limits, which follow
        _describe_search(fitted),
    )
    # Four digits: more would pretend a precision that the fit does not have.
    limits = {name: float(f"{value:.4g}") for name, value in asdict(fitted.limits).items()}
    return "".join(f"# {line}\n" for line in comments) + "\n" + tomli_w.dumps({"pose_nms": limits})


def _describe_search(fitted: FittedNms) -> str:
    return f"{counted(fitted.num_scored, 'setting')} scored, {fitted.num_ruled_out} ruled out as unsound"
