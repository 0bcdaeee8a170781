"""How long pose NMS takes, with 17 and with 133 keypoints, on one CPU core. Prints Markdown; JSON with --json PATH.

    python benchmarks/pose_nms.py --persons 3 40 100

The persons form a random crowd, and each is found twice. The measured step is that of the pipeline: duplicates are
removed and merged. Both the CPU time of the thread and the wall time are given; on a busy machine they differ.
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

HEAD = "| persons | keypoints | median CPU ms | minimum | median wall ms |\n|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Duration:
    """Duration of one call, in milliseconds, over many calls.

    Attributes:
        persons: Number of poses.
        keypoints: Number of keypoints of each pose.
        cpu_ms: Median CPU time of the thread.
        cpu_least_ms: Minimum CPU time of the thread.
        wall_ms: Median wall time.
    """

    persons: int
    keypoints: int
    cpu_ms: float
    cpu_least_ms: float
    wall_ms: float


def random_crowd(count: int, skeleton: Skeleton) -> Poses:
    """Random poses; one half are copies of the other half, a few pixels away."""
    rng = np.random.default_rng(0)  # the same crowd in each run
    body = rng.uniform(0, 1, (len(skeleton), 2)) * (60, 180)  # (K, 2)
    origin = rng.uniform(0, 800, ((count + 1) // 2, 1, 2))
    origin = np.concatenate((origin, origin + 3))[:count]  # (N, 1, 2)
    keypoints = (origin + body + rng.normal(0, 2, (count, 1, 2))).astype(np.float32)  # (N, K, 2)
    score = rng.uniform(0.2, 1, (count, len(skeleton))).astype(np.float32)
    return Poses(
        keypoints, score, Boxes(bounding_box(keypoints), rng.uniform(0.1, 1, count).astype(np.float32)), skeleton
    )


def measure(poses: Poses, *, calls: int) -> Duration:
    """The duration of one call of pose NMS with merging."""
    limits = PoseNmsConfig()
    cpu_ms, wall_ms = [], []
    for _ in range(calls):
        wall_s, cpu_ns = time.perf_counter(), time.thread_time_ns()
        merge(poses, limits)
        cpu_ms.append((time.thread_time_ns() - cpu_ns) / 1e6)
        wall_ms.append(1000 * (time.perf_counter() - wall_s))
    median_cpu_ms, median_wall_ms = (round(statistics.median(values), 3) for values in (cpu_ms, wall_ms))
    return Duration(len(poses), len(poses.skeleton), median_cpu_ms, round(min(cpu_ms), 3), median_wall_ms)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="How long does pose NMS take on one CPU core?")
    parser.add_argument("--persons", type=int, nargs="+", default=[3, 40])
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):  # Linux only; elsewhere NumPy's element-wise functions use one thread anyway
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    durations = []
    print(HEAD)
    for skeleton in (COCO17, WHOLEBODY133):
        for count in arguments.persons:
            poses = random_crowd(count, skeleton)
            measure(poses, calls=20)  # warm-up
            one = measure(poses, calls=arguments.calls)
            durations.append(one)
            print(f"| {count} | {len(skeleton)} | {one.cpu_ms:.2f} | {one.cpu_least_ms:.2f} | {one.wall_ms:.2f} |")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(each) for each in durations], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
