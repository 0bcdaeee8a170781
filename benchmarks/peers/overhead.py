"""How many milliseconds does `Pose()(image)` take above its networks, and rtmlib's `Body()(image)` above the same ones?

    python benchmarks/peers/overhead.py --peer-python PYTHON --weights DIR [--image FILE] [--rounds 5] [--json PATH]

PYTHON and DIR are those of compare.py. Without an image, one with five people is made from the demo clip. Both run in
turn, each in a process of its own: RTMDet-nano with an input of 416, TinyPose 256x192, ONNX Runtime on the CPU. The
time above the networks is that of the call without the time in which ONNX Runtime ran. Prints Markdown: the median of
the medians of all rounds, with their minimum and maximum.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.compare import DETECTOR, FILES, POSE, Peers, prepare_peers
from realtime_pose._cv2 import cv2
from realtime_pose.api.live import track

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("ours", "rtmlib")


def write_five_people(path: Path) -> Path:
    """The first frame of the demo clip at half its size, with two of its three people once more beside it."""
    with track("demo", preset="fast") as stream:
        image = next(iter(stream)).image
    both = np.hstack((image, image[:, 250:]))  # the third person is at the left edge
    cv2.imwrite(str(path), cv2.resize(both, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return path


def run_calls(peers: Peers, library: str, image: Path, calls: int) -> dict[str, Any]:
    """The calls of one library, in a process of its own."""
    job_file, result_file = peers.folder / "job.json", peers.folder / "result.json"
    job = peers.job(threshold=0.3) | {"library": library, "image": str(image.resolve()), "calls": calls}
    job_file.write_text(json.dumps(job), encoding="utf-8")
    python = sys.executable if library == "ours" else peers.python
    script = Path(__file__).with_name("run_calls.py")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)} if library == "ours" else None
    command = [python, str(script), str(job_file), str(result_file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    result: dict[str, Any] = json.loads(result_file.read_text(encoding="utf-8"))
    return result


def medians(result: dict[str, Any]) -> dict[str, float]:
    """Medians over the calls of one process: the whole call, its networks, and the rest, in milliseconds."""
    rest = [call - network for call, network in zip(result["call_ms"], result["network_ms"], strict=True)]
    parts = {"call": result["call_ms"], "networks": result["network_ms"], "above the networks": rest}
    return {name: statistics.median(values) for name, values in parts.items()}


def table(rounds: dict[str, list[dict[str, float]]], persons: dict[str, int]) -> str:
    """The medians of all rounds as a Markdown table."""
    parts = list(rounds[LIBRARIES[0]][0])
    lines = [f"| | persons | {' | '.join(f'{part}, ms' for part in parts)} |", "|---" * (len(parts) + 2) + "|"]
    for library, figures in rounds.items():
        cells = []
        for part in parts:
            values = [figure[part] for figure in figures]
            cells.append(f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})")
        lines.append(f"| {library} | {persons[library]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--weights", type=Path, required=True, help=f"folder with {' and '.join(FILES.values())}")
    parser.add_argument("--image", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=50, help="in each process")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rounds: dict[str, list[dict[str, float]]] = {library: [] for library in LIBRARIES}
    persons: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        peers = prepare_peers(options.peer_python, options.weights, Path(folder))
        image = options.image or write_five_people(Path(folder) / "five.png")
        for number in range(options.rounds):
            for library in sorted(LIBRARIES, reverse=bool(number % 2)):  # the order changes with each round
                result = run_calls(peers, library, image, options.calls)
                persons[library] = result["persons"]
                rounds[library].append(medians(result))
    print(f"{DETECTOR} and {POSE}, {options.rounds} rounds of {options.calls} calls\n\n{table(rounds, persons)}")
    if options.json:
        options.json.write_text(json.dumps({"persons": persons, "rounds": rounds}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
