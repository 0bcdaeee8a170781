"""How accurate each network is alone, and how long it takes: a table of detectors and pose estimators.

    python benchmarks/accuracy/models.py --annotations person_keypoints.json --images DIR NAME|PATH...
        [--detector-size SIZE ...]

For a detector: AP of person boxes with a score of 0.05 or more, and milliseconds per image, at its published size or at
each given size (written as in the application's flag). For a pose estimator: AP of keypoints in the true boxes, and
milliseconds per person, with all persons of an image in one call. Times include everything from an image to boxes or
keypoints; they are medians over the images.
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
from realtime_pose.models.network import Network
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Frame
from realtime_pose.skeletons import COCO17

MIN_SCORE = 0.05
PUBLISHED = DetectConfig().size
HEAD = "| Network | AP | AP50 | Time |\n|---|---|---|---|"
# From an image and its id to results, and by how many (images or persons) the time is divided.
RunImage = Callable[[Frame, int], tuple[list[Result], int]]


def find_entry(name: str) -> ModelSpec:
    """The manifest entry of a detector or pose estimator."""
    manifest = load_manifest()
    try:
        return manifest.find(name, task="detector")
    except ConfigError:
        return manifest.find(name, task="pose")


def make_detector(spec: ModelSpec, size: str) -> RunImage:
    """A function that detects the boxes of one image."""
    detector = NetworkDetector(Network(load_backend(weights.find(spec), spec), spec), DetectConfig(size=size))

    def run_image(frame: Frame, image_id: int) -> tuple[list[Result], int]:
        return box_results(image_id, detector.detect(frame, threshold=MIN_SCORE)), 1

    return run_image


def make_estimator(spec: ModelSpec, truth: CocoTruth) -> RunImage:
    """A function that estimates the poses in the true boxes of one image."""
    estimator = NetworkPoseEstimator(Network(load_backend(weights.find(spec), spec), spec), PoseConfig())

    def run_image(frame: Frame, image_id: int) -> tuple[list[Result], int]:
        boxes = truth.boxes(image_id)
        return keypoint_results(image_id, estimator.estimate(frame, boxes).as_skeleton(COCO17)), len(boxes)

    return run_image


def measure_row(spec: ModelSpec, size: str, truth: CocoTruth, folder: Path) -> str:
    """One row of the table."""
    is_detector = spec.task == "detector"
    run_image = make_detector(spec, size) if is_detector else make_estimator(spec, truth)
    results: list[Result] = []
    times_ms: list[float] = []
    console = Console(stderr=True)
    for image in track(truth.images, spec.name, console=console, disable=not console.is_terminal):
        frame = load_frame(folder / image.file_name)
        if not results:
            run_image(frame, image.image_id)  # warm-up: the first run of a size is slower
        started = time.perf_counter()
        new_results, count = run_image(frame, image.image_id)
        if count:  # no person, no time per person
            times_ms.append(1000 * (time.perf_counter() - started) / count)
        results += new_results
    scores = truth.score(results, kind="bbox" if is_detector else "keypoints")
    metric, unit = ("box AP", "image") if is_detector else ("keypoint AP", "person")
    name = f"`{spec.name}`" if size == PUBLISHED else f"`{spec.name}` at {size}"
    return (
        f"| {name} | {metric} {100 * scores.ap:.1f} | {100 * scores.ap50:.1f} | "
        f"{statistics.median(times_ms):.1f} ms per {unit} |"
    )


def main() -> None:
    """Measure the given models and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="NAME|PATH")
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--detector-size", nargs="+", default=[PUBLISHED])
    options = parser.parse_args()
    truth = CocoTruth(options.annotations)
    check_images(truth, options.images)
    print(HEAD)
    for spec in map(find_entry, options.models):
        for size in options.detector_size if spec.task == "detector" else [PUBLISHED]:
            print(measure_row(spec, size, truth, options.images))


if __name__ == "__main__":
    main()
