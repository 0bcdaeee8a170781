"""How much COCO AP each variant gains with the same weights, and how many milliseconds per image it costs.

    python benchmarks/accuracy/compare.py --annotations person_keypoints.json --images DIR
        --only steps|presets|changes|curve [--detector NAME|PATH ...] [--pose NAME|PATH ...]
        [--json PATH] [--plot FILE.svg] [--scores-from PATH]

steps: each row changes one thing of `plain`: one crop per person, boxes of 0.3 or more, box NMS at 0.6, argmax with a
quarter step, person score = box score x mean keypoint score. presets: what `--preset` does; a preset with its own
network keeps it, unless another network than the default is named. changes: each row changes one thing of `balanced`.
curve: all detector sizes, precisions and numbers of passes, the cheapest first; --plot draws them.
--scores-from: AP and persons found are those of an earlier --json. Only times are measured, in a tenth of the time, so
the machine must be idle for that long only.

Each detector runs with each pose estimator. Some variants count boxes of low score in AP; times are always for boxes of
0.3 or more, as in live use. Each image goes through all variants in turn. Prints Markdown: for one pair a row per
variant, for several pairs a row per pair.
"""

import itertools
import json
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

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.optimize import linear_sum_assignment

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
from realtime_pose.geometry import iou
from realtime_pose.models.backend import Arrays, Backend, Batch
from realtime_pose.models.manifest import load_manifest
from realtime_pose.scene import Boxes, Frame, Poses
from realtime_pose.skeletons import COCO17

SHOWN_SCORE = DetectConfig().threshold
MAX_BATCH = 8  # inputs per run of a network
MATCH_IOU = 0.5
CURVE_HEAD = "| networks | variant | keypoint AP | box AP | persons found | median ms |\n|---|---|---|---|---|---|"


