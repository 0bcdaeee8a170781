"""What each way of getting more out of the same weights brings, and what it costs: COCO AP and milliseconds a picture.

    python benchmarks/accuracy.py --annotations person_keypoints.json --images DIR
        [--detector NAME|PATH] [--pose NAME|PATH] [--detector-size 416] [--only presets] [--json PATH]

Each row but the presets changes one thing of `plain`: one crop a person, boxes from 0.3 on, box NMS at 0.6, argmax and
a quarter step, person score = box score x mean keypoint score. AP counts low boxes where the row says so; the times are
of boxes from 0.3 on, as a live picture has them, one picture through all rows in turn. Prints a Markdown table.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from realtime_pose.config import DetectConfig, PoseConfig, PoseNmsConfig
from realtime_pose.detect.detector import NetworkDetector
from realtime_pose.detect.nms import suppress as suppress_boxes
from realtime_pose.evaluate.coco import CocoTruth, Result, box_results, keypoint_results
from realtime_pose.models import weights
from realtime_pose.models.backend import Arrays, Backend
from realtime_pose.models.load import load_backend
from realtime_pose.models.manifest import ModelSpec, load_manifest
from realtime_pose.pose import nms
from realtime_pose.pose.estimator import NetworkPoseEstimator, seen_box
from realtime_pose.pose.fusion import fuse
from realtime_pose.scene import Boxes, Float, Frame, Poses
from realtime_pose.sources.images import read_image

LIVE, LOW = 0.3, 0.05
SLICE = 8  # crops that a network gets at once


class Remembering:
    """A backend that runs the same crop of a picture only once, however many rows ask for it."""

    def __init__(self, backend: Backend) -> None:
        self.backend, self.device = backend, backend.device
        self.known: dict[bytes, dict[str, NDArray[Any]]] = {}

    def run(self, batch: NDArray[Any]) -> Arrays:
        """As the backend."""
        keys = [item.tobytes() for item in batch]
        new = [i for i, key in enumerate(keys) if key not in self.known]
        for start in range(0, len(new), SLICE):
            part = new[start : start + SLICE]
            outputs = self.backend.run(batch[part])
            for row, i in enumerate(part):
                self.known[keys[i]] = {name: value[row : row + 1] for name, value in outputs.items()}
        return {name: np.concatenate([self.known[key][name] for key in keys]) for name in self.known[keys[0]]}


@dataclass(frozen=True)
class Row:
    """One way to use the pair; the defaults are `plain`.

    Attributes:
        name: In the table.
        threshold: Boxes scored lower are left out where AP is counted.
        size: Of the detector's input; None: the size of all.
        max_overlap: Of two boxes with a larger IoU the worse is dropped.
        is_square: The detector's input is square whatever the picture's aspect.
        is_tiled: The detector also looks at the four overlapping quarters of the picture.
        entry: What the manifest entry of the pose estimator says otherwise.
        padding: Of the crop; None: the entry's.
        look: How a person is looked at; None: `passes` times, as the application does.
        passes: Of the application's pose estimator.
        score: Of persons, from box scores (N,) and keypoint scores (N, K); None: the application's.
        clean: What is left of the poses.
    """

    name: str
    threshold: float = LIVE
    size: str | None = None
    max_overlap: float = 0.6
    is_square: bool = False
    is_tiled: bool = False
    entry: Mapping[str, Any] = field(default_factory=lambda: {"peak": "quarter", "seen_score": 0.0})
    padding: float | None = None
    look: Callable[[NetworkPoseEstimator, Frame, Float], tuple[Float, Float]] | None = None
    passes: int = 1
    score: Callable[[Float, Float], Float] | None = None
    clean: Callable[[Poses], Poses] = lambda poses: poses


def once(estimator: NetworkPoseEstimator, frame: Frame, xyxy: Float) -> tuple[Float, Float]:
    """One crop a person."""
    return estimator.views(frame, [(xyxy, False)])[0]


def flipped(estimator: NetworkPoseEstimator, frame: Frame, xyxy: Float) -> tuple[Float, Float]:
    """The flip test: the crop and its mirror image."""
    return joined(estimator.views(frame, [(xyxy, False), (xyxy, True)]), xyxy)


def second(estimator: NetworkPoseEstimator, frame: Frame, xyxy: Float) -> tuple[Float, Float]:
    """The crop, and a second one about what was seen in it, not mirrored."""
    [first] = estimator.views(frame, [(xyxy, False)])
    return joined([first, *estimator.views(frame, [(seen_box(*first, xyxy), False)])], xyxy)


def joined(views: list[tuple[Float, Float]], xyxy: Float) -> tuple[Float, Float]:
    """Several views as one."""
    keypoints, score = (np.stack(values) for values in zip(*views, strict=True))
    return fuse(keypoints, score, np.maximum((xyxy[:, 2:] - xyxy[:, :2]).max(axis=1), 1))


def removed(poses: Poses) -> Poses:
    """After pose NMS."""
    return poses.take(nms.suppress(poses, PoseNmsConfig()))


def merged(poses: Poses) -> Poses:
    """After pose NMS, what it removed joined to what it kept."""
    return nms.merge(poses, PoseNmsConfig())[0]


def alphapose_score(box: Float, keypoints: Float) -> Float:
    """The sum that AlphaPose's release takes, in [0, 1]."""
    return np.asarray((box + keypoints.mean(axis=1) + 1.25 * keypoints.max(axis=1)) / 3.25, np.float32)


