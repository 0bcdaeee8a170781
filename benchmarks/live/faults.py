"""What a live run does under faults of servers, networks and computers, measured with a real RTSP server.

    python benchmarks/live/faults.py                                  # all but the soak test, about twenty minutes
    python benchmarks/live/faults.py --only soak --soak-minutes 60    # memory, handles and threads over an hour
    python benchmarks/live/faults.py --only restarts --only slow      # some of the groups

Needs the same system packages as the tests of live streams (CONTRIBUTING.md). Prints a Markdown table, and below it the
duration of each group and the load of the machine. A row that misses its bound says NO.
"""

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.live.crowd import crowd
from benchmarks.live.ends import ends, killed
from benchmarks.live.load import Row, skeletons, slow, soak
from benchmarks.live.network import broken, delayed, format_status, frozen, silence, throttled
from benchmarks.live.reconnections import reconnections
from benchmarks.live.restarts import restarts
from benchmarks.live.world import clock_set, disk_full
from benchmarks.support.readers.watching import SourceWatcher
from benchmarks.support.servers.proxy import Proxy
from benchmarks.support.servers.rtsp_server import RtspServer, clip, free_port
from realtime_pose.config import SourceConfig
from realtime_pose.sources import Source, SourceState, open_source

PAUSE = threading.Event()
Group = Callable[[Path], Iterator[Row]]


def camera(uri: str) -> Source:
    """A live source with the default limits."""
    return open_source(SourceConfig(uri=uri, keep_trying=True))


def refusals(folder: Path) -> Iterator[Row]:
    """Addresses that cannot be opened."""
    with RtspServer(clip(folder), user="digest:us:secret") as server:
        host = f"127.0.0.1:{server.port}"
        for fault, uri, state in (
            ("wrong password", f"rtsp://us:wrong@{host}/live", SourceState.AUTH_FAILED),
            ("unknown path", f"rtsp://us:secret@{host}/nothing", SourceState.NOT_FOUND),
            ("closed port", f"rtsp://127.0.0.1:{free_port()}/live", SourceState.CONNECTING),
            ("name that does not resolve", "rtsp://no-such-host.invalid/live", SourceState.NOT_FOUND),
            ("TLS error", f"rtsps://{host}/live", SourceState.CONNECTING),
        ):
            with SourceWatcher(camera(uri)) as one:
                reason_s = one.until(lambda: bool(one.source.status.reason), 10)
                status, stop_s = one.source.status, one.stop_s()
            measured = f"{format_status(status)} after {reason_s:.2f} s; stopped in {stop_s:.2f} s"
            yield Row(fault, f"{state.upper()} within 8 s, stop <= 2 s", measured, status.state is state and stop_s < 2)


def changes(folder: Path) -> Iterator[Row]:
    """Another image size and another codec after an outage."""
    with RtspServer(clip(folder)) as server, SourceWatcher(camera(server.address)) as one:
        one.until_frames(5)
        for fault, wh, codec in (("resolution changes", (640, 480), "h264"), ("codec changes", (320, 240), "h265")):
            server.kill()
            server.units, server.codec = clip(folder, codec=codec, wh=wh), codec
            server.start()
            back_s = one.until(lambda: one.frames[-1][3] == wh, 20)  # noqa: B023 - called at once
            yield Row(fault, "goes on", f"goes on at {wh[0]}x{wh[1]} {codec} after {back_s:.1f} s", back_s < 6)


def four(folder: Path) -> Iterator[Row]:
    """Two good cameras, one that hangs and one that flaps, for 30 s."""
    with ExitStack() as stack:
        server = stack.enter_context(RtspServer(clip(folder)))
        hanging, flapping = (stack.enter_context(Proxy(server.port)) for _ in range(2))
        hanging.is_hanging = True  # accepts connections and sends nothing
        ports = (server.port, server.port, hanging.port, flapping.port)
        cameras = [stack.enter_context(SourceWatcher(camera(server.through(port)))) for port in ports]
        cameras[0].until_frames(10)
        cameras[1].until_frames(1)
        before, started_s = [len(one.frames) for one in cameras], time.monotonic()
        # 30 s in which one camera loses its connection every 1.5 s
        for _ in range(20):
            PAUSE.wait(1.5)
            flapping.cut()
        duration_s = time.monotonic() - started_s
        rates = [(len(one.frames) - count) / duration_s for one, count in zip(cameras, before, strict=True)]
    measured = ", ".join(f"{rate:.1f}" for rate in rates) + " fps (good, good, hanging, flapping)"
    # 28 instead of 30: tolerance for the start and the end of the count
    yield Row("4 cameras, one hanging, one flapping", "the others keep 30 fps", measured, min(rates[:2]) > 28)


GROUPS: dict[str, Group] = {
    group.__name__: group
    for group in (
        restarts,
        silence,
        broken,
        delayed,
        frozen,
        refusals,
        changes,
        throttled,
        four,
        ends,
        killed,
        disk_full,
        clock_set,
        slow,
        skeletons,
        crowd,
        reconnections,
    )
}


def main() -> int:
    """Print the table; the exit code is 1 if a row misses its bound."""
    parser = argparse.ArgumentParser(description="Faults of live sources, measured.")
    parser.add_argument("--only", action="append", choices=[*GROUPS, "soak"], help="a group of rows; may be repeated")
    parser.add_argument("--soak-minutes", type=float, default=10.0)
    options = parser.parse_args()
    # A shell starts background jobs with SIGINT ignored, and the live runs would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    groups: dict[str, Group] = GROUPS | {"soak": lambda folder: soak(folder, options.soak_minutes)}
    print("| fault | must | measured | holds |\n|---|---|---|---|")
    durations_s: dict[str, float] = {}
    all_hold = True
    for name in options.only or GROUPS:
        started_s = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            for row in groups[name](Path(folder)):
                all_hold &= row.holds
                print(f"| {row.fault} | {row.must} | {row.measured} | {'yes' if row.holds else 'NO'} |", flush=True)
        durations_s[name] = time.monotonic() - started_s
    minutes = sum(durations_s.values()) / 60
    each = ", ".join(f"{name} {duration_s:.0f} s" for name, duration_s in durations_s.items())
    loads = " / ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"\n{minutes:.1f} minutes: {each}; {os.cpu_count()} cores, load {loads} (1, 5, 15 minutes)")
    return int(not all_hold)


if __name__ == "__main__":
    sys.exit(main())
