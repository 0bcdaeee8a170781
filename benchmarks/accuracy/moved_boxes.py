"""What do poor boxes cost a pose estimator, and how much of it does a localisation network (--sstn) win back?

    python benchmarks/accuracy/moved_boxes.py --annotations person_keypoints.json --images DIR
        [--pose NAME|PATH ...] [--sstn NAME|PATH ...] [--detector NAME --detector-size 224] [--seeds 3] [--json PATH]

Keypoint AP in these boxes: the true ones; the true ones with each edge moved by a normal error of 10 % and of 20 % of
the box's side (mean over the seeds); those of the detector.

Each pose estimator sees the boxes once as they are, once in two looks (the second crop lies about the keypoints of the
first look, whose time it takes twice), and once behind each localisation network. Prints Markdown.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.accuracy.dataset_arguments import dataset_parser, write_json
from realtime_pose.commands.dataset_images import check_images, load_frame
from realtime_pose.config import Config, DetectConfig, PoseConfig
from realtime_pose.evaluate.coco import CocoTruth, Result, keypoint_results
from realtime_pose.pipeline.networks import Networks, load_networks
from realtime_pose.pose import nms
from realtime_pose.pose.estimator import keypoint_boxes
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import COCO17

MOVES = (0.1, 0.2)  # standard deviation of each edge, as a share of the box's side
MIN_SIDE = 0.1  # of the true side: an edge does not cross the other one
Estimate = Callable[[Frame, Boxes], Poses]


@dataclass(frozen=True)
class Way:
    """One way to estimate poses in boxes.

    Attributes:
        name: Title of its column.
        estimate: What it does.
    """

    name: str
    estimate: Estimate


def moved_boxes(boxes: Boxes, share: float, rng: np.random.Generator) -> Boxes:
    """The boxes with each edge moved by a normal error of this share of the box's side."""
    low, high = boxes.xyxy[:, :2], boxes.xyxy[:, 2:]
    error = rng.normal(0, share, (len(boxes), 4)) * np.tile(high - low, 2)
    moved = boxes.xyxy + error
    moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + MIN_SIDE * (high - low))
    return Boxes(moved.astype(np.float32), boxes.score)


def two_looks(networks: Networks, frame: Frame, boxes: Boxes) -> Poses:
    """The poses in crops about the keypoints that were found in the first crops."""
    first = networks.estimate(frame, boxes)
    if not len(boxes):
        return first
    return networks.estimate(frame, Boxes(keypoint_boxes(first.keypoints, first.score, boxes.xyxy), boxes.score))


def ways_of(pose: str, transformers: Sequence[str], detect: DetectConfig) -> tuple[Networks, list[Way]]:
    """The networks with a detector, and all ways to use one pose estimator."""
    config = Config(detect=detect, pose=PoseConfig(model=pose))
    networks = load_networks(config)
    name = Path(pose).stem
    ways = [Way(name, networks.estimate), Way(f"{name}, two looks", partial(two_looks, networks))]
    for transformer in transformers:
        behind = load_networks(replace(config, pose=replace(config.pose, sstn=transformer)))
        ways.append(Way(f"{name}, {Path(transformer).stem}", behind.estimate))
    return networks, ways


def image_boxes(true: Boxes, detected: Boxes, image_id: int, options: Any) -> dict[str, list[Boxes]]:
    """The boxes of an image for each row, one set a seed."""
    seeds = range(options.seeds)
    moved = {
        f"moved by {share:.0%}": [moved_boxes(true, share, np.random.default_rng((seed, image_id))) for seed in seeds]
        for share in MOVES
    }
    return {"true": [true], **moved, f"{Path(options.detector[0]).stem} at {options.detector_size}": [detected]}


def image_rows(
    truth: CocoTruth, images: Path, networks: Networks, ways: Sequence[Way], options: Any
) -> list[dict[str, Any]]:
    """Keypoint AP of each way with each kind of boxes."""
    threshold = detector_config(options).threshold
    results: dict[tuple[str, str], list[list[Result]]] = {}
    for image in truth.images:
        frame = load_frame(images / image.file_name)
        detected = networks.detect(frame, threshold=threshold).boxes
        for kind, sets in image_boxes(truth.boxes(image.image_id), detected, image.image_id, options).items():
            for way in ways:
                found = results.setdefault((kind, way.name), [[] for _ in sets])
                for boxes, one in zip(sets, found, strict=True):
                    poses = nms.merge(way.estimate(frame, boxes), Config().pose_nms)[0]
                    one.extend(keypoint_results(image.image_id, poses.as_skeleton(COCO17)))
    return [
        {
            "boxes": kind,
            "way": way,
            "value": 100 * float(np.mean([truth.score(one, kind="keypoints").ap for one in sets])),
        }
        for (kind, way), sets in results.items()
    ]


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Markdown with a row for each kind of boxes and a column for each way."""
    ways = list(dict.fromkeys(row["way"] for row in rows))
    kinds = list(dict.fromkeys(row["boxes"] for row in rows))
    values = {(row["boxes"], row["way"]): row["value"] for row in rows}
    lines = [f"| boxes | {' | '.join(ways)} |", "|---" * (len(ways) + 1) + "|"]
    lines += [f"| {kind} | {' | '.join(f'{values[kind, way]:.1f}' for way in ways)} |" for kind in kinds]
    return "\n".join(lines)


def detector_config(options: Any) -> DetectConfig:
    """The settings of the detector, with boxes of low score, which count in AP."""
    return DetectConfig(model=options.detector[0], size=options.detector_size).counting_low_scores()


def main() -> None:
    """Measure and print the table."""
    parser = dataset_parser(__doc__)
    parser.add_argument("--pose", nargs="+", default=[PoseConfig().model])
    parser.add_argument("--sstn", nargs="+", default=[])
    parser.add_argument("--detector-size", default="224")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    truth = CocoTruth(options.annotations)
    check_images(truth, options.images)
    rows: list[dict[str, Any]] = []
    for pose in options.pose:
        networks, ways = ways_of(pose, options.sstn, detector_config(options))
        rows += image_rows(truth, options.images, networks, ways, options)
    print(f"{truth.size_text}\n")
    print(table(rows))
    write_json(options.json, rows)


if __name__ == "__main__":
    main()
