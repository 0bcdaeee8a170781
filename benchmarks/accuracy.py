"""What each way of getting more out of the same weights brings, and what it costs: COCO AP and milliseconds a picture.

    python benchmarks/accuracy.py --annotations person_keypoints.json --images DIR --only steps|presets|changes
        [--detector NAME|PATH ...] [--pose NAME|PATH ...] [--json PATH]

steps: each row changes one thing of `plain`: one crop a person, boxes from 0.3 on, box NMS at 0.6, argmax and a quarter
step, person score = box score x mean keypoint score. presets: what `--preset` does, whose own networks stay where the
default is named. changes: each row changes one thing of `balanced`. Each detector is paired with each pose estimator.
AP counts low boxes where the way says so; the times are of boxes from 0.3 on, as a live picture has them, one picture
through all ways in turn. Prints Markdown: of one pair a line a way, of several a line a pair.
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import blake2b
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_ways import WAYS, Find, Network, Way, found, named, network
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from realtime_pose.commands.dataset_images import check_images, load_frame
from realtime_pose.config import Config, DetectConfig, PoseConfig
from realtime_pose.evaluate.coco import CocoTruth, Result, box_results, keypoint_results
from realtime_pose.models.backend import Arrays, Backend
from realtime_pose.scene import Frame
from realtime_pose.skeletons import COCO17

SHOWN_SCORE = DetectConfig().threshold
SLICE = 8  # crops that a network gets at once


class Remembering:
    """A backend that runs the same crop of a picture only once, however many ways ask for it."""

    def __init__(self, backend: Backend) -> None:
        self.backend, self.device = backend, backend.device
        self.known: dict[bytes, dict[str, NDArray[Any]]] = {}

    def run(self, batch: NDArray[Any]) -> Arrays:
        """As the backend."""
        keys = [blake2b(item.tobytes()).digest() for item in batch]
        new = [i for i, key in enumerate(keys) if key not in self.known]
        for start in range(0, len(new), SLICE):
            part = new[start : start + SLICE]
            outputs = self.backend.run(batch[part])
            for row, i in enumerate(part):
                self.known[keys[i]] = {name: value[row : row + 1] for name, value in outputs.items()}
        return {name: np.concatenate([self.known[key][name] for key in keys]) for name in self.known[keys[0]]}


@dataclass
class Findings:
    """What one way with one pair found so far.

    Attributes:
        pair: The pair's names.
        way: How it is used.
        config: The settings, with the pair's networks named in them.
    """

    pair: str
    way: Way
    config: Config
    keypoints: list[Result] = field(default_factory=list)
    boxes: list[Result] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)

    def look(self, image_id: int, frame: Frame, find: Find) -> None:
        """Find the people of a picture, and take the time that those of a live picture need."""
        boxes, poses = found(self.way, self.config, find, frame, threshold=self.config.detect.threshold)
        self.keypoints += keypoint_results(image_id, poses.as_skeleton(COCO17))
        self.boxes += box_results(image_id, boxes)
        started = time.perf_counter()
        found(self.way, self.config, network, frame, threshold=SHOWN_SCORE)
        self.times_ms.append(1000 * (time.perf_counter() - started))

    def entry(self, truth: CocoTruth) -> dict[str, Any]:
        """AP and times."""
        return {
            "pair": self.pair,
            "way": self.way.name,
            "keypoint_ap": 100 * truth.score(self.keypoints, kind="keypoints").ap,
            "box_ap": 100 * truth.score(self.boxes, kind="bbox").ap,
            "ms": statistics.median(self.times_ms),
            "total_ms": sum(self.times_ms),
        }


def remembering() -> Find:
    """Gives the networks, each of which runs a crop only once."""

    def find(name: str, task: str) -> Network:
        bare = network(name, task)
        return replace(bare, backend=Remembering(bare.backend))

    return cache(find)


def pairs_of(ways: Sequence[Way], detectors: Sequence[str], poses: Sequence[str]) -> list[list[Findings]]:
    """The ways of each pair, nothing found yet."""
    return [
        [
            Findings(f"{Path(detector).stem} + {Path(pose).stem}", way, named(way.config, detector=detector, pose=pose))
            for way in ways
        ]
        for detector, pose in product(detectors, poses)
    ]


def measured(pairs: Sequence[Sequence[Findings]], truth: CocoTruth, images: Path) -> list[list[dict[str, Any]]]:
    """For each pair an entry a way: its AP and its time."""
    console = Console(stderr=True)
    for image in track(truth.images, "pictures", console=console, disable=not console.is_terminal):
        frame, find = load_frame(images / image.file_name), remembering()
        for findings in (one for pair in pairs for one in pair):
            findings.look(image.image_id, frame, find)
    return [[findings.entry(truth) for findings in pair] for pair in pairs]


def by_way(entries: Sequence[dict[str, Any]]) -> str:
    """One pair: a line a way; differences and times are to the first."""
    first = entries[0]
    lines = ["| what | keypoint AP | | box AP | median ms | times, all pictures |", "|---|---|---|---|---|---|"]
    for entry in entries:
        gain = f"{entry['keypoint_ap'] - first['keypoint_ap']:+.1f}" if entry is not first else ""
        lines.append(
            f"| {entry['way']} | {entry['keypoint_ap']:.1f} | {gain} | {entry['box_ap']:.1f} | {entry['ms']:.0f} | "
            f"{entry['total_ms'] / first['total_ms']:.2f} |"
        )
    return "\n".join(lines)


def by_pair(pairs: Sequence[Sequence[dict[str, Any]]]) -> str:
    """Several pairs: a line each; times are to the first way."""
    ways = [entry["way"] for entry in pairs[0]]
    lines = [f"| keypoint AP (time, that of {ways[0]} = 1) | {' | '.join(ways)} |", "|---" * (len(ways) + 1) + "|"]
    for entries in pairs:
        cells = (f"{entry['keypoint_ap']:.1f} ({entry['total_ms'] / entries[0]['total_ms']:.2f})" for entry in entries)
        lines.append(f"| {entries[0]['pair']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure all pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--only", choices=tuple(WAYS), required=True)
    parser.add_argument("--detector", nargs="+", default=[DetectConfig().model])
    parser.add_argument("--pose", nargs="+", default=[PoseConfig().model])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    truth = CocoTruth(options.annotations)
    check_images(truth, options.images)
    pairs = measured(pairs_of(WAYS[options.only], options.detector, options.pose), truth, options.images)
    print(f"{len(truth.images)} pictures, {truth.num_persons} persons with keypoints\n")
    print(by_way(pairs[0]) if len(pairs) == 1 else by_pair(pairs))
    if options.json:
        options.json.write_text(json.dumps([entry for pair in pairs for entry in pair], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
