"""How well identities are kept if the detector looks at every 1st to 8th frame only?

    python benchmarks/tracking/intervals.py [--scenario crossing_walkers.py] [--sequence TUD-Campus --fps 25]
                                            [--intervals 1 2 3 4 6 8] [--json PATH]

The scenario is that of synthetic.py: its detections stand for the detector, and its poses for the pose estimator, which
finds in a box the person who fills most of it. HOTA and IDF1 are of the true boxes: without noise, and also of people
whom the detector misses for a moment. The sequence is one of MOTChallenge with images: the default networks
run on it, as in `realtime-pose eval mot --detect-every N`. "looked" is the share of frames that the detector saw: it
also looks where a track is unsure. benchmarks/README.md describes the protocol.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


from benchmarks.tracking.compare import SCENARIO_WH
from benchmarks.tracking.synthetic import as_poses, load_scenario
from realtime_pose.commands.terminal import format_table
from realtime_pose.config import Config, DetectConfig, SourceConfig
from realtime_pose.evaluate import mot
from realtime_pose.evaluate.boxes import TrackedBoxes, concatenate
from realtime_pose.evaluate.mot_folders import read_sequence
from realtime_pose.geometry import iou
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.networks import Detections, NetworkInfo
from realtime_pose.pipeline.stream_perception import FramePerception
from realtime_pose.scene import Boxes, Frame, Image, Poses, Scene
from realtime_pose.skeletons import COCO17, Skeleton

INTERVALS = (1, 2, 3, 4, 6, 8)
CONDITIONS = ((30.0, 110.0), (30.0, 260.0), (15.0, 110.0))  # frames per second, pixels per second
MIN_IOU = 0.2  # of a crop with the person whose pose it shows
MISSED_SCORE = 0.05  # keypoints in a crop without a person


class ScenarioNetworks:
    """The detections and poses of a scenario, as networks give them; see `Networks`."""

    skeleton: Skeleton = COCO17
    info = NetworkInfo()
    reid = None
    can_estimate_boxes = True

    def __init__(self, poses: list[Poses]) -> None:
        self._poses = poses

    def detect(self, frame: Frame, *, threshold: float) -> Detections:
        """The detections of this frame."""
        boxes = self._poses[frame.index].boxes
        return Detections(boxes.take(boxes.score >= threshold), Poses.empty(COCO17))

    def pose(self, frame: Frame, detections: Detections) -> Poses:
        """The poses of the detections."""
        return self.estimate(frame, detections.boxes)

    def estimate(self, frame: Frame, boxes: Boxes) -> Poses:
        """For each box the pose of the person who fills most of it; a faint one in its centre if there is nobody."""
        poses = self._poses[frame.index]
        overlap = iou(boxes.xyxy, poses.boxes.xyxy)  # (N, M)
        centre = (boxes.xyxy[:, None, :2] + boxes.xyxy[:, None, 2:]) / 2  # (N, 1, 2)
        keypoints = np.repeat(centre, len(COCO17), axis=1).astype(np.float32)
        score = np.full(keypoints.shape[:2], MISSED_SCORE, np.float32)
        found = np.flatnonzero(overlap.max(axis=1, initial=0) >= MIN_IOU)
        if len(found):
            rows = overlap[found].argmax(axis=1)
            keypoints[found], score[found] = poses.keypoints[rows], poses.score[rows]
        person_score = boxes.score * score.mean(axis=1)
        return Poses(keypoints, score, Boxes(boxes.xyxy, person_score.astype(np.float32)), COCO17)


def picture(poses: Poses) -> Image:
    """A grey image with a lighter rectangle for each person: what the difference of images needs."""
    image = np.full((SCENARIO_WH[1], SCENARIO_WH[0], 3), 60, np.uint8)
    for left, top, right, bottom in np.clip(poses.boxes.xyxy, 0, None).astype(int).tolist():
        image[top:bottom, left:right] = 160
    return image


class Noiseless(np.random.Generator):
    """A generator whose uniform numbers are those of its seed, and whose normal numbers are all their mean."""

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """The mean, in the shape of the numbers that are drawn and not used."""
        return np.zeros_like(super().normal(loc, scale, size)) + loc


def true_boxes(scenario: ModuleType, **settings: Any) -> TrackedBoxes:
    """The boxes of everybody in a walk, from the first to the last detection; between detections interpolated."""
    seed = Noiseless(np.random.PCG64(settings.pop("seed")))
    frames = scenario.walk(seed=seed, **settings)
    index = np.repeat(np.arange(len(frames)), [len(each.true_ids) for each in frames])
    people, boxes = (np.concatenate([getattr(each, name) for each in frames]) for name in ("true_ids", "boxes"))
    parts = []
    for person in np.unique(people).tolist():
        seen = people == person
        between = np.arange(index[seen][0], index[seen][-1] + 1)
        xyxy = np.stack([np.interp(between, index[seen], side) for side in boxes[seen].T], axis=1)
        parts.append((between, np.full(len(between), person), xyxy, np.ones(len(between))))
    columns = [np.concatenate(values) for values in zip(*parts, strict=True)]
    return TrackedBoxes(*(values[np.argsort(columns[0], kind="stable")] for values in columns))


def walk_row(scenario: ModuleType, condition: tuple[float, float], interval: int, seeds: range) -> dict[str, Any]:
    """Switches, coverage and share of looks of one condition; means over the seeds."""
    rate_hz, speed_px_s = condition
    results, truths, found = [], [], []
    for seed in seeds:
        frames = scenario.walk(seed=seed, fps=rate_hz, speed_px_s=speed_px_s)
        poses = [as_poses(frame) for frame in frames]
        config = Config(detect=DetectConfig(detect_every=interval))
        perception = FramePerception(config, ScenarioNetworks(poses))
        assigned, num_looks = [], 0
        scenes = []
        for index, (walker_frame, each) in enumerate(zip(frames, poses, strict=True)):
            scene = perception.scene(Frame(picture(each), index, walker_frame.time_s, time.monotonic(), "scenario"))
            scenes.append(scene)
            assigned.append(match(scene, each, walker_frame.true_ids))
            num_looks += scene.is_detected
        results.append(
            (scenario.switches_per_1000(assigned), scenario.covered(assigned, frames), num_looks / len(frames))
        )
        truths.append(true_boxes(scenario, seed=seed, fps=rate_hz, speed_px_s=speed_px_s))
        found.append(concatenate([seen_boxes(scene) for scene in scenes]))
    switches, covered, looked = np.mean(results, axis=0)
    lengths = [len(frames)] * len(seeds)
    scores = mot.score(mot.concatenate_sequences(truths, lengths), mot.concatenate_sequences(found, lengths))
    name = f"walkers, {rate_hz:g} fps, {speed_px_s:g} px/s"
    own = {"per_1000": switches, "covered": covered, "looked": looked}
    return {"source": name, "interval": interval} | scores_of(scores) | own


def scores_of(scores: mot.MotScores) -> dict[str, float]:
    """The scores of the table."""
    return {"hota": scores.hota, "ass_a": scores.ass_a, "idf1": scores.idf1, "switches": scores.switches}


def boxes_of(index: int, ids: NDArray[np.int64], poses: Poses) -> TrackedBoxes:
    """The boxes of one frame as a table."""
    xyxy, score = poses.boxes.xyxy.astype(np.float64), poses.boxes.score.astype(np.float64)
    return TrackedBoxes(np.full(len(poses), index, np.int64), ids, xyxy, score)


def seen_boxes(scene: Scene) -> TrackedBoxes:
    """The boxes of the tracks that are shown in a frame."""
    seen = scene.tracks.seen
    return boxes_of(scene.frame.index, seen.ids, seen.poses)


def match(scene: Scene, truth: Poses, true_ids: Any) -> dict[int, int]:
    """Track ids by true id: each true person gets the track whose keypoints are nearest, if it is near."""
    seen = scene.tracks.seen
    if not len(seen) or not len(truth):
        return {}
    offset = seen.poses.keypoints[:, None] - truth.keypoints[None]  # (N, M, K, 2)
    distance = np.linalg.norm(offset, axis=-1).mean(axis=-1)  # (N, M)
    height = truth.boxes.xyxy[:, 3] - truth.boxes.xyxy[:, 1]
    pairs: dict[int, int] = {}
    for row in np.argsort(distance.min(axis=1)).tolist():
        column = int(distance[row].argmin())
        if distance[row, column] < 0.15 * height[column]:
            pairs.setdefault(int(true_ids[column]), int(seen.ids[row]))
            distance[:, column] = np.inf
    return pairs


def sequence_row(folder: Path, fps: float | None, interval: int) -> dict[str, Any]:
    """HOTA and identities of a MOTChallenge sequence with the default networks."""
    sequence = read_sequence(folder, rate_hz=fps)
    source = SourceConfig(uri=str(sequence.image_folder), as_video=True, folder_rate_hz=sequence.rate_hz)
    config = replace(Config(headless=True, source=source), detect=DetectConfig(detect_every=interval))
    boxes, num_looks, num_frames = [], 0, 0
    for scene in build(config).scenes():
        boxes.append(seen_boxes(scene))
        num_looks, num_frames = num_looks + scene.is_detected, num_frames + 1
    lengths = [max(num_frames, sequence.truth.num_frames)]
    truth, found = (mot.concatenate_sequences([each], lengths) for each in (sequence.truth, concatenate(boxes)))
    scores = mot.score(truth, found)
    return {"source": folder.name, "interval": interval} | scores_of(scores) | {"looked": num_looks / num_frames}


def main() -> None:
    """Print a table, and write the JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", type=Path, help="Python file of a scenario, see synthetic.py")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--sequence", type=Path, action="append", default=[], help="MOTChallenge folder with images")
    parser.add_argument("--fps", type=float, help="frames per second, if there is no seqinfo.ini")
    parser.add_argument("--intervals", type=int, nargs="+", default=INTERVALS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = [
        sequence_row(folder, options.fps, interval) for folder in options.sequence for interval in options.intervals
    ]
    if options.scenario:
        scenario, seeds = load_scenario(options.scenario), range(options.first_seed, options.first_seed + options.seeds)
        rows += [
            walk_row(scenario, condition, interval, seeds) for condition in CONDITIONS for interval in options.intervals
        ]
    keys = ("source", "interval", "hota", "ass_a", "idf1", "switches", "per_1000", "covered", "looked")
    cells = [
        [f"{row[key]:.3g}" if isinstance(row.get(key), float) else str(row.get(key, "")) for key in keys]
        for row in rows
    ]
    print(format_table(keys, cells))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2, default=float) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
