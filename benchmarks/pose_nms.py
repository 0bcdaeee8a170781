"""How long does pose NMS take, with 17 and with 133 keypoints, on one CPU core? Markdown; JSON with --json PATH.

    python benchmarks/pose_nms.py --persons 3 40 100

The persons are random, in a crowd, each found twice; the step is the pipeline's own: duplicates removed and merged.
CPU time of the one thread, which on a busy machine differs from that on the wall; both are given.
"""

import argparse
import json
import os
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from realtime_pose.config import PoseNmsConfig
from realtime_pose.geometry import bounding_box
from realtime_pose.pose.nms import merge
from realtime_pose.scene import Boxes, Poses
from realtime_pose.skeletons import COCO17, WHOLEBODY133, Skeleton

HEAD = "| persons | keypoints | median ms of CPU | least | median ms by the clock |\n|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Duration:
    """Of one call, in milliseconds, over many calls.

    Attributes:
        persons, keypoints: In the picture; of each.
        cpu_ms: Of the thread, the median.
        cpu_least_ms: Likewise, the least.
        wall_ms: By the clock, the median.
    """

    persons: int
    keypoints: int
    cpu_ms: float
    cpu_least_ms: float
    wall_ms: float


def crowd(count: int, skeleton: Skeleton) -> Poses:
    """So many poses, half of them copies of the others, a few pixels away."""
    rng = np.random.default_rng(0)
    body = rng.uniform(0, 1, (len(skeleton), 2)) * (60, 180)
    place = rng.uniform(0, 800, ((count + 1) // 2, 1, 2))
    keypoints = (np.concatenate((place, place + 3))[:count] + body + rng.normal(0, 2, (count, 1, 2))).astype(np.float32)
    score = rng.uniform(0.2, 1, (count, len(skeleton))).astype(np.float32)
    return Poses(
        keypoints, score, Boxes(bounding_box(keypoints), rng.uniform(0.1, 1, count).astype(np.float32)), skeleton
    )


def measured(poses: Poses, *, calls: int) -> Duration:
    """The duration of a call."""
    limits = PoseNmsConfig()
    cpu_ms, wall_ms = [], []
    for _ in range(calls):
        wall_s, cpu_ns = time.perf_counter(), time.thread_time_ns()
        merge(poses, limits)
        cpu_ms.append((time.thread_time_ns() - cpu_ns) / 1e6)
        wall_ms.append(1000 * (time.perf_counter() - wall_s))
    middle = [round(statistics.median(values), 3) for values in (cpu_ms, wall_ms)]
    return Duration(len(poses), len(poses.skeleton), middle[0], round(min(cpu_ms), 3), middle[1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How long does pose NMS take on one CPU core?")
    parser.add_argument("--persons", type=int, nargs="+", default=[3, 40])
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):  # Linux; NumPy's element-wise functions use one thread anywhere
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    durations = []
    print(HEAD)
    for skeleton in (COCO17, WHOLEBODY133):
        for count in arguments.persons:
            poses = crowd(count, skeleton)
            measured(poses, calls=20)  # to warm up
            found = measured(poses, calls=arguments.calls)
            durations.append(found)
            print(
                f"| {count} | {len(skeleton)} | {found.cpu_ms:.2f} | {found.cpu_least_ms:.2f} | {found.wall_ms:.2f} |"
            )
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(found) for found in durations], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
