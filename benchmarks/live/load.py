"""A whole live run under load, for faults.py: the age of its frames, and its memory.

In a live run some images are always in flight, so the minimum of each time window counts. Over a long time, memory is
what the process holds and no file backs (RssAnon); its slope is the least-squares line through these minima after the
warm-up. Over a minute, memory is what the program has in use, because the C library keeps some for later images.
"""

import ctypes
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import av
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.support.servers.rtsp_server import RtspServer, write_units
from realtime_pose._cv2 import cv2
from realtime_pose.config import Config, PoseConfig, RecordConfig, SourceConfig
from realtime_pose.errors import ChannelClosedError
from realtime_pose.pipeline.build import build
from realtime_pose.pipeline.pipeline import Pipeline
from realtime_pose.pose.estimator import NetworkPoseEstimator
from realtime_pose.scene import Boxes, Frame, Poses

ROOT = Path(__file__).resolve().parents[2]
BUDGET_S = 0.25  # bound on the waiting of a frame
WARM_UP_S = 10.0
WINDOW_S = 15.0


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes:
        fault: What fails.
        must: The bound.
        measured: What was measured.
        holds: Whether the bound holds.
    """

    fault: str
    must: str
    measured: str
    holds: bool


def write_people(folder: Path, wh: tuple[int, int]) -> Path:
    """Write every second frame of the demo clip, centred in images of this size, as encoded frames for the server."""
    path = folder / f"people-{wh[0]}.h264"
    with av.open(str(ROOT / "realtime_pose/media/demo.mp4")) as demo, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"preset": "veryfast", "tune": "zerolatency", "g": "30"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *wh, "yuv420p"
        for number, frame in enumerate(demo.decode(video=0)):
            if number % 2:
                continue
            width = wh[1] * frame.width // frame.height
            left = (wh[0] - width) // 2
            image = np.full((wh[1], wh[0], 3), 60, np.uint8)
            demo_image = frame.to_ndarray(format="bgr24")
            image[:, left : left + width] = cv2.resize(demo_image, (width, wh[1]), interpolation=cv2.INTER_AREA)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        out.mux(stream.encode(None))
    return write_units(path)


def slow(folder: Path) -> Iterator[Row]:
    """A pose stage that takes a tenth of a second longer, which is three times the camera's frame time."""
    estimate, pause = NetworkPoseEstimator.estimate, threading.Event()

    def slowed(self: NetworkPoseEstimator, frame: Frame, boxes: Boxes) -> Poses:
        pause.wait(0.1)
        return estimate(self, frame, boxes)

    with mock.patch.object(NetworkPoseEstimator, "estimate", slowed):
        yield _measure_age(folder, "movenet-lightning", "pipeline 3 times slower than the camera for 60 s", 60)


def skeletons(folder: Path) -> Iterator[Row]:
    """A 30 fps stream of 1280x720, tracked at the rate that the networks reach."""
    for pose in ("movenet-thunder", "movenet-lightning"):
        yield _measure_age(folder, pose, f"1280x720 30 fps with skeletons ({pose})", 45)


def _measure_age(folder: Path, pose: str, fault: str, seconds: float) -> Row:
    """Rate and age of a run; one inference is the time of detection and poses of the same frame."""
    with RtspServer(write_people(folder, (1280, 720))) as server:
        pipeline = build(Config(source=SourceConfig(uri=server.address, target_fps=1), pose=PoseConfig(model=pose)))
        ages_s, inferences_s, memory_mb = [], [], []
        ends_s = None
        for scene in pipeline.scenes():
            now_s = time.monotonic()
            ends_s = ends_s or now_s + WARM_UP_S + seconds  # the clock starts with the first scene
            if now_s > ends_s:
                break
            if now_s > ends_s - seconds:  # after the warm-up
                ages_s.append(scene.frame.age_s(now_s))
                inferences_s.append(sum(scene.timings.values()))
                memory_mb.append(in_use_mb())
    waited_s = np.subtract(ages_s, inferences_s)
    # the minima of the first and the last third are compared
    third = len(memory_mb) // 3
    grown_mb = min(memory_mb[-third:]) - min(memory_mb[:third])
    measured = (
        f"{len(ages_s) / seconds:.1f} fps, age {_ms(ages_s)} ms (p50 / p95), of it inference {_ms(inferences_s)},"
        f" all else {_ms(waited_s)}; memory in use {grown_mb:+.1f} MB"
    )
    must = "age <= 250 ms + one inference (p95), memory flat"
    return Row(fault, must, measured, float(np.percentile(waited_s, 95)) <= BUDGET_S and grown_mb < 4)