PLAIN = Row("plain")
ALONE = (
    PLAIN,
    Row("DARK in place of the quarter step", entry={"peak": "dark", "seen_score": 0.0}),
    Row("keypoints below 0.2 not in the person's score", entry={"peak": "quarter", "seen_score": 0.2}),
    Row("person's score: the box's alone", score=lambda box, _: box),
    Row("person's score: AlphaPose's sum", score=alphapose_score),
    Row("pose NMS", clean=removed),
    Row("pose NMS with merging", clean=merged),
    Row("boxes from 0.05 on", threshold=LOW),
    Row("boxes from 0.05 on, pose NMS", threshold=LOW, clean=removed),
    Row("boxes from 0.05 on, pose NMS with merging", threshold=LOW, clean=merged),
    Row("the same, box NMS at 0.8", threshold=LOW, max_overlap=0.8, clean=merged),
    Row("crop padding 1.1", padding=1.1),
    Row("crop padding 1.4", padding=1.4),
    Row("flip test", look=flipped),
    Row("second crop about the first estimate", look=second),
    Row("two passes: also mirrored, crop half-way to the first estimate", passes=2),
    Row("three passes: also the first crop mirrored", passes=3),
    Row("four passes: also mirrored, crop about the first estimate", passes=4),
    Row("detector input square", is_square=True),
    Row("detector at 320", size="320"),
    Row("detector at 640", size="640"),
    Row("detector on tiles too", is_tiled=True),
)
PRESETS = (
    Row("fast", LOW, size="320", entry={}, clean=merged),
    Row("balanced", LOW, entry={}, clean=merged),
    Row("accurate", LOW, entry={}, passes=3, clean=merged),
)


@dataclass(frozen=True)
class Pair:
    """A detector and a pose estimator: their entries and running networks."""

    detect: ModelSpec
    pose: ModelSpec
    detector: Backend
    estimator: Backend


def found(row: Row, pair: Pair, size: str, frame: Frame, *, threshold: float) -> tuple[Boxes, Poses]:
    """Boxes and poses of a picture, used as the row says."""
    entry = pair.detect
    if row.is_square:
        side = int(row.size or size)
        entry = replace(entry, input=replace(entry.input, wh=(side, side), multiple_px=0))
    config = DetectConfig(size="auto" if row.is_square else row.size or size, max_overlap=row.max_overlap)
    detector = NetworkDetector(pair.detector, entry, config)
    boxes = detector.detect(frame, threshold=threshold)
    if row.is_tiled:
        boxes = with_tiles(boxes, partial(detector.detect, threshold=threshold), frame)
    spec = replace(pair.pose, **row.entry)
    if row.padding is not None:
        spec = replace(spec, input=replace(spec.input, padding=row.padding))
    estimator = NetworkPoseEstimator(pair.estimator, spec, PoseConfig(passes=row.passes))
    if not len(boxes) or (row.look is None and row.score is None):
        return boxes, row.clean(estimator.estimate(frame, boxes))
    keypoints, score = (row.look or once)(estimator, frame, boxes.xyxy)
    person = row.score(boxes.score, score) if row.score else boxes.score * score.mean(axis=1)
    return boxes, row.clean(Poses(keypoints, score, Boxes(boxes.xyxy, person), estimator.skeleton))


