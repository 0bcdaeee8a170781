"""How fast and how accurate is the whole application compared with rtmlib, on the same networks and clips?

rtmlib runs with ONNX Runtime, its default, and with OpenVINO.

    python benchmarks/peers/compare.py --peer-python PYTHON --weights DIR --videos VIDEO ... [--rounds 5] [--json PATH]
    python benchmarks/peers/compare.py --peer-python PYTHON --weights DIR --annotations FILE --images DIR [--json PATH]

PYTHON is that of a separate environment, because rtmlib needs packages that conflict with ours:

    python3 -m venv rtmlib && rtmlib/bin/pip install rtmlib==0.0.16 onnxruntime==1.31.1 openvino==2026.4.0

DIR is the folder with rtmdet_nano_person_320.onnx (run at 416) and pp_tinypose_256x192.onnx. With videos: all run in
turn, each in its own process, with the detector on every frame, drawing and encoding. With annotations: COCO keypoint
AP of both, by the same scorer. Prints Markdown; a line for each round goes to stderr. The protocol is in
benchmarks/README.md.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from realtime_pose.config import Config, DetectConfig, PoseConfig, SourceConfig
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.pipeline.build import build

FOLDER = Path(__file__).resolve().parent
ENTRIES = FOLDER.parents[1] / "weights" / "examples"
DETECTOR, POSE = "rtmdet-nano", "tinypose-256"
FILES = {DETECTOR: "rtmdet_nano_person_320.onnx", POSE: "pp_tinypose_256x192.onnx"}
SIDE_PX = 416  # side of the detector's input; in ours the shorter side follows the aspect of the image
THRESHOLD = 0.3  # box threshold; the default of both
OURS = "ours"
BACKENDS = {"rtmlib": "onnxruntime", "rtmlib, OpenVINO": "openvino"}  # what rtmlib runs with


@dataclass(frozen=True)
class Peers:
    """Both applications, ready to run.

    Attributes:
        python: Interpreter of rtmlib's environment.
        folder: Folder for their files; it has the networks, each with its manifest entry.
    """

    python: str
    folder: Path

    def network(self, name: str) -> Path:
        """The ONNX file of a network; its entry lies beside it."""
        return self.folder / f"{name}.onnx"

    def job(self, threshold: float) -> dict[str, Any]:
        """The job for rtmlib, without videos and images."""
        networks = {"detector": str(self.network(DETECTOR)), "pose": str(self.network(POSE))}
        sizes = {"detector_wh": (SIDE_PX, SIDE_PX), "pose_wh": (192, 256)}
        return {**networks, **sizes, "threshold": threshold, "backend": BACKENDS["rtmlib"]}

    def run_rtmlib(self, job: dict[str, Any]) -> Any:
        """The results of rtmlib."""
        job_file, result_file = self.folder / "job.json", self.folder / "rtmlib.json"
        job_file.write_text(json.dumps(job), encoding="utf-8")
        command = [self.python, str(FOLDER / "run_rtmlib.py"), str(job_file), str(result_file)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(result_file.read_text(encoding="utf-8"))

    def flags(self, threshold: float) -> list[str]:
        """The flags of our command line for these networks."""
        networks = ["--detector", str(self.network(DETECTOR)), "--pose", str(self.network(POSE))]
        return [*networks, "--detector-size", str(SIDE_PX), "--detector-threshold", str(threshold)]

    def run_ours(self, arguments: Sequence[str]) -> Any:
        """The timings of our application on a video."""
        result_file = self.folder / "ours.json"
        command = [sys.executable, str(FOLDER / "run_ours.py"), str(result_file), *arguments, *self.flags(THRESHOLD)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(result_file.read_text(encoding="utf-8"))

    def config(self, video: str) -> Config:
        """The configuration of our application, without the recording."""
        detect = DetectConfig(model=str(self.network(DETECTOR)), size=str(SIDE_PX), threshold=THRESHOLD)
        pose = PoseConfig(model=str(self.network(POSE)))
        return Config(headless=True, source=SourceConfig(uri=video), detect=detect, pose=pose)


@dataclass(frozen=True)
class TimedRun:
    """One process.

    Attributes:
        rate_hz: Frames per second, from the end of loading until the recording is closed.
        core_ms: Core milliseconds per frame in the same span.
        whole_s: Seconds of the whole process.
        other_share: Share of the machine that other processes took meanwhile; above 0.05 the figures say little.
    """

    rate_hz: float
    core_ms: float
    whole_s: float
    other_share: float


def time_run(run: Callable[[], Any]) -> tuple[TimedRun, dict[str, float]]:
    """One run in a process of its own: its times, and its own results."""
    started, busy_s, own_s = time.perf_counter(), busy_seconds(), sum(os.times()[:4])
    result = run()
    whole_s = time.perf_counter() - started
    # os.times counts this process and its finished children; the rest of the busy time belongs to other processes
    other_s = busy_seconds() - busy_s - (sum(os.times()[:4]) - own_s)
    other_share = max(0.0, other_s / whole_s / (os.cpu_count() or 1))
    core_ms = 1000 * result["core_seconds"] / result["frames"]
    return TimedRun(result["frames"] / result["seconds"], core_ms, whole_s, other_share), result


def busy_seconds() -> float:
    """Busy seconds of all cores together since the machine started; NaN on systems other than Linux."""
    try:
        ticks = [int(value) for value in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:8]]
    except OSError:
        return float("nan")
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")  # without idle and iowait


def count_our_persons(peers: Peers, video: str) -> float:
    """Persons per frame that our application shows, counted in a run that is not timed."""
    counts = [len(scene.tracks.seen) for scene in build(peers.config(video)).scenes()]
    return statistics.mean(counts)


def compare_speed(peers: Peers, video: str, rounds: int) -> dict[str, Any]:
    """Runs of every application in rounds of changing order; an extra run of ours counts the persons before."""
    persons = {OURS: count_our_persons(peers, video)}
    recordings = {name: str(peers.folder / f"{name}.mp4") for name in (OURS, *BACKENDS)}

    def run(name: str) -> Any:
        if name == OURS:
            return peers.run_ours(["live", video, "--headless", "--record", recordings[name], "--overwrite"])
        changes = {"video": video, "recording": recordings[name], "backend": BACKENDS[name]}
        return peers.run_rtmlib(peers.job(THRESHOLD) | changes)

    print(Path(video).name, file=sys.stderr)
    all_runs = []
    for number in range(rounds):
        runs = {}
        for name in sorted(recordings, reverse=bool(number % 2)):  # the order changes with each round
            runs[name], result = time_run(partial(run, name))
            if name != OURS:
                persons[name] = result["persons"] / result["frames"]
        all_runs.append(runs)
        print_round(runs)
    ratios = [ratio_to_best_peer(runs) for runs in all_runs]
    rounds_as_dicts = [{name: asdict(run) for name, run in runs.items()} for runs in all_runs]
    return {"rounds": rounds_as_dicts, "ratios": ratios, "persons_per_frame": persons}


def ratio_to_best_peer(runs: Mapping[str, TimedRun]) -> float:
    """Our frames per second by those of the faster peer."""
    return runs[OURS].rate_hz / max(runs[name].rate_hz for name in BACKENDS)


def print_round(runs: Mapping[str, TimedRun]) -> None:
    """Print one line about a round."""
    cells = (
        f"{name} {run.rate_hz:6.2f} frames/s, {run.core_ms:5.0f} core-ms per frame, whole process {run.whole_s:5.1f} s,"
        f" other processes {run.other_share:3.0%}"
        for name, run in sorted(runs.items())
    )
    print("; ".join(cells), f"; ratio {ratio_to_best_peer(runs):.2f}", file=sys.stderr)


def speed_table(comparisons: Mapping[str, Any]) -> str:
    """The speed comparisons of all videos as a Markdown table."""
    names = (OURS, *BACKENDS)
    heads = (
        "clip",
        *(f"{name}, frames/s" for name in names),
        "ratio to the faster peer, median (min to max)",
        f"core-ms per frame, {' / '.join(names)}",
        f"persons per frame, {' / '.join(names)}",
        "other processes, at most",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for video, comparison in comparisons.items():
        runs = {name: [runs[name] for runs in comparison["rounds"]] for name in names}
        cells = (
            *(format_range([run["rate_hz"] for run in part], digits=1) for part in runs.values()),
            f"**{statistics.median(comparison['ratios']):.2f}** ({format_range(comparison['ratios'], digits=2)})",
            " / ".join(format_range([run["core_ms"] for run in part], digits=0) for part in runs.values()),
            " / ".join(f"{comparison['persons_per_frame'][name]:.2f}" for name in names),
            f"{max(run['other_share'] for part in runs.values() for run in part):.0%}",
        )
        lines.append(f"| {video} | {' | '.join(cells)} |")
    return "\n".join(lines)


def format_range(values: Sequence[float], *, digits: int) -> str:
    """Minimum and maximum as text."""
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def compare_accuracy(peers: Peers, annotations: Path, images: Path) -> dict[str, Any]:
    """Keypoint AP and AR of both, at the live threshold and at a low one."""
    truth = CocoTruth(annotations)
    image_paths = [(image.image_id, str(images / image.file_name)) for image in truth.images]
    figures = {}
    for threshold in (THRESHOLD, 0.05):
        out = peers.folder / "ours_results.json"
        paths = ["--annotations", str(annotations), "--images", str(images), "--out", str(out)]
        command = [sys.executable, "-m", "realtime_pose", "eval", "coco", *paths, *peers.flags(threshold)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        results = {
            "ours": json.loads(out.read_text(encoding="utf-8")),
            "rtmlib": peers.run_rtmlib(peers.job(threshold) | {"images": image_paths}),
        }
        for name, found in results.items():
            scores = truth.score(found, kind="keypoints")
            figures[f"{name}, boxes of {threshold} or more"] = asdict(scores) | {"persons": len(found)}
    return figures


def score_table(figures: Mapping[str, Any]) -> str:
    """The scores as a Markdown table."""
    lines = ["| | AP | AP50 | AR | poses |", "|---|---|---|---|---|"]
    for name, scores in figures.items():
        cells = (f"{100 * scores[key]:.1f}" for key in ("ap", "ap50", "ar"))
        lines.append(f"| {name} | {' | '.join(cells)} | {scores['persons']} |")
    return "\n".join(lines)


def prepare_peers(python: str, weights: Path, folder: Path) -> Peers:
    """Both applications, with the networks and their entries copied into the folder."""
    for name, file in FILES.items():
        shutil.copyfile(weights / file, folder / f"{name}.onnx")
        shutil.copyfile(ENTRIES / f"{name}.toml", folder / f"{name}.toml")
    return Peers(python, folder)


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--videos", nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--annotations", type=Path)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for both recordings, to look at")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    comparisons: dict[str, Any] = {}
    scores: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        peers = prepare_peers(options.peer_python, options.weights, Path(folder))
        for video in options.videos:
            comparisons[Path(video).name] = compare_speed(peers, str(Path(video).resolve()), options.rounds)
            if options.keep:
                for recording in Path(folder).glob("*.mp4"):
                    shutil.copyfile(recording, options.keep / f"{Path(video).stem}_{recording.name}")
        if options.annotations and options.images:
            scores = compare_accuracy(peers, options.annotations, options.images)
    if comparisons:
        print(speed_table(comparisons), end="\n\n")
    if scores:
        print(score_table(scores))
    if options.json:
        options.json.write_text(json.dumps({**comparisons, "accuracy": scores}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
