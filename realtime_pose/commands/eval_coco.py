"""The command ``eval coco``: images with ground truth to COCO scores of poses and boxes, and a results file."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import tyro

from realtime_pose.commands import ablation, terminal, weights
from realtime_pose.commands.dataset_images import SkippedImages, check_images, load_frame
from realtime_pose.commands.flags import ConfigFlag, DebugFlag, PresetFlag
from realtime_pose.config import (
    LOW_SCORE,
    Config,
    DetectConfig,
    DeviceConfig,
    PoseConfig,
    PoseNmsConfig,
)
from realtime_pose.config.choices import one_of
from realtime_pose.errors import ConfigError

if TYPE_CHECKING:
    from realtime_pose.evaluate.coco import CocoImage, CocoScores, CocoTruth, Result
    from realtime_pose.pipeline.networks import Networks
    from realtime_pose.pipeline.perception import PosedFrame
    from realtime_pose.scene import Boxes, Frame

BOXES = ("detected", "truth")

# M and L: persons of medium and large area. COCO has no small persons with keypoints.
_COLUMNS = ("AP", "AP50", "AP75", "APM", "APL", "AR")


@dataclass(frozen=True, slots=True, kw_only=True)
class CocoArguments:
    """Score detector and pose estimator on single images: AP and AR of keypoints and of boxes."""

    annotations: Annotated[Path | None, tyro.conf.arg(metavar="FILE.json")] = None
    """COCO annotation file of persons with keypoints."""
    images: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder of the images."""
    boxes: Annotated[str, one_of(BOXES)] = BOXES[0]
    """detected: boxes of the detector; truth: boxes of the annotations, to measure the pose estimator alone."""
    out: Annotated[Path, tyro.conf.arg(metavar="FILE.json")] = Path("results.json")
    """Write COCO keypoint results here."""
    plot: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Write precision-recall curves, types of errors and the 20 worst images with their ground truth here."""
    ablation: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Score the system without each of its parts too, and in true boxes: tables beside the results (.md, .json)."""
    without_sstn: Annotated[str, tyro.conf.arg(metavar="NAME|PATH")] = ""
    """Of --ablation: a pose estimator that was trained without an SSTN; else --pose, without --sstn."""
    without_pgpg: Annotated[str, tyro.conf.arg(metavar="NAME|PATH")] = ""
    """Of --ablation: a pose estimator that was trained without `--pgpg`, to compare with --pose."""
    device: tyro.conf.OmitArgPrefixes[DeviceConfig] = field(default_factory=DeviceConfig)
    detect: tyro.conf.OmitArgPrefixes[DetectConfig] = field(default_factory=lambda: DetectConfig(threshold=LOW_SCORE))
    pose: tyro.conf.OmitArgPrefixes[PoseConfig] = field(default_factory=PoseConfig)
    pose_nms: PoseNmsConfig = field(default_factory=PoseNmsConfig)
    preset: PresetFlag = ""
    config: ConfigFlag = None
    debug: DebugFlag = False

    def __post_init__(self) -> None:
        """Check the kind of boxes."""
        if self.boxes not in BOXES:
            raise ConfigError(f"boxes: expected {' or '.join(BOXES)}, got {self.boxes!r}")
        if self.ablation and self.boxes != BOXES[0]:
            raise ConfigError("ablation: expected detected boxes; the table has a row in true boxes anyway")
        if (self.without_sstn or self.without_pgpg) and not self.ablation:
            raise ConfigError("without-sstn and without-pgpg: expected --ablation too, whose table gets these rows")

    @classmethod
    def from_config(cls, loaded: Config, path: Path | None) -> Self:
        """The defaults from this configuration, which was read from this path; low scores count."""
        detect = loaded.detect.counting_low_scores()
        return cls(device=loaded.device, detect=detect, pose=loaded.pose, pose_nms=loaded.pose_nms, config=path)

    def to_config(self) -> Config:
        """The configuration of the models."""
        return Config(device=self.device, detect=self.detect, pose=self.pose, pose_nms=self.pose_nms)

    @property
    def outputs(self) -> list[Path]:
        """The files that are written, but for those of the plots."""
        return [self.out, *(ablation.output_paths(self.out) if self.ablation else ())]


