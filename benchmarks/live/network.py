"""Faults of the network or the server during a live run, for faults.py: silent, broken, late, slow, frozen.

All limits are the defaults: STALLED after 1 s without a frame, deadlines of 5 s for a frame and 8 s for opening, 0.5 to
4 s between two tries. So when the server works again, the source is live within 5 s if the connection was given up
before; otherwise the rest of a deadline is added.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.live.load import Row
from benchmarks.support.readers.watching import SourceWatcher
from benchmarks.support.servers.proxy import Proxy
from benchmarks.support.servers.rtsp_server import RtspServer, clip, freezing_clip
from realtime_pose.config import SourceConfig
from realtime_pose.counts import counted
from realtime_pose.messages.source_messages import describe_reason
from realtime_pose.reasons import Reason
from realtime_pose.sources import SourceReason, SourceState, SourceStatus, open_source
from realtime_pose.sources.lag import STEADY_S, WINDOW_S

LIMITS = SourceConfig()
BACK_S = 5.0  # bound on the time until a source is live again
MAX_LAG_S = 2 * LIMITS.max_lag_s + 1.0  # bound on the lag of a frame
DEADLINE_S = 20.0
PAUSE = threading.Event()


@contextmanager
def live_camera(units: Path) -> Iterator[tuple[Proxy, SourceWatcher]]:
    """A camera behind a proxy, after its first frames."""
    with RtspServer(units) as server, Proxy(server.port) as proxy:
        source = open_source(SourceConfig(uri=server.through(proxy.port), keep_trying=True))
        with SourceWatcher(source) as one:
            one.until_frames(10)
            yield proxy, one


def silence(folder: Path) -> Iterator[Row]:
    """Servers that stop sending, or send nothing from the start."""
    with live_camera(clip(folder)) as (proxy, one):
        proxy.is_hanging = True
        stalled_s, stalled = wait_for_status(one, lambda: one.source.status.state is SourceState.STALLED)
        lost_s, lost = wait_for_status(one, lambda: one.source.status.state is SourceState.RECONNECTING)
        proxy.is_hanging = False
        back_s = one.until_frames(2, DEADLINE_S)
        measured = (
            f"{format_status(stalled)} after {stalled_s:.1f} s; {format_status(lost)} after {stalled_s + lost_s:.1f} s;"
            f" back {back_s:.1f} s later"
        )
        are_right = (stalled.reason, lost.reason) == (silent_for(LIMITS.stalled_s), silent_for(LIMITS.read_timeout_s))
        holds = are_right and stalled_s + lost_s < LIMITS.read_timeout_s + 1 and back_s <= BACK_S
        yield Row("stops sending mid-stream", f"deadline 5 s, reason, back <= {BACK_S:g} s", measured, holds)
        proxy.is_hanging = True
        proxy.cut()
        first = {SourceReason.NO_FIRST_FRAME, SourceReason.FIRST_UNDECODABLE}
        silent_s, silent = wait_for_status(one, lambda: one.source.status.reason.code in first)
        proxy.is_hanging = False
        proxy.cut()
        back_s = one.until_frames(2, DEADLINE_S)
        measured = f"{format_status(silent)} after {silent_s:.1f} s with the wait before; back {back_s:.1f} s later"
        holds = silent_s < LIMITS.open_timeout_s + 2 and back_s <= BACK_S
        yield Row("accepts and says nothing", f"deadline 8 s, reason, back <= {BACK_S:g} s", measured, holds)


def broken(folder: Path) -> Iterator[Row]:
    """Connections that break inside a packet or between two, servers that close connections at once, and garbage."""
    with live_camera(clip(folder)) as (proxy, one):
        breaks: dict[str, Callable[[], None]] = {
            "half a packet, then the end": lambda: proxy.cut(after=b"$\0\x05\xdchalf"),
            "cut": proxy.cut,
        }
        for fault, break_off in breaks.items():
            one.until_state(SourceState.LIVE)
            break_off()
            _, status = wait_for_status(one, lambda: one.source.status.state is SourceState.RECONNECTING)
            back_s = one.until_frames(2, DEADLINE_S)
            holds = status.reason.code == SourceReason.BROKE_OFF and back_s <= BACK_S
            measured = f"{format_status(status)}; back after {back_s:.1f} s"
            yield Row(fault, f"reason, back <= {BACK_S:g} s", measured, holds)
        proxy.is_refusing = True
        proxy.cut()
        _, status = wait_for_status(one, lambda: one.source.status.reason.code == SourceReason.CUT_OFF)
        PAUSE.wait(5.0)  # several refused tries
        proxy.is_refusing = False
        back_s = one.until_frames(2, DEADLINE_S)
        must, measured = f"reason, back <= {BACK_S:g} s", f"{format_status(status)}; back {back_s:.1f} s later"
        yield Row("accepts and closes at once", must, measured, back_s <= BACK_S)
        for duration_s in (2.0, 20.0):
            yield _garbage(proxy, one, duration_s)


def _garbage(proxy: Proxy, one: SourceWatcher, duration_s: float) -> Row:
    """Half of the server's bytes are replaced for this time; the last try still has to reach its deadline."""
    one.until_state(SourceState.LIVE)
    one.until_frames(30)
    proxy.corruption = 0.5
    noticed_s, first_status = wait_for_status(one, lambda: one.source.status.state is not SourceState.LIVE)
    status = format_status(first_status)
    PAUSE.wait(duration_s - noticed_s)
    last_status = format_status(one.source.status)
    proxy.corruption = 0.0
    back_s = one.until(lambda: one.source.status.state is SourceState.LIVE, DEADLINE_S)
    limit_s = BACK_S + (LIMITS.open_timeout_s if duration_s > LIMITS.read_timeout_s else LIMITS.read_timeout_s)
    later = "" if last_status == status else f", {last_status} at its end"
    measured = f"{status} after {noticed_s:.1f} s{later}; back {back_s:.1f} s after the garbage"
    return Row(f"garbage for {duration_s:g} s", f"not LIVE, back <= {limit_s:g} s", measured, back_s <= limit_s)


