"""Who keeps identities best on the very same detections: our tracker, ByteTrack, OC-SORT, BoT-SORT, or greedy overlap?

    python benchmarks/tracking.py --peers-python PYTHON [--scenario FILE.py] [--boxes DIR] [--pictures DIR --fps 25]
                                  [--detector NAME --detector-size 640 --pose NAME] [--json PATH]

PYTHON is that of an environment which has the package trackers (Apache-2.0). Its trackers get boxes and scores; ours
gets the poses as well, where there are some: that is what it is for. FILE.py is a scenario (see tracking_synthetic.py).
The boxes are the truth of MOTChallenge sequences, with 10 % left out and each edge moved by 5 % of the side. The
pictures are a MOTChallenge sequence; our detector and pose estimator look at it once, for all trackers. The protocol
stands in benchmarks/README.md.
"""

import argparse
import dataclasses
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tracking_synthetic import RATES_HZ, SPEEDS_PX_S, as_poses, loaded

from realtime_pose.commands.eval_mot import bare_poses
from realtime_pose.config import Config, DetectConfig, PoseConfig, SourceConfig, TrackConfig
from realtime_pose.evaluate import mot
from realtime_pose.evaluate.boxes import TrackedBoxes, concatenated, perturbed
from realtime_pose.evaluate.mot_folders import read_sequence, sequence_folders
from realtime_pose.pipeline.build import MakeTracker, build
from realtime_pose.scene import Poses, Tracks
from realtime_pose.skeletons import Skeleton
from realtime_pose.tracking.greedy import GreedyTracker
from realtime_pose.tracking.tracker import PoseTracker

OURS: dict[str, MakeTracker] = {"ours": PoseTracker, "greedy IoU": GreedyTracker}
DROP, JITTER = 0.1, 0.05
RunHeader = tuple[NDArray[np.int64], list[float]]  # the id of each detection of a sequence; milliseconds of each update
SCENARIO_WH = (1280, 720)
PEERS = Path(__file__).with_name("tracking_peers.py")


@dataclass(frozen=True)
class Sequence:
    """Detections of one sequence and the truth.

    Attributes:
        rate_hz: Frames per second.
        frames: What was detected in each frame.
        truth: Who really is where.
        wh: Width and height of the picture.
        start_score: Let the peers also begin tracks at this score, if it is not 0.
        true_ids: For each frame whose detections they are, where that is known: for the scenario's own scores.
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
        return concatenated([_table(index, poses) for index, poses in enumerate(self.frames)])


def _table(index: int, poses: Poses) -> TrackedBoxes:
    count = len(poses)
    xyxy, score = poses.boxes.xyxy.astype(np.float64), poses.boxes.score.astype(np.float64)
    return TrackedBoxes(np.full(count, index, np.int64), np.full(count, -1, np.int64), xyxy, score)


def scenario_sequences(scenario: Any, rate_hz: float, speed_px_s: float, seeds: int) -> Iterator[Sequence]:
    """Walks of the scenario; true is whom the detections show."""
    for seed in range(seeds):
        frames = scenario.walk(seed=seed, fps=rate_hz, speed_px_s=speed_px_s)
        poses = [as_poses(frame) for frame in frames]
        true_ids = [np.asarray(frame.true_ids, np.int64) for frame in frames]
        pairs = enumerate(zip(poses, true_ids, strict=True))
        truth = concatenated([replace(_table(index, each), ids=ids) for index, (each, ids) in pairs])
        yield Sequence(rate_hz, poses, truth, SCENARIO_WH, true_ids=true_ids)


def perturbed_sequences(folder: Path) -> Iterator[Sequence]:
    """The true boxes of a folder's sequences, made worse, as detections."""
    for seed, path in enumerate(sequence_folders(folder)):
        sequence = read_sequence(path)
        boxes = perturbed(sequence.truth, np.random.default_rng(seed), jitter=JITTER, drop=DROP)
        frames = [bare_poses(boxes.in_frame(index)) for index in range(sequence.num_frames)]
        yield Sequence(sequence.rate_hz, frames, sequence.truth, sequence.wh)