@dataclass(frozen=True, slots=True)
class _Detections:
    """What was found in all images so far.

    Attributes:
        keypoints: COCO keypoint results.
        boxes: COCO box results.
        durations_s: Seconds per image, from pixels to poses.
    """

    keypoints: list[Result] = field(default_factory=list)
    boxes: list[Result] = field(default_factory=list)
    durations_s: list[float] = field(default_factory=list)

    def add(self, image: CocoImage, posed: PosedFrame, duration_s: float) -> None:
        """Add what was found in one image."""
        from realtime_pose.evaluate.coco import box_results, keypoint_results
        from realtime_pose.skeletons import COCO17

        self.durations_s.append(duration_s)
        # Results are in COCO's 17 keypoints, whatever skeleton the network has.
        self.boxes.extend(box_results(image.image_id, posed.boxes))
        self.keypoints.extend(keypoint_results(image.image_id, posed.poses.as_skeleton(COCO17)))


def run(arguments: CocoArguments) -> int:
    """Print the table of scores; the exit code.

    Raises:
        RealtimePoseError: The annotations, an image, a model, the scorer or the output folder cannot be used.
    """
    from realtime_pose.files import atomic

    truth = _check(arguments)  # all that can fail, before the models run for a long time
    skipped, networks = SkippedImages(), _load(arguments)
    compared = None
    if arguments.ablation:
        without = {"without_sstn": arguments.without_sstn, "without_pgpg": arguments.without_pgpg}
        compared = ablation.prepare(arguments.to_config(), networks, **without)
    detections = _detect(networks, truth, arguments, skipped)
    atomic.write(arguments.out, json.dumps(detections.keypoints))
    terminal.echo(f"written: {arguments.out}")
    error_line = _diagnose(truth, detections, arguments)
    lines = [_format_table(truth, detections), skipped.line, error_line]
    terminal.print_result("\n".join(line for line in lines if line))
    if compared is not None:
        _run_ablation(compared, truth, detections.keypoints, arguments)
    return 0


def _check(arguments: CocoArguments) -> CocoTruth:
    """The ground truth; downloads missing networks, and checks the paths and the scorer."""
    from realtime_pose.evaluate.coco import CocoTruth, import_scorer
    from realtime_pose.files import atomic
    from realtime_pose.files.output_checks import check_outputs
    from realtime_pose.reports import coco_report

    for name in filter(None, (arguments.without_sstn, arguments.without_pgpg)):
        weights.fetch_missing(arguments.detect, replace(arguments.pose, model=name))
    weights.fetch_missing(arguments.detect, arguments.pose)
    if arguments.annotations is None or arguments.images is None:
        raise ConfigError("eval coco: expected both --annotations FILE and --images DIR")
    if arguments.plot is not None:
        coco_report.check(arguments.plot)
    truth = CocoTruth(arguments.annotations)
    check_images(truth, arguments.images)
    for path in arguments.outputs:
        atomic.check(path)
    inputs = [path for path in (arguments.annotations, arguments.config) if path is not None]
    check_outputs(arguments.outputs, inputs=inputs, may_replace=True)
    import_scorer("pycocotools.cocoeval")
    return truth


def _load(arguments: CocoArguments) -> Networks:
    """The networks; raises ConfigError if they cannot be scored."""
    from realtime_pose.pipeline.networks import load_networks
    from realtime_pose.skeletons import COCO17

    networks = load_networks(arguments.to_config())
    networks.skeleton.indices_of(COCO17)  # raises if a keypoint is missing
    if arguments.boxes == "truth" and not networks.can_estimate_boxes:
        raise ConfigError(
            "--boxes truth: expected a pose estimator, which gets the true boxes, but "
            f"{networks.info.specs['detect'].name} finds boxes and poses at once; use --boxes detected, or another "
            "--detector"
        )
    return networks


