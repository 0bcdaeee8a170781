"""Which tracker keeps identities best on the same detections: ours, ByteTrack, OC-SORT, BoT-SORT, or greedy overlap?

    python benchmarks/tracking/compare.py --peers-python PYTHON [--scenario FILE.py] [--boxes DIR]
                                          [--pictures DIR --fps 25] [--detector NAME --detector-size 640 --pose NAME]
                                          [--json PATH]

PYTHON is that of an environment with the package trackers (Apache-2.0). Its trackers get boxes and scores. Ours also
gets the poses, if there are some, because it is made for poses. FILE.py is a scenario (see synthetic.py).
--boxes: the ground truth of MOTChallenge sequences, with 10 % left out and each edge moved by 5 % of the side.
--pictures: a MOTChallenge sequence with images; our detector and pose estimator run once, for all trackers.
benchmarks/README.md describes the protocol.
"""

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.tracking.synthetic import RATES_HZ, SPEEDS_PX_S, as_poses, load_scenario
from realtime_pose.commands.eval_mot import bare_poses
from realtime_pose.config import Config, DetectConfig, PoseConfig, SourceConfig, TrackConfig
from realtime_pose.evaluate import mot
from realtime_pose.evaluate.boxes import TrackedBoxes, concatenate, perturb
from realtime_pose.evaluate.mot_folders import read_sequence, sequence_folders
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.stream_state import TrackerFactory
from realtime_pose.scene import Poses, Tracks
from realtime_pose.skeletons import Skeleton
from realtime_pose.tracking.greedy import GreedyTracker
from realtime_pose.tracking.tracker import PoseTracker

OURS: dict[str, TrackerFactory] = {"ours": PoseTracker, "greedy IoU": GreedyTracker}
DROP, JITTER = 0.1, 0.05
# The id of each detection of a sequence (-1: none), and the milliseconds of each update.
TrackerRun = tuple[NDArray[np.int64], list[float]]
SCENARIO_WH = (1280, 720)
PEERS = Path(__file__).with_name("run_peers.py")


@dataclass(frozen=True)
class Sequence:
    """Detections and ground truth of one sequence.

    Attributes:
        rate_hz: Frames per second.
        frames: The detections of each frame.
        truth: The ground truth.
        wh: Width and height of the images.
        start_score: If not 0, the peers run a second time and begin tracks at this score.
        true_ids: For each frame the true person of each detection, if known; used for the scenario's own scores.
    """

    rate_hz: float
    frames: list[Poses]
    truth: TrackedBoxes
    wh: tuple[int, int]
    start_score: float = 0.0
    true_ids: list[NDArray[np.int64]] | None = None

    @property
    def boxes(self) -> TrackedBoxes:
        """All detections, in the order of the frames."""
        return concatenate([_table(index, poses) for index, poses in enumerate(self.frames)])


def _table(index: int, poses: Poses) -> TrackedBoxes:
    count = len(poses)
    xyxy, score = poses.boxes.xyxy.astype(np.float64), poses.boxes.score.astype(np.float64)
    return TrackedBoxes(np.full(count, index, np.int64), np.full(count, -1, np.int64), xyxy, score)


def scenario_sequences(scenario: Any, rate_hz: float, speed_px_s: float, seeds: int) -> Iterator[Sequence]:
    """Walks of the scenario, one per seed. The ground truth is the detections with their true ids."""
    for seed in range(seeds):
        frames = scenario.walk(seed=seed, fps=rate_hz, speed_px_s=speed_px_s)
        poses = [as_poses(frame) for frame in frames]
        true_ids = [np.asarray(frame.true_ids, np.int64) for frame in frames]
        pairs = enumerate(zip(poses, true_ids, strict=True))
        truth = concatenate([replace(_table(index, each), ids=ids) for index, (each, ids) in pairs])
        yield Sequence(rate_hz, poses, truth, SCENARIO_WH, true_ids=true_ids)


def perturbed_sequences(folder: Path) -> Iterator[Sequence]:
    """The true boxes of all sequences of a folder, jittered and dropped, as detections."""
    for seed, path in enumerate(sequence_folders(folder)):
        sequence = read_sequence(path)
        boxes = perturb(sequence.truth, np.random.default_rng(seed), jitter=JITTER, drop=DROP)
        frames = [bare_poses(boxes.in_frame(index)) for index in range(sequence.num_frames)]
        yield Sequence(sequence.rate_hz, frames, sequence.truth, sequence.wh)


