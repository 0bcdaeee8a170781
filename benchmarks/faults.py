"""What a live source does when all goes wrong: the list of faults in its long form, against a real RTSP server.

    python benchmarks/faults.py                    # about eight minutes, then an hour of soak
    python benchmarks/faults.py --soak-minutes 10 --only soak

Needs what the tests of live streams need (CONTRIBUTING.md). Prints a Markdown table; what fell short says NO.
"""

import argparse
import random
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from realtime_pose._cv2 import cv2
from realtime_pose.config import Config, PoseConfig, SourceConfig
from realtime_pose.pipeline.allocator import keep_memory_flat
from realtime_pose.pipeline.build import build
from realtime_pose.sources import Source, SourceState, open_source
from tests.proxy import Proxy
from tests.rtsp_server import RtspServer, clip, free_port, units_of
from tests.watching import Watching

ROOT = Path(__file__).resolve().parent.parent
HD = (1280, 720)
PAUSE = threading.Event()


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    fault: str
    must: str
    measured: str
    holds: bool


def camera(uri: str, **changes: object) -> Source:
    """A live source with the default limits."""
    return open_source(SourceConfig(uri=uri, keep_trying=True, **changes))  # type: ignore[arg-type]  # the callers name fields


def restarts(folder: Path) -> Iterator[Row]:
    """Twenty kills and restarts at random moments."""
    rng, back_s = random.Random(5), []
    with RtspServer(clip(folder)) as server, Watching(camera(server.address)) as one:
        one.until_frames(5)
        for _ in range(20):
            PAUSE.wait(rng.uniform(0.3, 4.0))
            server.kill()
            PAUSE.wait(rng.uniform(0.2, 8.0))
            server.start()
            back_s.append(one.until_frames(1, 20.0))
        steps_s = np.diff([frame[1] for frame in one.frames])
        crashes = int(one.error is not None)
    measured = f"LIVE after {np.median(back_s):.1f} s in the median, {max(back_s):.1f} s at worst; {crashes} crashes"
    yield Row("server killed and restarted 20 times", "LIVE <= 5 s after it is back", measured, max(back_s) <= 5)
    yield Row("its media time meanwhile", "only grows", f"least step {steps_s.min() * 1000:.1f} ms", steps_s.min() > 0)


def silence(folder: Path) -> Iterator[Row]:
    """Servers that accept, fall silent, cut and spoil."""
    with ExitStack() as stack:
        server = stack.enter_context(RtspServer(clip(folder)))
        proxy = stack.enter_context(Proxy(server.port))
        one = stack.enter_context(Watching(camera(server.through(proxy.port))))
        one.until_frames(5)
        proxy.is_hanging = True
        stalled_s = one.until_state(SourceState.STALLED)
        lost_s = stalled_s + one.until_state(SourceState.RECONNECTING)
        proxy.is_hanging = False
        back_s = one.until_frames(2, 20)
        measured = f"STALLED after {stalled_s:.1f} s, RECONNECTING after {lost_s:.1f} s, back {back_s:.1f} s later"
        yield Row("stops sending mid-stream", "deadline 5 s, recovers", measured, lost_s < 6)
        proxy.is_hanging = True
        proxy.cut()
        silent_s = one.until(lambda: "within" in one.source.status.reason, 20)
        proxy.is_hanging = False
        proxy.cut()
        back_s = one.until_frames(2, 20)
        measured = f"given up after {silent_s:.1f} s, back {back_s:.1f} s later"
        yield Row("accepts and says nothing", "deadline 8 s, recovers", measured, silent_s < 10)
        spoilers: dict[str, Callable[[], None]] = {
            "half a packet": lambda: proxy.cut(after=b"$\0\x05\xdchalf"),
            "cut": proxy.cut,
        }
        for name, spoil in spoilers.items():
            spoil()
            one.until(lambda: one.source.status.state is not SourceState.LIVE)
            back_s = one.until_frames(2, 20)
            yield Row(name, "recovers", f"back after {back_s:.1f} s", back_s < 5)
        proxy.corruption = 0.5
        bad_s = one.until(lambda: one.source.status.state is not SourceState.LIVE, 20)
        proxy.corruption = 0
        back_s = one.until_frames(2, 20)
        measured = f"not LIVE after {bad_s:.1f} s, back {back_s:.1f} s after the garbage"
        yield Row("garbage", "recovers", measured, back_s < 12)


