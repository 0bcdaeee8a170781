"""What does a live run reach from a real RTSP server, and what does its governor do when the load doubles?

    python benchmarks/live/governor.py rates [--crowd CLIP.avi] [--seconds 30] [--only thunder lightning crowd]
    python benchmarks/live/governor.py double --plot governor.png [--seconds 60]

rates: 1280x720 at 30 frames/s with the three people of the demo clip and Thunder, at a wished rate of 24 (where even
this is out of reach, the governor takes Lightning); or with Lightning; and a clip of a crowd, where the governor may
choose everything. double: a run in
which each pose takes twice the time in the middle third. Give it an idle machine: it measures a live run.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.live.load import write_people
from benchmarks.support.servers.rtsp_server import RtspServer, write_units
from realtime_pose.commands.terminal import format_table
from realtime_pose.config import Config, PoseConfig, SourceConfig
from realtime_pose.effort import Effort
from realtime_pose.messages.load_messages import describe_load
from realtime_pose.pipeline.build import build
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Frame, Poses

WH = (1280, 720)
RATE_HZ = 30
WARM_UP_S = 15.0  # so long the governor needs at most to find its choice
CASES = ("thunder", "lightning", "crowd")
MUST = {
    "thunder": ">= 24 fps, age p95 <= 200 ms",
    "lightning": "30 fps",
    "crowd": ">= 8 fps, age p95 <= 300 ms",
}


@dataclass(frozen=True)
class Sample:
    """One tracked frame: when, how old, and what ran."""

    at_s: float
    age_s: float
    num_posed: int
    num_unposed: int
    effort: Effort


def watch(config: Config, seconds: float) -> Iterator[tuple[Sample, str]]:
    """Each tracked frame of a live run from its first one, and what the window says."""
    pipeline = build(config)
    with closing(pipeline.scenes()) as scenes:
        first_s = None
        for scene in scenes:
            now_s = time.monotonic()
            first_s = now_s if first_s is None else first_s
            if now_s - first_s > seconds:
                return
            governor = pipeline.report().governor
            words = describe_load(governor) if governor is not None else ""
            age_s = scene.frame.age_s(now_s)
            yield Sample(now_s - first_s, age_s, len(scene.poses), len(scene.unposed), scene.effort), words


def write_clip(video: Path, folder: Path) -> Path:
    """A clip as encoded frames for the server, at its own size; its last frame is followed by its first."""
    path = folder / "crowd.h264"
    with av.open(str(video)) as source, av.open(str(path), "w") as out:
        picture = source.streams.video[0]
        stream = out.add_stream("libx264", rate=RATE_HZ, options={"preset": "veryfast", "tune": "zerolatency"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = picture.width // 2 * 2, picture.height // 2 * 2, "yuv420p"
        for frame in source.decode(picture):
            image = np.asarray(frame.to_ndarray(format="bgr24")[: stream.height, : stream.width], np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), "bgr24")))
        out.mux(stream.encode(None))
    return write_units(path)


def measure(case: str, units: Path, seconds: float) -> dict[str, Any]:
    """Rate, ages and choices of one case after the warm-up."""
    with RtspServer(units) as server:
        source = SourceConfig(uri=server.address, target_fps=24.0 if case == "thunder" else 0.0)
        pose = PoseConfig(model="movenet-lightning") if case == "lightning" else PoseConfig()
        samples = list(watch(Config(source=source, pose=pose), WARM_UP_S + seconds))
    steady = [sample for sample, _ in samples if sample.at_s > WARM_UP_S]
    ages_ms = np.array([sample.age_s for sample in steady] or [np.inf]) * 1000
    p50_ms, p95_ms = np.percentile(ages_ms, (50, 95))
    return {
        "case": case,
        "must": MUST[case],
        "rate_hz": round(len(steady) / seconds, 1),
        "age_p50_ms": round(float(p50_ms)),
        "age_p95_ms": round(float(p95_ms)),
        "posed": round(float(np.mean([sample.num_posed for sample in steady] or [0])), 1),
        "unposed": round(float(np.mean([sample.num_unposed for sample in steady] or [0])), 1),
        "efforts": [asdict(each) for each in split_by_effort(steady)],
        "says": samples[-1][1],
    }


@dataclass(frozen=True)
class EffortShare:
    """What one effort reached: its part of the time in percent, its frames per second, and the ages of these frames."""

    effort: str
    time_percent: int
    rate_hz: float
    age_p95_ms: int


def split_by_effort(samples: Sequence[Sample]) -> list[EffortShare]:
    """What each effort reached, the one that ran longest first. The time before a frame belongs to its effort."""
    frames: dict[Effort, list[tuple[float, float]]] = {}
    for before, sample in pairwise(samples):
        frames.setdefault(sample.effort, []).append((sample.at_s - before.at_s, sample.age_s))
    total_s = sum(step_s for steps in frames.values() for step_s, _ in steps)
    shares = []
    for effort, steps in frames.items():
        spent_s = sum(step_s for step_s, _ in steps)
        age_s = float(np.percentile([age_s for _, age_s in steps], 95))
        share = EffortShare(
            describe(effort), round(100 * spent_s / total_s), round(len(steps) / spent_s, 1), round(1000 * age_s)
        )
        shares.append(share)
    return sorted(shares, key=lambda share: -share.time_percent)


def _cheapness(effort: Effort, first: Effort) -> tuple[float, ...]:
    """Sorts efforts in the order of the governor's ladder."""
    return (
        effort.detect_every,
        effort.detector_size != first.detector_size,
        effort.pose != first.pose,
        -effort.pose_passes,
        -effort.pose_share,
    )