class PoseCollector:
    """Takes the place of a tracker and keeps the poses of all frames."""

    def __init__(self, config: TrackConfig, skeleton: Skeleton) -> None:  # noqa: ARG002 - the signature of a tracker
        self._skeleton = skeleton
        self.frames: list[Poses] = []

    def update(
        self,
        poses: Poses,
        *,
        time_s: float,  # noqa: ARG002 - the signature of a tracker
        frame_wh: tuple[int, int] | None = None,  # noqa: ARG002 - the signature of a tracker
    ) -> Tracks:
        """Keep the poses; there are no tracks."""
        self.frames.append(poses)
        return Tracks.empty(self._skeleton)

    def reset(self) -> None:
        """Remove all poses."""
        self.frames.clear()


def detect_sequence(folder: Path, config: Config, fps: float | None) -> Sequence:
    """The detections with poses in the images of a sequence."""
    sequence = read_sequence(folder, rate_hz=fps)
    collectors: list[PoseCollector] = []

    def make_collector(config: TrackConfig, skeleton: Skeleton) -> PoseCollector:
        collectors.append(PoseCollector(config, skeleton))
        return collectors[-1]

    source = SourceConfig(uri=str(sequence.image_folder), as_video=True, folder_rate_hz=sequence.rate_hz)
    for _ in build(replace(config, source=source), make_tracker=make_collector).scenes():
        pass
    return Sequence(sequence.rate_hz, collectors[0].frames, sequence.truth, sequence.wh, TrackConfig().min_new_score)


def run_ours(make: TrackerFactory, sequence: Sequence) -> TrackerRun:
    """The ids that one of our trackers gives, and its times."""
    tracker = make(TrackConfig(), sequence.frames[0].skeleton)
    ids, times_ms = [], []
    for index, poses in enumerate(sequence.frames):
        start_s = time.perf_counter()
        tracks = tracker.update(poses, time_s=index / sequence.rate_hz, frame_wh=sequence.wh)
        times_ms.append(1000 * (time.perf_counter() - start_s))
        frame_ids = np.full(len(poses), -1, np.int64)
        seen = tracks.seen.take(tracks.seen.detection >= 0)  # without recovered and predicted poses
        frame_ids[seen.detection] = seen.ids
        ids.append(frame_ids)
    return np.concatenate(ids), times_ms