def refusals(folder: Path) -> Iterator[Row]:
    """Addresses that cannot work."""
    with RtspServer(clip(folder), user="digest:us:secret") as server:
        place = f"127.0.0.1:{server.port}"
        for fault, uri, state in (
            ("wrong password", f"rtsp://us:wrong@{place}/live", SourceState.AUTH_FAILED),
            ("unknown path", f"rtsp://us:secret@{place}/nothing", SourceState.NOT_FOUND),
            ("closed port", f"rtsp://127.0.0.1:{free_port()}/live", SourceState.CONNECTING),
            ("name that does not resolve", "rtsp://no-such-host.invalid/live", SourceState.NOT_FOUND),
            ("TLS error", f"rtsps://{place}/live", SourceState.CONNECTING),
        ):
            with Watching(camera(uri)) as one:
                said_s = one.until(lambda: bool(one.source.status.reason), 10)
                status, stop_s = one.source.status, one.stop_s()
            reason = status.reason.partition("; asked")[0]
            measured = f"{status.state.upper()} after {said_s:.2f} s: {reason}; stopped in {stop_s:.2f} s"
            yield Row(fault, f"{state.upper()} within 8 s, stop <= 2 s", measured, status.state is state and stop_s < 2)


def changes(folder: Path) -> Iterator[Row]:
    """Another size and another codec after a loss."""
    with RtspServer(clip(folder)) as server, Watching(camera(server.address)) as one:
        one.until_frames(5)
        for fault, wh, codec in (("resolution changes", (640, 480), "h264"), ("codec changes", (320, 240), "h265")):
            server.kill()
            server.units, server.codec = clip(folder, codec=codec, wh=wh), codec
            server.start()
            back_s = one.until(lambda: one.frames[-1][3] == wh, 20)  # noqa: B023 - called at once
            yield Row(fault, "goes on", f"goes on at {wh[0]}x{wh[1]} {codec} after {back_s:.1f} s", back_s < 6)


def throttled(folder: Path) -> Iterator[Row]:
    """A network that takes half of what the camera sends."""
    units = clip(folder, wh=(640, 480))
    lags_s, states = [], set()
    with ExitStack() as stack:
        server = stack.enter_context(RtspServer(units))
        proxy = stack.enter_context(Proxy(server.port))
        one = stack.enter_context(Watching(camera(server.through(proxy.port))))
        one.until_frames(10)
        proxy.bytes_per_s = units.stat().st_size / 60 * 30 / 2
        ends_s = time.monotonic() + 40
        while time.monotonic() < ends_s:
            PAUSE.wait(0.1)
            lags_s.append(one.source.status.lag_s)
            states.add(one.source.status.state)
        proxy.bytes_per_s = 0
        one.until_state(SourceState.LIVE, 20)
    is_told = SourceState.STALLED in states
    measured = f"pictures at most {max(lags_s):.1f} s late in 40 s; STALLED {'was' if is_told else 'was not'} shown"
    yield Row("network throttled to half", "age bounded, STALLED shown", measured, is_told and max(lags_s) < 6)


def four(folder: Path) -> Iterator[Row]:
    """Two good cameras beside one that hangs and one that flaps, for 30 s."""
    with ExitStack() as stack:
        server = stack.enter_context(RtspServer(clip(folder)))
        hanging, flapping = (stack.enter_context(Proxy(server.port)) for _ in range(2))
        hanging.is_hanging = True
        ports = (server.port, server.port, hanging.port, flapping.port)
        cameras = [stack.enter_context(Watching(camera(server.through(port)))) for port in ports]
        cameras[0].until_frames(10)
        cameras[1].until_frames(1)
        before, began_s = [len(one.frames) for one in cameras], time.monotonic()
        for _ in range(20):
            PAUSE.wait(1.5)
            flapping.cut()
        spent_s = time.monotonic() - began_s
        rates = [(len(one.frames) - count) / spent_s for one, count in zip(cameras, before, strict=True)]
    measured = ", ".join(f"{rate:.1f}" for rate in rates) + " fps (good, good, hanging, flapping)"
    yield Row("4 cameras, one hanging, one flapping", "the others keep 30 fps", measured, min(rates[:2]) > 28)


