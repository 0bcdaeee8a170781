"""A camera that shows a crowd, for faults.py: rate and age of the whole run, with and without the limit of time."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.live.load import ROOT, Row
from benchmarks.support.servers.rtsp_server import RtspServer, write_units
from realtime_pose._cv2 import cv2
from realtime_pose.config import Config, SourceConfig
from realtime_pose.pipeline.build import build

SECONDS = 30.0
WARM_UP_S = 8.0
WH = (1280, 720)
COLUMNS, ROWS = 5, 2  # copies of the demo clip with its three people
MIN_RATE_HZ = 3.0
MAX_AGE_S = 1.0


def crowd(folder: Path) -> Iterator[Row]:
    """About 30 people in 1280x720 at 30 fps, with the default networks."""
    with RtspServer(_write_crowd(folder)) as server:
        for limit_ms in (0.0, SourceConfig().pose_budget_ms):
            yield _measure(server.address, limit_ms)


def _measure(address: str, limit_ms: float) -> Row:
    """A run with this limit of time for the poses of a frame; 0 is no limit, and has no bound to hold."""
    pipeline = build(Config(source=SourceConfig(uri=address, pose_budget_ms=limit_ms, target_fps=1)))
    ages_s, found, posed, starts_s = [], [], [], 0.0
    for scene in pipeline.scenes():
        now_s = time.monotonic()
        starts_s = starts_s or now_s + WARM_UP_S
        if now_s > starts_s + SECONDS:
            break
        if now_s > starts_s:
            ages_s.append(scene.frame.age_s(now_s))
            found.append(len(scene.boxes))
            posed.append(len(scene.boxes) - len(scene.unposed))
    rate_hz, (p50_s, p95_s) = len(ages_s) / SECONDS, np.percentile(ages_s or [np.inf], (50, 95))
    measured = (
        f"{rate_hz:.1f} fps, age {p50_s * 1000:.0f} / {p95_s * 1000:.0f} ms (p50 / p95);"
        f" {np.mean(posed or [0]):.1f} of {np.mean(found or [0]):.1f} people have poses"
    )
    limit = f"{limit_ms:g} ms for the poses of a frame" if limit_ms else "no limit"
    must = f">= {MIN_RATE_HZ:g} fps, age <= {MAX_AGE_S:g} s (p95)" if limit_ms else "-"
    return Row(f"a crowd, {limit}", must, measured, not limit_ms or (rate_hz >= MIN_RATE_HZ and p95_s <= MAX_AGE_S))


def _write_crowd(folder: Path) -> Path:
    """Write every second frame of the demo clip as encoded frames for the server, many times in one image."""
    path = folder / "crowd.h264"
    cell_wh = WH[0] // COLUMNS, WH[1] // ROWS
    with av.open(str(ROOT / "realtime_pose/media/demo.mp4")) as demo, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"preset": "veryfast", "tune": "zerolatency", "g": "30"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *WH, "yuv420p"
        for number, frame in enumerate(demo.decode(video=0)):
            if number % 2 == 0:
                image = frame.to_ndarray(format="bgr24")[: frame.width * cell_wh[1] // cell_wh[0]]
                cell = np.asarray(cv2.resize(image, cell_wh, interpolation=cv2.INTER_AREA), np.uint8)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(np.tile(cell, (ROWS, COLUMNS, 1)), "bgr24")))
        out.mux(stream.encode(None))
    return write_units(path)
