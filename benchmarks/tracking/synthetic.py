"""How well the tracker keeps identities when synthetic walkers cross; prints JSON.

    python benchmarks/tracking/synthetic.py PATH/crossing_walkers.py

The scenario is a Python file with the functions walk(seed=, fps=, speed_px_s=, people=), switches_per_1000(assigned)
and covered(assigned, frames), with COCO-17 poses. Only confirmed tracks count as assigned. Times are of one thread.
"""

import argparse
import importlib.util
import json
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from realtime_pose.config import TrackConfig
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17
from realtime_pose.tracking.tracker import PoseTracker

SEEDS = range(10)
RATES_HZ = (30.0, 15.0, 8.0)
SPEEDS_PX_S = (110.0, 260.0)


def load_scenario(path: Path) -> ModuleType:
    """The scenario as a module."""
    spec = importlib.util.spec_from_file_location("scenario", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SystemExit(f"{path}: expected the Python file of a scenario; check the path")
    module = importlib.util.module_from_spec(spec)
    sys.modules["scenario"] = module  # dataclasses look up their module
    spec.loader.exec_module(module)
    return module


def as_poses(frame: Any) -> Poses:
    """The detections of one frame of the scenario."""
    boxes = Boxes(frame.boxes.astype(np.float32), frame.scores.astype(np.float32))
    return Poses(frame.keypoints.astype(np.float32), frame.keypoint_scores.astype(np.float32), boxes, COCO17)


def _track(frames: list[Any]) -> tuple[list[dict[int, int]], list[float]]:
    """For each frame the track ids by true id, and the milliseconds of each update."""
    tracker = PoseTracker(TrackConfig(), COCO17)
    assigned, times_ms = [], []
    for frame in frames:
        poses = as_poses(frame)
        start_s = time.perf_counter()
        seen = tracker.update(poses, time_s=frame.time_s).seen
        times_ms.append(1000 * (time.perf_counter() - start_s))
        pairs = zip(seen.detection, seen.ids, strict=True)
        assigned.append({int(frame.true_ids[row]): int(track_id) for row, track_id in pairs})
    return assigned, times_ms


def _identities(scenario: ModuleType, rate_hz: float, speed_px_s: float) -> dict[str, float]:
    """Identity switches and coverage of one condition, means over the seeds."""
    switches, covered = [], []
    for seed in SEEDS:
        frames = scenario.walk(seed=seed, fps=rate_hz, speed_px_s=speed_px_s)
        assigned, _ = _track(frames)
        switches.append(scenario.switches_per_1000(assigned))
        covered.append(scenario.covered(assigned, frames))
    return {
        "rate_hz": rate_hz,
        "speed_px_s": speed_px_s,
        "switches_per_1000": round(float(np.mean(switches)), 2),
        "covered": round(float(np.mean(covered)), 4),
    }


def _cost(scenario: ModuleType, people: int) -> dict[str, float]:
    """Milliseconds of one update with this number of people."""
    frames = scenario.walk(seed=0, fps=30.0, speed_px_s=110.0, people=people)
    _, times_ms = _track(frames)
    p50, p95 = np.percentile(times_ms, (50, 95))
    return {"people": people, "update_p50_ms": round(float(p50), 3), "update_p95_ms": round(float(p95), 3)}


def main() -> None:
    """Run all conditions and print one JSON object."""
    parser = argparse.ArgumentParser(description="Identity switches of synthetic crossing walkers.")
    parser.add_argument("scenario", type=Path, help="Python file with walk, switches_per_1000 and covered")
    scenario = load_scenario(parser.parse_args().scenario)
    rows = [_identities(scenario, rate, speed) for speed in SPEEDS_PX_S for rate in RATES_HZ]
    costs = [_cost(scenario, people) for people in (1, 20, 100)]
    print(json.dumps({"seeds": len(SEEDS), "identities": rows, "cost": costs}, indent=2))


if __name__ == "__main__":
    main()
