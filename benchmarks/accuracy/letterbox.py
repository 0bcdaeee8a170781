"""What do detector inputs cost that follow the aspect of the image, compared with square ones, on 16:9 images?

    python benchmarks/accuracy/letterbox.py --annotations FILE --images DIR --detector NAME ... --pose NAME [--size 640]
                                   [--json PATH]

Images of a COCO annotation file that are wider than high are cropped to 16:9 around their centre, at full width, and
the ground truth with them. Boxes are clipped at the new edges, keypoints outside are removed, and a person with less
than half of its height left is neither required nor counted as an error. Each image goes through all networks and both
inputs in turn. Each network runs on one thread and its CPU time is measured, so a busy machine matters little. Prints
Markdown.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.accuracy.dataset_arguments import dataset_parser, write_json
from realtime_pose.commands.dataset_images import load_frame
from realtime_pose.config import LOW_SCORE, Config, DetectConfig, DeviceConfig, PoseConfig
from realtime_pose.evaluate.coco import CocoTruth, Result, box_results, keypoint_results
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.pipeline.perception import estimate_in_boxes
from realtime_pose.scene import Frame
from realtime_pose.skeletons import COCO17

ASPECT = 16 / 9
SHOWN_SCORE = 0.3  # poses are estimated only for boxes with this score or more, as in live use
MIN_VISIBLE = 0.5  # share of a person's height that must be left


@dataclass(frozen=True)
class Candidate:
    """A detector with one input size, and its results.

    Attributes:
        name: Name of the detector, and its input size.
        networks: Detector and pose estimator.
        config: Limits of pose NMS.
        times_ms: CPU time of the detector for each image.
        keypoints, boxes: COCO results of all images.
    """

    name: str
    networks: Networks
    config: Config
    times_ms: list[float] = field(default_factory=list)
    keypoints: list[Result] = field(default_factory=list)
    boxes: list[Result] = field(default_factory=list)

    def add_image(self, image_id: int, frame: Frame) -> None:
        """Find the people in an image; only the detector is timed."""
        started = time.process_time()  # CPU time of one thread, not wall time
        boxes = self.networks.detect(frame, threshold=LOW_SCORE).boxes
        self.times_ms.append(1000 * (time.process_time() - started))
        self.boxes.extend(box_results(image_id, boxes))
        # box AP counts all boxes, poses only those that are shown
        shown = boxes.take(np.flatnonzero(boxes.score >= SHOWN_SCORE))
        posed = estimate_in_boxes(self.networks, frame, shown, pose_nms=self.config.pose_nms)
        self.keypoints.extend(keypoint_results(image_id, posed.poses.as_skeleton(COCO17)))


def load_candidate(detector: str, size: str, pose: str) -> Candidate:
    """A detector with this input size, loaded."""
    detect = DetectConfig(model=detector, size=size, threshold=LOW_SCORE)
    config = Config(device=DeviceConfig(device="cpu", threads=1), detect=detect, pose=PoseConfig(model=pose))
    return Candidate(f"{Path(detector).stem} {size}", load_networks(config), config)


def crop_annotations(table: dict[str, Any]) -> tuple[dict[str, Any], dict[int, tuple[int, int]]]:
    """The annotations of the images cropped to 16:9, and for each image id the first row and the height of the crop."""
    crops, images = {}, []
    for image in table["images"]:
        width, height = image["width"], image["height"]
        cropped_height = round(width / ASPECT)
        # upright images, and images that are flatter than 16:9, are left out
        if cropped_height <= height < width:
            crops[image["id"]] = ((height - cropped_height) // 2, cropped_height)
            images.append({**image, "height": cropped_height})
    entries = (entry for entry in table["annotations"] if entry["image_id"] in crops)
    persons = [crop_person(entry, *crops[entry["image_id"]]) for entry in entries]
    return {**table, "images": images, "annotations": [person for person in persons if person is not None]}, crops


def crop_person(entry: dict[str, Any], top: int, height: int) -> dict[str, Any] | None:
    """The annotation of a person or a crowd inside the crop; None if nothing is left."""
    left, box_top, width, box_height = entry["bbox"]
    first, last = max(box_top - top, 0), min(box_top - top + box_height, height)
    if last <= first:
        return None
    visible = (last - first) / max(box_height, 1e-6)
    # (17, 3): x, y, visibility; COCO writes three zeros for a keypoint without a label
    keypoints = np.array(entry.get("keypoints", [0] * 51), float).reshape(-1, 3)
    keypoints[:, 1] -= top  # into the rows of the crop
    keypoints[(keypoints[:, 1] < 0) | (keypoints[:, 1] >= height)] = 0
    keypoints[keypoints[:, 2] == 0] = 0
    is_counted = visible >= MIN_VISIBLE and not entry["iscrowd"]
    return {
        **{key: value for key, value in entry.items() if key != "segmentation"},
        "bbox": [left, first, width, last - first],
        "area": entry["area"] * visible,
        "keypoints": keypoints.reshape(-1).tolist(),
        "num_keypoints": int((keypoints[:, 2] > 0).sum()) if is_counted else 0,
        "iscrowd": int(not is_counted),
    }


def measure(annotations: Path, images: Path, candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """Scores and times of all candidates."""
    table, crops = crop_annotations(json.loads(annotations.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cropped.json"
        path.write_text(json.dumps(table), encoding="utf-8")
        truth = CocoTruth(path)
        for image in truth.images:
            whole = load_frame(images / image.file_name)
            top, height = crops[image.image_id]
            frame = replace(whole, image=np.ascontiguousarray(whole.image[top : top + height]))
            for candidate in candidates:
                candidate.add_image(image.image_id, frame)
        print(f"{truth.size_text}, cropped to 16:9\n")
        return [score(truth, candidate) for candidate in candidates]


def score(truth: CocoTruth, candidate: Candidate) -> dict[str, Any]:
    """Scores in [0, 1] and times of one candidate."""
    keypoints, boxes = truth.score(candidate.keypoints, kind="keypoints"), truth.score(candidate.boxes, kind="bbox")
    return {
        "name": candidate.name,
        "keypoints": asdict(keypoints),
        "boxes": asdict(boxes),
        "detector_ms": {"median": statistics.median(candidate.times_ms), "min": min(candidate.times_ms)},
    }


def markdown_table(figures: Sequence[dict[str, Any]]) -> str:
    """The figures as a Markdown table."""
    heads = ("detector and input", "keypoint AP", "AR", "box AP", "AR", "detector, median core-ms", "minimum")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for entry in figures:
        scores = [100 * entry[kind][key] for kind in ("keypoints", "boxes") for key in ("ap", "ar")]
        cells = [f"{value:.1f}" for value in (*scores, *entry["detector_ms"].values())]
        lines.append(f"| {entry['name']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print the table."""
    parser = dataset_parser(__doc__)
    parser.add_argument("--pose", default=PoseConfig().model)
    parser.add_argument("--size", type=int, default=640)
    options = parser.parse_args()
    sizes = (f"{options.size}x{options.size}", str(options.size))
    candidates = [load_candidate(detector, size, options.pose) for detector in options.detector for size in sizes]
    figures = measure(options.annotations, options.images, candidates)
    print(markdown_table(figures))
    write_json(options.json, figures)


if __name__ == "__main__":
    main()
