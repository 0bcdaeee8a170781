"""How fast is the whole application beside rtmlib, on the same networks and clips, and is it as accurate?

    python benchmarks/peers.py --peer-python PYTHON --weights DIR --videos VIDEO ... [--rounds 5] [--json PATH]
    python benchmarks/peers.py --peer-python PYTHON --weights DIR --annotations FILE --images DIR [--json PATH]

PYTHON is that of an environment of its own, since rtmlib brings packages that clash with ours:

    python3 -m venv rtmlib && rtmlib/bin/pip install rtmlib==0.0.16 onnxruntime==1.31.1

DIR holds rtmdet_nano_person_320.onnx (run at 416) and pp_tinypose_256x192.onnx. With videos: both in turn, each a
process of its own, the detector on every frame, drawing and encoding included; with annotations: COCO keypoint AP of
both by the same scorer. Prints Markdown; each pair's line goes to stderr. The protocol stands in benchmarks/README.md.
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
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from realtime_pose.config import Config, DetectConfig, PoseConfig, SourceConfig
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.pipeline.build import build

FOLDER = Path(__file__).resolve().parent
ENTRIES = FOLDER.parent / "weights" / "examples"
DETECTOR, POSE = "rtmdet-nano", "tinypose-256"
FILES = {DETECTOR: "rtmdet_nano_person_320.onnx", POSE: "pp_tinypose_256x192.onnx"}
SIDE_PX = 416  # of the detector's input; ours makes the other side follow the picture's aspect
THRESHOLD = 0.3  # of the boxes; the default of both


@dataclass(frozen=True)
class Peers:
    """Both sides, ready to be run.

    Attributes:
        python: Interpreter of rtmlib's environment.
        folder: For their files; holds the networks, each with its manifest entry.
    """

    python: str
    folder: Path

    def network(self, name: str) -> Path:
        """The ONNX file of a network, its entry beside it."""
        return self.folder / f"{name}.onnx"

    def job(self, threshold: float) -> dict[str, Any]:
        """What rtmlib is told of the networks."""
        networks = {"detector": str(self.network(DETECTOR)), "pose": str(self.network(POSE))}
        return {**networks, "detector_wh": (SIDE_PX, SIDE_PX), "pose_wh": (192, 256), "threshold": threshold}

    def theirs(self, job: dict[str, Any]) -> Any:
        """What rtmlib found."""
        order, answer = self.folder / "job.json", self.folder / "theirs.json"
        order.write_text(json.dumps(job), encoding="utf-8")
        command = [self.python, str(FOLDER / "peers_rtmlib.py"), str(order), str(answer)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(answer.read_text(encoding="utf-8"))

    def flags(self, threshold: float) -> list[str]:
        """What our command line is told of the networks."""
        networks = ["--detector", str(self.network(DETECTOR)), "--pose", str(self.network(POSE))]
        return [*networks, "--detector-size", str(SIDE_PX), "--detector-threshold", str(threshold)]

    def ours(self, arguments: Sequence[str]) -> Any:
        """What our application found on a video."""
        answer = self.folder / "ours.json"
        command = [sys.executable, str(FOLDER / "peers_ours.py"), str(answer), *arguments, *self.flags(THRESHOLD)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(answer.read_text(encoding="utf-8"))

    def config(self, video: str) -> Config:
        """What our application is told, without the recording."""
        detect = DetectConfig(model=str(self.network(DETECTOR)), size=str(SIDE_PX), threshold=THRESHOLD)
        pose = PoseConfig(model=str(self.network(POSE)))
        return Config(headless=True, source=SourceConfig(uri=video), detect=detect, pose=pose)


@dataclass(frozen=True)
class RunHeader:
    """One process.

    Attributes:
        rate_hz: Frames per second, from when all is loaded until the recording is closed.
        core_ms: Milliseconds of one core that a frame takes, in the same span.
        whole_s: Seconds of the whole process.
        elsewhere: Share of the machine that other processes had meanwhile; above 0.05 the figures are worth little.
    """

    rate_hz: float
    core_ms: float
    whole_s: float
    elsewhere: float


def timed(work: Any) -> tuple[RunHeader, dict[str, float]]:
    """One process, run and timed; and what it says itself."""
    started, busy_s, own_s = time.perf_counter(), busy_seconds(), sum(os.times()[:4])
    found = work()
    whole_s = time.perf_counter() - started
    spare_s = busy_seconds() - busy_s - (sum(os.times()[:4]) - own_s)
    elsewhere = max(0.0, spare_s / whole_s / (os.cpu_count() or 1))
    core_ms = 1000 * found["core_seconds"] / found["frames"]
    return RunHeader(found["frames"] / found["seconds"], core_ms, whole_s, elsewhere), found


def busy_seconds() -> float:
    """Seconds that all cores together have worked since the machine was started; NaN where Linux does not say."""
    try:
        ticks = [int(value) for value in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:8]]
    except OSError:
        return float("nan")
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def persons_of_ours(peers: Peers, video: str) -> float:
    """Persons a frame that our application shows, counted in a run that is not timed."""
    counts = [len(scene.tracks.seen) for scene in build(peers.config(video)).scenes() if scene.tracks is not None]
    return statistics.mean(counts)


def raced(peers: Peers, video: str, rounds: int) -> dict[str, Any]:
    """Both on a video, pair by pair, the order changing; after one uncounted run of ours, which counts the persons."""
    persons = {"ours": persons_of_ours(peers, video)}
    recordings = {name: str(peers.folder / f"{name}.mp4") for name in ("ours", "rtmlib")}
    job = peers.job(THRESHOLD) | {"video": video, "recording": recordings["rtmlib"]}
    works = {
        "ours": lambda: peers.ours(["live", video, "--headless", "--record", recordings["ours"]]),
        "rtmlib": lambda: peers.theirs(job),
    }
    print(Path(video).name, file=sys.stderr)
    pairs = []
    for number in range(rounds):
        runs = {}
        for name in sorted(works, reverse=bool(number % 2)):
            runs[name], found = timed(works[name])
            if name == "rtmlib":
                persons[name] = found["persons"] / found["frames"]
        pairs.append(runs)
        show_pair(runs)
    ratios = [runs["ours"].rate_hz / runs["rtmlib"].rate_hz for runs in pairs]
    as_tables = [{name: asdict(run) for name, run in runs.items()} for runs in pairs]
    return {"pairs": as_tables, "ratios": ratios, "persons_per_frame": persons}


def show_pair(runs: dict[str, RunHeader]) -> None:
    """One line a pair."""
    cells = (
        f"{name} {run.rate_hz:6.2f} frames/s, {run.core_ms:5.0f} core-ms a frame, whole process {run.whole_s:5.1f} s, "
        f"others had {run.elsewhere:3.0%}"
        for name, run in sorted(runs.items())
    )
    print("; ".join(cells), f"; ratio {runs['ours'].rate_hz / runs['rtmlib'].rate_hz:.2f}", file=sys.stderr)


def race_table(races: Mapping[str, Any]) -> str:
    """The races by video, as Markdown."""
    heads = (
        "clip",
        "ours, frames/s",
        "rtmlib, frames/s",
        "ratio, median (least to largest)",
        "core-ms a frame, ours / rtmlib",
        "persons a frame, ours / rtmlib",
        "others had, at most",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for video, race in races.items():
        runs = {name: [pair[name] for pair in race["pairs"]] for name in ("ours", "rtmlib")}
        cells = (
            *(span([run["rate_hz"] for run in part], digits=1) for part in runs.values()),
            f"**{statistics.median(race['ratios']):.2f}** ({span(race['ratios'], digits=2)})",
            " / ".join(span([run["core_ms"] for run in part], digits=0) for part in runs.values()),
            " / ".join(f"{race['persons_per_frame'][name]:.2f}" for name in runs),
            f"{max(run['elsewhere'] for part in runs.values() for run in part):.0%}",
        )
        lines.append(f"| {video} | {' | '.join(cells)} |")
    return "\n".join(lines)


def span(values: Sequence[float], *, digits: int) -> str:
    """The least and the largest."""
    return f"{min(values):.{digits}f} to {max(values):.{digits}f}"


def scored(peers: Peers, annotations: Path, images: Path) -> dict[str, Any]:
    """Keypoint AP and AR of both, at the threshold of the live picture and at a low one."""
    truth = CocoTruth(annotations)
    pictures = [(image.image_id, str(images / image.file_name)) for image in truth.images]
    figures = {}
    for threshold in (THRESHOLD, 0.05):
        out = peers.folder / "ours_results.json"
        given = ["--annotations", str(annotations), "--images", str(images), "--out", str(out)]
        command = [sys.executable, "-m", "realtime_pose", "eval", "coco", *given, *peers.flags(threshold)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        results = {
            "ours": json.loads(out.read_text(encoding="utf-8")),
            "rtmlib": peers.theirs(peers.job(threshold) | {"pictures": pictures}),
        }
        for name, found in results.items():
            scores = truth.score(found, kind="keypoints")
            figures[f"{name}, boxes from {threshold}"] = asdict(scores) | {"persons": len(found)}
    return figures


def score_table(figures: Mapping[str, Any]) -> str:
    """The scores as Markdown."""
    lines = ["| | AP | AP50 | AR | poses |", "|---|---|---|---|---|"]
    for name, scores in figures.items():
        cells = (f"{100 * scores[key]:.1f}" for key in ("ap", "ap50", "ar"))
        lines.append(f"| {name} | {' | '.join(cells)} | {scores['persons']} |")
    return "\n".join(lines)


def prepared(python: str, weights: Path, folder: Path) -> Peers:
    """Both sides, with the networks and their entries in the folder."""
    for name, file in FILES.items():
        shutil.copyfile(weights / file, folder / f"{name}.onnx")
        shutil.copyfile(ENTRIES / f"{name}.toml", folder / f"{name}.toml")
    return Peers(python, folder)


def main() -> None:
    """Measure and print."""
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
    races: dict[str, Any] = {}
    scores: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        peers = prepared(options.peer_python, options.weights, Path(folder))
        for video in options.videos:
            races[Path(video).name] = raced(peers, str(Path(video).resolve()), options.rounds)
            if options.keep:
                for recording in Path(folder).glob("*.mp4"):
                    shutil.copyfile(recording, options.keep / f"{Path(video).stem}_{recording.name}")
        if options.annotations and options.images:
            scores = scored(peers, options.annotations, options.images)
    if races:
        print(race_table(races), end="\n\n")
    if scores:
        print(score_table(scores))
    if options.json:
        options.json.write_text(json.dumps({**races, "accuracy": scores}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