class AudioListener:
    """Stands where a tracker would, and remembers what it was told."""

    def __init__(self, config: TrackConfig, skeleton: Skeleton) -> None:  # noqa: ARG002 - made as trackers are
        self._skeleton = skeleton
        self.heard: list[Poses] = []

    def update(
        self,
        poses: Poses,
        *,
        time_s: float,  # noqa: ARG002 - as trackers are asked
        frame_wh: tuple[int, int] | None = None,  # noqa: ARG002 - as trackers are asked
    ) -> Tracks:
        """Nobody is followed."""
        self.heard.append(poses)
        return Tracks.empty(self._skeleton)

    def reset(self) -> None:
        """Forget everything."""
        self.heard.clear()


def watched_sequence(folder: Path, config: Config, fps: float | None) -> Sequence:
    """What the detector and the pose estimator see in the pictures of a sequence."""
    sequence = read_sequence(folder, rate_hz=fps)
    listeners: list[AudioListener] = []

    def listening(config: TrackConfig, skeleton: Skeleton) -> AudioListener:
        listeners.append(AudioListener(config, skeleton))
        return listeners[-1]

    source = SourceConfig(uri=str(sequence.pictures), folder_rate_hz=sequence.rate_hz)
    for _ in build(replace(config, source=source), make_tracker=listening).scenes():
        pass
    return Sequence(sequence.rate_hz, listeners[0].heard, sequence.truth, sequence.wh, TrackConfig().min_new_score)


def followed(make: MakeTracker, sequence: Sequence) -> RunHeader:
    """The id that each detection got, -1 for none, and the milliseconds of each update."""
    tracker = make(TrackConfig(), sequence.frames[0].skeleton)
    ids, took_ms = [], []
    for index, poses in enumerate(sequence.frames):
        start_s = time.perf_counter()
        tracks = tracker.update(poses, time_s=index / sequence.rate_hz, frame_wh=sequence.wh)
        took_ms.append(1000 * (time.perf_counter() - start_s))
        mine = np.full(len(poses), -1, np.int64)
        seen = tracks.seen.take(tracks.seen.detection >= 0)
        mine[seen.detection] = seen.ids
        ids.append(mine)
    return np.concatenate(ids), took_ms


