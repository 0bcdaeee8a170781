"""How many of a camera's frames are in its recording, and what does the recording cost?

A real RTSP server sends 1920x1080 at 25 frames per second. Each kind of recording runs for some seconds, and in turn
a run without a recording; the CPU time is that of the whole process, all threads, per frame of the camera.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.live.load import write_people
from benchmarks.support.readers.sink_readers import video_times
from benchmarks.support.servers.rtsp_server import RtspServer
from realtime_pose.config import Config, PoseConfig, RecordConfig, SourceConfig
from realtime_pose.pipeline.build import build

RATE_HZ = 25
WH = (1920, 1080)
WARM_UP_SCENES = 20
MODES = ("none", "clean", "overlay", "both")


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        mode: What was recorded.
        camera_hz: Frames per second that the camera sent.
        analysed_hz: Frames per second that were analysed.
        recorded_hz: Frames per second of media time in each video.
        core_ms: CPU time of the process per frame of the camera, in milliseconds.
    """

    mode: str
    camera_hz: float
    analysed_hz: float
    recorded_hz: dict[str, float]
    core_ms: float


def run(mode: str, address: str, pose: str, *, seconds: float) -> Run:
    """Track and record for this time after a warm-up."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "o.mp4"
        record = RecordConfig() if mode == "none" else RecordConfig(path=path, picture=mode)
        pipeline = build(Config(source=SourceConfig(uri=address), pose=PoseConfig(model=pose), record=record))
        count, first, started_s, cpu_s = 0, 0, 0.0, 0.0
        for scene in pipeline.scenes():
            count += 1
            if count == WARM_UP_SCENES:
                first, started_s, cpu_s = scene.frame.index, time.monotonic(), time.process_time()
            if count > WARM_UP_SCENES and time.monotonic() - started_s > seconds:
                break
        took_s, cpu_s = time.monotonic() - started_s, time.process_time() - cpu_s
        num_sent = scene.frame.index - first
        pipeline.stop()
        times = {video.name: video_times(video) for video in sorted(Path(name).glob("*.mp4"))}
    return Run(
        mode,
        num_sent / took_s,
        (count - WARM_UP_SCENES) / took_s,
        {name: (len(each) - 1) / (each[-1] - each[0]) for name, each in times.items()},
        1000 * cpu_s / num_sent,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pose", default="movenet-thunder")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as name, RtspServer(write_people(Path(name), WH), rate_hz=RATE_HZ) as server:
        for _ in range(arguments.rounds):
            runs += [run(mode, server.address, arguments.pose, seconds=arguments.seconds) for mode in MODES]
    print("| recording | camera, frames/s | analysed | recorded | core-ms per camera frame |\n|---|---|---|---|---|")
    for mode in MODES:
        of_mode = [each for each in runs if each.mode == mode]
        recorded = [statistics.median(each.recorded_hz[name] for each in of_mode) for name in of_mode[0].recorded_hz]
        camera_hz, analysed_hz, core_ms = (
            statistics.median(getattr(each, name) for each in of_mode)
            for name in ("camera_hz", "analysed_hz", "core_ms")
        )
        words = ", ".join(f"{each:.1f}" for each in recorded) or "-"
        print(f"| {mode} | {camera_hz:.1f} | {analysed_hz:.1f} | {words} | {core_ms:.1f} |")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(each) for each in runs], indent=1))


if __name__ == "__main__":
    main()
