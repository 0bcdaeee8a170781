"""How much COCO AP each variant gains with the same weights, and how many milliseconds per image it costs.

    python benchmarks/accuracy/compare.py --annotations person_keypoints.json --images DIR --only steps|presets|changes
        [--detector NAME|PATH ...] [--pose NAME|PATH ...] [--json PATH]

steps: each row changes one thing of `plain`: one crop per person, boxes of 0.3 or more, box NMS at 0.6, argmax with a
quarter step, person score = box score x mean keypoint score. presets: what `--preset` does; a preset with its own
network keeps it, unless another network than the default is named. changes: each row changes one thing of `balanced`.

Each detector runs with each pose estimator. Some variants count boxes of low score in AP; times are always for boxes of
0.3 or more, as in live use. Each image goes through all variants in turn. Prints Markdown: for one pair a row per
variant, for several pairs a row per pair.
"""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import blake2b
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.accuracy.dataset_arguments import dataset_parser, write_json
from benchmarks.accuracy.variants import (
    VARIANTS,
    FindNetwork,
    LoadedModel,
    Variant,
    find_people,
    load_network,
    with_models,
)
from realtime_pose.commands.dataset_images import check_images, load_frame
from realtime_pose.config import Config, DetectConfig, DeviceConfig, PoseConfig
from realtime_pose.evaluate.coco import CocoTruth, Result, box_results, keypoint_results
from realtime_pose.models.backend import Arrays, Backend
from realtime_pose.scene import Frame
from realtime_pose.skeletons import COCO17

SHOWN_SCORE = DetectConfig().threshold
MAX_BATCH = 8  # inputs per run of a network


class CachedBackend:
    """A backend that runs the same input only once, even if several variants need it."""

    def __init__(self, backend: Backend) -> None:
        self.backend, self.device, self.engine = backend, backend.device, backend.engine
        self.cache: dict[bytes, dict[str, NDArray[Any]]] = {}

    def run(self, batch: NDArray[Any]) -> Arrays:
        """The outputs of the backend, from the cache where possible."""
        keys = [blake2b(item.tobytes()).digest() for item in batch]  # (N, 3, H, W), one key per crop
        new = [i for i, key in enumerate(keys) if key not in self.cache]
        for start in range(0, len(new), MAX_BATCH):
            part = new[start : start + MAX_BATCH]
            outputs = self.backend.run(batch[part])
            for row, i in enumerate(part):
                self.cache[keys[i]] = {name: value[row : row + 1] for name, value in outputs.items()}
        return {name: np.concatenate([self.cache[key][name] for key in keys]) for name in self.cache[keys[0]]}


@dataclass
class VariantResults:
    """The results of one variant with one pair of networks so far.

    Attributes:
        pair: The names of both networks.
        variant: How they are used.
        config: The settings of the variant, with these networks.
        keypoints, boxes: COCO results of all images.
        times_ms: Time of each image, without the cache, with boxes of SHOWN_SCORE or more.
    """

    pair: str
    variant: Variant
    config: Config
    keypoints: list[Result] = field(default_factory=list)
    boxes: list[Result] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)

    def add_image(self, image_id: int, frame: Frame, cached_network: FindNetwork) -> None:
        """Find the people in an image; then measure the time of a live frame."""
        threshold = self.config.detect.threshold
        boxes, poses = find_people(self.variant, self.config, cached_network, frame, threshold=threshold)
        self.keypoints += keypoint_results(image_id, poses.as_skeleton(COCO17))
        self.boxes += box_results(image_id, boxes)
        # the timed call must not use the cache
        started = time.perf_counter()
        find_people(self.variant, self.config, load_network, frame, threshold=SHOWN_SCORE)
        self.times_ms.append(1000 * (time.perf_counter() - started))

    def scores(self, truth: CocoTruth) -> dict[str, Any]:
        """AP and times."""
        return {
            "pair": self.pair,
            "variant": self.variant.name,
            "keypoint_ap": 100 * truth.score(self.keypoints, kind="keypoints").ap,
            "box_ap": 100 * truth.score(self.boxes, kind="bbox").ap,
            "ms": statistics.median(self.times_ms),
            "total_ms": sum(self.times_ms),
        }


def cached_networks() -> FindNetwork:
    """A function that gives networks with a new cache; use one for each image."""

    def find(name: str, task: str, device: DeviceConfig) -> LoadedModel:
        network = load_network(name, task, device)
        return replace(network, backend=CachedBackend(network.backend))

    return cache(find)  # each network gets one cache per image


def make_pairs(
    variants: Sequence[Variant], detectors: Sequence[str], poses: Sequence[str]
) -> list[list[VariantResults]]:
    """Empty results of all variants, for each pair of networks."""
    return [
        [
            VariantResults(
                pair=f"{Path(detector).stem} + {Path(pose).stem}",
                variant=variant,
                config=with_models(variant.config, detector=detector, pose=pose),
            )
            for variant in variants
        ]
        for detector, pose in product(detectors, poses)
    ]


def measure(pairs: Sequence[Sequence[VariantResults]], truth: CocoTruth, images: Path) -> list[list[dict[str, Any]]]:
    """AP and times, for each pair one entry per variant."""
    console = Console(stderr=True)
    for image in track(truth.images, "images", console=console, disable=not console.is_terminal):
        frame, cached_network = load_frame(images / image.file_name), cached_networks()
        for results in (one for pair in pairs for one in pair):
            results.add_image(image.image_id, frame, cached_network)
    return [[results.scores(truth) for results in pair] for pair in pairs]


def variant_table(entries: Sequence[dict[str, Any]]) -> str:
    """The table of one pair: a row per variant, compared with the first."""
    first = entries[0]
    lines = [
        "| variant | keypoint AP | gain | box AP | median ms | relative time, all images |",
        "|---|---|---|---|---|---|",
    ]
    for entry in entries:
        # the first variant is the baseline, so it has no gain
        gain = f"{entry['keypoint_ap'] - first['keypoint_ap']:+.1f}" if entry is not first else ""
        lines.append(
            f"| {entry['variant']} | {entry['keypoint_ap']:.1f} | {gain} | {entry['box_ap']:.1f} | {entry['ms']:.0f} | "
            f"{entry['total_ms'] / first['total_ms']:.2f} |"
        )
    return "\n".join(lines)


def pair_table(pairs: Sequence[Sequence[dict[str, Any]]]) -> str:
    """The table of several pairs: a row per pair; times are relative to the first variant."""
    names = [entry["variant"] for entry in pairs[0]]
    lines = [f"| keypoint AP (time, that of {names[0]} = 1) | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for entries in pairs:
        cells = (f"{entry['keypoint_ap']:.1f} ({entry['total_ms'] / entries[0]['total_ms']:.2f})" for entry in entries)
        lines.append(f"| {entries[0]['pair']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure all pairs and print the table."""
    parser = dataset_parser(__doc__)
    parser.add_argument("--only", choices=tuple(VARIANTS), required=True)
    parser.add_argument("--pose", nargs="+", default=[PoseConfig().model])
    options = parser.parse_args()
    truth = CocoTruth(options.annotations)
    check_images(truth, options.images)
    pairs = measure(make_pairs(VARIANTS[options.only], options.detector, options.pose), truth, options.images)
    print(f"{truth.size_text}\n")
    print(variant_table(pairs[0]) if len(pairs) == 1 else pair_table(pairs))
    write_json(options.json, [entry for pair in pairs for entry in pair])


if __name__ == "__main__":
    main()