def by_peers(python: Path, sequences: list[Sequence]) -> dict[str, list[RunHeader]]:
    """The same of each peer: a list over the sequences."""
    results: dict[str, list[RunHeader]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, sequence in enumerate(sequences):
            boxes = sequence.boxes
            np.savez(
                Path(folder) / f"{number:04d}.npz", frame=boxes.frame, xyxy=boxes.xyxy, score=boxes.score,
                rate_hz=sequence.rate_hz, num_frames=len(sequence.frames), start_score=sequence.start_score,
            )  # fmt: skip
        subprocess.run([python, PEERS, folder], check=True)
        for path in sorted(Path(folder).glob("*.ids.npz")):
            given = dict(np.load(path))
            for name in {key.removesuffix("_ms"): None for key in given}:
                results.setdefault(name, []).append((given[name], given[f"{name}_ms"].tolist()))
    return results


def figures(sequences: list[Sequence], runs: list[RunHeader], scenario: Any) -> dict[str, Any]:
    """All scores of one tracker, over all sequences together."""
    tables, lengths, own = [], [], []
    for sequence, (ids, _) in zip(sequences, runs, strict=True):
        boxes = replace(sequence.boxes, ids=ids)
        tables.append(boxes.take(ids >= 0))
        lengths.append(max(len(sequence.frames), sequence.truth.num_frames))
        if sequence.true_ids is not None:
            own.append(own_scores(scenario, sequence.true_ids, ids, boxes.frame))
    truth = mot.end_to_end([sequence.truth for sequence in sequences], lengths)
    scores = dataclasses.asdict(mot.score(truth, mot.end_to_end(tables, lengths)))
    p50, p95 = np.percentile([ms for _, took_ms in runs for ms in took_ms], (50, 95))
    result = {name: round(float(value), 4) for name, value in scores.items()}
    result |= {"update_p50_ms": round(float(p50), 3), "update_p95_ms": round(float(p95), 3)}
    if own:
        means = np.mean(own, axis=0)
        result |= {"switches_per_1000": round(float(means[0]), 2), "covered": round(float(means[1]), 4)}
    return result


def own_scores(
    scenario: Any, true_ids: list[NDArray[np.int64]], ids: NDArray[np.int64], frame: NDArray[np.int64]
) -> tuple[float, float]:
    """Switches per 1000 and the share of detections that got an id, as the scenario counts them."""
    given = []
    for index, mine in enumerate(true_ids):
        pairs = zip(mine.tolist(), ids[frame == index].tolist(), strict=True)
        given.append({person: track_id for person, track_id in pairs if track_id >= 0})
    return scenario.switches_per_1000(given), sum(map(len, given)) / max(sum(map(len, true_ids)), 1)


def compared(title: str, sequences: list[Sequence], python: Path | None, scenario: Any = None) -> dict[str, Any]:
    """All trackers on the same detections; printed and returned."""
    runs = {name: [followed(make, sequence) for sequence in sequences] for name, make in OURS.items()}
    if python is not None:
        runs |= by_peers(python, sequences)
    results = {name: figures(sequences, each, scenario) for name, each in runs.items()}
    print(f"\n{title}")
    heads = ("HOTA", "DetA", "AssA", "MOTA", "IDF1", "switches", "fragments", "p95 ms", "per 1000", "covered")
    print(f"{'':<12}" + "".join(f"{head:>10}" for head in heads))
    for name, each in results.items():
        shares = [f"{100 * each[key]:.1f}" for key in ("hota", "det_a", "ass_a", "mota", "idf1")]
        counts = [f"{each['switches']:.0f}", f"{each['fragments']:.0f}", f"{each['update_p95_ms']:.2f}"]
        own = [f"{each['switches_per_1000']:.1f}", f"{each['covered']:.3f}"] if "covered" in each else []
        print(f"{name:<12}" + "".join(f"{cell:>10}" for cell in (*shares, *counts, *own)), flush=True)
    return {"title": title, "trackers": results}


def asked() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers-python", type=Path, help="Python of an environment with the package trackers")
    parser.add_argument("--scenario", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--boxes", type=Path, help="folder of MOTChallenge sequences, of which the truth is taken")
    parser.add_argument("--pictures", type=Path, help="MOTChallenge sequence with pictures")
    parser.add_argument("--fps", type=float, help="of the pictures, where no seqinfo.ini says it")
    parser.add_argument("--detector", default=DetectConfig().model)
    parser.add_argument("--detector-size", default=DetectConfig().size)
    parser.add_argument("--pose", default=PoseConfig().model)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def main() -> None:
    """Run what was asked for."""
    options = asked()
    cases = []
    if options.scenario:
        scenario = loaded(options.scenario)
        for speed in SPEEDS_PX_S:
            for rate in RATES_HZ:
                walks = list(scenario_sequences(scenario, rate, speed, options.seeds))
                title = f"{options.scenario.stem}, {rate:g} fps, {speed:g} px/s, {options.seeds} seeds"
                cases.append(compared(title, walks, options.peers_python, scenario))
    if options.boxes:
        worse = f"{100 * DROP:g} % dropped, edges jittered by {100 * JITTER:g} %"
        title = f"truth of {options.boxes.name}, {worse}, boxes alone"
        cases.append(compared(title, list(perturbed_sequences(options.boxes)), options.peers_python))
    if options.pictures:
        detect = DetectConfig(model=options.detector, size=options.detector_size)
        config = Config(headless=True, detect=detect, pose=PoseConfig(model=options.pose))
        models = f"{Path(options.detector).stem} at {options.detector_size}, {Path(options.pose).stem}"
        title = f"{options.pictures.name}, {models}"
        cases.append(compared(title, [watched_sequence(options.pictures, config, options.fps)], options.peers_python))
    if options.json:
        options.json.write_text(json.dumps(cases, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