def hd_clip(folder: Path) -> Path:
    """The demo clip in the middle of 1280x720, every second picture: 30 fps."""
    path = folder / "hd.h264"
    with av.open(str(ROOT / "realtime_pose/media/demo.mp4")) as clip_in, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"preset": "veryfast", "tune": "zerolatency", "g": "30"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *HD, "yuv420p"
        for number, frame in enumerate(clip_in.decode(video=0)):
            if number % 2:
                continue
            image = np.full((HD[1], HD[0], 3), 60, np.uint8)
            image[:, 436:844] = cv2.resize(frame.to_ndarray(format="bgr24"), (408, 720), interpolation=cv2.INTER_AREA)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        out.mux(stream.encode(None))
    return units_of(path)


def skeletons(folder: Path) -> Iterator[Row]:
    """A 30 fps stream of 1280x720 through the networks, which are slower than it, for 60 s."""
    with RtspServer(hd_clip(folder)) as server:
        for pose in ("movenet-thunder", "movenet-lightning"):
            config = Config(source=SourceConfig(uri=server.address), pose=PoseConfig(model=pose))
            pipeline = build(config)
            pipeline.start()
            pipeline.wait(30)
            memory_mb = resident_mb()
            pipeline.wait(60)
            report, grown_mb = pipeline.report(), resident_mb() - memory_mb
            pipeline.stop()
            p50_ms, p95_ms = (report.age_p50_s or 0) * 1000, (report.age_p95_s or 0) * 1000
            work_ms = sum(report.stages[stage].p95_s for stage in ("detect", "pose")) * 1000
            age = f"age {p50_ms:.0f} / {p95_ms:.0f} ms (p50 / p95)"
            measured = f"{report.rate_hz:.1f} fps, {age}, networks {work_ms:.0f} ms (p95), memory {grown_mb:+.1f} MB"
            must = "age p95 <= 250 ms + one inference, memory flat"
            yield Row(
                f"1280x720 30 fps with skeletons ({pose})", must, measured, p95_ms <= 250 + work_ms and grown_mb < 8
            )


def soak(folder: Path, minutes: float) -> Iterator[Row]:
    """Memory, file handles and threads over a long time at 25 fps."""
    with RtspServer(clip(folder, wh=(640, 480)), rate_hz=25) as server, Watching(camera(server.address)) as one:
        one.until_frames(10)
        PAUSE.wait(min(60.0, minutes * 12))  # warm-up
        began_s, minutes_at, memory_mb, counts = time.monotonic(), [], [], set()
        while (spent_s := time.monotonic() - began_s) < minutes * 60:
            minutes_at.append(spent_s / 60)
            memory_mb.append(resident_mb())
            counts.add((threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))))
            one.frames.clear()
            one.ages_s.clear()
            PAUSE.wait(2.0)
    slope = float(np.polyfit(minutes_at, memory_mb, 1)[0])
    measured = f"{slope:+.3f} MB/min; {len(counts)} pairs of (threads, handles): {sorted(counts)}"
    yield Row(f"{minutes:g} minutes at 25 fps", "< 1 MB/min, constant", measured, slope < 1 and len(counts) == 1)


def resident_mb() -> float:
    """Memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> int:
    """Print the table; 1 if a row fell short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="one of the groups, such as restarts or soak")
    parser.add_argument("--soak-minutes", type=float, default=60.0)
    wanted = parser.parse_args()
    keep_memory_flat()  # as the command `live` does
    groups: dict[str, Callable[[Path], Iterator[Row]]] = {
        group.__name__: group for group in (restarts, silence, refusals, changes, throttled, four, skeletons)
    }
    groups["soak"] = lambda folder: soak(folder, wanted.soak_minutes)
    print("| fault | must | measured | holds |\n|---|---|---|---|")
    all_hold = True
    for name, group in groups.items():
        if wanted.only not in ("", name):
            continue
        with tempfile.TemporaryDirectory() as folder:
            for row in group(Path(folder)):
                all_hold &= row.holds
                print(f"| {row.fault} | {row.must} | {row.measured} | {'yes' if row.holds else 'NO'} |", flush=True)
    return int(not all_hold)


if __name__ == "__main__":
    sys.exit(main())
