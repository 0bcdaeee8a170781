"""The command `eval coco`: pictures with truth to COCO scores of poses and boxes, and a results file.

``echo`` takes a line for the person at the terminal.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import track

from realtime_pose.commands.dataset_images import SkippedImages, check_images, load_frame
from realtime_pose.commands.eval_arguments import CocoArguments
from realtime_pose.config import LiveSettings
from realtime_pose.errors import ConfigError
from realtime_pose.evaluate.coco import CocoImage, CocoScores, CocoTruth, Result, box_results, keypoint_results, scorer
from realtime_pose.files import atomic
from realtime_pose.pipeline.build import load_models
from realtime_pose.pipeline.perception import PerceptionStages
from realtime_pose.reports import coco_report
from realtime_pose.scene import Boxes, Frame, Scene
from realtime_pose.skeletons import COCO17

Echo = Callable[[str], None]

_COLUMNS = ("AP", "AP50", "AP75", "APM", "APL", "AR")


@dataclass(frozen=True, slots=True)
class _Findings:
    """What was found in all pictures so far.

    Attributes:
        keypoints: COCO keypoint results.
        boxes: COCO box results.
        durations_s: Seconds for each picture, from pixels to poses.
    """

    keypoints: list[Result] = field(default_factory=list)
    boxes: list[Result] = field(default_factory=list)
    durations_s: list[float] = field(default_factory=list)

    def add(self, image: CocoImage, scene: Scene, duration_s: float) -> None:
        """What was found in one picture."""
        self.durations_s.append(duration_s)
        if scene.boxes is not None and scene.poses is not None:
            self.boxes.extend(box_results(image.image_id, scene.boxes))
            self.keypoints.extend(keypoint_results(image.image_id, scene.poses.as_skeleton(COCO17)))


def evaluate_coco(arguments: CocoArguments, *, echo: Echo) -> str:
    """The table of scores.

    Raises:
        RealtimePoseError: The annotations, a picture, a model, the scorer or the results' folder is not usable.
    """
    if arguments.annotations is None or arguments.images is None:
        raise ConfigError("eval coco: expected both --annotations FILE and --images DIR")
    if arguments.plot is not None:
        coco_report.check(arguments.plot)
    truth = CocoTruth(arguments.annotations)
    check_images(truth, arguments.images)
    atomic.check(arguments.out)
    scorer("pycocotools.cocoeval")  # is asked for before the models run for long
    work = _loaded(arguments)
    findings, left_out = _Findings(), SkippedImages()
    console = Console(stderr=True)
    for image in track(truth.images, "pictures", console=console, disable=not console.is_terminal):
        frame = load_frame(arguments.images / image.file_name)
        given = truth.boxes(image.image_id) if arguments.boxes == "truth" else None
        with left_out.unless_finite(image.file_name):
            if not findings.durations_s:
                _estimated(work, frame, given, arguments)  # the networks' first run is slower than others
            started = time.perf_counter()
            scene = _estimated(work, frame, given, arguments)
            findings.add(image, scene, time.perf_counter() - started)
    left_out.check(len(truth.images))
    atomic.write(arguments.out, json.dumps(findings.keypoints))
    echo(f"written: {arguments.out}")
    diagnosed = _diagnosed(truth, findings, arguments, echo=echo)
    return "\n".join(line for line in (_table(truth, findings), left_out.line, diagnosed) if line)


def _loaded(arguments: CocoArguments) -> PerceptionStages:
    """The models; what cannot be scored is refused before they run for long."""
    loaded = load_models(arguments.to_config())
    loaded.skeleton.indices_of(COCO17)
    if arguments.boxes == "truth" and loaded.stages.estimator is None:
        raise ConfigError(
            f"--boxes truth: expected a pose estimator to be given the true boxes, but {loaded.specs['detect'].name} "
            "finds boxes and poses at once; use --boxes detected, or name another --detector"
        )
    return loaded.stages


def _diagnosed(truth: CocoTruth, findings: _Findings, arguments: CocoArguments, *, echo: Echo) -> str:
    """What is wrong with the keypoints, in words; in pictures too where they are asked for."""
    diagnosis = coco_report.diagnose(truth, findings.keypoints)
    if arguments.plot is not None and arguments.images is not None:
        results = coco_report.Results(_models(arguments), findings.keypoints, findings.boxes)
        coco_report.plot(truth, diagnosis, results, images=arguments.images, folder=arguments.plot)
        echo(f"written: {arguments.plot / 'curves.png'}, errors.png, and the worst pictures, listed in worst.md")
    return diagnosis.errors.line


def _models(arguments: CocoArguments) -> str:
    """Which models were asked, in words."""
    config = arguments.to_config()
    boxes = "true boxes" if arguments.boxes == "truth" else Path(config.detect.model).name
    return f"{boxes} + {Path(config.pose.model).name}"


def _estimated(work: PerceptionStages, frame: Frame, given: Boxes | None, arguments: CocoArguments) -> Scene:
    """The poses of a picture, of the detector's boxes or of given ones."""
    if given is not None:
        return work.estimate(Scene(frame, boxes=given))
    config = arguments.to_config()
    settings = LiveSettings(detector_threshold=config.detect.threshold, shown=config.render)
    return work.estimate(work.detect(Scene(frame), settings=lambda: settings))


def _table(truth: CocoTruth, findings: _Findings) -> str:
    """Scores and times for a person to read."""
    rows: list[tuple[str, ...]] = [("", *_COLUMNS)]
    for title, kind, results in (("keypoints", "keypoints", findings.keypoints), ("boxes", "bbox", findings.boxes)):
        scores = truth.score(results, kind=kind)
        rows.append((title, *(f"{100 * value:.1f}" if value >= 0 else "-" for value in _in_order(scores))))
    times_ms = [1000 * value for value in findings.durations_s]
    lines = [f"{row[0]:<10}" + "".join(f"{cell:>7}" for cell in row[1:]) for row in rows]
    lines.append(
        f"{len(truth.images)} pictures, {truth.num_persons} persons with keypoints; "
        f"{statistics.median(times_ms):.1f} ms a picture (median)"
    )
    return "\n".join(lines)


def _in_order(scores: CocoScores) -> tuple[float, ...]:
    """As the columns of the table."""
    return scores.ap, scores.ap50, scores.ap75, scores.ap_medium, scores.ap_large, scores.ar
