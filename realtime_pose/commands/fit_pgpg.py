"""The command ``fit pgpg``: images with ground truth and a detector to a generator of boxes like the detector's."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import tyro

from realtime_pose.commands import terminal, weights
from realtime_pose.commands.dataset_images import SkippedImages, load_frame, pair_datasets
from realtime_pose.commands.flags import ConfigFlag, DebugFlag, PresetFlag
from realtime_pose.config import Config, DetectConfig, DeviceConfig
from realtime_pose.counts import counted

if TYPE_CHECKING:
    from realtime_pose.scene import Float
    from realtime_pose.skeletons import Skeleton
    from realtime_pose.train.fit_pgpg import MatchedBoxes
    from realtime_pose.train.persons import AnnotationFile, TrainPerson
    from realtime_pose.train.pgpg import PoseGuidedGenerator
    from realtime_pose.train.pgpg_agreement import AgreementReport

_EDGES = ("left", "top", "right", "bottom")


@dataclass(frozen=True, slots=True, kw_only=True)
class FitPgpgArguments:
    """Fit the boxes that a detector finds, by pose, for training on boxes like them (the PGPG of RMPE)."""

    annotations: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE.json")] = ()
    """Annotation files of persons with keypoints: COCO's format with any keypoints, or MPII's lists."""
    images: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="DIR")] = ()
    """Folders of their images, in the same order."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE.json")] = Path("pgpg.json")
    """Write the generator here, for `train --pgpg`."""
    plot: Annotated[Path | None, tyro.conf.arg(metavar="FILE.png")] = None
    """Draw generated and detected boxes of images that were held out, and the atomic poses, here."""
    overwrite: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Replace these files."""
    device: tyro.conf.OmitArgPrefixes[DeviceConfig] = field(default_factory=DeviceConfig)
    detect: tyro.conf.OmitArgPrefixes[DetectConfig] = field(default_factory=DetectConfig)
    preset: PresetFlag = ""
    config: ConfigFlag = None
    debug: DebugFlag = False

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> Self:
        """The defaults from this configuration, which was read from this path: boxes as in live use."""
        return cls(device=loaded.device, detect=loaded.detect, config=path)

    @property
    def datasets(self) -> tuple[tuple[Path, Path], ...]:
        """Each annotation file with its folder of images.

        Raises:
            ConfigError: There is no file, or not one folder per file.
        """
        return pair_datasets("fit pgpg", self.annotations, self.images)

    @property
    def command(self) -> str:
        """The command line for this fit, with all values that affect the result."""
        flags = {
            "--detector": self.detect.model,
            "--detector-size": self.detect.size,
            "--detector-threshold": self.detect.threshold,
            "--max-overlap": self.detect.max_overlap,
            "--max-persons": self.detect.max_persons,
        }
        words = [terminal.PROGRAM, "fit", "pgpg", "--annotations", *self.annotations, "--images", *self.images]
        return shlex.join(str(word) for word in [*words, *(part for pair in flags.items() for part in pair)])

    @property
    def outputs(self) -> list[Path]:
        """The files that are written."""
        return [self.out] if self.plot is None else [self.out, self.plot]


def run(arguments: FitPgpgArguments) -> int:
    """Write the generator, and print how well it agrees with the detector; the exit code.

    Raises:
        RealtimePoseError: The annotations, an image, the detector or an output cannot be used, or too few persons are
            found.
    """
    from realtime_pose.train import pgpg
    from realtime_pose.train.atomic_poses import torso_of
    from realtime_pose.train.fit_pgpg import check_enough, fit, match_images
    from realtime_pose.train.persons import choose_skeleton, read_file
    from realtime_pose.train.pgpg_agreement import compare

    # All that can fail is checked before the detector runs for a long time.
    datasets = arguments.datasets
    _check_outputs(arguments)
    files = [read_file(*pair) for pair in datasets]
    skeleton = choose_skeleton("", files)
    torso_of(skeleton)
    persons = _find_persons(files, skeleton)
    weights.fetch_missing(arguments.detect, None)
    boxes = _detect(arguments, list(persons))
    matched = match_images(list(persons.values()), boxes, len(skeleton))
    terminal.echo(_describe_data(persons, matched))
    check_enough(matched)
    report = compare(matched, skeleton)
    generator = fit(matched, skeleton)
    pgpg.write(arguments.out, generator, origin=arguments.command)
    terminal.echo(f"written: {arguments.out}")
    _plot(arguments, report, generator, skeleton)
    terminal.print_result(_format_report(report, generator))
    terminal.echo(f"use it: {terminal.PROGRAM} train --pgpg {arguments.out} --annotations ... --images ...")
    return 0


def _check_outputs(arguments: FitPgpgArguments) -> None:
    from realtime_pose.files import atomic
    from realtime_pose.files.output_checks import check_outputs
    from realtime_pose.reports.charts import check_matplotlib
    from realtime_pose.train.fit_pgpg import check_packages

    check_packages()
    if arguments.plot is not None:
        check_matplotlib()
    inputs = [*arguments.annotations, *([arguments.config] if arguments.config else [])]
    check_outputs(arguments.outputs, inputs=inputs, may_replace=arguments.overwrite)
    for path in arguments.outputs:
        atomic.check(path)


def _find_persons(files: Sequence[AnnotationFile], skeleton: Skeleton) -> dict[Path, list[TrainPerson]]:
    """The persons of each image, at least one with labelled keypoints; prints what was left out."""
    from realtime_pose.errors import DatasetError
    from realtime_pose.train.persons import LeftOut, persons_by_image

    left_out = LeftOut()
    persons = persons_by_image(files, skeleton, left_out)
    for line in left_out.lines:
        terminal.echo(line)
    if not any(person.is_labelled.any() for present in persons.values() for person in present):
        names = ", ".join(str(file.path) for file in files)
        raise DatasetError(
            f"{names}: expected persons with keypoints and boxes in the images of --images, got none in "
            f"{counted(len(persons), 'image')} that are there; check the folder"
        )
    return persons


def _detect(arguments: FitPgpgArguments, paths: Sequence[Path]) -> list[Float]:
    """The boxes (M, 4) that the detector finds in each image; none where it gives no numbers."""
    from realtime_pose.pipeline.networks import load_detector
    from realtime_pose.scene import Boxes

    detector = load_detector(Config(device=arguments.device, detect=arguments.detect))
    boxes, skipped = [Boxes.empty().xyxy] * len(paths), SkippedImages()
    for index, path in enumerate(terminal.track_progress(paths, "images")):
        with skipped.skip_if_not_finite(path.name):
            boxes[index] = detector.detect(load_frame(path), threshold=arguments.detect.threshold).xyxy
    skipped.check(len(paths))
    if skipped.count:
        terminal.echo(skipped.line)
    return boxes


def _describe_data(persons: dict[Path, list[TrainPerson]], matched: MatchedBoxes) -> str:
    num_persons = sum(bool(person.is_labelled.any()) for present in persons.values() for person in present)
    return (
        f"{counted(len(persons), 'image')}, {counted(num_persons, 'person')} with keypoints, {len(matched)} of them "
        "found by the detector"
    )


def _plot(
    arguments: FitPgpgArguments, report: AgreementReport, generator: PoseGuidedGenerator, skeleton: Skeleton
) -> None:
    from realtime_pose.reports.pgpg_chart import draw_agreement
    from realtime_pose.reports.report_file import write_report_file

    if arguments.plot is not None:
        title = f"boxes of {Path(arguments.detect.model).name}, images held out"
        write_report_file(arguments.plot, draw_agreement(report, generator.atoms, skeleton, title=title))
        terminal.echo(f"written: {arguments.plot}")


def _format_report(report: AgreementReport, generator: PoseGuidedGenerator) -> str:
    """The distances of each generator, and which is the nearest."""
    from realtime_pose.train.pgpg_agreement import AS_RELEASED, BY_POSE

    columns = (*_EDGES, "mean", "IoU", "log-likelihood")
    width = max(map(len, report.generators))
    lines = [
        f"{counted(len(report.iou), 'detection')} of held-out images; Kolmogorov-Smirnov distance of generated boxes",
        f"{'':<{width}}" + "".join(f"{name:>{max(8, len(name) + 2)}}" for name in columns),
    ]
    for name, each in report.generators.items():
        values = [*each.distance, each.mean_distance, each.iou_distance]
        lines.append(
            f"{name:<{width}}" + "".join(f"{value:>8.3f}" for value in values) + f"{each.log_likelihood:>16.2f}"
        )
    own = sum(mixture is not None for mixture in generator.mixtures)
    lines.append(
        f"{counted(len(generator.mixtures), 'atomic pose')}, {own} with a distribution of offsets of their own"
    )
    conditional, fixed = report.generators[BY_POSE], report.generators[AS_RELEASED]
    is_nearer = conditional.mean_distance < fixed.mean_distance
    lines.append(
        f"boxes by atomic pose are {'nearer to' if is_nearer else 'farther from'} the detector's than those of the "
        f"release: {conditional.mean_distance:.3f} against {fixed.mean_distance:.3f}"
        + ("" if is_nearer else "; more images may help")
    )
    return "\n".join(lines)