def _detect(networks: Networks, truth: CocoTruth, arguments: CocoArguments, skipped: SkippedImages) -> _Detections:
    """Run the models on all images."""
    detections, folder = _Detections(), arguments.images or Path()
    for image in terminal.track_progress(truth.images, "images"):
        frame = load_frame(folder / image.file_name)
        boxes = truth.boxes(image.image_id) if arguments.boxes == "truth" else None
        with skipped.skip_if_not_finite(image.file_name):
            if not detections.durations_s:
                _estimate(networks, frame, boxes, arguments)  # warm-up: the first run of a network is slow
            start_s = time.perf_counter()
            posed = _estimate(networks, frame, boxes, arguments)
            detections.add(image, posed, time.perf_counter() - start_s)
    skipped.check(len(truth.images))
    return detections


def _estimate(networks: Networks, frame: Frame, boxes: Boxes | None, arguments: CocoArguments) -> PosedFrame:
    """The poses in one image, in the boxes of the detector or in given ones."""
    from realtime_pose.pipeline.perception import estimate_in_boxes, estimate_people

    if boxes is not None:
        return estimate_in_boxes(networks, frame, boxes, pose_nms=arguments.pose_nms)
    return estimate_people(networks, frame, threshold=arguments.detect.threshold, pose_nms=arguments.pose_nms)


def _run_ablation(
    compared: ablation.Ablation, truth: CocoTruth, keypoints: list[Result], arguments: CocoArguments
) -> None:
    """Print the table of the ablation, and write it."""
    from realtime_pose.files import atomic

    scores, skipped = ablation.run(compared, truth, arguments.images or Path(), keypoints)
    table = ablation.format_markdown(scores, caption="keypoints")
    origin = {
        "annotations": str(arguments.annotations),
        "data": truth.size_text,
        "detector": arguments.detect.model,
        "pose": arguments.pose.model,
        "sstn": arguments.pose.sstn,
        "pose_without_sstn": arguments.without_sstn or None,
        "pose_without_pgpg": arguments.without_pgpg or None,
    }
    markdown_path, json_path = ablation.output_paths(arguments.out)
    atomic.write(markdown_path, f"{_describe_models(arguments)}; {truth.size_text}\n\n{table}\n")
    atomic.write(json_path, ablation.format_json(scores, origin=origin))
    terminal.print_result("\n" + table)
    if skipped.line:
        terminal.print_result(skipped.line)
    terminal.echo(f"written: {markdown_path} and {json_path.name}")


def _diagnose(truth: CocoTruth, detections: _Detections, arguments: CocoArguments) -> str:
    """One line with the types of keypoint errors; the plots if wanted."""
    from realtime_pose.reports import coco_report

    diagnosis = coco_report.diagnose(truth, detections.keypoints)
    if arguments.plot is not None and arguments.images is not None:
        results = coco_report.Results(_describe_models(arguments), detections.keypoints, detections.boxes)
        coco_report.plot(truth, diagnosis, results, images=arguments.images, folder=arguments.plot)
        terminal.echo(f"written: {arguments.plot / 'curves.png'}, errors.png, and the worst images, listed in worst.md")
    return diagnosis.errors.line


def _describe_models(arguments: CocoArguments) -> str:
    config = arguments.to_config()
    boxes = "true boxes" if arguments.boxes == "truth" else Path(config.detect.model).name
    return f"{boxes} + {Path(config.pose.model).name}"


def _format_table(truth: CocoTruth, detections: _Detections) -> str:
    """Scores in percent, and times."""
    rows: list[tuple[str, ...]] = [("", *_COLUMNS)]
    # "bbox" is COCO's name for the scores of boxes.
    for title, kind, results in (("keypoints", "keypoints", detections.keypoints), ("boxes", "bbox", detections.boxes)):
        scores = truth.score(results, kind=kind)
        # pycocotools gives -1 if the ground truth has no person of that size.
        rows.append((title, *(f"{100 * value:.1f}" if value >= 0 else "-" for value in _in_column_order(scores))))
    times_ms = [1000 * value for value in detections.durations_s]
    lines = [f"{row[0]:<10}" + "".join(f"{cell:>7}" for cell in row[1:]) for row in rows]
    lines.append(f"{truth.size_text}; {statistics.median(times_ms):.1f} ms per image (median)")
    return "\n".join(lines)


def _in_column_order(scores: CocoScores) -> tuple[float, ...]:
    return scores.ap, scores.ap50, scores.ap75, scores.ap_medium, scores.ap_large, scores.ar