def _ms(durations_s: list[float] | NDArray[np.float64]) -> str:
    p50, p95 = np.percentile(durations_s, (50, 95)) * 1000
    return f"{p50:.0f} / {p95:.0f}"


def soak(folder: Path, minutes: float) -> Iterator[Row]:
    """The whole pipeline at 25 fps of 640x480: skeletons, images for a window, segments with retention, poses."""
    config = Config(
        pose=PoseConfig(model="movenet-lightning"),
        record=RecordConfig(path=folder / "recordings", segment="1min", keep="20MB"),
        save_poses=(folder / "poses.jsonl",),
    )
    with RtspServer(write_people(folder, (640, 480)), rate_hz=25) as server:
        pipeline = build(replace(config, source=SourceConfig(uri=server.address)))
        pipeline.settings = replace(pipeline.settings, display_wh=(640, 480))  # so images are drawn, as for a window
        pipeline.start()
        warm_up_s = min(60.0, minutes * 12)
        samples = np.array(list(_sample(pipeline, warm_up_s=warm_up_s, seconds=minutes * 60)))
        rate_hz = pipeline.report().num_frames / (minutes * 60 + warm_up_s)
        pipeline.stop()
    slope, windows = slope_mb_per_min(samples[:, 0], samples[:, 1])
    threads, handles = samples[:, 2], samples[:, 3]
    half = len(samples) // 2
    # neither threads nor handles may rise in the second half
    is_constant = all(count[half:].max() <= count[:half].max() for count in (threads, handles))
    spread = f"{samples[:, 1].min():.0f} to {samples[:, 1].max():.0f} MB"
    measured = (
        f"{slope:+.3f} MB/min over {windows} windows after {warm_up_s:.0f} s of warm-up, {spread};"
        f" {_range(threads)} threads, {_range(handles)} handles; {rate_hz:.1f} fps tracked"
    )
    yield Row(f"{minutes:g} minutes at 25 fps", "< 1 MB/min, constant", measured, slope < 1 and is_constant)


def _sample(pipeline: Pipeline, *, warm_up_s: float, seconds: float) -> Iterator[tuple[float, float, int, int]]:
    """Seconds since the warm-up, memory, threads and handles every half second; takes the images as a window does."""
    started_s = time.monotonic() + warm_up_s
    next_s = 0.0
    while (now_s := time.monotonic() - started_s) < seconds:
        try:
            pipeline.shown.get(timeout_s=0.5)
        except TimeoutError:
            pass
        except ChannelClosedError:
            pipeline.wait()
            return
        if now_s >= next_s:
            next_s = now_s + 0.5
            yield now_s, anonymous_mb(), threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def slope_mb_per_min(times_s: NDArray[np.float64], memory_mb: NDArray[np.float64]) -> tuple[float, int]:
    """Slope of the least-squares line through the memory minima of all windows, and the number of windows."""
    numbers = (times_s // WINDOW_S).astype(int)
    windows = [number for number in np.unique(numbers) if (numbers == number).sum() > 1]
    minima_mb = [memory_mb[numbers == number].min() for number in windows]
    return float(np.polyfit(np.array(windows) * WINDOW_S / 60, minima_mb, 1)[0]), len(windows)


def _range(counts: NDArray[np.float64]) -> str:
    low, high = int(counts.min()), int(counts.max())
    return f"{low}" if low == high else f"{low} to {high}"


class _Malloc(ctypes.Structure):
    """glibc's mallinfo2."""

    _names = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
    _fields_ = tuple((name, ctypes.c_size_t) for name in _names)


def in_use_mb() -> float:
    """Memory that was allocated from the C library and not freed."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = _Malloc
    info = mallinfo2()
    return float(info.uordblks + info.hblkhd) / 1e6  # in the heap, and in mapped blocks


def anonymous_mb() -> float:
    """Memory that this process holds and no file backs."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) * 1024 / 1e6
