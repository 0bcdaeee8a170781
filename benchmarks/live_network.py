"""A network or a server that fails while a camera is watched, for faults.py: silent, spoilt, late, slow, frozen.

All limits are the defaults: STALLED after 1 s without a picture, deadlines of 5 s for a picture and 8 s for opening,
tries 0.5 to 4 s apart. So a server that is well again is seen within 5 s where the connection was given up, and within
the rest of a deadline more where it has yet to be.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from live_load import Row

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from realtime_pose.config import SourceConfig
from realtime_pose.sources import SourceState, open_source
from realtime_pose.sources.lag import SPAN_S, STEADY_S
from tests.support.proxy import Proxy
from tests.support.rtsp_server import RtspServer, clip, freezing
from tests.support.watching import Watching

LIMITS = SourceConfig()
BACK_S = 5.0
LATEST_S = 2 * LIMITS.max_lag_s + 1.0
SLOWEST_S = 20.0
PAUSE = threading.Event()


@contextmanager
def watched(units: Path) -> Iterator[tuple[Proxy, Watching]]:
    """A camera that is live through a proxy."""
    with RtspServer(units) as server, Proxy(server.port) as proxy:
        source = open_source(SourceConfig(uri=server.through(proxy.port), keep_trying=True))
        with Watching(source) as one:
            one.until_frames(10)
            yield proxy, one


def silence(folder: Path) -> Iterator[Row]:
    """Servers that fall silent, or say nothing from the start."""
    with watched(clip(folder)) as (proxy, one):
        proxy.is_hanging = True
        stalled_s, stalled = told(one, lambda: one.source.status.state is SourceState.STALLED)
        away_s, away = told(one, lambda: one.source.status.state is SourceState.RECONNECTING)
        proxy.is_hanging = False
        back_s = one.until_frames(2, SLOWEST_S)
        measured = (
            f"{stalled} after {stalled_s:.1f} s; {away} after {stalled_s + away_s:.1f} s; back {back_s:.1f} s later"
        )
        are_right = "no picture came for 1 s" in stalled and "no picture came for 5 s" in away
        holds = are_right and stalled_s + away_s < LIMITS.read_timeout_s + 1 and back_s <= BACK_S
        yield Row("stops sending mid-stream", f"deadline 5 s, reason, back <= {BACK_S:g} s", measured, holds)
        proxy.is_hanging = True
        proxy.cut()
        silent_s, silent = told(one, lambda: "within" in one.source.status.reason)
        proxy.is_hanging = False
        proxy.cut()
        back_s = one.until_frames(2, SLOWEST_S)
        measured = f"{silent} after {silent_s:.1f} s with the wait before; back {back_s:.1f} s later"
        holds = silent_s < LIMITS.open_timeout_s + 2 and back_s <= BACK_S
        yield Row("accepts and says nothing", f"deadline 8 s, reason, back <= {BACK_S:g} s", measured, holds)


def spoilt(folder: Path) -> Iterator[Row]:
    """Connections that break in the midst of a packet or between two, servers that turn away, and garbage."""
    with watched(clip(folder)) as (proxy, one):
        breaks: dict[str, Callable[[], None]] = {
            "half a packet, then the end": lambda: proxy.cut(after=b"$\0\x05\xdchalf"),
            "cut": proxy.cut,
        }
        for fault, break_off in breaks.items():
            one.until_state(SourceState.LIVE)
            break_off()
            _, words = told(one, lambda: one.source.status.state is SourceState.RECONNECTING)
            back_s = one.until_frames(2, SLOWEST_S)
            holds = "the stream broke off" in words and back_s <= BACK_S
            yield Row(fault, f"reason, back <= {BACK_S:g} s", f"{words}; back after {back_s:.1f} s", holds)
        proxy.is_refusing = True
        proxy.cut()
        _, words = told(one, lambda: "cut off" in one.source.status.reason)
        PAUSE.wait(5.0)
        proxy.is_refusing = False
        back_s = one.until_frames(2, SLOWEST_S)
        must = f"reason, back <= {BACK_S:g} s"
        yield Row("accepts and closes at once", must, f"{words}; back {back_s:.1f} s later", back_s <= BACK_S)
        for lasts_s in (2.0, 20.0):
            yield _garbage(proxy, one, lasts_s)


def _garbage(proxy: Proxy, one: Watching, lasts_s: float) -> Row:
    """Half of the server's bytes replaced for so long: what is under way then may yet wait for its own deadline."""
    one.until_state(SourceState.LIVE)
    one.until_frames(30)
    proxy.corruption = 0.5
    bad_s, words = told(one, lambda: one.source.status.state is not SourceState.LIVE)
    PAUSE.wait(lasts_s - bad_s)
    then = _said(one)
    proxy.corruption = 0.0
    back_s = one.until(lambda: one.source.status.state is SourceState.LIVE, SLOWEST_S)
    limit_s = BACK_S + (LIMITS.open_timeout_s if lasts_s > LIMITS.read_timeout_s else LIMITS.read_timeout_s)
    later = "" if then == words else f", {then} at its end"
    measured = f"{words} after {bad_s:.1f} s{later}; back {back_s:.1f} s after the garbage"
    return Row(f"garbage for {lasts_s:g} s", f"not LIVE, back <= {limit_s:g} s", measured, back_s <= limit_s)