class CachedBackend:
    """A backend that runs the same input only once, even if several variants need it."""

    def __init__(self, backend: Backend) -> None:
        self.backend, self.device, self.engine = backend, backend.device, backend.engine
        self.cache: dict[bytes, dict[str, NDArray[Any]]] = {}

    def run(self, batch: Batch) -> Arrays:
        """The outputs of the backend, from the cache where possible."""
        inputs = batch[:]
        keys = [blake2b(item.tobytes()).digest() for item in inputs]  # (N, 3, H, W), one key per crop
        new = [i for i, key in enumerate(keys) if key not in self.cache]
        for start in range(0, len(new), MAX_BATCH):
            part = new[start : start + MAX_BATCH]
            outputs = self.backend.run(inputs[part])
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
        num_found: Annotated persons that are shown: a box of SHOWN_SCORE or more lies on theirs.
    """

    pair: str
    variant: Variant
    config: Config
    keypoints: list[Result] = field(default_factory=list)
    boxes: list[Result] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)
    num_found: int = 0

    def add_image(self, image_id: int, frame: Frame, people: Boxes, cached_network: FindNetwork) -> None:
        """Find the people in an image, of which these are annotated; then measure the time of a live frame."""
        threshold = self.config.detect.threshold
        boxes, poses = find_people(self.variant, self.config, cached_network, frame, threshold=threshold)
        self.keypoints += keypoint_results(image_id, poses.as_skeleton(COCO17))
        self.boxes += box_results(image_id, boxes)
        self.num_found += count_matches(self.add_time(frame).boxes, people)

    def add_time(self, frame: Frame) -> Poses:
        """Measure the time of a live frame; what it shows."""
        started = time.perf_counter()
        _, shown = find_people(self.variant, self.config, load_network, frame, threshold=SHOWN_SCORE)  # without a cache
        self.times_ms.append(1000 * (time.perf_counter() - started))
        return shown

    def scores(self, truth: CocoTruth) -> dict[str, Any]:
        """AP and times."""
        return {
            "pair": self.pair,
            "variant": self.variant.name,
            "keypoint_ap": 100 * truth.score(self.keypoints, kind="keypoints").ap,
            "box_ap": 100 * truth.score(self.boxes, kind="bbox").ap,
            "found": self.num_found,
            **self.times(),
        }

    def times(self) -> dict[str, float]:
        """Median and sum over the images."""
        return {"ms": statistics.median(self.times_ms), "total_ms": sum(self.times_ms)}


def count_matches(found: Boxes, people: Boxes) -> int:
    """How many persons have a box with an IoU of MATCH_IOU or more, each its own."""
    overlaps = iou(found.xyxy, people.xyxy)  # (N, M)
    pairs = linear_sum_assignment(overlaps >= MATCH_IOU, maximize=True)
    return int((overlaps[pairs] >= MATCH_IOU).sum())


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
            if not needs_int8(variant) or has_int8(detector, pose)
        ]
        for detector, pose in product(detectors, poses)
    ]


def needs_int8(variant: Variant) -> bool:
    """Whether this variant without an int8 file would be the same as another one of the curve."""
    return variant.name.startswith("int8")


def has_int8(detector: str, pose: str) -> bool:
    """Whether one of these networks has an int8 file."""
    manifest = load_manifest()
    specs = (manifest.find(detector, task="detector"), manifest.find(pose, task="pose"))
    return any(spec.int8 is not None for spec in specs)


def measure(pairs: Sequence[Sequence[VariantResults]], truth: CocoTruth, images: Path) -> list[list[dict[str, Any]]]:
    """AP and times, for each pair one entry per variant."""
    console = Console(stderr=True)
    for image in track(truth.images, "images", console=console, disable=not console.is_terminal):
        frame, cached_network = load_frame(images / image.file_name), cached_networks()
        for results in (one for pair in pairs for one in pair):
            results.add_image(image.image_id, frame, truth.boxes(image.image_id), cached_network)
    return [[results.scores(truth) for results in pair] for pair in pairs]


def measure_times(
    pairs: Sequence[Sequence[VariantResults]], truth: CocoTruth, images: Path, scores: Sequence[dict[str, Any]]
) -> list[list[dict[str, Any]]]:
    """As measure, but with earlier scores."""
    earlier = {(entry["pair"], entry["variant"]): entry for entry in scores}
    for image in truth.images:
        frame = load_frame(images / image.file_name)
        for results in (one for pair in pairs for one in pair):
            results.add_time(frame)
    return [[earlier[results.pair, results.variant.name] | results.times() for results in pair] for pair in pairs]


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


def curve_table(pairs: Sequence[Sequence[dict[str, Any]]]) -> str:
    """The table of the curve: for each pair a row per variant, the cheapest first."""
    rows = [
        f"| {entry['pair']} | {entry['variant']} | {entry['keypoint_ap']:.1f} | {entry['box_ap']:.1f} | "
        f"{entry['found']} | {entry['ms']:.0f} |"
        for entries in pairs
        for entry in sorted(entries, key=lambda entry: entry["total_ms"])
    ]
    return "\n".join((CURVE_HEAD, *rows))


def plot_curve(pairs: Sequence[Sequence[dict[str, Any]]], path: Path) -> None:
    """Keypoint AP and persons found over milliseconds, a line of points per pair and precision."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for axis, key, label in zip(axes, ("keypoint_ap", "found"), ("keypoint AP", "persons found"), strict=True):
        for entries in pairs:
            groups = itertools.groupby(entries, key=lambda entry: str(entry["variant"]).split(", ")[0])
            for precision, group in groups:
                points = sorted((entry["ms"], entry[key]) for entry in group)
                axis.plot(*zip(*points, strict=True), "o", alpha=0.8, label=f"{entries[0]['pair']}, {precision}")
        axis.set(xlabel="median ms per image", ylabel=label)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize="small")
    figure.savefig(path)


def main() -> None:
    """Measure all pairs and print the table."""
    parser = dataset_parser(__doc__)
    parser.add_argument("--only", choices=tuple(VARIANTS), required=True)
    parser.add_argument("--pose", nargs="+", default=[PoseConfig().model])
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--scores-from", type=Path)
    options = parser.parse_args()
    truth = CocoTruth(options.annotations)
    check_images(truth, options.images)
    results = make_pairs(VARIANTS[options.only], options.detector, options.pose)
    if options.scores_from is None:
        pairs = measure(results, truth, options.images)
    else:
        scores = json.loads(options.scores_from.read_text(encoding="utf-8"))
        pairs = measure_times(results, truth, options.images, scores)
    print(f"{truth.size_text}\n")
    if options.only == "curve":
        print(curve_table(pairs))
    else:
        print(variant_table(pairs[0]) if len(pairs) == 1 else pair_table(pairs))
    if options.plot is not None:
        plot_curve(pairs, options.plot)
    write_json(options.json, [entry for pair in pairs for entry in pair])


if __name__ == "__main__":
    main()