def run_peers(python: Path, sequences: list[Sequence]) -> dict[str, list[TrackerRun]]:
    """The same for each peer: a list over the sequences."""
    results: dict[str, list[TrackerRun]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, sequence in enumerate(sequences):
            boxes = sequence.boxes
            np.savez(
                Path(folder) / f"{number:04d}.npz", frame=boxes.frame, xyxy=boxes.xyxy, score=boxes.score,
                rate_hz=sequence.rate_hz, num_frames=len(sequence.frames), start_score=sequence.start_score,
            )  # fmt: skip
        subprocess.run([python, PEERS, folder], check=True)
        for path in sorted(Path(folder).glob("*.ids.npz")):
            arrays = dict(np.load(path))
            for name in {key.removesuffix("_ms"): None for key in arrays}:
                results.setdefault(name, []).append((arrays[name], arrays[f"{name}_ms"].tolist()))
    return results


def score_tracker(sequences: list[Sequence], runs: list[TrackerRun], scenario: Any) -> dict[str, Any]:
    """All scores of one tracker, over all sequences together."""
    tables, lengths, own = [], [], []
    for sequence, (ids, _) in zip(sequences, runs, strict=True):
        boxes = replace(sequence.boxes, ids=ids)
        tables.append(boxes.take(ids >= 0))  # only detections with an id are results
        lengths.append(max(len(sequence.frames), sequence.truth.num_frames))
        if sequence.true_ids is not None:
            own.append(scenario_scores(scenario, sequence.true_ids, ids, boxes.frame))
    truth = mot.concatenate_sequences([sequence.truth for sequence in sequences], lengths)
    scores = dataclasses.asdict(mot.score(truth, mot.concatenate_sequences(tables, lengths)))
    p50, p95 = np.percentile([ms for _, times_ms in runs for ms in times_ms], (50, 95))
    result = {name: round(float(value), 4) for name, value in scores.items()}
    result |= {"update_p50_ms": round(float(p50), 3), "update_p95_ms": round(float(p95), 3)}
    if own:
        means = np.mean(own, axis=0)  # (2,): switches per 1000, coverage
        result |= {"switches_per_1000": round(float(means[0]), 2), "covered": round(float(means[1]), 4)}
    return result


def scenario_scores(
    scenario: Any, true_ids: list[NDArray[np.int64]], ids: NDArray[np.int64], frame: NDArray[np.int64]
) -> tuple[float, float]:
    """Switches per 1000 and the share of detections that got an id, as the scenario counts them."""
    assigned = []  # for each frame, track ids by person
    for index, persons in enumerate(true_ids):
        pairs = zip(persons.tolist(), ids[frame == index].tolist(), strict=True)
        assigned.append({person: track_id for person, track_id in pairs if track_id >= 0})
    return scenario.switches_per_1000(assigned), sum(map(len, assigned)) / max(sum(map(len, true_ids)), 1)


def compare(title: str, sequences: list[Sequence], python: Path | None, scenario: Any = None) -> dict[str, Any]:
    """The scores of all trackers on the same detections, printed and returned."""
    runs = {name: [run_ours(make, sequence) for sequence in sequences] for name, make in OURS.items()}
    if python is not None:
        runs |= run_peers(python, sequences)
    results = {name: score_tracker(sequences, each, scenario) for name, each in runs.items()}
    print(f"\n{title}")
    heads = ("HOTA", "DetA", "AssA", "MOTA", "IDF1", "switches", "fragments", "p95 ms", "per 1000", "covered")
    print(f"{'':<12}" + "".join(f"{head:>10}" for head in heads))
    for name, each in results.items():
        shares = [f"{100 * each[key]:.1f}" for key in ("hota", "det_a", "ass_a", "mota", "idf1")]
        counts = [f"{each['switches']:.0f}", f"{each['fragments']:.0f}", f"{each['update_p95_ms']:.2f}"]
        own = [f"{each['switches_per_1000']:.1f}", f"{each['covered']:.3f}"] if "covered" in each else []
        print(f"{name:<12}" + "".join(f"{cell:>10}" for cell in (*shares, *counts, *own)), flush=True)
    return {"title": title, "trackers": results}


def parse_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers-python", type=Path, help="Python of an environment with the package trackers")
    parser.add_argument("--scenario", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--boxes", type=Path, help="folder of MOTChallenge sequences; their ground truth is used")
    parser.add_argument("--pictures", type=Path, help="MOTChallenge sequence with images")
    parser.add_argument("--fps", type=float, help="frames per second of the images, if there is no seqinfo.ini")
    parser.add_argument("--detector", default=DetectConfig().model)
    parser.add_argument("--detector-size", default=DetectConfig().size)
    parser.add_argument("--pose", default=PoseConfig().model)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def main() -> None:
    """Run the comparisons of the options."""
    options = parse_options()
    cases = []
    if options.scenario:
        scenario = load_scenario(options.scenario)
        for speed in SPEEDS_PX_S:
            for rate in RATES_HZ:
                walks = list(scenario_sequences(scenario, rate, speed, options.seeds))
                title = f"{options.scenario.stem}, {rate:g} fps, {speed:g} px/s, {options.seeds} seeds"
                cases.append(compare(title, walks, options.peers_python, scenario))
    if options.boxes:
        changes = f"{100 * DROP:g} % dropped, edges jittered by {100 * JITTER:g} %"
        title = f"ground truth of {options.boxes.name}, {changes}, only boxes"
        cases.append(compare(title, list(perturbed_sequences(options.boxes)), options.peers_python))
    if options.pictures:
        detect = DetectConfig(model=options.detector, size=options.detector_size)
        config = Config(headless=True, detect=detect, pose=PoseConfig(model=options.pose))
        models = f"{Path(options.detector).stem} at {options.detector_size}, {Path(options.pose).stem}"
        title = f"{options.pictures.name}, {models}"
        cases.append(compare(title, [detect_sequence(options.pictures, config, options.fps)], options.peers_python))
    if options.json:
        options.json.write_text(json.dumps(cases, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
