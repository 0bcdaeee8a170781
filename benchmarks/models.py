"""What each network reaches alone and how long it takes: a table of models, detectors and pose estimators.

    python benchmarks/models.py --annotations person_keypoints.json --images DIR NAME|PATH... [--detector-size SIZE ...]

A detector: AP of person boxes from a score of 0.05 on, and milliseconds a picture, at its published size or at each
that is named (as the application's own flag names it). A pose estimator: AP of keypoints in the true boxes, and
milliseconds a person, all persons of a picture at once. Times hold the way from a picture to boxes or keypoints,
medians over the pictures.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import track

from realtime_pose.commands.dataset_images import check_images, load_frame
from realtime_pose.config import DetectConfig, PoseConfig
from realtime_pose.detect.detector import NetworkDetector
from realtime_pose.errors import ConfigError
from realtime_pose.evaluate.coco import CocoTruth, Result, box_results, keypoint_results
from realtime_pose.models import weights
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Frame
from realtime_pose.skeletons import COCO17

LOW = 0.05
PUBLISHED = DetectConfig().size
HEAD = "| Network | AP | AP50 | Time |\n|---|---|---|---|"
Look = Callable[[Frame, int], tuple[list[Result], int]]  # a picture and its number to results and what they cost by


def entry_of(name: str) -> ModelSpec:
    """The manifest entry of a detector or pose estimator."""
    manifest = load_manifest()
    try:
        return manifest.find(name, task="detector")
    except ConfigError:
        return manifest.find(name, task="pose")


def detecting(spec: ModelSpec, size: str) -> Look:
    """One picture's boxes."""
    detector = NetworkDetector(load_backend(weights.find(spec), spec), spec, DetectConfig(size=size))

    def look(frame: Frame, image_id: int) -> tuple[list[Result], int]:
        return box_results(image_id, detector.detect(frame, threshold=LOW)), 1

    return look


def estimating(spec: ModelSpec, truth: CocoTruth) -> Look:
    """One picture's poses in the true boxes."""
    estimator = NetworkPoseEstimator(load_backend(weights.find(spec), spec), spec, PoseConfig())

    def look(frame: Frame, image_id: int) -> tuple[list[Result], int]:
        boxes = truth.boxes(image_id)
        return keypoint_results(image_id, estimator.estimate(frame, boxes).as_skeleton(COCO17)), len(boxes)

    return look


def row(spec: ModelSpec, size: str, truth: CocoTruth, folder: Path) -> str:
    """One line of the table."""
    is_detector = spec.task == "detector"
    look = detecting(spec, size) if is_detector else estimating(spec, truth)
    results: list[Result] = []
    times_ms: list[float] = []
    console = Console(stderr=True)
    for image in track(truth.images, spec.name, console=console, disable=not console.is_terminal):
        frame = load_frame(folder / image.file_name)
        if not results:
            look(frame, image.image_id)  # the first of a size is slower
        started = time.perf_counter()
        more, count = look(frame, image.image_id)
        if count:
            times_ms.append(1000 * (time.perf_counter() - started) / count)
        results += more
    scores = truth.score(results, kind="bbox" if is_detector else "keypoints")
    what = ("box AP", "a picture") if is_detector else ("keypoint AP", "a person")
    name = f"`{spec.name}`" if size == PUBLISHED else f"`{spec.name}` at {size}"
    return (
        f"| {name} | {what[0]} {100 * scores.ap:.1f} | {100 * scores.ap50:.1f} | "
        f"{statistics.median(times_ms):.1f} ms {what[1]} |"
    )


def main() -> None:
    """Measure the models that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="NAME|PATH")
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--detector-size", nargs="+", default=[PUBLISHED])
    options = parser.parse_args()
    truth = CocoTruth(options.annotations)
    check_images(truth, options.images)
    print(HEAD)
    for spec in map(entry_of, options.models):
        for size in options.detector_size if spec.task == "detector" else [PUBLISHED]:
            print(row(spec, size, truth, options.images))


if __name__ == "__main__":
    main()