def delayed(folder: Path) -> Iterator[Row]:
    """A network whose latency grows by half a second at one moment.

    The source passes on few frames until it knows that this computer is not the cause. The rate is measured after that.
    """
    steady_s = STEADY_S + 2 * WINDOW_S  # the delay begins within one window and shows at the end of the next
    with live_camera(clip(folder)) as (proxy, one):
        proxy.delay_s = 0.5
        states, lags_s, started_s = set(), [], time.monotonic()
        while time.monotonic() - started_s < steady_s + 10:
            PAUSE.wait(0.05)
            states.add(one.source.status.state)
            lags_s.append(one.source.status.lag_s)
        ended_s = time.monotonic()
    # frame[2] is the capture time
    rate_hz = sum(started_s + steady_s < frame[2] <= ended_s for frame in one.frames) / (ended_s - started_s - steady_s)
    measured = (
        f"{', '.join(sorted(state.upper() for state in states))} from that moment on; at {rate_hz:.1f} fps,"
        f" {np.median(lags_s):.2f} s late"
    )
    holds = states == {SourceState.LIVE} and rate_hz > 28 and abs(float(np.median(lags_s)) - 0.5) < 0.1
    yield Row(
        "network 0.5 s slower from one moment on", f"LIVE, 30 fps after {steady_s:g} s, says how late", measured, holds
    )


def frozen(folder: Path) -> Iterator[Row]:
    """A camera whose image does not change for 15 s, while its server goes on sending."""
    with live_camera(freezing_clip(clip(folder, count=150), still=450)) as (_, one):
        _, status = wait_for_status(one, lambda: one.source.status.state is SourceState.STALLED)
        before = len(one.frames)
        frozen_s = one.until_state(SourceState.LIVE, DEADLINE_S)
        rate_hz = (len(one.frames) - before) / frozen_s
        reconnects = one.source.status.reconnects
    measured = f"{format_status(status)}, at {rate_hz:.0f} fps; LIVE when it moves; {counted(reconnects, 'reconnect')}"
    holds = status.reason.code == SourceReason.FROZEN and reconnects == 0 and rate_hz > 25
    yield Row("picture stands still, server goes on", "STALLED after 10 s, told from silence", measured, holds)


def throttled(folder: Path) -> Iterator[Row]:
    """A network that carries half of what the camera sends.

    The source reconnects when frames were later than max_lag_s for a time of max_lag_s. So no frame is later than twice
    max_lag_s plus the transfer time of two frames. The last frame is shown until the next connection: half a second of
    waiting, then opening and the first key frame at half the speed.
    """
    units = clip(folder, wh=(640, 480))
    states = set()
    with live_camera(units) as (proxy, one):
        first = len(one.frames)
        proxy.bytes_per_s = units.stat().st_size / 60 * 30 / 2  # 60 frames in the file, 30 per second, half of it
        ends_s = time.monotonic() + 40
        while time.monotonic() < ends_s:
            PAUSE.wait(0.02)
            states.add(one.source.status.state)
        proxy.bytes_per_s = 0
        one.until_state(SourceState.LIVE, DEADLINE_S)
        one.until_frames(1)
    captured_s, lags_s = [frame[2] for frame in one.frames[first:]], one.lags_s[first:]
    steps_s = np.diff(captured_s)  # time until the next frame replaces a frame
    oldest_s, longest_s = float(np.max(lags_s[:-1] + steps_s)), float(steps_s.max())
    is_shown = SourceState.STALLED in states
    measured = (
        f"at most {max(lags_s):.1f} s late in 40 s, at most {longest_s:.1f} s between two frames, the oldest shown "
        f"frame {oldest_s:.1f} s old; STALLED {'was' if is_shown else 'was not'} shown"
    )
    must = f"frames <= {MAX_LAG_S:g} s late, the next <= {BACK_S:g} s after each, STALLED shown"
    holds = is_shown and max(lags_s) <= MAX_LAG_S and longest_s <= BACK_S
    yield Row("network throttled to half", must, measured, holds)


def silent_for(waited_s: float) -> Reason:
    """The reason of a source that sent no frame for this time."""
    return Reason(SourceReason.NO_FRAMES, {"waited_s": waited_s})


def wait_for_status(one: SourceWatcher, condition: Callable[[], bool]) -> tuple[float, SourceStatus]:
    """Wait until the condition holds; the waiting time in seconds, and the status."""
    waited_s = one.until(condition, DEADLINE_S)
    return waited_s, one.source.status


def format_status(status: SourceStatus) -> str:
    """State and reason for the table, without the time of the next try, which differs from run to run."""
    return f"{status.state.upper()}: {describe_reason(status.reason)}"