def with_tiles(boxes: Boxes, detect: Callable[[Frame], Boxes], frame: Frame) -> Boxes:
    """The boxes, and those of the four quarters of the picture, each three fifths of it wide and high.

    What touches an edge that is not the picture's is cut off there, and is left to the other looks.
    """
    width, height = frame.wh
    tile_wh = width * 3 // 5, height * 3 // 5
    xyxy, score = [boxes.xyxy], [boxes.score]
    for left in (0, width - tile_wh[0]):
        for top in (0, height - tile_wh[1]):
            tile = frame.image[top : top + tile_wh[1], left : left + tile_wh[0]]
            more = detect(replace(frame, image=np.ascontiguousarray(tile)))
            inner = np.array([left > 0, top > 0, left == 0, top == 0])  # is this edge of the tile inside the picture?
            room = np.concatenate((more.xyxy[:, :2], np.array(tile_wh, np.float32) - more.xyxy[:, 2:]), axis=1)
            whole = ~((room < 0.02 * min(tile_wh)) & inner).any(axis=1)
            xyxy.append(more.xyxy[whole] + np.array([left, top, left, top], np.float32))
            score.append(more.score[whole])
    joint = Boxes(np.concatenate(xyxy), np.concatenate(score))
    joint = joint.take(np.argsort(-joint.score, kind="stable"))
    return joint.take(suppress_boxes(joint.xyxy, joint.score, max_overlap=0.6)[: DetectConfig().max_persons])


def loaded(detector: str, pose: str) -> Pair:
    """The networks of these names or files."""
    manifest = load_manifest()
    specs = manifest.find(detector, task="detector"), manifest.find(pose, task="pose")
    backends = [load_backend(weights.find(spec), spec) for spec in specs]
    return Pair(*specs, *backends)


@dataclass
class Findings:
    """What one row found so far."""

    keypoints: list[Result] = field(default_factory=list)
    boxes: list[Result] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)


def measured(rows: tuple[Row, ...], pair: Pair, options: argparse.Namespace) -> list[dict[str, Any]]:
    """One entry a row: its AP and its time."""
    truth = CocoTruth(options.annotations)
    findings = {row.name: Findings() for row in rows}
    for image in track(truth.images, "pictures"):
        picture = read_image(options.images / image.file_name)
        if picture is None:
            sys.exit(f"{options.images / image.file_name}: expected a picture")
        frame = Frame(picture, index=0, time_s=0.0, captured_s=0.0, source=image.file_name)
        remembering = replace(pair, detector=Remembering(pair.detector), estimator=Remembering(pair.estimator))
        for row in rows:
            into = findings[row.name]
            boxes, poses = found(row, remembering, options.detector_size, frame, threshold=row.threshold)
            into.keypoints += keypoint_results(image.image_id, poses)
            into.boxes += box_results(image.image_id, boxes)
            started = time.perf_counter()
            found(row, pair, options.detector_size, frame, threshold=LIVE)
            into.times_ms.append(1000 * (time.perf_counter() - started))
    return [
        {
            "row": row.name,
            "keypoint_ap": 100 * truth.score(findings[row.name].keypoints, kind="keypoints").ap,
            "box_ap": 100 * truth.score(findings[row.name].boxes, kind="bbox").ap,
            "ms": statistics.median(findings[row.name].times_ms),
            "total_ms": sum(findings[row.name].times_ms),
        }
        for row in rows
    ]


def table(entries: list[dict[str, Any]]) -> str:
    """The entries as Markdown; differences and times are to the first."""
    first = entries[0]
    lines = ["| what | keypoint AP | | box AP | median ms | times, all pictures |", "|---|---|---|---|---|---|"]
    for entry in entries:
        gain = f"{entry['keypoint_ap'] - first['keypoint_ap']:+.1f}" if entry is not first else ""
        lines.append(
            f"| {entry['row']} | {entry['keypoint_ap']:.1f} | {gain} | {entry['box_ap']:.1f} | {entry['ms']:.0f} | "
            f"{entry['total_ms'] / first['total_ms']:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure one pair."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--detector", default=DetectConfig().model)
    parser.add_argument("--pose", default=PoseConfig().model)
    parser.add_argument("--detector-size", default="416")
    parser.add_argument("--only", choices=("presets",))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    pair = loaded(options.detector, options.pose)
    rows = (PLAIN, *PRESETS) if options.only else (*ALONE, *PRESETS)
    entries = measured(rows, pair, options)
    print(f"{pair.detect.name} at {options.detector_size} + {pair.pose.name}\n\n{table(entries)}")
    if options.json:
        options.json.write_text(json.dumps(entries, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