def describe(effort: Effort) -> str:
    """An effort in a few words."""
    return f"look 1 of {effort.detect_every}, {effort.detector_size}, {effort.pose}, {effort.pose_share:.0%}"


def rates(options: argparse.Namespace) -> list[dict[str, Any]]:
    """The table of all cases."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        people = write_people(Path(name), WH)
        clips = {"thunder": people, "lightning": people}
        if options.crowd:
            clips["crowd"] = write_clip(options.crowd, Path(name))
        rows += [measure(case, clips[case], options.seconds) for case in options.only if case in clips]
    heads = ("case", "must", "rate_hz", "age_p50_ms", "age_p95_ms", "posed", "unposed")
    print(format_table(heads, [[str(row[head]) for head in heads] for row in rows]))
    for row in rows:
        print(f"\n{row['case']}\n{row['says']}")
        parts = ("effort", "time_percent", "rate_hz", "age_p95_ms")
        print(format_table(parts, [[str(share[part]) for part in parts] for share in row["efforts"]]))
    return rows


def double(options: argparse.Namespace) -> list[dict[str, Any]]:
    """A run in which each pose takes twice the time in the middle third; a plot, if asked for."""
    estimate, third_s = NetworkPoseEstimator.estimate, options.seconds / 3
    started: list[float] = []

    def estimate_twice(self: NetworkPoseEstimator, frame: Frame, boxes: Boxes) -> Poses:
        is_loaded = bool(started) and third_s <= time.monotonic() - started[0] < 2 * third_s
        if is_loaded:
            estimate(self, frame, boxes)
        return estimate(self, frame, boxes)

    with (
        tempfile.TemporaryDirectory() as name,
        mock.patch.object(NetworkPoseEstimator, "estimate", estimate_twice),
        RtspServer(write_people(Path(name), WH)) as server,
    ):
        config = Config(source=SourceConfig(uri=server.address), pose=PoseConfig(model=options.pose))
        samples = []
        for sample, _ in watch(config, options.seconds):
            started += [] if started else [time.monotonic()]
            samples.append(sample)
    if options.plot:
        plot(samples, third_s, options.plot)
    seconds = np.arange(int(options.seconds))
    rows: list[dict[str, Any]] = []
    effort = samples[0].effort
    for second in seconds.tolist():
        inside = [sample for sample in samples if second <= sample.at_s < second + 1]
        age_ms = round(1000 * max((sample.age_s for sample in inside), default=0.0))
        effort = inside[-1].effort if inside else effort
        rows.append({"second": second, "rate_hz": len(inside), "age_ms": age_ms, "effort": describe(effort)})
    heads = ("second", "rate_hz", "age_ms", "effort")
    print(format_table(heads, [[str(row[head]) for head in heads] for row in rows]))
    return rows


def plot(samples: list[Sample], third_s: float, path: Path) -> None:
    """Rate, age and choice over time, one below the other; grey where the load is doubled."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.5), layout="constrained")
    rate_axes, age_axes, effort_axes = figure.subplots(3, 1, sharex=True)
    at_s = np.array([sample.at_s for sample in samples])
    seconds = np.arange(1, int(at_s[-1]) + 1)
    rate_axes.plot(seconds, [((at_s > second - 1) & (at_s <= second)).sum() for second in seconds], color="#0072b2")
    rate_axes.set_ylabel("frames per second")
    age_axes.plot(at_s, [1000 * sample.age_s for sample in samples], color="#d55e00", linewidth=0.8)
    age_axes.set_ylabel("age, ms")
    efforts = sorted({sample.effort for sample in samples}, key=lambda effort: _cheapness(effort, samples[0].effort))
    effort_axes.step(at_s, [efforts.index(sample.effort) for sample in samples], where="post", color="#009e73")
    effort_axes.set_yticks(range(len(efforts)), [describe(each) for each in efforts], fontsize=8)
    effort_axes.set_xlabel("seconds")
    for axes in (rate_axes, age_axes, effort_axes):
        axes.axvspan(third_s, 2 * third_s, color="#dfe3e6", zorder=0)
        axes.grid(alpha=0.3)
        if axes is not effort_axes:
            axes.set_ylim(bottom=0)
    figure.savefig(path, dpi=120)


def main() -> None:
    """Run the part that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("rates", "double"))
    parser.add_argument("--crowd", type=Path, help="a clip of a crowd")
    parser.add_argument("--only", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--pose", default="movenet-lightning", help="pose estimator of double")
    parser.add_argument("--seconds", type=float, default=0.0, help="30 for rates, 60 for double")
    parser.add_argument("--plot", type=Path, help="double: write this picture")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options = replace_seconds(options)
    rows = rates(options) if options.part == "rates" else double(options)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def replace_seconds(options: argparse.Namespace) -> argparse.Namespace:
    """The options with the usual duration of the part, if none was given."""
    options.seconds = options.seconds or (30.0 if options.part == "rates" else 60.0)
    return options


if __name__ == "__main__":
    main()