def delayed(folder: Path) -> Iterator[Row]:
    """A network on which all takes half a second longer, from one moment on.

    Few pictures are handed on until it is sure that the delay is not ours, so the rate is that of later.
    """
    steady_s = STEADY_S + 2 * SPAN_S  # the delay may begin within one span, and is seen at the end of the next
    with watched(clip(folder)) as (proxy, one):
        proxy.delay_s = 0.5
        states, lags_s, began_s = set(), [], time.monotonic()
        while time.monotonic() - began_s < steady_s + 10:
            PAUSE.wait(0.05)
            states.add(one.source.status.state)
            lags_s.append(one.source.status.lag_s)
        ended_s = time.monotonic()
    rate_hz = sum(began_s + steady_s < frame[2] <= ended_s for frame in one.frames) / (ended_s - began_s - steady_s)
    measured = (
        f"{', '.join(sorted(state.upper() for state in states))} from that moment on; at {rate_hz:.1f} fps,"
        f" {np.median(lags_s):.2f} s late"
    )
    holds = states == {SourceState.LIVE} and rate_hz > 28 and abs(float(np.median(lags_s)) - 0.5) < 0.1
    yield Row(
        "network 0.5 s slower from one moment on", f"LIVE, 30 fps after {steady_s:g} s, says how late", measured, holds
    )


def frozen(folder: Path) -> Iterator[Row]:
    """A camera that hangs for 15 s, while its server goes on sending."""
    with watched(freezing(clip(folder, count=150), still=450)) as (_, one):
        _, words = told(one, lambda: one.source.status.state is SourceState.STALLED)
        before = len(one.frames)
        lasts_s = one.until_state(SourceState.LIVE, SLOWEST_S)
        rate_hz = (len(one.frames) - before) / lasts_s
        reconnects = one.source.status.reconnects
    measured = f"{words}, at {rate_hz:.0f} fps; LIVE when it moves; {reconnects} reconnects"
    holds = "stands still: all were alike for 10 s" in words and reconnects == 0 and rate_hz > 25
    yield Row("picture stands still, server goes on", "STALLED after 10 s, told from silence", measured, holds)


def throttled(folder: Path) -> Iterator[Row]:
    """A network that takes half of what the camera sends.

    Pictures later than max_lag_s for as long as max_lag_s make it connect anew, so none comes later than twice that and
    what two pictures take on their way: that over the limit, and that which ends the time. The last stays in sight
    until the next connection: half a second of waiting, and its opening and first key picture at half the speed.
    """
    units = clip(folder, wh=(640, 480))
    states = set()
    with watched(units) as (proxy, one):
        first = len(one.frames)
        proxy.bytes_per_s = units.stat().st_size / 60 * 30 / 2
        ends_s = time.monotonic() + 40
        while time.monotonic() < ends_s:
            PAUSE.wait(0.02)
            states.add(one.source.status.state)
        proxy.bytes_per_s = 0
        one.until_state(SourceState.LIVE, SLOWEST_S)
        one.until_frames(1)
    came_s, lags_s = [frame[2] for frame in one.frames[first:]], one.lags_s[first:]
    steps_s = np.diff(came_s)
    oldest_s, longest_s = float(np.max(lags_s[:-1] + steps_s)), float(steps_s.max())
    is_told = SourceState.STALLED in states
    measured = (
        f"at most {max(lags_s):.1f} s late in 40 s, the next {longest_s:.1f} s after one at worst, so that it was "
        f"{oldest_s:.1f} s old when it gave way; STALLED {'was' if is_told else 'was not'} shown"
    )
    must = f"pictures <= {LATEST_S:g} s late, the next <= {BACK_S:g} s after each, STALLED shown"
    holds = is_told and max(lags_s) <= LATEST_S and longest_s <= BACK_S
    yield Row("network throttled to half", must, measured, holds)


def told(one: Watching, is_so: Callable[[], bool]) -> tuple[float, str]:
    """Seconds until it was so, and what the source said of itself then."""
    waited_s = one.until(is_so, SLOWEST_S)
    return waited_s, _said(one)


def _said(one: Watching) -> str:
    """Its state and why, without when it asks again."""
    status = one.source.status
    return f"{status.state.upper()}: {status.reason.partition('; asked')[0]}"
