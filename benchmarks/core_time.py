"""Where does the core time of a frame go: networks, decoding, the stages of the pipeline?

    python benchmarks/core_time.py VIDEO [--rounds 5] [-- FLAG ...]

FLAGs go to `live`. Each round runs once with a recording and once without, each run in a process of its own, and counts
the core time of each thread between the end of loading and the end of the recording. Prints Markdown: medians, in
core-ms per frame. Linux only. For another checkout, run this file with PYTHONPATH=FOLDER.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

TASKS = Path("/proc/self/task")
TICKS_HZ = float(os.sysconf("SC_CLK_TCK"))
SAMPLE_EVERY_S = 0.02  # the time of a thread that ends is that of its last sample
PARTS = {
    "networks": "the two networks",
    "decoder": "decoding",
    "capture": "capture",
    "detect": "detector: input, boxes",
    "pose": "pose estimator: crops, keypoints, pose NMS",
    "track": "tracking",
    "sinks": "drawing and recording",
    "MainThread": "main thread",
}


class ThreadTimes:
    """Core time of all threads of this process, by part, while it runs."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}
        self._before: dict[int, float] = {}
        self._parts: dict[int, str] = {}
        self._stop = threading.Event()
        self._sampler = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        """Count from now on."""
        self._sample()
        self._before = dict(self._seconds)
        self._sampler.start()

    def stop(self) -> dict[str, float]:
        """Seconds by part."""
        self._stop.set()
        self._sampler.join()
        self._sample()
        total: dict[str, float] = defaultdict(float)
        for number, seconds in self._seconds.items():
            total[self._parts[number]] += seconds - self._before.get(number, 0.0)
        return total

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_EVERY_S):
            self._sample()

    def _sample(self) -> None:
        ours = {thread.native_id: thread.name for thread in threading.enumerate()}
        for task in TASKS.iterdir():
            number = int(task.name)
            try:
                fields = (task / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
                name = (task / "comm").read_text(encoding="utf-8").strip()
            except (OSError, ValueError):  # it has just ended
                continue
            self._seconds[number] = (int(fields[11]) + int(fields[12])) / TICKS_HZ
            self._parts.setdefault(number, part_of(name, ours.get(number)))


def part_of(native_name: str, python_name: str | None) -> str:
    """The part that a thread belongs to; that of the sampler is not one of PARTS, and does not count.

    >>> part_of("av:h264:df0", None), part_of("python", "pose_1"), part_of("python", None)
    ('decoder', 'pose', 'networks')
    """
    if native_name.startswith("av:"):
        return "decoder"
    if python_name is None:
        return "networks"  # the threads of OpenVINO and ONNX Runtime
    return python_name.partition("_")[0]


def run_here(result: Path, arguments: Sequence[str]) -> None:
    """Run the command line in this process; write core-ms per frame by part."""
    from realtime_pose import cli
    from realtime_pose.pipeline import build as pipeline_build

    times, built, build = ThreadTimes(), [], pipeline_build.build

    def timed_build(*positional: Any, **options: Any) -> Any:
        built.append(build(*positional, **options))
        times.start()  # the networks are loaded
        return built[0]

    with patch.object(pipeline_build, "build", timed_build):
        code = cli.main(list(arguments))
    seconds, frames = times.stop(), built[0].report().num_frames
    figures = {part: 1000 * seconds.get(part, 0.0) / frames for part in PARTS}
    result.write_text(json.dumps(figures), encoding="utf-8")
    sys.exit(code)


def run_apart(arguments: Sequence[str], folder: Path) -> dict[str, float]:
    """The figures of one run in a process of its own."""
    result = folder / "result.json"
    command = [sys.executable, __file__, "--run", str(result), *arguments]
    subprocess.run(command, check=True, capture_output=True)
    figures: dict[str, float] = json.loads(result.read_text(encoding="utf-8"))
    return figures


def main() -> None:
    """Measure and print the table."""
    if sys.argv[1:2] == ["--run"]:
        run_here(Path(sys.argv[2]), sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    parser.add_argument("flags", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    runs: dict[str, list[dict[str, float]]] = {"with a recording": [], "without": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            live = ["live", options.video, "--headless", *options.flags]
            record = ["--record", str(Path(folder) / f"{number}.mp4")]
            runs["with a recording"].append(run_apart([*live, *record], Path(folder)))
            runs["without"].append(run_apart(live, Path(folder)))
    print(f"| core-ms per frame | {' | '.join(runs)} |\n|---|---|---|")
    for part, title in PARTS.items():
        medians = (statistics.median(figures[part] for figures in rounds) for rounds in runs.values())
        print(f"| {title} | {' | '.join(f'{value:.1f}' for value in medians)} |")
    totals = (statistics.median(sum(figures.values()) for figures in rounds) for rounds in runs.values())
    print(f"| together | {' | '.join(f'{value:.1f}' for value in totals)} |")


if __name__ == "__main__":
    main()
