"""How fast the whole pipeline is on a video, and how much of this time the networks need.

    python benchmarks/end_to_end.py VIDEO [--preset fast] [--rounds 5] [--device cpu] [--json PATH]

efficiency = (seconds that the networks alone need for the same boxes, run back to back on all cores)
           / (seconds that the pipeline takes for the video, from start to the end of its last thread)

Each round times the networks, the pipeline without sinks, and the pipeline with a recording, one after the other. So a
drift of the machine's speed affects all three. benchmarks/README.md describes the protocol.
"""

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from realtime_pose.config import Config, DeviceConfig, RecordConfig, SourceConfig, load
from realtime_pose.counts import counted
from realtime_pose.detect.input_size import input_wh
from realtime_pose.models import patches_cpu
from realtime_pose.models.backend import Backend
from realtime_pose.models.load import load_network
from realtime_pose.models.manifest import load_manifest
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.stats import Report
from realtime_pose.system import num_physical_cores


@dataclass(frozen=True)
class Networks:
    """Both networks and their batches for a video, in order.

    Attributes:
        backends: By stage, `detect` and `pose`.
        batches: The stage and the input of each run.
    """

    backends: Mapping[str, Backend]
    batches: list[tuple[str, NDArray[Any]]]

    def seconds(self) -> float:
        """Wall time of all batches back to back."""
        started = time.perf_counter()
        for stage, batch in self.batches:
            self.backends[stage].run(batch)
        return time.perf_counter() - started


def prepare_networks(config: Config) -> Networks:
    """Both networks with all batches of one run of the pipeline."""
    manifest = load_manifest()
    specs = {
        "detect": manifest.find(config.detect.model, task="detector"),
        "pose": manifest.find(config.pose.model, task="pose"),
    }
    # As the application runs them:
    backends = {stage: load_network(spec, config.device).backend for stage, spec in specs.items()}
    batches = []
    # one run of the pipeline gives the boxes; the inputs are made again from its frames
    for scene in build(config).scenes():
        detect = specs["detect"].input
        wh = input_wh(detect, scene.frame.wh, size_px=config.detect.size_px, scale=config.detect.size_scale)
        batches.append(("detect", patches_cpu.whole_frame(scene.frame.image, detect, wh)[0]))
        if len(scene.boxes):
            batches.append(
                ("pose", patches_cpu.Crops(scene.frame.image, [(scene.boxes.xyxy, False)], specs["pose"].input)[:])
            )
    return Networks(backends, batches)


def run_pipeline(config: Config) -> tuple[float, Report]:
    """Wall time in seconds of one run after loading, and its report."""
    pipeline = build(config)
    started = time.perf_counter()
    pipeline.start()
    pipeline.wait()
    duration_s = time.perf_counter() - started
    pipeline.stop()
    report = pipeline.report()
    if report.sink_errors:
        raise SystemExit("; ".join(report.sink_errors))
    return duration_s, report


def measure(config: Config, rounds: int) -> dict[str, Any]:
    """All figures over the rounds, after one warm-up round."""
    networks = prepare_networks(config)
    times: dict[str, list[float]] = {"networks": [], "pipeline": [], "recording": []}
    with tempfile.TemporaryDirectory() as folder:
        recording = replace(config, overwrite=True, record=RecordConfig(path=Path(folder) / "out.mp4"))
        # one after the other within a round, so that a drift of the machine's speed affects all three
        for number in range(rounds + 1):
            networks_s = networks.seconds()
            plain_s, report = run_pipeline(config)
            recording_s, with_recording = run_pipeline(recording)
            if number:  # round 0 is the warm-up
                for name, value in zip(times, (networks_s, plain_s, recording_s), strict=True):
                    times[name].append(value)
    return {
        "frames": report.num_frames,
        "persons_per_frame": sum(len(batch) for stage, batch in networks.batches if stage == "pose")
        / report.num_frames,
        "devices": dict(report.devices),
        "seconds": {name: min_median_max(values) for name, values in times.items()},
        "frames_per_second": {
            name: report.num_frames / statistics.median(times[name]) for name in ("networks", "pipeline", "recording")
        },
        "efficiency": efficiency(times["networks"], times["pipeline"]),
        "efficiency_with_recording": efficiency(times["networks"], times["recording"]),
        "stages_ms": stages_ms(report),
        "stages_with_recording_ms": stages_ms(with_recording),
        "machine": {"processor": platform.processor() or platform.machine(), "cores": num_physical_cores()},
    }


def efficiency(networks_s: list[float], pipeline_s: list[float]) -> dict[str, float]:
    """Efficiency of the rounds: the ratio is taken per round."""
    return min_median_max([networks / whole for networks, whole in zip(networks_s, pipeline_s, strict=True)])


def min_median_max(values: list[float]) -> dict[str, float]:
    """Minimum, median and maximum."""
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def stages_ms(report: Report) -> dict[str, dict[str, float]]:
    """p50 and p95 of every stage in milliseconds."""
    return {
        name: {"p50": round(1000 * stage.p50_s, 2), "p95": round(1000 * stage.p95_s, 2)}
        for name, stage in report.stages.items()
    }


def print_figures(figures: dict[str, Any]) -> None:
    """Print the figures as text."""
    machine = figures["machine"]
    boxes = figures["persons_per_frame"]
    print(f"{counted(figures['frames'], 'frame')}, {boxes:.2f} boxes per frame, {figures['devices']}, {machine}")
    for name, rate in figures["frames_per_second"].items():
        seconds = figures["seconds"][name]
        spread = f"{seconds['min']:.2f} to {seconds['max']:.2f}"
        print(f"{name:<10} {rate:6.2f} frames/s   {seconds['median']:.2f} s ({spread})")
    for title, key in (("without", "stages_ms"), ("with", "stages_with_recording_ms")):
        cells = (f"{name} {ms['p50']:.1f} / {ms['p95']:.1f}" for name, ms in figures[key].items())
        print(f"stages {title} recording, p50 / p95 ms: {', '.join(cells)}")
    for name in ("efficiency", "efficiency_with_recording"):
        value = figures[name]
        print(f"{name}: {value['median']:.3f} ({value['min']:.3f} to {value['max']:.3f})")


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    parser.add_argument("--preset", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    config = replace(
        load(preset=options.preset),
        headless=True,
        source=SourceConfig(uri=options.video),
        device=DeviceConfig(device=options.device, threads=options.threads),
    )
    figures = measure(config, options.rounds)
    print_figures(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
