"""A camera that breaks off hundreds of times, for faults.py: the memory of the whole run must stay the same.

The wait before each new connection does not grow here, so that it takes five minutes and not twenty.
"""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.live.load import Row, anonymous_mb
from benchmarks.support.following import write_standing_people
from benchmarks.support.servers.proxy import Proxy
from benchmarks.support.servers.rtsp_server import RtspServer
from realtime_pose.config import Config, PoseConfig, RecordConfig, SourceConfig
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.sources import SourceState
from realtime_pose.sources.backoff import FIRST_S

WARM_UP = 30  # reconnections before the first measurement
WINDOW = 15  # reconnections whose least memory counts: some images are always in work
MAX_GROWTH_MB = 20.0
DEADLINE_S = 20.0
FRAMES_EACH = 5  # tracked frames between two losses
PAUSE = threading.Event()


def reconnections(folder: Path, count: int = 300) -> Iterator[Row]:
    """The connection is cut as soon as some frames of it were tracked; poses and segments are written meanwhile."""
    memory_mb = []
    with (
        RtspServer(write_standing_people(folder)) as server,
        Proxy(server.port) as proxy,
        mock.patch("realtime_pose.sources.backoff.MAX_S", FIRST_S),
    ):
        config = Config(
            source=SourceConfig(uri=server.through(proxy.port), keep_trying=True),
            save_poses=(folder / "poses.jsonl",),
            pose=PoseConfig(model="movenet-lightning"),
            record=RecordConfig(path=folder / "videos", segment="20s", keep="20MB"),
        )
        pipeline = build(config)
        pipeline.start()
        for _ in range(count):
            _wait_for_frames(pipeline)
            memory_mb.append(anonymous_mb())
            proxy.cut()
        num_threads = threading.active_count()
        pipeline.stop()
    first, last = (min(memory_mb[start : start + WINDOW]) for start in (WARM_UP, count - WINDOW))
    measured = f"{first:.0f} MB at the start, {last:.0f} MB at the end; {num_threads} threads at the end"
    must = f"memory grows by <= {MAX_GROWTH_MB:g} MB"
    yield Row(f"{count} reconnections", must, measured, last - first <= MAX_GROWTH_MB)


def _wait_for_frames(pipeline: Pipeline) -> None:
    """Wait until the source is live again and some frames were tracked."""
    before, started_s = pipeline.report().num_frames, time.monotonic()
    while True:
        report = pipeline.report()
        if report.source.state is SourceState.LIVE and report.num_frames >= before + FRAMES_EACH:
            return
        if time.monotonic() - started_s > DEADLINE_S:
            raise TimeoutError(f"expected frames within {DEADLINE_S:g} s, but none came; {report.source}")
        PAUSE.wait(0.02)
