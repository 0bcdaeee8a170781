"""What does a detector's input cost that follows the picture's aspect, beside a square one, on 16:9 pictures?

    python benchmarks/letterbox.py --annotations FILE --images DIR --detector NAME ... --pose NAME [--size 640]
                                   [--json PATH]

Pictures of a COCO annotation file that are wider than high are cut to 16:9 about their middle, as wide as they are, and
the truth with them: boxes are cut at the new edges, keypoints beyond them are taken off, and a person of whom less than
half is left in height is neither asked for nor counted as an error. Each picture goes through all networks and both
inputs in turn, each on one thread whose own time is taken, so that a busy machine matters little. Prints Markdown.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from realtime_pose.commands.dataset_images import load_frame
from realtime_pose.config import LOW_SCORE, Config, DetectConfig, DeviceConfig, LiveSettings, PoseConfig
from realtime_pose.evaluate.coco import CocoTruth, Result, box_results, keypoint_results
from realtime_pose.pipeline.build import load_models
from realtime_pose.pipeline.perception import PerceptionStages
from realtime_pose.scene import Frame, Scene
from realtime_pose.skeletons import COCO17

ASPECT = 16 / 9
SHOWN_SCORE = 0.3  # poses are estimated of these boxes only, as in a live picture
MIN_PART = 0.5


@dataclass(frozen=True)
class Candidate:
    """A detector with one size of input, and what it found.

    Attributes:
        name: Of the detector and its size.
        stages: Detector and pose estimator.
        settings: What the detector is told.
    """

    name: str
    stages: PerceptionStages
    settings: LiveSettings
    times_ms: list[float] = field(default_factory=list)
    keypoints: list[Result] = field(default_factory=list)
    boxes: list[Result] = field(default_factory=list)

    def look(self, image_id: int, frame: Frame) -> None:
        """Find the people of a picture; only the detector is timed."""
        started = time.process_time()
        scene = self.stages.detect(Scene(frame), settings=lambda: self.settings)
        self.times_ms.append(1000 * (time.process_time() - started))
        if scene.boxes is None:
            return
        self.boxes.extend(box_results(image_id, scene.boxes))
        shown = scene.boxes.take(np.flatnonzero(scene.boxes.score >= SHOWN_SCORE))
        scene = self.stages.estimate(replace(scene, boxes=shown))
        if scene.poses is not None:
            self.keypoints.extend(keypoint_results(image_id, scene.poses.as_skeleton(COCO17)))


def candidate(detector: str, size: str, pose: str) -> Candidate:
    """A detector with this size of input, loaded."""
    detect = DetectConfig(model=detector, size=size, threshold=LOW_SCORE)
    config = Config(device=DeviceConfig(device="cpu", threads=1), detect=detect, pose=PoseConfig(model=pose))
    settings = LiveSettings(detector_threshold=LOW_SCORE, shown=config.render)
    return Candidate(f"{Path(detector).stem} {size}", load_models(config).stages, settings)


def cut(table: dict[str, Any]) -> tuple[dict[str, Any], dict[int, tuple[int, int]]]:
    """The annotation file of the pictures cut to 16:9, and the first row and the height of each by its id."""
    rows, images = {}, []
    for image in table["images"]:
        width, height = image["width"], image["height"]
        left = round(width / ASPECT)
        if left <= height < width:
            rows[image["id"]] = ((height - left) // 2, left)
            images.append({**image, "height": left})
    entries = (entry for entry in table["annotations"] if entry["image_id"] in rows)
    persons = [cut_person(entry, *rows[entry["image_id"]]) for entry in entries]
    return {**table, "images": images, "annotations": [person for person in persons if person is not None]}, rows


def cut_person(entry: dict[str, Any], top: int, height: int) -> dict[str, Any] | None:
    """The truth of a person, or a crowd, in the rows that are left; None where nothing is."""
    left, upper, width, tall = entry["bbox"]
    first, last = max(upper - top, 0), min(upper - top + tall, height)
    if last <= first:
        return None
    part = (last - first) / max(tall, 1e-6)
    keypoints = np.array(entry.get("keypoints", [0] * 51), float).reshape(-1, 3)
    keypoints[:, 1] -= top
    keypoints[(keypoints[:, 1] < 0) | (keypoints[:, 1] >= height)] = 0
    keypoints[keypoints[:, 2] == 0] = 0
    is_whole = part >= MIN_PART and not entry["iscrowd"]
    return {
        **{key: value for key, value in entry.items() if key != "segmentation"},
        "bbox": [left, first, width, last - first],
        "area": entry["area"] * part,
        "keypoints": keypoints.reshape(-1).tolist(),
        "num_keypoints": int((keypoints[:, 2] > 0).sum()) if is_whole else 0,
        "iscrowd": int(not is_whole),
    }


def measured(annotations: Path, images: Path, candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Scores and times of all."""
    table, rows = cut(json.loads(annotations.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cut.json"
        path.write_text(json.dumps(table), encoding="utf-8")
        truth = CocoTruth(path)
        for image in truth.images:
            whole = load_frame(images / image.file_name)
            top, height = rows[image.image_id]
            frame = replace(whole, image=np.ascontiguousarray(whole.image[top : top + height]))
            for one in candidates:
                one.look(image.image_id, frame)
        print(f"{len(truth.images)} pictures of 16:9, {truth.num_persons} persons with keypoints\n")
        return [scored(truth, one) for one in candidates]


def scored(truth: CocoTruth, one: Candidate) -> dict[str, Any]:
    """Scores of one, in [0, 1]."""
    keypoints, boxes = truth.score(one.keypoints, kind="keypoints"), truth.score(one.boxes, kind="bbox")
    return {
        "name": one.name,
        "keypoints": asdict(keypoints),
        "boxes": asdict(boxes),
        "detector_ms": {"median": statistics.median(one.times_ms), "min": min(one.times_ms)},
    }


def table(figures: Sequence[dict[str, Any]]) -> str:
    """The figures as Markdown."""
    heads = ("detector and input", "keypoint AP", "AR", "box AP", "AR", "detector, median core-ms", "least")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for entry in figures:
        scores = [100 * entry[kind][key] for kind in ("keypoints", "boxes") for key in ("ap", "ar")]
        cells = [f"{value:.1f}" for value in (*scores, *entry["detector_ms"].values())]
        lines.append(f"| {entry['name']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--detector", nargs="+", default=["nanodet-g"])
    parser.add_argument("--pose", default="movenet-thunder")
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sizes = (f"{options.size}x{options.size}", str(options.size))
    candidates = [candidate(detector, size, options.pose) for detector in options.detector for size in sizes]
    figures = measured(options.annotations, options.images, candidates)
    print(table(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
